"""The embedded recorder as a whole: a directory, an HTTP port, an RTSP port."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from vssx.digest_auth import AuthenticationServer
from vssx.errors import StorageError
from vssx.model.acquisition import Credentials
from vssx.onvif.discovery import DEVICE, NETWORK_VIDEO_TRANSMITTER, Target
from vssx.onvif.namespaces import TDS
from vssx.recorder.faults import Faults
from vssx.recorder.faults_documents import labelled
from vssx.recorder.faulty import Faulty, refuse_unknown
from vssx.recorder.http_tunnel import Tunnels
from vssx.recorder.metadata_track import with_metadata
from vssx.recorder.outgoing import Outgoing
from vssx.recorder.recorded_data import RecordedDataExports
from vssx.recorder.rtsp_server import RtspServer
from vssx.recorder.rtsp_service import RtspService
from vssx.recorder.services import PATHS, SCOPES, Services
from vssx.recorder.soap_authentication import ALGORITHMS, REALM, TOKEN_WINDOW_NS, SoapAuthentication
from vssx.recorder.soap_server import SoapServer
from vssx.recorder.store import open_store
from vssx.recorder.tls import ServerTls
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
        tls: ServerTls | None = None,
        algorithms: tuple[str, ...] = ALGORITHMS,
        report: Callable[[str], None] = _ignore,
        faults: Faults | None = None,
        storage: Path | None = None,
    ) -> None:
        """Read the directory and take the ports; nothing is answered yet.

        ``tls``: then both ports are encrypted. ``algorithms``: of the Digest challenges, best first.
        ``report``: told, a line each, what cannot be served and which replay broke off. ``faults``: what it does
        wrong on purpose. ``storage``: directory into which it exports by itself when it is asked to.
        Raises UsageError, NothingRecordedError, and StorageError for a port that cannot be had.
        """
        faults = faults or Faults()
        self.host = host
        self._directory = directory.absolute()
        self.store = open_store(directory, lambda path, reason: report(f"not served: {path.name}: {reason}"))
        if faults.on("metadata"):
            self.store = with_metadata(self.store)
        self.store = labelled(self.store, faults)
        outgoing = Faulty(faults, self.store) if faults else Outgoing()
        exports = None if storage is None else RecordedDataExports(storage.absolute(), report)
        services = Services(self.store, outgoing, exports)
        refuse_unknown(faults, self.store, services.operations)
        services.session_timeout_s = int(faults.number("session-timeout") or services.session_timeout_s)
        self._tls = tls
        self._service = RtspService(
            self.store,
            _authentication(_rtsp_credentials(credentials, faults), algorithms),
            session_timeout_s=lambda: services.session_timeout_s,
            on_error=report,
            outgoing=outgoing,
        )
        try:
            self._rtsp = RtspServer((host, rtsp_port), self._service, tls)
        except OSError as error:
            raise _taken(host, rtsp_port, error) from None
        try:
            authentication = SoapAuthentication(
                credentials,
                services.clock,
                algorithms=algorithms,
                window_ns=_token_window_ns(faults),
                with_digest=not faults.on("token-only"),
                with_tokens=not faults.on("digest-only"),
            )
            tunnels = Tunnels(self._service)
            self._soap = SoapServer(
                (host, port), services, authentication, lambda: self.rtsp_port, outgoing, tunnels, tls
            )
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
        return self._http_url(self.host)

    def _http_url(self, host: str) -> str:
        return f"http{self._s}://{_in_url(host)}:{self.http_port}{PATHS[TDS]}"

    @property
    def _s(self) -> str:
        return "" if self._tls is None else "s"

    def discovery_target(self, host: str) -> Target:
        """How it describes itself to WS-Discovery, for a client that reaches it at ``host``."""
        identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{socket.gethostname()}:{self.http_port}/{self._directory}")
        return Target(
            endpoint=identity.urn,
            types=(NETWORK_VIDEO_TRANSMITTER, DEVICE),
            scopes=SCOPES,
            xaddrs=(self._http_url(host),),
        )

    @property
    def rtsp_url(self) -> str:
        """Address under which the recordings are."""
        return f"rtsp{self._s}://{_in_url(self.host)}:{self.rtsp_port}/recordings/"

    @property
    def tunnel_url(self) -> str:
        """Address under which the recordings are for RTSP within HTTP."""
        return f"rtsp{self._s}://{_in_url(self.host)}:{self.http_port}/recordings/"

    def __enter__(self) -> Self:
        self._service.start()
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
        self._service.close()
        for thread in self._threads:
            thread.join()


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _authentication(credentials: Credentials | None, algorithms: tuple[str, ...]) -> AuthenticationServer | None:
    if credentials is None:
        return None
    return AuthenticationServer(credentials=credentials, realm=REALM, algorithms=algorithms)


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
