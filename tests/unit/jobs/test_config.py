"""Credentials come from everywhere but the arguments, and show nowhere."""

from pathlib import Path

import pytest

from vssx.errors import StorageError, UsageError
from vssx.jobs.config import Login, fingerprint, resolve
from vssx.model.network import StreamTransport, TlsPolicy


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


PRINT = "0123456789abcdef" * 4
COLONS = ":".join(PRINT[at : at + 2] for at in range(0, 64, 2)).upper()


@pytest.mark.parametrize(
    "text", [PRINT, COLONS, f"sha256:{PRINT}", f"SHA256 Fingerprint={COLONS}", f"sha256 Fingerprint={COLONS}\n"]
)
def test_fingerprints_as_people_write_them(text):
    assert fingerprint(text) == PRINT


@pytest.mark.parametrize("text", ["", PRINT[:-2], PRINT + "00", "g" * 64, f"SHA1 Fingerprint={COLONS}"])
def test_what_is_no_fingerprint(text):
    with pytest.raises(UsageError, match="--fingerprint"):
        fingerprint(text)


def test_tls_and_transport_come_from_one_place_each(environment):
    write(
        environment,
        f"[recorders.r]\nhost='https://h'\nfingerprint='{COLONS}'\ntransport='udp'\ntimeout=9\n"
        "[recorders.many]\nfingerprint=['" + PRINT + "', '" + "0" * 64 + "']\n"
        "[recorders.bare]\nca='~/ca.pem'\n[recorders.old]\ninsecure=true\n[recorders.old.export]\ncase='1'",
    )

    def address(name, more=None, **options):
        return resolve(Login(host=name, **options), {**environment, **(more or {})}, None)

    assert address("10.0.0.1").tls == TlsPolicy()
    assert address("10.0.0.1").transport is StreamTransport.AUTO
    found = address("r")
    assert (found.host, found.tls, found.timeout) == ("https://h", TlsPolicy(fingerprints=(PRINT,)), 9)
    assert found.transport is StreamTransport.UDP
    assert address("many").tls.fingerprints == (PRINT, "0" * 64)
    assert address("bare").tls.ca_file == Path.home() / "ca.pem"
    assert address("old").tls.insecure
    # who says something says all of it: a pin of the command line is not weakened by a file's insecure
    assert address("old", fingerprints=(COLONS,)).tls == TlsPolicy(fingerprints=(PRINT,))
    assert address("r", {"VSSX_INSECURE": "1"}).tls == TlsPolicy(insecure=True)
    assert address("r", {"VSSX_INSECURE": "0"}).tls == TlsPolicy(fingerprints=(PRINT,))
    assert address("r", {"VSSX_CA": "/ca"}, insecure=True).tls == TlsPolicy(insecure=True)
    assert address("r", {"VSSX_FINGERPRINT": "0" * 64}).tls.fingerprints == ("0" * 64,)
    found = address("r", {"VSSX_TRANSPORT": "http", "VSSX_TIMEOUT": "3"})
    assert (found.transport, found.timeout) == (StreamTransport.HTTP, 3)
    assert address("r", {"VSSX_TRANSPORT": "http"}, transport="tcp").transport is StreamTransport.TCP


@pytest.mark.parametrize(
    ("options", "variables", "message"),
    [
        ({"insecure": True, "ca": Path("x")}, {}, "contradict"),
        ({}, {"VSSX_CA": "x", "VSSX_INSECURE": "1"}, "contradict"),
        ({"fingerprints": ("x",)}, {}, "--fingerprint"),
        ({}, {"VSSX_TRANSPORT": "pigeon"}, "auto, tcp, udp, http"),
        ({}, {"VSSX_TIMEOUT": "nan"}, "--timeout"),
        ({}, {"VSSX_TIMEOUT": "0"}, "--timeout"),
    ],
)
def test_connections_nobody_can_make(environment, options, variables, message):
    with pytest.raises(UsageError, match=message):
        resolve(Login(host="h", **options), {**environment, **variables}, None)


@pytest.mark.parametrize("line", ["insecure='yes'", "fingerprint=1", "timeout=true", "transport=3", "ca=1"])
def test_keys_of_the_wrong_kind(environment, line):
    write(environment, f"[recorders.r]\n{line}")
    with pytest.raises(UsageError, match=r"config\.toml.*wrong kind"):
        resolve(Login(host="r"), environment, None)


def test_rtsp_has_users_of_its_own_where_it_is_said(environment, tmp_path):
    secret = tmp_path / "rtsp"
    secret.write_text("of-rtsp\n")
    write(environment, f"[recorders.r]\nuser='u'\nrtsp_user='streams'\nrtsp_password_file='{secret}'")
    more = {**environment, "VSSX_PASSWORD": "of-soap"}
    found = resolve(Login(host="r"), more, None)
    assert found.credentials is not None
    assert found.stream_credentials is not None
    assert (found.credentials.user, found.credentials.password) == ("u", "of-soap")
    assert (found.stream_credentials.user, found.stream_credentials.password) == ("streams", "of-rtsp")
    found = resolve(Login(host="h", user="u"), more, None)
    assert found.stream_credentials == found.credentials
    variables = {**more, "VSSX_RTSP_USER": "v", "VSSX_RTSP_PASSWORD": "from-environment"}
    found = resolve(Login(host="r"), variables, None)
    assert found.stream_credentials is not None
    assert (found.stream_credentials.user, found.stream_credentials.password) == ("v", "from-environment")
    with pytest.raises(UsageError, match=r"VSSX_RTSP_PASSWORD.*--rtsp-password-file"):
        resolve(Login(host="h", rtsp_user="x"), more, None)
