"""Credentials come from everywhere but the arguments, and show nowhere."""

from pathlib import Path

import pytest

from vssx.errors import StorageError, UsageError
from vssx.jobs.config import Login, resolve


@pytest.fixture
def environment(tmp_path):
    return {"VSSX_CONFIG": str(tmp_path / "config.toml")}


def write(environment, text):
    Path(environment["VSSX_CONFIG"]).write_text(text)


def test_without_a_user_there_are_no_credentials(environment):
    address = resolve(Login(host="10.0.0.1"), environment, None)
    assert (address.host, address.credentials, address.timeout) == ("10.0.0.1", None, 20.0)


def test_order_of_the_password_sources(environment, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("from-option\n")
    second.write_text("from-table\r\nsecond line")
    write(environment, f"[recorders.garage]\nhost='10.0.0.2'\nuser='u'\npassword_file='{second}'\ntimeout=5")

    def password(login, **more):
        credentials = resolve(login, {**environment, **more}, lambda _text: "from-prompt").credentials
        assert credentials is not None
        assert credentials.password not in repr(credentials)
        return credentials.password

    garage = Login(host="garage")
    assert password(Login(host="garage", password_file=first), VSSX_PASSWORD="from-environment") == "from-option"
    assert password(garage, VSSX_PASSWORD="from-environment") == "from-environment"
    assert password(garage) == "from-table"
    assert password(Login(host="10.0.0.9", user="u")) == "from-prompt"
    address = resolve(garage, environment, None)
    assert (address.host, address.timeout) == ("10.0.0.2", 5.0)


def test_nobody_to_ask_is_an_error_not_an_empty_password(environment):
    with pytest.raises(UsageError, match="VSSX_PASSWORD"):
        resolve(Login(host="10.0.0.1", user="u"), environment, None)


@pytest.mark.parametrize("host", ["http://u:secret@10.0.0.1/onvif", "u:secret@10.0.0.1", "rtsp://u@h:1/x"])
def test_credentials_in_the_address_are_refused_and_not_repeated(host, environment):
    with pytest.raises(UsageError) as error:
        resolve(Login(host=host), environment, None)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "text", ["not toml =", "[recorders.r]\npassword='secret'", "[recorders.r]\ntimeout='long'", "[recorders]\nr=1"]
)
def test_a_wrong_configuration_file_is_named(text, environment):
    write(environment, text)
    with pytest.raises(UsageError, match=r"config\.toml") as error:
        resolve(Login(host="r"), environment, None)
    assert "secret" not in str(error.value)


def test_password_files(environment, tmp_path):
    with pytest.raises(StorageError, match="missing"):
        resolve(Login(host="h", user="u", password_file=tmp_path / "missing"), environment, None)
    (tmp_path / "empty").write_text("")
    (tmp_path / "big").write_bytes(b"x" * 10_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("empty", "big", "binary"):
        with pytest.raises(UsageError, match=name):
            resolve(Login(host="h", user="u", password_file=tmp_path / name), environment, None)
