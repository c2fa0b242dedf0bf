"""Plays a replay and throws it away: the rate at which a socket gives what the server sends.

    python replay_plain.py URL

The dialogue is written by hand, nothing of vssx is in it. Prints a Phase of bench/replay.py as JSON.
"""

from __future__ import annotations

import json
import re
import resource
import socket
import sys
import time

BUFFER = 1 << 18
BYE = re.compile(rb"\$\x01\x00.(?:\x80\xc8.{26}.*)?\x81\xcb", re.DOTALL)  # RTCP on its channel, at the end of what came
REPLAY = ("Require: onvif-replay", "Range: clock=20240501T120000Z-", "Rate-Control: no", "Immediate: yes")


class Dialogue:
    """Requests and answers; media may follow behind an answer."""

    def __init__(self, url: str) -> None:
        match = re.fullmatch(r"rtsp://([^:/]+):(\d+)/.*", url)
        if match is None:
            sys.exit(f"no URL with host and port: {url}")
        self.socket = socket.create_connection((match[1], int(match[2])))
        self._cseq, self._session = 0, ""

    def ask(self, method: str, url: str, *headers: str) -> bytes:
        """Body of the answer, and what came behind it."""
        self._cseq += 1
        session = (f"Session: {self._session}",) if self._session else ()
        lines = (f"{method} {url} RTSP/1.0", f"CSeq: {self._cseq}", *session, *headers, "", "")
        self.socket.sendall("\r\n".join(lines).encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.socket.recv(BUFFER)
        head, _, rest = data.partition(b"\r\n\r\n")
        text = head.decode("latin-1")
        if " 200 " not in text.split("\r\n")[0]:
            sys.exit(f"{method} was answered with {text}")
        length = re.search(r"Content-Length: *(\d+)", text, re.IGNORECASE)
        while length is not None and len(rest) < int(length[1]):
            rest += self.socket.recv(BUFFER)
        found = re.search(r"Session: *([^;\r]+)", text, re.IGNORECASE)
        self._session = found[1] if found else self._session
        return rest


def cpu() -> float:
    """Seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(url: str) -> None:
    """Play to the BYE."""
    dialogue = Dialogue(url)
    description = dialogue.ask("DESCRIBE", url, "Accept: application/sdp").decode()
    (control,) = re.findall(r"a=control:(\S*stream=\d+)", description)
    track = control if control.startswith("rtsp") else f"{url}/{control}"
    dialogue.ask("SETUP", track, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1", REPLAY[0])
    buffer = bytearray(BUFFER)
    octets = len(dialogue.ask("PLAY", url, *REPLAY))
    octets += dialogue.socket.recv_into(buffer)
    begun, before = time.perf_counter(), cpu()
    while count := dialogue.socket.recv_into(buffer):
        octets += count
        if count < BUFFER and BYE.search(buffer, max(0, count - 200), count):
            break
    wall, used = time.perf_counter() - begun, cpu() - before
    print(json.dumps({"octets": octets, "wall": wall, "cpu": used}))


if __name__ == "__main__":
    main(sys.argv[1])
