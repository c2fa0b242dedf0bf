"""The embedded recorder as a whole: a directory, an HTTP port, an RTSP port."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from vssx.errors import StorageError
from vssx.model.acquisition import Credentials
from vssx.recorder.faults import Faults
from vssx.recorder.faulty import Faulty
from vssx.recorder.metadata_track import with_metadata
from vssx.recorder.outgoing import Outgoing
from vssx.recorder.rtsp_server import RtspServer
from vssx.recorder.services import Services
from vssx.recorder.soap_authentication import TOKEN_WINDOW_NS, SoapAuthentication
from vssx.recorder.soap_server import SoapServer
from vssx.recorder.store import open_store
from vssx.times import NS


def _ignore(_: str) -> None:
    """Tell nobody."""


class RecorderServer:
    """Serves a directory while its ``with`` block runs. Port 0 picks a free one."""

    def __init__(
        self,
        directory: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        rtsp_port: int = 0,
        credentials: Credentials | None = None,
        *,
        report: Callable[[str], None] = _ignore,
        faults: Faults | None = None,
    ) -> None:
        """Read the directory and take the ports; nothing is answered yet.

        ``report``: told, a line each, what cannot be served and which replay broke off. ``faults``: what it does
        wrong on purpose. Raises UsageError, NothingRecordedError, and StorageError for a
        port that cannot be had.
        """
        faults = faults or Faults()
        self.host = host
        self.store = open_store(directory, lambda path, reason: report(f"not served: {path.name}: {reason}"))
        if faults.on("metadata"):
            self.store = with_metadata(self.store)
        outgoing = Faulty(faults, self.store) if faults else Outgoing()
        services = Services(self.store, outgoing)
        services.session_timeout_s = int(faults.number("session-timeout") or services.session_timeout_s)
        try:
            self._rtsp = RtspServer(
                (host, rtsp_port),
                self.store,
                _rtsp_credentials(credentials, faults),
                session_timeout_s=lambda: services.session_timeout_s,
                on_error=report,
                outgoing=outgoing,
            )
        except OSError as error:
            raise _taken(host, rtsp_port, error) from None
        try:
            authentication = SoapAuthentication(
                credentials,
                services.clock,
                window_ns=_token_window_ns(faults),
                with_digest=not faults.on("token-only"),
                with_tokens=not faults.on("digest-only"),
            )
            self._soap = SoapServer((host, port), services, authentication, lambda: self.rtsp_port, outgoing)
        except OSError as error:
            self._rtsp.server_close()
            raise _taken(host, port, error) from None
        self._threads: list[threading.Thread] = []

    @property
    def http_port(self) -> int:
        """The port that SOAP answers at."""
        return int(self._soap.server_address[1])

    @property
    def rtsp_port(self) -> int:
        """The port that RTSP answers at."""
        return int(self._rtsp.server_address[1])

    @property
    def http_url(self) -> str:
        """Address of the Device service."""
        return f"http://{_in_url(self.host)}:{self.http_port}/onvif/device_service"

    @property
    def rtsp_url(self) -> str:
        """Address under which the recordings are."""
        return f"rtsp://{_in_url(self.host)}:{self.rtsp_port}/recordings/"

    def __enter__(self) -> Self:
        for server in (self._soap, self._rtsp):
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._soap.shutdown()
        self._rtsp.shutdown()
        self._soap.server_close()
        self._rtsp.server_close()
        for thread in self._threads:
            thread.join()


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _rtsp_credentials(credentials: Credentials | None, faults: Faults) -> Credentials | None:
    """Those of SOAP, unless a fault gives RTSP a user of its own."""
    user = faults.text("rtsp-user")
    return credentials if credentials is None or user is None else replace(credentials, user=user)


def _token_window_ns(faults: Faults) -> int:
    seconds = faults.number("token-window")
    return TOKEN_WINDOW_NS if seconds is None else int(seconds * NS)


def _taken(host: str, port: int, error: OSError) -> StorageError:
    return StorageError(
        f"cannot listen: {error.strerror or error}",
        where=f"{host}:{port}",
        next_step="Choose another port with --port or --rtsp-port, or 0 for a free one.",
    )
