"""RTSP requests of a replay: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN (RFC 2326), and how RTP is to travel."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from vssx.errors import NotAuthenticatedError, ProtocolError, VssxError
from vssx.model.acquisition import AcquisitionEvent, Credentials, Observe
from vssx.model.media import Assumption
from vssx.model.network import VERIFIED, StreamTransport, TlsPolicy
from vssx.rtsp.message import Response
from vssx.rtsp.sdp import parse_sdp
from vssx.rtsp.session import (
    Description,
    SetupResult,
    answered_with_tcp,
    interleaved_channels,
    server_ports,
    split_url,
    told_ssrc,
)
from vssx.transport.datagrams import Datagrams
from vssx.transport.route import Route
from vssx.transport.rtsp_connection import Headers, RtspConnection

_UNSUPPORTED_TRANSPORT = 461
_OTHER_URL_HELPS: Final = frozenset((400, 404, 451, 454, 500))


class RefusedError(ProtocolError):
    """The server answered a request with another status than 200. ``status``: that status."""

    def __init__(self, method: str, response: Response, *, where: str, next_step: str = "") -> None:
        super().__init__(
            f"{method} was refused: {response.status} {response.reason[:80]}".rstrip(),
            where=f"{where}, CSeq {response.cseq}",
            next_step=next_step,
        )
        self.status = response.status
        self.response = response


class RtspClient(RtspConnection):
    """The requests that one replay needs; a context manager.

    ``url``: rtsp or rtsps; http or https for a tunnel. ``credentials``: those in ``url`` count only where none are
    given. ``transport``: how RTP travels; ``http_address``: any URL of the recorder's HTTP server, for a tunnel.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        *,
        timeout_s: float = 10.0,
        observe: Observe = lambda _: None,
        tls: TlsPolicy = VERIFIED,
        transport: StreamTransport = StreamTransport.AUTO,
        http_address: str = "",
    ) -> None:
        route = Route(
            url,
            credentials,
            transport=transport,
            policy=tls,
            http_address=http_address,
            timeout_s=timeout_s,
            observe=observe,
        )
        super().__init__(route, timeout_s=timeout_s, observe=observe)
        self._over_udp = transport is StreamTransport.UDP
        self._may_change = transport is StreamTransport.AUTO

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What the record must say of the way that connection and media took."""
        return tuple(self._route.assumptions)

    @property
    def over_udp(self) -> bool:
        """Whether media of any track comes in datagrams, which may be lost."""
        return self._datagrams is not None and self._datagrams.used

    @property
    def transport(self) -> str:
        """How the media comes, for the record."""
        carrier = "TCP" if self._stream is None else self._stream.text
        if self.over_udp:
            return f"RTP over UDP, RTSP over {carrier}"
        return f"RTP over RTSP over {carrier} (interleaved)"

    def _expect(self, method: str, response: Response) -> Response:
        if response.status == 403:
            raise NotAuthenticatedError(
                f"{method} is forbidden for this user",
                where=self.where,
                next_step="Use a user who may replay recordings.",
            )
        if response.status != 200:
            raise RefusedError(method, response, where=self.where)
        return response

    def options(self) -> frozenset[str]:
        """Methods that the server lists in Public (RFC 2326 section 10.1); kept for the keep-alive."""
        response = self._expect("OPTIONS", self.request("OPTIONS"))
        names = ",".join(response.headers.get_all("Public")).split(",")
        self._public = frozenset(name.strip().upper() for name in names if name.strip())
        return self._public

    def describe(self, headers: Headers = ()) -> Description:
        """DESCRIBE of the client's URL. Raises RefusedError for a status other than 200."""
        response = self.request("DESCRIBE", self.url, [("Accept", "application/sdp"), *headers])
        self._expect("DESCRIBE", response)
        base = self.url
        for name in ("Content-Base", "Content-Location"):
            try:
                base = split_url(response.headers.get(name))[0]
            except ProtocolError:  # missing, relative or garbage
                continue
            break
        return Description(session=parse_sdp(response.body), base_url=base, response=response)

    def setup(self, urls: Sequence[str], *, rtp_channel: int, headers: Headers = ()) -> SetupResult:
        """SETUP of one track, with the first of ``urls`` that the server takes.

        ``rtp_channel``: its frames come under this number and the next, unless the server chooses others. With ``auto``
        a server that refuses RTP over TCP (461) is asked for UDP, for this track and those that follow.
        Raises RefusedError (its ``status`` 551: one of the ``headers`` was a Require it does not know).
        """
        if not self._over_udp:
            url, response = self._setup(
                urls, f"RTP/AVP/TCP;unicast;interleaved={rtp_channel}-{rtp_channel + 1}", headers
            )
            # UDP is not encrypted, and does not come through where a tunnel is needed.
            stream = self.connect()
            may_change = self._may_change and stream.plain_tcp is not None and stream.tls is None
            if response.status != _UNSUPPORTED_TRANSPORT or not may_change:
                return self._interleaved(url, response, rtp_channel)
            self._over_udp = True
            self._route.assume(
                "transport", f"RTP over UDP, since the recorder refused RTP over TCP ({response.status})"
            )
        return self._setup_udp(urls, rtp_channel, headers)

    def _setup(self, urls: Sequence[str], transport: str, headers: Headers) -> tuple[str, Response]:
        fields = [("Transport", transport), *headers]
        for number, candidate in enumerate(urls):
            url = split_url(candidate)[0]
            response = self.request("SETUP", url, fields)
            if number + 1 == len(urls) or response.status not in _OTHER_URL_HELPS:
                return url, response
        raise ProtocolError("no URL for SETUP", where=self.where)

    def _interleaved(self, url: str, response: Response, asked: int) -> SetupResult:
        if response.status == _UNSUPPORTED_TRANSPORT:
            raise RefusedError("SETUP with RTP over TCP", response, where=self.where, next_step="Use --transport udp.")
        self._expect("SETUP", response)
        first, second = interleaved_channels(response.headers.get("Transport"), asked, where=self.where)
        return SetupResult(url=url, rtp_channel=first, rtcp_channel=second, response=response)

    def _setup_udp(self, urls: Sequence[str], channel: int, headers: Headers) -> SetupResult:
        connected = self.connect().plain_tcp
        assert connected is not None  # a tunnel is never asked for UDP
        if self._datagrams is None:
            local, peer = connected.getsockname()[0], connected.getpeername()[0]
            self._datagrams = Datagrams(local, peer, observe=self._observe, where=self.where)
        datagrams = self._datagrams
        first, second = datagrams.open_pair()
        url, response = self._setup(urls, f"RTP/AVP;unicast;client_port={first}-{second}", headers)
        if response.status == _UNSUPPORTED_TRANSPORT:
            secure = self.where.startswith("rtsps")
            step = f"{'RTP over UDP is not encrypted, and RTSP here is: use' if secure else 'Use'} --transport tcp."
            raise RefusedError("SETUP with RTP over UDP", response, where=self.where, next_step=step)
        self._expect("SETUP", response)
        told = response.headers.get("Transport")
        if answered_with_tcp(told):
            datagrams.drop_pair()
            self._route.assume("transport", "RTP over TCP, which the recorder chose though it was asked for UDP")
            return self._interleaved(url, response, channel)
        ports, source = server_ports(told, where=self.where)
        datagrams.connect_pair((channel, channel + 1), ports, source, told_ssrc(told))
        return SetupResult(url=url, rtp_channel=channel, rtcp_channel=channel + 1, response=response)

    def play(self, url: str, headers: Headers = ()) -> Response:
        """PLAY; media follows in ``packets()``. Raises RefusedError."""
        self._keep_alive_url = url
        if self._datagrams is not None:
            self._datagrams.begin()
        return self._expect("PLAY", self.request("PLAY", url, headers))

    def teardown(self, url: str, *, timeout_s: float = 2.0) -> None:
        """TEARDOWN; media still on its way is dropped. Raises nothing for a refusal: the session is over anyway."""
        self._drop_media = True
        self._frames.clear()
        self._queued = 0
        self.request("TEARDOWN", url, timeout_s=timeout_s)

    def close(self) -> None:
        """End the session, if there is one, and the connection. Never raises for what the recorder does."""
        if self._stream is not None and self._connection.session and not self._session_lost:
            try:
                self.teardown(self._keep_alive_url)
            except VssxError as error:
                detail = {"text": f"the session was not ended in order: {error.message}"}
                self._observe(AcquisitionEvent(at_ns=time.time_ns(), kind="note", detail=detail))
        self._drop()
