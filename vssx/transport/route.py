"""Ways to one recorder's RTSP server, tried in turn: the port that it tells, a tunnel through its HTTP server."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from vssx.digest_auth import AuthenticationClient
from vssx.errors import RecorderUnreachableError
from vssx.model.acquisition import AcquisitionEvent, Credentials, Observe
from vssx.model.media import Assumption
from vssx.model.network import StreamTransport, TlsPolicy
from vssx.rtsp.session import DEFAULT_PORTS, netloc, split_url
from vssx.transport.byte_stream import ByteStream, NoConnectionError, TcpStream
from vssx.transport.http_tunnel import HttpTunnel, TunnelEntry, TunnelRefusedError, entry_of
from vssx.transport.tls import TlsConnector, unverified


@dataclass(frozen=True, slots=True, kw_only=True)
class _Direct:
    host: str
    port: int
    tls: TlsConnector | None

    @property
    def where(self) -> str:
        return f"rtsp{'' if self.tls is None else 's'}://{netloc(self.host, self.port)}"


class Route:
    """Connects to the server of one stream. ``url``: for requests, rtsp or rtsps; ``where``: for messages.

    ``assumptions``: what the record must say about the way that was taken.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None,
        *,
        transport: StreamTransport,
        policy: TlsPolicy,
        http_address: str,
        timeout_s: float,
        observe: Observe,
    ) -> None:
        """``url``: rtsp, rtsps; http, https for a tunnel. ``http_address``: any URL of the recorder's HTTP server.

        Raises ProtocolError for what is no such URL.
        """
        told, from_url = split_url(url, schemes=tuple(DEFAULT_PORTS))
        self.credentials = credentials or from_url
        self._timeout_s = timeout_s
        self._observe = observe
        self._tls = TlsConnector(policy, observe)
        self._encrypted_soap = http_address.lower().startswith("https:")
        self._tunnel_authentication: dict[str, AuthenticationClient] = {}
        self.assumptions: list[Assumption] = []
        parts = urlsplit(told)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        self.url, self._ways = told, self._choices(told, transport, http_address)
        if parts.scheme in ("http", "https"):
            host = parts.netloc if parts.port else f"{parts.netloc}:{port}"
            self.url = urlunsplit(("rtsp", host, parts.path, parts.query, ""))
        self.where = self._ways[0].where

    def _choices(self, told: str, transport: StreamTransport, http_address: str) -> list[_Direct | TunnelEntry]:
        parts = urlsplit(told)
        if parts.scheme in ("http", "https"):
            addresses = [told]
            if self._encrypted_soap and parts.scheme == "http":
                return [entry_of(http_address, told, self._tls)]
            # Behind a translated port the address that the recorder tells does not work, the one that answered does.
            if http_address and urlsplit(http_address).scheme in (parts.scheme, "https"):
                addresses.append(http_address)
            return [*dict.fromkeys(entry_of(address, told, self._tls) for address in addresses)]
        secure = parts.scheme == "rtsps"
        direct = _Direct(
            host=parts.hostname or "",
            port=parts.port or DEFAULT_PORTS[parts.scheme],
            tls=self._tls if secure else None,
        )
        # Who was told rtsps gets TLS or nothing.
        usable = http_address and (not secure or urlsplit(http_address).scheme == "https")
        tunnels = [entry_of(http_address, told, self._tls)] if usable else []
        if transport is StreamTransport.HTTP:
            if self._encrypted_soap and not secure:
                return [*tunnels]  # from https to plain HTTP: only somebody in between would want that
            return [*tunnels, entry_of(told, told, self._tls)]  # some servers take the GET at their RTSP port
        return [direct, *tunnels] if transport is StreamTransport.AUTO else [direct]

    def connect(self) -> ByteStream:
        """The first way that works; a later connection begins with that one.

        Raises RecorderUnreachableError, NotAuthenticatedError, TunnelRefusedError: of the first way.
        """
        first: NoConnectionError | TunnelRefusedError | None = None
        for number, way in enumerate(self._ways):
            try:
                stream = self._open(way)
            except (NoConnectionError, TunnelRefusedError) as error:
                first = first or error
                self._note(f"{way.where}: {error.message}")
                continue
            self._settle(number, first, stream)
            return stream
        assert first is not None
        raise first

    def _open(self, way: _Direct | TunnelEntry) -> ByteStream:
        if isinstance(way, _Direct):
            return TcpStream.connect(way.host, way.port, tls=way.tls, timeout_s=self._timeout_s, where=way.where)
        authentication = self._tunnel_authentication.setdefault(
            way.where, AuthenticationClient(self.credentials, allow_basic=way.tls is not None and way.tls.verifies)
        )
        return HttpTunnel(way, authentication, timeout_s=self._timeout_s, observe=self._observe)

    def _settle(
        self, number: int, first: RecorderUnreachableError | TunnelRefusedError | None, stream: ByteStream
    ) -> None:
        way = self._ways.pop(number)
        self._ways.insert(0, way)
        self.where = way.where
        if first is not None:
            told = f"RTSP over {stream.text} at {way.where}, since {first.where}: {first.message}"
            self._note(told)
            self.assume("transport", told)
        if stream.tls is None and self._encrypted_soap:
            self.assume(
                "transport",
                f"the recorder's services were asked over TLS, but it names {way.where} for the media, which came"
                " neither encrypted nor authenticated",
            )
        if stream.tls is not None and stream.tls.verified == "no":
            self.assume("TLS", unverified(stream.tls, way.where))

    def assume(self, subject: str, detail: str) -> None:
        """Once for each text."""
        assumption = Assumption(subject=subject, detail=detail)
        if assumption not in self.assumptions:
            self.assumptions.append(assumption)

    def _note(self, text: str) -> None:
        self._observe(AcquisitionEvent(at_ns=time.time_ns(), kind="note", detail={"text": text}))
