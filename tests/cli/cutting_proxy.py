"""A TCP proxy that cuts each connection after a number of bytes from the server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class _Cutter:
    def __init__(self, target: tuple[str, int], limits: list[int]) -> None:
        self._target = target
        self._limits = limits
        self.cuts = 0

    def serve(self, client: socket.socket) -> None:
        """One connection: without a limit left, as long as both sides want."""
        limit = self._limits.pop(0) if self._limits else None
        with client, socket.create_connection(self._target) as server:
            upwards = threading.Thread(target=_copy, args=(client, server), daemon=True)
            upwards.start()
            if _copy(server, client, limit):
                self.cuts += 1
            for end in (client, server):
                with suppress(OSError):  # gone already
                    end.shutdown(socket.SHUT_RDWR)


def _copy(source: socket.socket, target: socket.socket, limit: int | None = None) -> bool:
    """True when ``limit`` bytes were passed on before ``source`` ended."""
    left = limit
    try:
        while left is None or left > 0:
            data = source.recv(65_536 if left is None else min(left, 65_536))
            if not data:
                target.shutdown(socket.SHUT_WR)
                return False
            target.sendall(data)
            left = None if left is None else left - len(data)
    except OSError:
        return False
    return True


@contextmanager
def cutting(target: tuple[str, int], limits: list[int]) -> Iterator[tuple[int, _Cutter]]:
    """Port of the proxy, and its count of cuts: the n-th connection gets ``limits[n]`` bytes; those after all."""
    cutter = _Cutter(target, list(limits))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                    cutter.serve(client)
                except OSError:
                    if listener.fileno() < 0:
                        return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        try:
            yield port, cutter
        finally:
            listener.close()
            socket.socket().connect_ex(("127.0.0.1", port))
