"""GStreamer's rtponvifparse reads RTP packets, under the system's Python: a JSON line on stdout for each packet that
carries the replay extension, with the time (ns since 1900) and the bits as GStreamer tells them by its buffer flags.

Usage: onvif_extension.py FILE; packets in it are framed as in RFC 4571.
"""

from __future__ import annotations

import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

WAIT = 10 * Gst.SECOND


def main() -> None:
    """Every packet of the file."""
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "filesrc name=file ! application/x-rtp-stream,media=video,clock-rate=90000,encoding-name=H264"
        " ! rtpstreamdepay ! rtponvifparse ! appsink name=out sync=false"
    )
    pipeline.get_by_name("file").set_property("location", sys.argv[1])
    sink = pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PLAYING)
    while (sample := sink.emit("try-pull-sample", WAIT)) is not None:
        buffer = sample.get_buffer()
        if buffer.pts == Gst.CLOCK_TIME_NONE:
            continue
        flags = buffer.get_flags()
        line = {
            "time": buffer.pts,
            "clean_point": not flags & Gst.BufferFlags.DELTA_UNIT,
            "discontinuity": bool(flags & Gst.BufferFlags.DISCONT),
        }
        sys.stdout.write(json.dumps(line) + "\n")
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
