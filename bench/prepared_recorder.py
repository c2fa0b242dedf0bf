"""A recorder that costs next to nothing, so that two processors are left for the program that is measured.

Its SOAP services are those of the embedded recorder. Its RTSP server passes the first replay of each recording on to
the embedded one and keeps what it answers; every later replay of the same range gets the very same bytes, out of a file
(sendfile). Real recorders are other machines. Usage: prepared_recorder.py DIRECTORY KEPT; prints ``ready HOST:PORT``.
"""

from __future__ import annotations

import re
import socket
import socketserver
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from vssx.recorder.server import RecorderServer

_END = b"\r\n\r\n"
_OF_RECORDING = re.compile(rb"/recordings/([\w.-]+)")
_CSEQ = re.compile(rb"\r\nCSeq: *(\d+)", re.IGNORECASE)


class Recorder(RecorderServer):
    """Names the port of the other RTSP server in its replay addresses."""

    named_port = 0

    @property
    def rtsp_port(self) -> int:
        """The port that clients are told."""
        return self.named_port

    @property
    def true_port(self) -> int:
        """The embedded RTSP server's own."""
        return super().rtsp_port


class Prepared(socketserver.ThreadingTCPServer):
    """Passes on and keeps, or gives what was kept."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, kept: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.kept = kept
        self.true_port = 0
        self.ready: set[bytes] = set()


class _Connection(socketserver.BaseRequestHandler):
    server: Prepared
    request: socket.socket

    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        incoming = self.request.makefile("rb")
        first = _request(incoming)
        found = _OF_RECORDING.search(first)
        if found is None:
            return
        name = found[1]
        if name in self.server.ready:
            self._give(name, first, incoming)
        else:
            self._pass_on(name, first, incoming)

    def _path(self, name: bytes) -> Path:
        return self.server.kept / name.decode()

    def _pass_on(self, name: bytes, request: bytes, incoming: BinaryIO) -> None:
        """Answers before PLAY one by one into NAME.N, everything from PLAY's answer on into NAME.play."""
        number = 0
        with socket.create_connection(("127.0.0.1", self.server.true_port)) as recorder:
            answers = recorder.makefile("rb")
            while request:
                recorder.sendall(request)
                if request.startswith(b"PLAY "):
                    break
                answer = _answer(answers)
                self._path(name).with_suffix(f".{number}").write_bytes(answer)
                number += 1
                self.request.sendall(answer)
                request = _request(incoming)
            threading.Thread(target=self._back, args=(incoming, recorder), daemon=True).start()
            with self._path(name).with_suffix(".play").open("wb") as file:
                while block := answers.read1(1 << 20):
                    file.write(block)
                    try:
                        self.request.sendall(block)
                    except OSError:
                        break
        self.server.ready.add(name)

    def _back(self, incoming: BinaryIO, recorder: socket.socket) -> None:
        """What the client says while it is being sent to: keep-alives, TEARDOWN."""
        try:
            while block := incoming.read1(65536):  # type: ignore[attr-defined]
                recorder.sendall(block)
            recorder.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def _give(self, name: bytes, request: bytes, incoming: BinaryIO) -> None:
        number = 0
        while request and not request.startswith(b"PLAY "):
            self.request.sendall(self._path(name).with_suffix(f".{number}").read_bytes())
            number += 1
            request = _request(incoming)
        with self._path(name).with_suffix(".play").open("rb") as file:
            try:
                self.request.sendfile(file)
                while request := _request(incoming):
                    found = _CSEQ.search(request)
                    self.request.sendall(b"RTSP/1.0 200 OK\r\nCSeq: " + (found[1] if found else b"0") + _END)
            except OSError:
                return  # the client has what it wants


def _request(file: BinaryIO) -> bytes:
    """One request; none of those that are asked here has a body."""
    lines = []
    while line := file.readline(65536):
        lines.append(line)
        if line == b"\r\n":
            return b"".join(lines)
    return b""


def _answer(file: BinaryIO) -> bytes:
    head = _request(file)
    length = re.search(rb"\r\nContent-Length: *(\d+)", head, re.IGNORECASE)
    return head + (file.read(int(length[1])) if length else b"")


def main(directory: Path, kept: Path) -> None:
    """Serve until killed."""
    server = Prepared(kept)
    with Recorder(directory) as recorder:
        recorder.named_port = int(server.server_address[1])
        server.true_port = recorder.true_port
        print(f"ready 127.0.0.1:{recorder.http_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
