"""vssx recorder serve: the embedded recorder, until somebody stops it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from vssx.errors import UsageError
from vssx.jobs.config import read_secret
from vssx.model.acquisition import Credentials
from vssx.recorder.faults import Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeRequest:
    """What to serve and where. Port 0: a free one.

    ``discovery``: answer WS-Discovery probes. ``faults``: made on purpose.
    """

    directory: Path
    host: str
    port: int
    rtsp_port: int
    credentials: Credentials | None
    discovery: bool = True
    faults: Faults = field(default_factory=Faults)


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


def serve(
    request: ServeRequest, *, ready: Callable[[str, str], None], report: Callable[[str], None], stop: threading.Event
) -> None:
    """Serve until ``stop`` is set. ``ready``: called with both addresses once requests are answered.

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
            report=report,
            faults=request.faults,
        ) as server,
        discoverable(request.host, server.discovery_target, report) if request.discovery else nullcontext(),
    ):
        ready(server.http_url, server.rtsp_url)
        # Short waits: on Windows an endless one does not see Ctrl-C.
        while not stop.wait(0.5):
            pass
