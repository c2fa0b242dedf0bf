"""A whole stranger's recorder: every SOAP answer by zeep, disguised, optional elements left out; an export works.

Its RTSP side is the embedded recorder's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.zeep_answers import DISGUISES, Disguise, rendered
from tests.unit.transport.http_server import Request, Server, http
from vssx import xml
from vssx.cli.main import main
from vssx.onvif import soap
from vssx.onvif.namespaces import TDS, TRP, TSE
from vssx.recorder.server import RecorderServer

pytestmark = pytest.mark.interop  # the schemas come with onvif-zeep-async
RANGE = ("2026-03-14T06:30:05Z", "2026-03-14T06:30:07Z")


class Stranger:
    """Knows one recording, tells as little of it as the schemas allow, and nothing of its history."""

    def __init__(self, disguise: Disguise, rtsp: str) -> None:
        self.disguise = disguise
        self.rtsp = rtsp
        self.port = 0
        self.unknown: set[str] = set()

    def __call__(self, request: Request) -> bytes:
        body = soap.parse(request.body).body
        assert body is not None
        name = xml.local_name(body)
        operations = {
            "GetSystemDateAndTime": self.clock,
            "GetServices": self.services,
            "FindRecordings": self.search,
            "GetRecordingSearchResults": self.results,
            "GetReplayUri": self.replay_uri,
        }
        if name not in operations:
            self.unknown.add(name)
            fault = soap.Fault(code="Receiver", subcodes=("ActionNotSupported",), reason="not implemented")
            return http(500, soap.render_fault(fault))
        namespace, content = operations[name]()
        return http(200, rendered(namespace, f"{name}Response", self.disguise, **content))

    def clock(self) -> tuple[str, dict[str, Any]]:
        now = time.gmtime()
        moment = {
            "Time": {"Hour": now.tm_hour, "Minute": now.tm_min, "Second": now.tm_sec},
            "Date": {"Year": now.tm_year, "Month": now.tm_mon, "Day": now.tm_mday},
        }
        system = {"DateTimeType": "Manual", "DaylightSavings": False, "UTCDateTime": moment}
        return TDS, {"SystemDateAndTime": system}

    def services(self) -> tuple[str, dict[str, Any]]:
        address = f"http://127.0.0.1:{self.port}/whatever"
        version = {"Major": 2, "Minor": 4}
        return TDS, {"Service": [{"Namespace": ns, "XAddr": address, "Version": version} for ns in (TSE, TRP)]}

    def search(self) -> tuple[str, dict[str, Any]]:
        return TSE, {"SearchToken": "s"}

    def results(self) -> tuple[str, dict[str, Any]]:
        names = ("SourceId", "Name", "Location", "Description", "Address")
        recording = {
            "RecordingToken": "one",
            "Source": dict.fromkeys(names, ""),
            "LatestRecording": datetime(2026, 3, 14, 6, 30, 20, tzinfo=UTC),
            "Content": "",
            "RecordingStatus": "Unknown",
        }
        return TSE, {"ResultList": {"SearchState": "Completed", "RecordingInformation": [recording]}}

    def replay_uri(self) -> tuple[str, dict[str, Any]]:
        return TRP, {"Uri": f"{self.rtsp}north-gate"}


@pytest.fixture(scope="module")
def embedded(samples: Path) -> Iterator[RecorderServer]:
    with RecorderServer(samples) as server:
        yield server


@pytest.mark.parametrize("disguise", DISGUISES, ids=lambda one: one.__name__)
def test_an_export_from_a_stranger(embedded, tmp_path, capsys, disguise):
    stranger = Stranger(disguise, embedded.rtsp_url)
    server = Server(stranger)
    stranger.port = server.listener.getsockname()[1]
    host = f"127.0.0.1:{stranger.port}"
    try:
        assert main(["recordings", host, "--json"]) == 0
        listed = json.loads(capsys.readouterr().out)["recordings"]
        assert [(one["token"], one["to"], one["status"]) for one in listed] == [
            ("one", "2026-03-14T06:30:20Z", "Unknown")
        ]
        command = ["export", host, "--recording", "one", "--from", RANGE[0], "--to", RANGE[1]]
        assert main([*command, "--times", "recorder", "--output", str(tmp_path)]) == 0
        path = Path(capsys.readouterr().out.strip())
        assert main(["verify", str(path)]) == 42  # unsigned, and nothing else is wrong with it
        record = json.loads((path / "handover.json").read_text("utf-8"))
    finally:
        server.close()
    assert {"FindEvents", "GetDeviceInformation", "GetScopes"} <= stranger.unknown
    text = json.dumps(record)
    assert '"H.264"' in text
    assert "not told" in text
