"""Named recorders from a TOML file, and credentials from everywhere but the arguments."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vssx import times
from vssx.errors import StorageError, UsageError
from vssx.model.acquisition import Credentials
from vssx.model.network import VERIFIED, StreamTransport, TlsPolicy

_MAX_CONFIG = 1024 * 1024
_MAX_SECRET = 4096
_TIMEOUT_S = 20.0
_KEYS: Mapping[str, type | tuple[type, ...]] = {
    "host": str,
    "user": str,
    "password_file": str,
    "rtsp_user": str,
    "rtsp_password_file": str,
    "timeout": (int, float),
    "ca": str,
    "fingerprint": (str, list),
    "insecure": bool,
    "transport": str,
    "range_time_zone": str,
}
_FINGERPRINT = re.compile(r"(?:sha-?256[\s\w]*[:=]\s*)?((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderAddress:
    """Where a recorder is, who asks, and how. ``timeout`` in seconds. ``range_time_zone``: IANA name of the zone in
    whose local time the recorder wants the ranges of PLAY, against the specification; empty: UTC."""

    host: str
    credentials: Credentials | None
    timeout: float
    tls: TlsPolicy = VERIFIED
    transport: StreamTransport = StreamTransport.AUTO
    range_time_zone: str = ""
    rtsp_credentials: Credentials | None = None

    @property
    def stream_credentials(self) -> Credentials | None:
        """For the replay: users of RTSP, where the recorder has such, else those of SOAP."""
        return self.rtsp_credentials or self.credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What the command line said: each may be missing. ``fingerprints`` as typed, with or without colons."""

    host: str
    user: str | None = None
    password_file: Path | None = None
    rtsp_user: str | None = None
    rtsp_password_file: Path | None = None
    timeout: float | None = None
    ca: Path | None = None
    fingerprints: tuple[str, ...] = ()
    insecure: bool = False
    transport: str | None = None
    range_time_zone: str | None = None


def default_config_path(environment: Mapping[str, str]) -> Path:
    """``VSSX_CONFIG``, else vssx/config.toml in the user's configuration directory."""
    if "VSSX_CONFIG" in environment:
        return Path(environment["VSSX_CONFIG"])
    if os.name == "nt":
        return Path(environment.get("APPDATA", "~")).expanduser() / "vssx" / "config.toml"
    return Path(environment.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "vssx" / "config.toml"


def resolve(login: Login, environment: Mapping[str, str], prompt: Callable[[str], str] | None) -> RecorderAddress:
    """Where to go and with which credentials.

    ``login.host`` may be the name of a ``[recorders.NAME]`` table. User, timeout, transport, TLS: option,
    environment (``VSSX_USER``, ``VSSX_TIMEOUT``, ``VSSX_TRANSPORT``, ``VSSX_CA``, ``VSSX_FINGERPRINT``,
    ``VSSX_INSECURE``, ``VSSX_RANGE_TIME_ZONE``), table. The password: file of the option, ``VSSX_PASSWORD``, file of
    the table, the system's keyring (service ``vssx``), then ``prompt``, which is None where nobody can answer. Without
    a user there are no credentials.
    Raises UsageError for a wrong file or a password that nobody gives, StorageError for an unreadable one.
    """
    table = _recorder(load(default_config_path(environment)), login.host, default_config_path(environment))
    host = str(table.get("host", login.host))
    if "@" in host.rsplit("://", 1)[-1].split("/", 1)[0]:
        raise UsageError(
            "credentials do not belong into an address: others see the arguments of a command",
            where="HOST",
            next_step="Use --user with --password-file, or VSSX_USER and VSSX_PASSWORD.",
        )
    ask = partial(_credentials, host=host, table=table, environment=environment, prompt=prompt)
    credentials = ask("", login.user, login.password_file)
    return RecorderAddress(
        host=host,
        credentials=credentials,
        rtsp_credentials=ask("rtsp_", login.rtsp_user, login.rtsp_password_file),
        timeout=_timeout(login, environment, table),
        tls=_policy(login, environment, table),
        transport=_transport(login, environment, table),
        range_time_zone=_range_time_zone(login, environment, table),
    )


def _timeout(login: Login, environment: Mapping[str, str], table: Mapping[str, object]) -> float:
    text = str(_first(login.timeout, environment.get("VSSX_TIMEOUT"), table.get("timeout"), _TIMEOUT_S))
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 1 <= seconds <= 3600:
        raise UsageError(f"{text!r} is no number of seconds from 1 to 3600", where="--timeout")
    return seconds


def _transport(login: Login, environment: Mapping[str, str], table: Mapping[str, object]) -> StreamTransport:
    text = str(_first(login.transport, environment.get("VSSX_TRANSPORT"), table.get("transport"), "auto"))
    try:
        return StreamTransport(text)
    except ValueError:
        known = ", ".join(StreamTransport)
        raise UsageError(f"{text!r} is no transport", where="--transport", next_step=f"Known: {known}.") from None


def _range_time_zone(login: Login, environment: Mapping[str, str], table: Mapping[str, object]) -> str:
    given = (login.range_time_zone, environment.get("VSSX_RANGE_TIME_ZONE"), table.get("range_time_zone"), "")
    zone = str(_first(*given))
    if zone:
        times.to_local(0, zone)
    return zone


def _policy(login: Login, environment: Mapping[str, str], table: Mapping[str, object]) -> TlsPolicy:
    """All of it from one place: who pins a certificate on the command line is not overruled by a file."""
    pinned = table.get("fingerprint", ())
    assert isinstance(pinned, str | list | tuple)
    choices = (
        (login.ca, login.fingerprints, login.insecure),
        (
            environment.get("VSSX_CA"),
            tuple(environment.get("VSSX_FINGERPRINT", "").split()),
            environment.get("VSSX_INSECURE", "").lower() not in ("", "0", "false", "no"),
        ),
        (
            table.get("ca"),
            (pinned,) if isinstance(pinned, str) else tuple(map(str, pinned)),
            bool(table.get("insecure")),
        ),
    )
    for ca, fingerprints, insecure in choices:
        given = (ca is not None, bool(fingerprints), insecure)
        if sum(given) > 1:
            raise UsageError(
                "contradict each other", where="--ca, --fingerprint, --insecure", next_step="Give one of them."
            )
        if any(given):
            return TlsPolicy(
                ca_file=None if ca is None else Path(str(ca)).expanduser(),
                fingerprints=tuple(map(fingerprint, fingerprints)),
                insecure=insecure,
            )
    return VERIFIED


def fingerprint(text: str) -> str:
    """A SHA-256 fingerprint as people write it down, in lower case without colons. Raises UsageError."""
    match = _FINGERPRINT.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            f"{text[:100]!r} is no SHA-256 fingerprint of a certificate",
            where="--fingerprint",
            next_step="Give 64 hexadecimal digits, with or without colons: openssl x509 -noout -fingerprint -sha256"
            " shows them.",
        )
    return match[1].replace(":", "").lower()


def _first(*values: object) -> object:
    return next(value for value in values if value is not None)


def _credentials(
    prefix: str,
    user: str | None,
    password_file: Path | None,
    *,
    host: str,
    table: Mapping[str, object],
    environment: Mapping[str, str],
    prompt: Callable[[str], str] | None,
) -> Credentials | None:
    """``prefix``: "" or "rtsp_", before ``user``, ``password`` and ``password_file`` wherever they are looked up."""
    user = user or environment.get(f"VSSX_{prefix}USER".upper()) or str(table.get(f"{prefix}user", ""))
    if not user:
        return None
    variable = f"VSSX_{prefix}PASSWORD".upper()
    if password_file is not None:
        return Credentials(user=user, password=read_secret(password_file))
    if variable in environment:
        return Credentials(user=user, password=environment[variable])
    told = table.get(f"{prefix}password_file")
    if told is not None:
        return Credentials(user=user, password=read_secret(Path(str(told)).expanduser()))
    stored = _keyring_password(user, host)
    if stored is not None:
        return Credentials(user=user, password=stored)
    if prompt is None:
        option = f"--{prefix}password-file".replace("_", "-")
        raise UsageError(f"no password for {user}", next_step=f"Set {variable}, or name a file with {option}.")
    return Credentials(user=user, password=prompt(f"Password of {user} at {host}"))


def read_secret(path: Path) -> str:
    """First line of a small file, a password or passphrase. Raises StorageError, UsageError if it is no text."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_SECRET + 1)
    except OSError as error:
        raise StorageError(f"cannot be read: {error.strerror}", where=str(path)) from error
    lines = content.splitlines()
    if not lines or not lines[0] or len(content) > _MAX_SECRET:
        raise UsageError("holds no password or passphrase in its first line", where=str(path))
    try:
        return lines[0].decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("is not UTF-8 text", where=str(path)) from None


def _keyring_password(user: str, host: str) -> str | None:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return None
    try:
        stored: str | None = keyring.get_password("vssx", f"{user}@{host}")
    except keyring.errors.KeyringError:
        return None  # no keyring service runs here, as under cron
    return stored


def load(path: Path) -> Mapping[str, object]:
    """The configuration file; empty where there is none. Raises UsageError, StorageError."""
    if not path.exists():
        return {}
    import tomllib

    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(_MAX_CONFIG).decode("utf-8"))
    except OSError as error:
        raise StorageError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"is not TOML: {error}", where=str(path)) from None


def table_of(document: Mapping[str, object], *names: str, path: Path) -> Mapping[str, object]:
    """The table ``[names]``, empty where there is none. Raises UsageError where it is no table."""
    for number in range(len(names)):
        found = document.get(names[number], {})
        if not isinstance(found, dict):
            raise UsageError(f"{'.'.join(names[: number + 1])} is not a table", where=str(path))
        document = found
    return document


def _recorder(document: Mapping[str, object], name: str, path: Path) -> Mapping[str, object]:
    """What a recorder's table says of the way to it; tables in it are defaults of commands."""
    settings: dict[str, object] = {}
    for key, value in table_of(document, "recorders", name, path=path).items():
        if isinstance(value, dict):
            continue
        kind = _KEYS.get(key.replace("-", "_"))
        if kind is None or not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise UsageError(
                f"recorders.{name}.{key} is not known or of the wrong kind",
                where=str(path),
                next_step=f"Known keys: {', '.join(_KEYS)}; a password itself never stands here.",
            )
        settings[key.replace("-", "_")] = value
    return settings
