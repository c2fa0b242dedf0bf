"""GStreamer's own client of a replay, writing the video to a file. Runs under /usr/bin/python3.

    /usr/bin/python3 replay_gstreamer.py URL FILE

``is-live=true``: with false, which ONVIF replay is meant for, rtspsrc of GStreamer 1.22 crashes over TCP.
Prints a Phase of bench/replay.py as JSON.
"""

import json
import resource
import sys
import time
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

PIPELINE = (
    "rtspsrc name=source protocols=tcp onvif-mode=true onvif-rate-control=false is-live=true latency=200 ! "
    "rtph264depay ! video/x-h264,stream-format=byte-stream ! filesink name=sink"
)


def cpu():
    """Seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Receiver:
    def __init__(self, url, path):
        self.begun = self.before = self.wall = self.used = 0.0
        self.error = ""
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.parse_launch(PIPELINE)
        self.pipeline.get_by_name("sink").set_property("location", path)
        source = self.pipeline.get_by_name("source")
        source.set_property("location", url)
        source.connect("pad-added", self._added)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self._message)

    def _added(self, _source, pad):
        pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, self._first)

    def _first(self, _pad, _info):
        self.begun, self.before = time.perf_counter(), cpu()
        return Gst.PadProbeReturn.REMOVE

    def _message(self, _bus, message):
        if message.type == Gst.MessageType.EOS:
            self.wall, self.used = time.perf_counter() - self.begun, cpu() - self.before
            self.loop.quit()
        elif message.type == Gst.MessageType.ERROR:
            self.error = str(message.parse_error())
            self.loop.quit()

    def run(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)


def main(url, path):
    Gst.init(None)
    receiver = Receiver(url, path)
    receiver.run()
    if receiver.error:
        sys.exit(receiver.error)
    octets = Path(path).stat().st_size
    print(json.dumps({"octets": octets, "wall": receiver.wall, "cpu": receiver.used}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
