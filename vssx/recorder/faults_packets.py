"""Faults of RTP packets: header extension, marker, loss, order, and of the connection that carries them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from vssx.model.media import ReplayExtension, TrackType
from vssx.recorder.faults import Faults
from vssx.recorder.faults_rtsp import SHARED_SSRC
from vssx.recorder.faults_samples import middle_ns
from vssx.recorder.session import Session, StoppableSender, Stream
from vssx.rtsp.rtcp import SenderReport, serialise_rtcp, source_description
from vssx.rtsp.rtp import (
    RtpPacket,
    make_replay_extension,
    parse_rtp,
    replay_extension,
    serialise_replay_extension,
    serialise_rtp,
)
from vssx.times import NS, to_ntp

_NOW_AND_THEN = 20  # access units
_OLD_PACKETS = 20
_ENDLESS_BURST = 50
_CUT = 7  # octets that are left of a bad packet
_UNSET_YEAR_NS = {"1900": -2_208_988_800 * NS, "1970": 0}
_GAP_JUMP = 0x2468ACE0


class PacketFaults:
    """One session's faults of packets. Used by the thread that sends."""

    def __init__(self, faults: Faults, session: Session, *, required: Callable[[], bool]) -> None:
        """``required``: whether the PLAY had Require: onvif-replay."""
        self._faults = faults
        self._session = session
        self._required = required
        self._middle_ns = middle_ns(session.recording)
        self._units = self._packets = self._bytes = 0
        self._held: dict[str, bytes] = {}
        self._stalled = False
        self._old: deque[tuple[Stream, bytes]] = deque(maxlen=_OLD_PACKETS)
        self._resend: list[tuple[Stream, bytes]] = []
        self._begun: set[str] = set()  # tracks that sent something since PLAY
        self._sections: dict[str, int] = {}
        self._now_ns: dict[str, int] = {}
        extension = (
            ("no-extension", self._none),
            ("metadata-no-extension", self._none_of_metadata),
            ("extension-on-require", self._if_required),
            ("extension-once", self._only_once),
            ("extension-on-clean-points", self._on_clean_points),
            ("unset-clock", self._of_unset_clock),
            ("whole-seconds", self._in_whole_seconds),
            ("time-step", self._stepped),
            ("time-drift", self._drifting),
            ("cseq-zero", self._without_cseq),
        )
        self._of_extension = tuple(change for name, change in extension if faults.on(name))

    def begin(self) -> None:
        """A PLAY begins."""
        self._begun.clear()
        if self._faults.on("old-packets"):
            self._resend = list(self._old)

    def changed(self, stream: Stream, packets: Sequence[bytes]) -> Sequence[bytes]:
        """The packets of one access unit as this recorder sends them. Raises OSError where it drops the connection."""
        token = stream.track.token
        read = [parse_rtp(packet) for packet in packets]
        first = replay_extension(read[0])
        if first is not None:
            self._now_ns[token] = first.utc_ns
        self._drop_connection(packets)
        self._send_old()
        self._stall()
        self._reports(stream, read[0])
        read = self._headers(stream, read, first)
        if (
            self._faults.on("endless-unit")
            and self._is_past_middle(token)
            and stream.track.track_type is TrackType.VIDEO
        ):
            self._without_end(stream, read[0])
        out = self._on_the_way(token, [serialise_rtp(packet) for packet in read])
        self._garbage()
        self._begun.add(token)
        self._units += 1
        self._old.extend((stream, packet) for packet in out)
        return out

    def _is_past_middle(self, token: str) -> bool:
        return self._now_ns.get(token, 0) >= self._middle_ns

    # headers

    def _headers(self, stream: Stream, read: list[RtpPacket], first: ReplayExtension | None) -> list[RtpPacket]:
        faults, token = self._faults, stream.track.token
        bits_on = faults.text("bits-on-one-packet")
        if bits_on is not None and first is not None:
            read = _on_all(read, first, len(read) - 1 if bits_on == "last" else 0)
        read = [self._extension(token, packet) for packet in read]
        if faults.on("marker-always") or faults.on("marker-never"):
            read = [packet._replace(marker=faults.on("marker-always")) for packet in read]
        if faults.on("same-ssrc"):
            read = [packet._replace(ssrc=SHARED_SSRC) for packet in read]
        if faults.on("ssrc-change") and self._is_past_middle(token):
            read = [packet._replace(ssrc=packet.ssrc ^ 1, sequence=packet.sequence ^ 0x8000) for packet in read]
        if faults.on("rtp-jump"):
            jump = self._section(token, first) * _GAP_JUMP
            read = [packet._replace(timestamp=packet.timestamp + jump & 0xFFFFFFFF) for packet in read]
        off = faults.number("audio-rtp-off")
        if off is not None and stream.track.track_type is TrackType.AUDIO and token not in self._begun:
            ticks = int(off * stream.track.clock_rate)
            read = [packet._replace(timestamp=packet.timestamp + ticks & 0xFFFFFFFF) for packet in read]
        return read

    def _section(self, token: str, extension: ReplayExtension | None) -> int:
        """How many gaps lie before the access unit."""
        if extension is not None:
            track = self._session.recording.track(token)
            sections = track.sections if track is not None else []
            self._sections[token] = max(sum(section.start_ns <= extension.utc_ns for section in sections) - 1, 0)
        return self._sections.get(token, 0)

    # extension

    def _extension(self, token: str, packet: RtpPacket) -> RtpPacket:
        extension = replay_extension(packet)
        for change in self._of_extension:
            if extension is not None:
                extension = change(token, extension)
        if extension is None:
            return packet._replace(extension_profile=None, extension=b"")
        return packet._replace(extension=serialise_replay_extension(extension))

    def _none(self, _token: str, _extension: ReplayExtension) -> ReplayExtension | None:
        return None

    def _none_of_metadata(self, token: str, extension: ReplayExtension) -> ReplayExtension | None:
        track = self._session.recording.track(token)
        return None if track is not None and track.track_type is TrackType.METADATA else extension

    def _if_required(self, _token: str, extension: ReplayExtension) -> ReplayExtension | None:
        return extension if self._required() else None

    def _only_once(self, token: str, extension: ReplayExtension) -> ReplayExtension | None:
        return None if token in self._begun else extension

    def _on_clean_points(self, _token: str, extension: ReplayExtension) -> ReplayExtension | None:
        return extension if extension.clean_point else None

    def _of_unset_clock(self, _token: str, extension: ReplayExtension) -> ReplayExtension | None:
        since_ns = extension.utc_ns - self._session.recording.start_ns
        return _at(extension, _UNSET_YEAR_NS[self._faults.text("unset-clock") or "1970"] + max(since_ns, 0))

    def _in_whole_seconds(self, _token: str, extension: ReplayExtension) -> ReplayExtension | None:
        return _at(extension, extension.utc_ns // NS * NS)

    def _stepped(self, _token: str, extension: ReplayExtension) -> ReplayExtension | None:
        if extension.utc_ns < self._middle_ns:
            return extension
        return _at(extension, extension.utc_ns + int((self._faults.number("time-step") or 0) * NS))

    def _drifting(self, _token: str, extension: ReplayExtension) -> ReplayExtension | None:
        since_ns = extension.utc_ns - self._session.recording.start_ns
        return _at(extension, extension.utc_ns + int(since_ns * (self._faults.number("time-drift") or 0) / 1e6))

    def _without_cseq(self, _token: str, extension: ReplayExtension) -> ReplayExtension | None:
        return _at(extension, extension.utc_ns, cseq=0)

    # on the way

    def _on_the_way(self, token: str, packets: list[bytes]) -> list[bytes]:
        faults = self._faults
        out: list[bytes] = []
        for packet in packets:
            self._packets += 1
            number = self._packets
            if _is_nth(faults.number("loss"), number):
                continue
            if _is_nth(faults.number("reorder"), number) and token not in self._held:
                self._held[token] = packet
                continue
            out.append(packet[:_CUT] if _is_nth(faults.number("bad-packets"), number) else packet)
            if _is_nth(faults.number("duplicate"), number):
                out.append(packet)
            if token in self._held:
                out.append(self._held.pop(token))
        return out

    def _drop_connection(self, packets: Sequence[bytes]) -> None:
        limit, units = self._faults.number("drop-after-bytes"), self._faults.number("drop-after-units")
        if (limit is not None and self._bytes >= limit) or (units is not None and self._units >= units):
            if self._session.connection is not None:
                self._session.connection.shut()
            self._bytes = self._units = 0  # over UDP the session stays, and plays again
            raise ConnectionAbortedError("the connection is dropped on purpose")
        self._bytes += sum(map(len, packets))

    def _stall(self) -> None:
        seconds = self._faults.number("stall")
        if seconds is None or self._stalled or min(self._now_ns.values(), default=0) < self._middle_ns:
            return
        self._stalled = True
        _waited_and_stopped(seconds)

    def _send_old(self) -> None:
        resend, self._resend = self._resend, []
        for stream, packet in resend:
            stream.transport.send([packet])

    def _reports(self, stream: Stream, packet: RtpPacket) -> None:
        if self._faults.on("sender-reports") and self._units % _NOW_AND_THEN == 0:
            report = SenderReport(
                ssrc=packet.ssrc,
                ntp_time=to_ntp(time.time_ns()),
                rtp_timestamp=packet.timestamp,
                packets=stream.rtp.packets,
                octets=stream.rtp.octets,
            )
            stream.transport.send_rtcp(serialise_rtcp(report) + source_description(packet.ssrc, "vssx recorder"))

    def _garbage(self) -> None:
        count = self._faults.number("garbage")
        connection = self._session.connection
        if count is not None and connection is not None and self._units % _NOW_AND_THEN == _NOW_AND_THEN - 1:
            connection.write(b"\x00\xff" * (int(count) // 2) + b"\x00" * (int(count) % 2))

    def _without_end(self, stream: Stream, packet: RtpPacket) -> None:
        """More and more of one picture, until the client goes away. Raises OSError then."""
        sequence = packet.sequence
        while not _waited_and_stopped(0):
            burst = []
            for _ in range(_ENDLESS_BURST):
                burst.append(serialise_rtp(packet._replace(marker=False, sequence=sequence)))
                sequence = (sequence + 1) & 0xFFFF
            stream.transport.send(burst)


def _on_all(read: list[RtpPacket], extension: ReplayExtension, place: int) -> list[RtpPacket]:
    """The extension on every packet, its bits on one of them."""
    bare = make_replay_extension(extension.utc_ns, cseq=extension.cseq)
    profile = read[0].extension_profile
    return [
        packet._replace(
            extension_profile=profile,
            extension=serialise_replay_extension(extension if number == place else bare),
        )
        for number, packet in enumerate(read)
    ]


def _at(extension: ReplayExtension, utc_ns: int, *, cseq: int | None = None) -> ReplayExtension:
    return make_replay_extension(
        utc_ns,
        cseq=extension.cseq if cseq is None else cseq,
        clean_point=extension.clean_point,
        end_of_section=extension.end_of_section,
        discontinuity=extension.discontinuity,
        terminal=extension.terminal,
    )


def _is_nth(n: float | None, number: int) -> bool:
    return n is not None and number % int(n) == 0


def _waited_and_stopped(seconds: float) -> bool:
    """Wait in the thread that sends; whether somebody stopped it."""
    thread = threading.current_thread()
    return isinstance(thread, StoppableSender) and thread.stopped.wait(seconds)
