"""vssx recorder serve: the embedded recorder, until somebody stops it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vssx.errors import UsageError
from vssx.jobs.config import read_secret
from vssx.model.acquisition import Credentials
from vssx.recorder.faults import Faults

if TYPE_CHECKING:
    from vssx.recorder.tls import ServerTls


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeRequest:
    """What to serve and where. Port 0: a free one.

    ``tls``: encrypts both ports. ``discovery``: answer WS-Discovery probes. ``faults``: made on purpose.
    ``storage``: where it exports to by itself.
    """

    directory: Path
    host: str
    port: int
    rtsp_port: int
    credentials: Credentials | None
    tls: ServerTls | None = None
    discovery: bool = True
    faults: Faults = field(default_factory=Faults)
    storage: Path | None = None


def credentials(user: str | None, password_file: Path | None, password: str | None) -> Credentials | None:
    """Who may ask: nobody in particular without ``user``. ``password``: from the environment, if there is no file.

    Raises UsageError for a user without a password, and for a password file without a user.
    """
    if user is None:
        if password_file is not None:
            raise UsageError("--password-file needs --user")
        return None
    secret = read_secret(password_file) if password_file is not None else password
    if not secret:
        raise UsageError(f"no password for {user}", next_step="Give --password-file, or set VSSX_PASSWORD.")
    return Credentials(user=user, password=secret)


def tls_of(host: str, *, own: bool, certificate: Path | None, key: Path | None) -> ServerTls | None:
    """How both ports are encrypted: with the files, with a certificate made now for ``host``, or not at all.

    Raises UsageError for a certificate without its key, and for both kinds at once; what ``tls_from_files`` raises.
    """
    if (certificate is None) != (key is None):
        raise UsageError("--tls-cert and --tls-key go together")
    if certificate is not None and key is not None:
        if own:
            raise UsageError("either --tls or --tls-cert", next_step="--tls makes a certificate of its own.")
        from vssx.recorder.tls import tls_from_files

        return tls_from_files(certificate, key)
    if not own:
        return None
    from vssx.recorder.tls import self_signed

    return self_signed(host)


def serve(
    request: ServeRequest, *, ready: Callable[..., None], report: Callable[[str], None], stop: threading.Event
) -> None:
    """Serve until ``stop`` is set.

    ``ready``: called with both addresses and, with TLS, the fingerprint of the certificate, once
    requests are answered.

    ``report``: told, a line each, what cannot be served. Raises what ``RecorderServer`` raises.
    """
    # Here, so that the command's help needs no XML library.
    from vssx.recorder.discovery import discoverable
    from vssx.recorder.server import RecorderServer

    with (
        RecorderServer(
            request.directory,
            request.host,
            request.port,
            request.rtsp_port,
            request.credentials,
            tls=request.tls,
            report=report,
            faults=request.faults,
            storage=request.storage,
        ) as server,
        discoverable(request.host, server.discovery_target, report) if request.discovery else nullcontext(),
    ):
        ready(server.http_url, server.rtsp_url, *([request.tls.fingerprint] if request.tls is not None else []))
        # Short waits: on Windows an endless one does not see Ctrl-C.
        while not stop.wait(0.5):
            pass
