"""vssx recorder"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import click

from vssx.cli import render
from vssx.jobs.recorder import ServeRequest, credentials, serve, tls_of
from vssx.recorder.fault_registry import REGISTRY, read_faults
from vssx.recorder.faults import Area, FaultSwitch


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
@click.option("--tls", is_flag=True, help="Encrypt both ports, with a certificate made at the start.")
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Encrypt both ports with this certificate (PEM, with its chain); --tls-key is its key.",
)
@click.option("--tls-key", type=click.Path(path_type=Path, dir_okay=False), help="Key of --tls-cert, unencrypted PEM.")
@click.option("--discovery/--no-discovery", default=True, show_default=True, help="Answer `vssx discover`.")
@click.option(
    "--storage",
    type=click.Path(path_type=Path, file_okay=False),
    help="Export by itself when a client asks for it (ExportRecordedData), into this directory, as storage-1.",
)
@click.option(
    "--fault",
    "faults",
    metavar="NAME[=VALUE]",
    multiple=True,
    help="Do something wrong that recorders do in the field; may be given again. `vssx recorder faults` lists them.",
)
def serve_command(
    directory: Path,
    host: str,
    port: int,
    rtsp_port: int,
    user: str | None,
    password_file: Path | None,
    tls: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    discovery: bool,
    storage: Path | None,
    faults: tuple[str, ...],
) -> None:
    """Serve the recordings in DIRECTORY over ONVIF (SOAP) and RTSP.

    Every MP4, MKV and raw .264/.265 file is a recording. A TOML file beside it gives the camera's name, the start time
    and recording gaps; NAME.metadata.jsonl its metadata, NAME.events.jsonl its events. docs/recorder.md describes them.
    Prints one line "ready ..." when it serves, with TLS the SHA-256 fingerprint of the certificate at its end; Ctrl-C
    ends it.
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
        tls=tls_of(host, own=tls, certificate=tls_cert, key=tls_key),
        discovery=discovery,
        storage=storage,
        faults=read_faults(faults),
    )
    try:
        serve(
            request,
            ready=lambda *told: click.echo(" ".join(("ready", *told))),
            report=lambda line: click.echo(line, err=True),
            stop=stop,
        )
    except KeyboardInterrupt:  # the usual way to end it is no error
        return


@command.command(
    "faults", short_help="List the faults that it can have.", epilog="Example: vssx recorder faults --json"
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of the list.")
def faults_command(as_json: bool) -> None:
    """List what `vssx recorder serve --fault` can do wrong, with the value that each switch takes.

    docs/recorders.md says what the user of an export sees of each.
    """
    if as_json:
        render.print_json({"faults": [_document(switch) for switch in REGISTRY.values()]})
        return
    formatter = click.HelpFormatter(width=100)
    for area in Area:
        with formatter.section(str(area)):
            formatter.write_dl([(_usage(switch), _text(switch)) for switch in REGISTRY.values() if switch.area is area])
    click.echo(formatter.getvalue().strip("\n"))


def _usage(switch: FaultSwitch) -> str:
    return switch.name if switch.value is None else f"{switch.name}[={switch.value.shown}]"


def _text(switch: FaultSwitch) -> str:
    return switch.does if switch.value is None else f"{switch.does} [{switch.value.default_text}]"


def _document(switch: FaultSwitch) -> dict[str, object]:
    value = switch.value
    return {
        "name": switch.name,
        "area": str(switch.area),
        "does": switch.does,
        "value": None
        if value is None
        else {"meaning": value.meaning, "default": value.default, "choices": list(value.choices) or None},
    }
