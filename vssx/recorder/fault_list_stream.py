"""Fault switches of RTSP, of the stream and of its times."""

from __future__ import annotations

from vssx.recorder.faults import Area, FaultSwitch, FaultValue


def _rtsp(name: str, does: str, value: FaultValue | None = None) -> FaultSwitch:
    return FaultSwitch(name=name, area=Area.RTSP, does=does, value=value)


def _times(name: str, does: str, value: FaultValue | None = None) -> FaultSwitch:
    return FaultSwitch(name=name, area=Area.TIMES, does=does, value=value)


def _stream(name: str, does: str, value: FaultValue | None = None) -> FaultSwitch:
    return FaultSwitch(name=name, area=Area.STREAM, does=does, value=value)


_NTH = FaultValue(meaning="n", default=50.0, low=2, high=1e6)

ALL = (
    _rtsp("no-replay-support", "answers Require: onvif-replay with 551"),
    _rtsp("frames-400", "answers a PLAY that has a Frames header with 400"),
    _rtsp("immediate-ignored", "ignores Immediate: a PLAY waits until the one before has ended"),
    _rtsp("end-ignored", "ignores the end of the range, and goes on with the live picture behind the footage"),
    _rtsp("range-457", "answers a range that ends behind the footage with 457"),
    _rtsp("range-npt", "answers PLAY with a Range in npt"),
    _rtsp("range-missing", "answers PLAY without a Range"),
    _rtsp(
        "range-local",
        "takes the times of a Range for its own local time, so many hours ahead of UTC",
        FaultValue(meaning="hours", default=1.0, low=-14, high=14),
    ),
    _rtsp("start-beyond", "plays the last group of pictures where the start lies behind the footage"),
    _rtsp(
        "gap-plays",
        "plays what lies before (or after) where a range lies wholly inside a gap",
        FaultValue(meaning="which side", default="after", choices=("before", "after")),
    ),
    _rtsp("early-start", "begins one group of pictures too early"),
    _rtsp(
        "late-start",
        "leaves out the first pictures of each PLAY, so that it begins amid a group of pictures",
        FaultValue(meaning="pictures", default=3.0, low=1, high=1000),
    ),
    _rtsp("rate-control-ignored", "ignores Rate-Control: no, and plays at the speed of life"),
    _rtsp(
        "session-timeout",
        "ends a session that was not kept alive for so many seconds",
        FaultValue(meaning="seconds", default=10.0, low=1, high=3600),
    ),
    _rtsp(
        "rtsp-busy",
        "answers the first SETUPs with 453",
        FaultValue(meaning="count", default=2.0, low=1, high=1000),
    ),
    _rtsp("no-interleaved", "refuses RTP inside the RTSP connection with 461"),
    _rtsp("no-udp", "refuses RTP over UDP with 461"),
    _rtsp("same-ssrc", "gives all tracks of a session one SSRC"),
    _rtsp("silent-end", "ends without E, T and BYE: it only falls silent"),
    _rtsp("play-stops", "stops each PLAY silently in the middle of the recording"),
    _times("no-extension", "sends no 0xABAC extension"),
    _times("extension-on-require", "sends the 0xABAC extension only if PLAY has Require: onvif-replay"),
    _times("extension-once", "sends the 0xABAC extension only on the first packet of each track"),
    _times("extension-on-clean-points", "sends the 0xABAC extension only on clean points"),
    _times(
        "bits-on-one-packet",
        "sends the extension on every packet, with C, E, D and T on one of each access unit only",
        FaultValue(meaning="which one", default="first", choices=("first", "last")),
    ),
    _times("cseq-zero", "leaves the CSeq byte of the extension zero"),
    _times(
        "unset-clock",
        "sends extension times of a clock that was never set",
        FaultValue(meaning="year it counts from", default="1970", choices=("1900", "1970")),
    ),
    _times("whole-seconds", "sends extension times in whole seconds"),
    _times(
        "time-step",
        "had its clock set by so many seconds in the middle of each recording",
        FaultValue(meaning="seconds", default=5.0, low=-86_400, high=86_400),
    ),
    _times(
        "time-drift",
        "has a clock that runs fast against the cameras by so many millionths",
        FaultValue(meaning="ppm", default=20_000.0, low=-100_000, high=100_000),
    ),
    _times("rtp-jump", "lets RTP timestamps jump at gaps"),
    _times(
        "audio-rtp-off",
        "sends the first audio packet with an RTP timestamp that is so many seconds off, and the right NTP time",
        FaultValue(meaning="seconds", default=3.0, low=-100, high=100),
    ),
    _times("no-gap-bits", "sets neither E nor D at gaps"),
    _times("sender-reports", "sends RTCP sender reports with today's time amid the media"),
    _stream("loss", "loses every nth RTP packet", _NTH),
    _stream("reorder", "sends every nth RTP packet behind the one that follows it", _NTH),
    _stream("duplicate", "sends every nth RTP packet twice", _NTH),
    _stream("bad-packets", "sends every nth RTP packet cut short, so that nobody can read it", _NTH),
    _stream(
        "stall",
        "stops sending in the middle of the recording, once, for so many seconds",
        FaultValue(meaning="seconds", default=30.0, low=0.01, high=86_400),
    ),
    _stream(
        "drop-after-bytes",
        "drops the connection after so many bytes of media",
        FaultValue(meaning="bytes", default=1_000_000.0, low=1, high=1e12),
    ),
    _stream(
        "drop-after-units",
        "drops the connection after so many access units",
        FaultValue(meaning="units", default=100.0, low=0, high=1e9),
    ),
    _stream(
        "garbage",
        "sends so many bytes that mean nothing between the frames of the connection, now and then",
        FaultValue(meaning="bytes", default=40.0, low=1, high=60_000),
    ),
    _stream("old-packets", "sends packets of the PLAY before after the answer to the next one"),
    _stream("ssrc-change", "begins a new SSRC with new sequence numbers in the middle of the recording"),
    _stream("marker-always", "sets the marker bit on every packet"),
    _stream("marker-never", "sets the marker bit on no packet"),
    _stream("sets-sdp-only", "keeps parameter sets out of the stream: they are in the SDP only"),
    _stream("sets-in-band", "keeps parameter sets out of the SDP: they are in the stream only"),
    _stream("sets-after-seek", "sends no parameter sets in the SDP, and none with the picture that a seek leads to"),
    _stream("sets-nowhere", "sends no parameter sets at all"),
    _stream("intra-only", "has stored intra pictures only"),
    _stream(
        "loose-interleaving",
        "sends audio so many seconds behind the video",
        FaultValue(meaning="seconds", default=2.0, low=0.1, high=60),
    ),
    _stream(
        "glued",
        "goes on with the pictures of another recording in the middle of each, with their parameter sets",
        FaultValue(meaning="recording", default="car-park"),
    ),
    _stream("loops", "begins anew where a recording ends, without end"),
    _stream("endless-unit", "sends an access unit in the middle of the recording that never ends"),
)
