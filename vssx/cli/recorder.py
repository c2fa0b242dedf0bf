"""vssx recorder"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import click

from vssx.jobs.recorder import ServeRequest, credentials, serve


@click.group("recorder", epilog="Example: vssx recorder serve samples")
def command() -> None:
    """Run the embedded recorder: a small ONVIF recorder for training, demonstrations and tests."""


@command.command(
    "serve",
    epilog="Example: vssx recorder serve samples --port 8080 --rtsp-port 8554",
)
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="HTTP port; 0 takes a free one."
)
@click.option(
    "--rtsp-port", default=8554, show_default=True, type=click.IntRange(0, 65535), help="RTSP port; 0 takes a free one."
)
@click.option("--user", help="User name that clients must give. Without it everybody may ask.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the password in its first line. Else VSSX_PASSWORD.",
)
@click.option("--discovery/--no-discovery", default=True, show_default=True, help="Answer `vssx discover`.")
def serve_command(
    directory: Path,
    host: str,
    port: int,
    rtsp_port: int,
    user: str | None,
    password_file: Path | None,
    discovery: bool,
) -> None:
    """Serve the recordings in DIRECTORY over ONVIF (SOAP) and RTSP.

    Every MP4, MKV and raw .264/.265 file is a recording. A TOML file beside it gives the camera's name, the start time
    and recording gaps; docs/recorder.md describes it. Prints one line "ready ..." when it serves; Ctrl-C ends it.
    """
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        # A service manager ends it with SIGTERM, and it should end as with Ctrl-C.
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
    request = ServeRequest(
        directory=directory,
        host=host,
        port=port,
        rtsp_port=rtsp_port,
        credentials=credentials(user, password_file, os.environ.get("VSSX_PASSWORD")),
        discovery=discovery,
    )
    try:
        serve(
            request,
            ready=lambda http, rtsp: click.echo(f"ready {http} {rtsp}"),
            report=lambda line: click.echo(line, err=True),
            stop=stop,
        )
    except KeyboardInterrupt:  # the usual way to end it is no error
        return
