"""Named recorders from a TOML file, and credentials from everywhere but the arguments."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vssx.errors import StorageError, UsageError
from vssx.model.acquisition import Credentials
from vssx.model.network import VERIFIED, StreamTransport, TlsPolicy

_MAX_CONFIG = 1024 * 1024
_MAX_SECRET = 4096
_KEYS = {"host": str, "user": str, "password_file": str, "timeout": float}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderAddress:
    """Where a recorder is, who asks, and how. ``timeout`` in seconds."""

    host: str
    credentials: Credentials | None
    timeout: float
    tls: TlsPolicy = VERIFIED
    transport: StreamTransport = StreamTransport.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What the command line said: each may be missing."""

    host: str
    user: str | None = None
    password_file: Path | None = None
    timeout: float | None = None
    insecure: bool = False


def default_config_path(environment: Mapping[str, str]) -> Path:
    """``VSSX_CONFIG``, else vssx/config.toml in the user's configuration directory."""
    if "VSSX_CONFIG" in environment:
        return Path(environment["VSSX_CONFIG"])
    if os.name == "nt":
        return Path(environment.get("APPDATA", "~")).expanduser() / "vssx" / "config.toml"
    return Path(environment.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "vssx" / "config.toml"


def resolve(login: Login, environment: Mapping[str, str], prompt: Callable[[str], str] | None) -> RecorderAddress:
    """Where to go and with which credentials.

    ``login.host`` may be the name of a ``[recorders.NAME]`` table. The user: option, ``VSSX_USER``, table. The
    password: file of the option, ``VSSX_PASSWORD``, file of the table, the system's keyring (service ``vssx``), then
    ``prompt``, which is None where nobody can answer. Without a user there are no credentials.
    Raises UsageError for a wrong file or a password that nobody gives, StorageError for an unreadable one.
    """
    table = _recorder(default_config_path(environment), login.host)
    host = str(table.get("host", login.host))
    timeout = login.timeout if login.timeout is not None else float(str(table.get("timeout", 20.0)))
    user = login.user or environment.get("VSSX_USER") or str(table.get("user", ""))
    if "@" in host.rsplit("://", 1)[-1].split("/", 1)[0]:
        raise UsageError(
            "credentials do not belong into an address: others see the arguments of a command",
            where="HOST",
            next_step="Use --user with --password-file, or VSSX_USER and VSSX_PASSWORD.",
        )
    if not user:
        credentials = None
    else:
        password = _password(login, user, host, table, environment, prompt)
        credentials = Credentials(user=user, password=password)
    return RecorderAddress(host=host, credentials=credentials, timeout=timeout, tls=TlsPolicy(insecure=login.insecure))


def _password(
    login: Login,
    user: str,
    host: str,
    table: Mapping[str, object],
    environment: Mapping[str, str],
    prompt: Callable[[str], str] | None,
) -> str:
    if login.password_file is not None:
        return read_secret(login.password_file)
    if "VSSX_PASSWORD" in environment:
        return environment["VSSX_PASSWORD"]
    if "password_file" in table:
        return read_secret(Path(str(table["password_file"])).expanduser())
    stored = _keyring_password(user, host)
    if stored is not None:
        return stored
    if prompt is None:
        raise UsageError(f"no password for {user}", next_step="Set VSSX_PASSWORD, or name a file with --password-file.")
    return prompt(f"Password of {user} at {host}")


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


def _recorder(path: Path, name: str) -> Mapping[str, object]:
    if not path.exists():
        return {}
    try:
        with path.open("rb") as file:
            document = tomllib.loads(file.read(_MAX_CONFIG).decode("utf-8"))
    except OSError as error:
        raise StorageError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"is not TOML: {error}", where=str(path)) from None
    recorders = document.get("recorders", {})
    table = recorders.get(name, {}) if isinstance(recorders, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"recorders.{name} is not a table", where=str(path))
    for key, value in table.items():
        kind = _KEYS.get(key)
        if kind is None or not isinstance(value, (int, float) if kind is float else kind):
            raise UsageError(
                f"recorders.{name}.{key} is not known or of the wrong kind",
                where=str(path),
                next_step=f"Known keys: {', '.join(_KEYS)}; a password itself never stands here.",
            )
    return table
