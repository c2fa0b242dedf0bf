"""GStreamer's qtdemux reads the first metadata track of an MP4, under the system's Python: a JSON line on stdout for
each document, with the caps, its SHA-256, and the UTC (ns since 1970) that GStreamer makes of the start time.

Usage: gst_documents.py FILE
"""

from __future__ import annotations

import hashlib
import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

WAIT = 10 * Gst.SECOND


def main() -> None:
    """Every document of the track."""
    Gst.init(None)
    pipeline = Gst.parse_launch("filesrc name=file ! qtdemux name=demux demux.meta_0 ! appsink name=out sync=false")
    pipeline.get_by_name("file").set_property("location", sys.argv[1])
    sink = pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PLAYING)
    while (sample := sink.emit("try-pull-sample", WAIT)) is not None:
        buffer = sample.get_buffer()
        reference = buffer.get_reference_timestamp_meta(Gst.Caps.from_string("timestamp/x-unix"))
        line = {
            "caps": sample.get_caps().to_string(),
            "sha256": hashlib.sha256(buffer.extract_dup(0, buffer.get_size())).hexdigest(),
            "utc": reference.timestamp if reference else None,
        }
        sys.stdout.write(json.dumps(line) + "\n")
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
