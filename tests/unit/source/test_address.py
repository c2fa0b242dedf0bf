"""Addresses: what users give, what recorders tell."""

from __future__ import annotations

import pytest

from vssx.errors import ProtocolError, UsageError
from vssx.source.address import device_address, reachable_service, reachable_stream


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("cam", "http://cam/onvif/device_service"),
        (" 192.0.2.1:8080 ", "http://192.0.2.1:8080/onvif/device_service"),
        ("[2001:db8::1]:81", "http://[2001:db8::1]:81/onvif/device_service"),
        ("2001:db8::1", "http://[2001:db8::1]/onvif/device_service"),
        ("https://cam", "https://cam/onvif/device_service"),
        ("HTTP://Cam/", "http://cam/onvif/device_service"),
        ("http://cam/other?x=1", "http://cam/other?x=1"),
    ],
)
def test_device_address(host, url):
    assert device_address(host) == url


@pytest.mark.parametrize(
    "host", ["", "http://", "ftp://h", "h:port", "h:99999", "http://[::1", "a b", "http://h/a\nb", "file:///etc/passwd"]
)
def test_what_is_no_address(host):
    with pytest.raises(UsageError):
        device_address(host)


def test_credentials_in_the_address_are_refused_and_not_shown():
    with pytest.raises(UsageError, match="user name or password") as caught:
        device_address("http://admin:s3cret@cam")
    assert "s3cret" not in str(caught.value)


BASE = "http://cam:8000/onvif/device_service"


@pytest.mark.parametrize(
    ("told", "base", "urls"),
    [
        ("http://cam:8000/onvif/search", BASE, ["http://cam:8000/onvif/search"]),
        ("http://192.168.1.2/onvif/search", BASE, ["http://cam/onvif/search", "http://cam:8000/onvif/search"]),
        ("https://10.0.0.1/s?a=b", BASE, ["https://cam/s?a=b", "http://cam:8000/s?a=b"]),
        ("http://10.0.0.1:80/s", "https://cam/d", ["https://cam/s"]),  # TLS is never given up
        ("https://10.0.0.1:444/s", "https://cam/d", ["https://cam:444/s", "https://cam/s"]),
        ("http://u:p@cam:8000/s", BASE, ["http://cam:8000/s"]),
        ("http://cam:8000", BASE, ["http://cam:8000/"]),
        (
            "http://[fe80::1]/s",
            "http://[2001:db8::1]:8000/d",
            ["http://[2001:db8::1]/s", "http://[2001:db8::1]:8000/s"],
        ),
    ],
)
def test_services(told, base, urls):
    assert [choice.url for choice in reachable_service(told, base)] == urls


def test_changes_are_said():
    first, second = reachable_service("http://192.168.1.2/s", BASE)
    assert first.change == "host 192.168.1.2 replaced by cam, which answered"
    assert second.change == "host 192.168.1.2 replaced by cam, which answered; port 80 replaced by 8000"
    assert reachable_service("http://cam:8000/s", BASE)[0].change == ""
    assert "https" in reachable_service("http://cam/s", "https://cam/d")[0].change


@pytest.mark.parametrize(
    ("told", "url", "change"),
    [
        ("rtsp://cam:554/a", "rtsp://cam:554/a", ""),
        ("RTSP://CAM/a?x=1&y", "rtsp://cam/a?x=1&y", ""),
        ("rtsp://10.0.0.9:8554/a;b?c=d", "rtsp://cam:8554/a;b?c=d", "host 10.0.0.9 replaced by cam, which answered"),
        ("rtsp://u:p@cam/a", "rtsp://cam/a", "credentials in it dropped"),
    ],
)
def test_streams(told, url, change):
    choice = reachable_stream(told, BASE)
    assert (choice.url, choice.change) == (url, change)


@pytest.mark.parametrize("told", ["", "rtsp:///x", "/x", "rtsp://h:port/x", "file:///x", "gopher://h/x", "rtsp://[x"])
def test_streams_that_are_none(told):
    with pytest.raises(ProtocolError):
        reachable_stream(told, BASE)


def test_no_password_in_the_message_about_an_address_of_the_recorder_that_is_none():
    with pytest.raises(ProtocolError, match="is no address") as caught:
        reachable_stream("rtsp://admin:geheim@192.0.2.1:99999/x", "http://192.0.2.1/")
    assert "geheim" not in str(caught.value) and "admin" not in str(caught.value)
