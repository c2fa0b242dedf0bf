"""How the recorder is reached: what the options do, and that the record says it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_export import record_of, run
from vssx.recorder.server import RecorderServer
from vssx.recorder.tls import ServerTls, self_signed

RANGE = ("--from", "2026-03-14T17:05:30Z", "--to", "2026-03-14T17:05:40Z", "--times", "recorder")


@pytest.fixture(scope="module")
def certificate() -> ServerTls:
    return self_signed("127.0.0.1")


@pytest.fixture(scope="module")
def secure(samples: Path, certificate: ServerTls) -> Iterator[str]:
    with RecorderServer(samples, tls=certificate) as server:
        yield f"https://127.0.0.1:{server.http_port}"


@pytest.fixture(scope="module")
def plain(samples: Path) -> Iterator[RecorderServer]:
    with RecorderServer(samples) as server:
        yield server


def export(capsys: Any, host: str, output: Path, *options: str) -> tuple[int, str, str]:
    return run(capsys, "export", host, "--recording", "car-park", *RANGE, "--output", str(output), *options)


def test_a_certificate_that_nobody_vouches_for(secure, certificate, tmp_path, capsys):
    code, out, err = export(capsys, secure, tmp_path)
    assert (code, out) == (10, "")
    assert "--fingerprint" in err
    code, _, err = export(capsys, secure, tmp_path, "--fingerprint", "00" * 32)
    assert code == 10
    assert certificate.fingerprint in err.lower()
    assert not list(tmp_path.iterdir()), "nothing was begun"


def test_a_pinned_certificate(secure, certificate, tmp_path, capsys):
    colons = ":".join(certificate.fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()
    code, out, err = export(capsys, secure, tmp_path, "--fingerprint", colons)
    assert code == 0, err
    record = record_of(out.strip())
    assert record["recorder"]["tls"]["certificate_sha256"] == certificate.fingerprint
    assert record["recorder"]["tls"]["verified"] == "pinned"
    assert record["requested"]["options"]["tls"] == f"pinned to {certificate.fingerprint}"
    assert not [one for one in record["recordings"][0]["assumptions"] if one["subject"] == "TLS"]


def test_what_was_not_verified_is_in_the_record(secure, certificate, tmp_path, capsys):
    code, out, err = export(capsys, secure, tmp_path, "--insecure")
    assert code == 0, err
    handover = Path(out.strip())
    record = record_of(handover)
    assert record["recorder"]["tls"]["verified"] == "no"
    assert record["requested"]["options"]["tls"] == "not verified"
    [told] = [one for one in record["recordings"][0]["assumptions"] if one["subject"] == "TLS"]
    assert certificate.fingerprint in told["detail"]
    logs = [json.loads(line) for path in handover.glob("data/log/*.jsonl") for line in path.open()]
    assert {one["where"].partition(":")[0] for one in logs if one["kind"] == "tls"} == {"https", "rtsps"}


def test_the_ways_of_the_media_bring_the_same(plain, tmp_path, capsys):
    """Digests of the tracks are those of the media alone: the same whatever carried it."""
    told, digests = {}, set()
    for transport in ("auto", "tcp", "udp", "http"):
        code, out, err = export(
            capsys, f"127.0.0.1:{plain.http_port}", tmp_path, "--transport", transport, "--name", transport
        )
        assert code == 0, err
        [section] = record_of(out.strip())["recordings"]
        told[transport] = section["acquired"]["transport"]
        assert record_of(out.strip())["requested"]["options"]["transport"] == transport
        digests.add(json.dumps([track["digest"] for file in section["files"] for track in file["tracks"]]))
    assert len(digests) == 1
    assert told["auto"] == told["tcp"] == "RTP over RTSP over TCP (interleaved)"
    assert told["udp"] == "RTP over UDP, RTSP over TCP"
    assert told["http"] == "RTP over RTSP over HTTP over TCP (interleaved)"


def test_options_that_contradict_each_other(tmp_path, capsys):
    code, _, err = export(capsys, "127.0.0.1:1", tmp_path, "--insecure", "--fingerprint", "00" * 32)
    assert code == 2
    assert "--ca, --fingerprint, --insecure" in err
