"""The RTSP dialogue of a replay: DESCRIBE, SETUP of every track, PLAY of a time range (ONVIF Streaming, "Playback")."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from vssx.errors import MalformedMediaError, NothingRecordedError, ProtocolError
from vssx.model.acquisition import Credentials, Observe
from vssx.model.media import EVERY_TRACK, Assumption, TrackChoice
from vssx.model.network import VERIFIED, StreamTransport, TlsPolicy
from vssx.rtsp.message import Response
from vssx.rtsp.rtcp import Bye, parse_rtcp
from vssx.rtsp.session import Description
from vssx.source.described_track import DescribedTrack, describe_tracks
from vssx.times import from_clock, from_local, to_clock, to_local
from vssx.transport.busy import RTSP_BUSY, BusyWaits, RecorderBusyError
from vssx.transport.rtsp import RefusedError, RtspClient

_REQUIRE = ("Require", "onvif-replay")
_OPTION_NOT_SUPPORTED = 551
_INVALID_RANGE = 457
_NOT_FOUND = 404
_SESSION_GONE = (454, 455)
_MAX_CHANNEL = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayAnswer:
    """What the recorder answered to PLAY. ``range_start_ns``: start of the clock Range, None without or in npt.

    ``rate_control_off``: it says ``Rate-Control: no``. ``rtp_times``: rtptime of RTP-Info by track index.
    ``at``: ``time.monotonic()`` when the answer came. ``cseq``: of the PLAY.
    """

    range_start_ns: int | None
    rate_control_off: bool
    rtp_times: dict[int, int]
    at: float
    cseq: int


class ReplaySession:
    """A session with one recorder; ``tracks`` in the order of the description."""

    def __init__(
        self,
        uri: str,
        credentials: Credentials | None,
        *,
        timeout_s: float,
        observe: Observe,
        tls: TlsPolicy = VERIFIED,
        transport: StreamTransport = StreamTransport.AUTO,
        http_address: str = "",
        choice: TrackChoice = EVERY_TRACK,
        range_time_zone: str = "",
        expected: int = 0,
    ) -> None:
        """Connects and sets up the tracks of ``choice``. ``expected``: number of tracks of an earlier session with this
        recording. ``range_time_zone``: IANA name of the zone whose local time the recorder takes ranges for; else UTC.

        A recorder that is busy is asked again for a minute, but not where an earlier session was: who makes the
        connection anew waits by himself. Raises RecorderUnreachableError (RecorderBusyError),
        NotAuthenticatedError, NothingRecordedError, UnsupportedMediaError for a codec that is not carried,
        ProtocolError also when the recorder knows no onvif-replay.
        """
        self.client = RtspClient(
            uri,
            credentials,
            timeout_s=timeout_s,
            observe=observe,
            tls=tls,
            transport=transport,
            http_address=http_address,
        )
        self.rtp_channels: dict[int, int] = {}
        self.rtcp_channels: dict[int, int] = {}
        self._urls: list[str] = []
        self._choice = choice
        self._zone = range_time_zone
        self.tracks: tuple[DescribedTrack, ...] = ()
        self.notes: tuple[Assumption, ...] = ()
        try:
            self._open_patiently(expected, BusyWaits(observe, time.sleep))
        except BaseException:
            self.client.close()
            raise
        self.notes += self.client.assumptions
        if range_time_zone:
            detail = (
                f"the ranges asked for were written in local time of {range_time_zone}, since the recorder is said to "
                "take them for that; no time of the footage was changed"
            )
            self.notes += (Assumption(subject="range time zone", detail=detail),)
        self.transport = self.client.transport
        self.lossy = self.client.over_udp
        self.first_sequences: dict[int, int] = {}  # of the PLAY just answered, by track; over UDP only
        self._played = False

    def _open_patiently(self, expected: int, waits: BusyWaits) -> None:
        while True:
            try:
                return self._open(expected)
            except RecorderBusyError as error:
                if expected or not waits.wait(error.message):
                    raise
                self.client.close()
                self.rtp_channels, self.rtcp_channels, self._urls = {}, {}, []

    def _open(self, expected: int) -> None:
        with suppress(RefusedError):
            self.client.options()  # says whether GET_PARAMETER keeps the session alive, as most servers want it
        try:
            description = self.client.describe()
        except RefusedError as error:
            if error.status != _NOT_FOUND:
                raise _busy_or(error) from None
            raise NothingRecordedError(
                "the recorder does not know this recording (404 to DESCRIBE)",
                where=self.client.where,
                next_step="List what it holds with: vssx recordings HOST.",
            ) from None
        self.tracks, self.notes = describe_tracks(description.session, self._choice)
        if expected and len(self.tracks) != expected:
            raise ProtocolError(
                f"the recorder described {expected} tracks first and now {len(self.tracks)}",
                where=self.client.where,
                next_step="Export what it describes now with a new run.",
            )
        for described in self.tracks:
            self._setup(description, described)
        self._play_url = description.aggregate_url

    def _setup(self, description: Description, described: DescribedTrack) -> None:
        index = described.track.index
        try:
            result = self.client.setup(
                description.track_urls(described.media), rtp_channel=min(2 * index, _MAX_CHANNEL), headers=[_REQUIRE]
            )
        except RefusedError as error:
            raise _busy_or(_explained(error)) from None
        if result.rtp_channel in self.rtp_channels or result.rtp_channel in self.rtcp_channels:
            raise ProtocolError(
                f"the recorder gave the interleaved channel {result.rtp_channel} to two tracks: their data could not be"
                " told apart",
                where=f"{self.client.where}, track {described.track.token or index}",
                next_step="Check the recorder's firmware.",
            )
        self.rtp_channels[result.rtp_channel] = index
        self.rtcp_channels[result.rtcp_channel] = index
        self._urls.append(result.url)

    def play(self, from_ns: int, to_ns: int | None) -> PlayAnswer:
        """PLAY of a clock range (None: open), as fast as the connection carries, at once even amid another.

        Raises NothingRecordedError when the recorder finds nothing there (457), SessionGoneError, ProtocolError.
        """
        start = self._clock(from_ns)
        end = "" if to_ns is None else self._clock(to_ns)
        headers = [
            _REQUIRE,
            ("Range", f"clock={start}-{end}"),
            ("Rate-Control", "no"),
            ("Immediate", "yes"),
        ]
        try:
            response = self.client.play(self._play_url, headers)
        except RefusedError as error:
            if error.status == _INVALID_RANGE:
                raise NothingRecordedError(
                    f"the recorder has nothing to play from {start} to {end or 'now'} (457)",
                    where=self.client.where,
                    next_step="Look at the spans it holds with: vssx recordings HOST.",
                ) from None
            raise _explained(error) from None
        self.client.drop_queued(self.rtcp_channels)  # RTCP ahead of the answer is of the PLAY before: BYE ends that one
        if self.lossy and not self._played:  # later answers may name numbers of packets that are long gone
            self.first_sequences = self._of_tracks(response, "seq", 1 << 16)
        else:
            self.first_sequences = {}
        self._played = True
        return PlayAnswer(
            range_start_ns=self._range_start(response.headers.get("Range"), from_ns),
            rate_control_off=response.headers.get("Rate-Control").strip().lower() == "no",
            rtp_times=self._of_tracks(response, "rtptime", 1 << 32),
            at=time.monotonic(),
            cseq=self.client.last_cseq,
        )

    def _clock(self, ns: int) -> str:
        return to_clock(to_local(ns, self._zone) if self._zone else ns)

    def _range_start(self, value: str, asked_ns: int) -> int | None:
        found = _clock_start(value)
        return found if found is None or not self._zone else from_local(found, self._zone, asked_ns)

    def close(self) -> None:
        """Ends the session and the connection; never raises for what the recorder does."""
        self.client.close()

    def _of_tracks(self, response: Response, name: str, limit: int) -> dict[int, int]:
        """A number of RTP-Info (RFC 2326 section 12.33), below ``limit``, by track: by URL, else by place."""
        entries = [
            part for value in response.headers.get_all("RTP-Info") for part in re.split(r",\s*(?=url\s*=)", value)
        ]
        found: dict[int, int] = {}
        for place, entry in enumerate(entries):
            url = re.search(r"url\s*=\s*\"?([^;\s\"]+)", entry, re.IGNORECASE)
            number = re.search(rf"(?:^|[;,\s]){name}\s*=\s*(\d{{1,10}})", entry, re.IGNORECASE | re.ASCII)
            if number is None or int(number[1]) >= limit:
                continue
            path = urlsplit(url[1]).path if url else ""
            matching = [index for index, known in enumerate(self._urls) if path and urlsplit(known).path.endswith(path)]
            index = matching[0] if len(matching) == 1 else place
            found.setdefault(index, int(number[1]))
        return found


def untold(notes: Iterable[Assumption], told: set[str]) -> Iterator[Assumption]:
    """Those of ``notes`` whose text is not in ``told`` yet, however often a session is made anew."""
    for note in notes:
        if note.detail not in told:
            told.add(note.detail)
            yield note


class SessionGoneError(ProtocolError):
    """The recorder knows the session no more (454), or not in this state (455): connect again."""


def _explained(error: RefusedError) -> ProtocolError:
    if error.status == _OPTION_NOT_SUPPORTED:
        return ProtocolError(
            "the recorder does not support onvif-replay (551), so it cannot say when a picture was taken",
            where=error.where,
            next_step="Check that the address is that of a recorder with ONVIF Profile G, and its firmware.",
        )
    if error.status in _SESSION_GONE:
        return SessionGoneError(error.message, where=error.where, next_step="Run the same command again.")
    return error


def _busy_or(error: ProtocolError) -> ProtocolError | RecorderBusyError:
    """Before PLAY these statuses mean that others are served; after it, servers say so of a range they cannot find."""
    if isinstance(error, RefusedError) and error.status in RTSP_BUSY:
        return RecorderBusyError(
            f"the recorder is busy: {error.message}",
            where=error.where,
            next_step="Some recorders serve one client at a time: end other replays, then try again.",
        )
    return error


def said_bye(data: memoryview) -> Bye | None:
    """The last BYE of a compound RTCP packet; what cannot be read says nothing."""
    try:
        return next((packet for packet in reversed(parse_rtcp(data)) if isinstance(packet, Bye)), None)
    except MalformedMediaError:
        return None


def _clock_start(value: str) -> int | None:
    """Start of ``clock=START-END``; None for npt, smpte and garbage."""
    match = re.match(r"\s*clock\s*=\s*(\d{8}T[\d.]+Z?)\s*-", value, re.IGNORECASE | re.ASCII)
    try:
        return from_clock(match[1]) if match else None
    except ValueError:
        return None
