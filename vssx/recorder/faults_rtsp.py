"""Faults of RTSP: requests that are refused or misunderstood, answers and descriptions that say something else."""

from __future__ import annotations

import re
import threading
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from vssx.recorder.faults import Faults
from vssx.recorder.faults_soap import INSIDE
from vssx.recorder.outgoing import Answer
from vssx.recorder.play_request import PlayRequest, PlayRequestError, Range
from vssx.recorder.playback import gaps, video_of
from vssx.recorder.store import StoredRecording
from vssx.rtsp.message import Request
from vssx.times import NS

SHARED_SSRC = 0x55AA55AA
_CONTROL_QUERY = "session=7"
_PARAMETER_SETS = re.compile(rb"; ?sprop-[a-z-]+=[^;\r\n]*|sprop-[a-z-]+=[^;\r\n]*;? ?")
_SDP_FAULTS = frozenset(("sets-in-band", "sets-after-seek", "sets-nowhere"))


class RtspFaults:
    """One recorder's faults of RTSP requests and answers."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._lock = threading.Lock()
        self._setups = 0

    def refused(self, request: Request) -> Answer | None:
        """An answer that comes without looking further; None: the request is looked at."""
        faults = self._faults
        if faults.on("no-replay-support") and "onvif-replay" in request.headers.get("Require"):
            return Answer(status=551, headers=(("Unsupported", "onvif-replay"),))
        if request.method == "PLAY" and faults.on("frames-400") and "Frames" in request.headers:
            return Answer(status=400)
        query = urlsplit(request.uri).query
        wanted = faults.text("uri-query")
        if request.method == "DESCRIBE" and wanted is not None and query != wanted:
            return Answer(status=404)
        if request.method == "SETUP":
            return self._setup_refused(request, query)
        return None

    def _setup_refused(self, request: Request, query: str) -> Answer | None:
        faults = self._faults
        control = faults.text("control-query")
        if control is not None and query != (_CONTROL_QUERY if control == "kept" else ""):
            return Answer(status=404)
        interleaved = "TCP" in request.headers.get("Transport").upper()
        if faults.on("no-interleaved" if interleaved else "no-udp"):
            return Answer(status=461)
        refusals = faults.number("rtsp-busy")
        if refusals is not None:
            with self._lock:
                self._setups += 1
                if self._setups <= refusals:
                    return Answer(status=453)
        return None

    def understood(self, wanted: PlayRequest, recording: StoredRecording) -> PlayRequest:
        """A PLAY as this recorder takes it. Raises PlayRequestError."""
        if self._faults.on("immediate-ignored"):
            wanted = replace(wanted, immediate=False)
        if self._faults.on("rate-control-ignored"):
            wanted = replace(wanted, rate_control=True)
        span = wanted.range
        if span is None or not span.clock or wanted.reverse:
            return wanted
        return replace(wanted, range=self._range(span, recording))

    def _range(self, span: Range, recording: StoredRecording) -> Range:
        faults = self._faults
        video = video_of(recording)
        points = video.clean_points.utc_ns
        ahead = faults.number("range-local")
        if ahead is not None:
            span = _shifted(span, -int(ahead * 3600) * NS)
        start_ns, end_ns = span.start_ns, span.end_ns
        if faults.on("range-457") and end_ns is not None and end_ns > recording.end_ns:
            raise PlayRequestError(457, "the range ends behind the footage")
        side = faults.text("gap-plays")
        if side is not None and start_ns is not None and end_ns is not None:
            for before_ns, after_ns in gaps(video):
                if before_ns <= start_ns and end_ns <= after_ns:
                    start_ns = before_ns - 1 if side == "before" else after_ns
                    end_ns = before_ns if side == "before" else None
                    break
        if faults.on("start-beyond") and start_ns is not None and start_ns > recording.end_ns:
            start_ns, end_ns = points[-1], None
        if faults.on("early-start") and start_ns is not None:
            start_ns = points[max(bisect_right(points, start_ns) - 2, 0)]
        if faults.on("end-ignored"):
            end_ns = None
        return Range(clock=True, start_ns=start_ns, end_ns=end_ns)

    def answered(self, request: Request, answer: Answer) -> Answer:
        """The answer as this recorder gives it."""
        if answer.status != 200:
            return answer
        if request.method == "DESCRIBE":
            return self._described(request, answer)
        faults = self._faults
        if request.method == "SETUP" and faults.on("same-ssrc"):
            return _with(answer, "Transport", lambda value: re.sub("ssrc=[0-9A-F]+", f"ssrc={SHARED_SSRC:08X}", value))
        if request.method == "PLAY":
            if faults.on("range-npt"):
                answer = _with(answer, "Range", lambda _: "npt=0-")
            if faults.on("range-missing"):
                answer = _with(answer, "Range", lambda _: None)
            if faults.on("range-local"):
                answer = _with(answer, "Range", lambda _: request.headers.get("Range") or None)
            if faults.on("rate-control-ignored"):
                answer = _with(answer, "Rate-Control", lambda _: None)
        return answer

    def _described(self, request: Request, answer: Answer) -> Answer:
        faults = self._faults
        base = request.uri.partition("?")[0].rstrip("/")
        if faults.on("content-base-bare"):
            answer = _with(answer, "Content-Base", lambda value: value.rstrip("/"))
        if faults.on("upper-case"):
            answer = _with(answer, "Content-Base", lambda value: value.replace("rtsp:", "RTSP:"))
        if faults.on("uri-query"):
            answer = _with(answer, "Content-Base", lambda _: base + "/")
        body = answer.body
        if any(faults.on(name) for name in _SDP_FAULTS):
            body = _PARAMETER_SETS.sub(b"", body)
        if faults.on("control-query"):
            body = body.replace(b"a=control:*", f"a=control:{base}?{_CONTROL_QUERY}".encode())
        if faults.on("foreign-control"):
            place = f"rtsp://{INSIDE}{urlsplit(base).path}/".encode()
            body = re.sub(rb"a=control:(?!\*|rtsp)", lambda match: match[0] + place, body)
        if faults.on("upper-case"):
            place = f"{base.replace('rtsp:', 'RTSP:')}/".encode()
            body = re.sub(rb"a=control:(?!\*|rtsp)", lambda match: match[0] + place, body)
        return replace(answer, body=body)


def _shifted(span: Range, by_ns: int) -> Range:
    ends = (None if ns is None else ns + by_ns for ns in (span.start_ns, span.end_ns))
    start_ns, end_ns = ends
    return Range(clock=span.clock, start_ns=start_ns, end_ns=end_ns)


def _with(answer: Answer, name: str, change: Callable[[str], str | None]) -> Answer:
    """The answer with another value of a header, or without it."""
    changed = [(key, change(value) if key == name else value) for key, value in answer.headers]
    return replace(answer, headers=tuple((key, value) for key, value in changed if value is not None))
