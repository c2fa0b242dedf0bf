"""GStreamer's ONVIF RTSP server, serving prepared access units with absolute times. Runs under /usr/bin/python3.

    /usr/bin/python3 server.py FOOTAGE [--eos] [--tls PEM]

FOOTAGE: one line of JSON {"tracks": [{"caps", "payloader"}], "samples": [[track, pts_ns, key, duration_ns, size]]}
with pts_ns in ns since 1900 (the epoch of NTP, which the server's seeks count from), then the payloads, one after
the other; with an empty payloader these are RTP packets already. Prints ``ready URL`` when it serves. At the end of
the footage it falls silent, or ends the stream (--eos).
--tls: certificate and key in one file; the server then speaks nothing but TLS.
A start between two key frames begins with the later one: the server answers 503 to samples before the start.
"""

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstApp, GstRtspServer  # noqa: E402

AHEAD = 8  # samples pushed at one need-data: enough to keep the queue busy, few enough to stay responsive


@dataclass
class Track:
    caps: str
    payloader: str
    samples: list = field(default_factory=list)  # (pts_ns, key, duration_ns, payload) in decoding order


class Feeder:
    """Pushes one track's samples into its appsrc, from where the last seek said."""

    def __init__(self, source, track, ends):
        self._source = source
        self._samples = track.samples
        self._ends = ends
        self._next = 0
        source.connect("need-data", self._need_data)
        source.connect("seek-data", self._seek_data)

    def _need_data(self, source, _length):
        for _ in range(AHEAD):
            if self._next >= len(self._samples):
                if self._ends:
                    source.end_of_stream()
                return
            pts, key, duration, payload = self._samples[self._next]
            self._next += 1
            buffer = Gst.Buffer.new_wrapped(payload)
            buffer.pts = pts
            buffer.duration = duration
            if not key:
                buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
            if source.push_buffer(buffer) is not Gst.FlowReturn.OK:
                return

    def _seek_data(self, _source, position):
        keys = (index for index, (pts, key, _, _) in enumerate(self._samples) if key and pts >= position)
        self._next = next(keys, len(self._samples))
        return True


class Factory(GstRtspServer.RTSPOnvifMediaFactory):
    def __init__(self, tracks, ends):
        super().__init__()
        self._tracks = tracks
        self._ends = ends
        self.set_replay_support(True)
        self.set_media_gtype(GstRtspServer.RTSPOnvifMedia.__gtype__)

    def do_create_element(self, _url):
        element = Gst.Bin.new(None)
        element.feeders = [self._add(element, number, track) for number, track in enumerate(self._tracks)]
        return element

    def _add(self, element, number, track):
        # The time in a buffer is already absolute: offset 0. Nothing outside the segment is dropped: the pictures that
        # follow a key frame and are shown before it belong to the answer. E and T hold a packet back until more comes
        # or the stream ends, so a server that falls silent must not set them.
        bits = str(self._ends).lower()
        source = Gst.ElementFactory.make("appsrc")
        source.set_property("format", Gst.Format.TIME)
        source.set_property("stream-type", GstApp.AppStreamType.SEEKABLE)
        source.set_property("caps", Gst.Caps.from_string(track.caps))
        packets = f"{track.payloader} pt={96 + number} ! " if track.payloader else ""
        payloader = Gst.parse_bin_from_description(
            f"queue ! {packets}rtponviftimestamp ntp-offset=0 "
            f"set-t-bit={bits} set-e-bit={bits} drop-out-of-segment=false ! queue",
            True,
        )
        payloader.set_name(f"pay{number}")
        element.add(source)
        element.add(payloader)
        source.link(payloader)
        return Feeder(source, track, self._ends)


def load(path):
    with path.open("rb") as file:
        head = json.loads(file.readline())
        tracks = [Track(**track) for track in head["tracks"]]
        for track, pts, key, duration, size in head["samples"]:
            tracks[track].samples.append((pts, key, duration, file.read(size)))
    return tracks


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("footage", type=Path)
    parser.add_argument("--eos", action="store_true")
    parser.add_argument("--tls", type=Path)
    arguments = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPOnvifServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = Factory(load(arguments.footage), arguments.eos)
    server.get_mount_points().add_factory("/replay", factory)
    scheme = "rtsp"
    if arguments.tls is not None:
        scheme = "rtsps"
        authentication = GstRtspServer.RTSPAuth()
        authentication.set_tls_certificate(Gio.TlsCertificate.new_from_file(str(arguments.tls)))
        # An auth object refuses everybody whom no permission lets in.
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "anybody")
        authentication.set_default_token(token)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("anybody", "media.factory.access", True)
        permissions.add_permission_for_role("anybody", "media.factory.construct", True)
        factory.set_permissions(permissions)
        server.set_auth(authentication)
    loop = GLib.MainLoop()
    if server.attach(None) == 0:
        sys.exit("no port to listen on")
    print(f"ready {scheme}://127.0.0.1:{server.get_bound_port()}/replay", flush=True)
    loop.run()


if __name__ == "__main__":
    main()
