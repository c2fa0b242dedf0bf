"""What is derived from the metadata tracks of MP4 files: four files, the same bytes each time, nothing dropped."""

import base64
import codecs
import csv
import gzip
import hashlib
import io
import json
from dataclasses import replace

import pytest
from lxml import etree

from tests.scene_documents import Occurrence, access_denied, motion, scene
from tests.unit.evidence.metadata_files import (
    ADDED,
    RECORDED,
    START_NS,
    VIDEO,
    at,
    document,
    event,
    found,
    stream,
    write,
)
from vssx.errors import MalformedMediaError
from vssx.evidence.derived import NAMES, derive, list_events
from vssx.evidence.event_reading import read_events
from vssx.evidence.events_csv import COLUMNS
from vssx.model.event import ProvenanceKind
from vssx.model.media import TimeSource
from vssx.model.metadata import AlphaEvents, TimedMetadata

NS = {"v": "urn:vssx:metadata:1", "e": "urn:vssx:events:1", "wsnt": "http://docs.oasis-open.org/wsn/b-2"}


def made(root, *documents, from_ns=START_NS, to_ns=None, **more):
    """What is derived of one file with these documents."""
    return derive(root, "cam", [write(root, documents, **more)], from_ns=from_ns, to_ns=to_ns)


def read(root, name):
    return (root / "data/cam" / name).read_bytes()


def rows(root):
    text = read(root, "events.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def documents_of(root):
    return etree.fromstring(read(root, "metadata.xml"))


def test_a_recording_without_metadata_has_nothing_beside_it(tmp_path):
    derived = made(tmp_path, tracks=(VIDEO,))
    assert (derived.timed_metadata, derived.alpha_events, dict(derived.sha256)) == (None, None, {})
    assert not any((tmp_path / "data/cam" / name).exists() for name in NAMES)


def test_a_track_without_documents_bears_nothing(tmp_path):
    derived = made(tmp_path)
    assert (derived.timed_metadata, derived.alpha_events) == (None, None)


def test_every_document_stands_in_metadata_xml_as_it_was_received(tmp_path):
    one, two = scene(1, at(1)), b"<?pi x?><!-- c -->" + scene(2, at(2)) + b"<!-- end -->"
    derived = made(tmp_path, document(RECORDED, 1, one), document(RECORDED, 2.5, two))
    raw = read(tmp_path, "metadata.xml")
    assert one in raw
    assert two in raw
    first, second = documents_of(tmp_path).findall("v:Document", NS)
    assert dict(first.attrib) == {
        "file": "cam_1.mp4",
        "track": "2",
        "sample": "1",
        "utc": "2024-05-01T12:00:01Z",
        "media": "1.000000",
        "timeSource": "replay-extension",
    }
    assert second.get("utc") == "2024-05-01T12:00:02.500Z"
    assert derived.timed_metadata == TimedMetadata(
        documents=2,
        objects=4,
        first_utc_ns=at(1),
        last_utc_ns=at(2.5),
        files=("data/cam/metadata.xml", "data/cam/metadata.jsonl"),
    )


def test_packed_documents_are_unpacked_and_say_so(tmp_path):
    one = scene(1, at(1))
    made(tmp_path, document(RECORDED, 1, gzip.compress(codecs.BOM_UTF8 + one), encoding="gzip"))
    assert one in read(tmp_path, "metadata.xml")
    (told,) = documents_of(tmp_path).findall("v:Document", NS)
    assert (told.get("contentEncoding"), told.get("content")) == ("gzip", "decoded")


@pytest.mark.parametrize(
    ("payload", "encoding", "reason", "counts"),
    [
        (b"<tt:MetadataStream", "", "not well-formed", (1, 0, 0)),
        (b"", "", "not well-formed", (1, 0, 0)),
        (b"\x00\xff]]></v:Bytes>", "", "not well-formed", (1, 0, 0)),
        (b"<other/>", "", "the root is 'other'", (1, 0, 0)),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><MetadataStream>&a;</MetadataStream>", "", "document type", (1, 0, 0)),
        (gzip.compress(bytes(9 << 20), mtime=0), "gzip", "unpacks to more", (1, 0, 0)),
        (
            gzip.compress(b"<MetadataStream>" + bytes(2 << 20).replace(b"\0", b" ") + b"</MetadataStream>", mtime=0),
            "gzip",
            "that unpack to 2097",
            (1, 0, 0),
        ),
        (b"$EXI\x80", "exi", "not decoded", (0, 1, 0)),
        (b"<tt:MetadataStream><tt:Event/></tt:MetadataStream>", "", "", (0, 0, 1)),
    ],
    ids=["cut", "empty", "bytes", "other", "entities", "bomb", "large", "exi", "prefixes"],
)
def test_what_cannot_stand_in_it_is_kept_in_base64(payload, encoding, reason, counts, tmp_path):
    derived = made(tmp_path, document(RECORDED, 1, scene(1, at(1))), document(RECORDED, 2, payload, encoding=encoding))
    (told,) = documents_of(tmp_path).findall("v:Bytes", NS)
    assert base64.b64decode(told.text or "") == payload
    assert reason in told.get("reason")
    found_metadata = derived.timed_metadata
    malformed, not_decoded, readable = counts
    assert (found_metadata.documents, found_metadata.malformed, found_metadata.not_decoded) == (
        2,
        malformed,
        not_decoded,
    )
    assert found_metadata.borne == 1 + readable
    assert len(found_metadata.notes) == 1


def test_a_latin_1_document_is_given_in_utf_8_and_says_so(tmp_path):
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><MetadataStream a="\xe9"/>'
    made(tmp_path, document(RECORDED, 1, text.encode("latin-1")))
    assert '<MetadataStream a="\xe9"/>'.encode() in read(tmp_path, "metadata.xml")
    (told,) = documents_of(tmp_path).findall("v:Document", NS)
    assert told.get("content") == "decoded"


def test_how_each_time_was_obtained(tmp_path):
    """Of several ways in a track, the one of each document."""
    made(
        tmp_path,
        document(RECORDED, 1, scene(1, at(1))),
        document(RECORDED, 2, scene(2, at(2)), time_source=TimeSource.DOCUMENT),
        document(RECORDED, 2, stream(), time_source=TimeSource.NEIGHBOUR),
    )
    told = [one.get("timeSource") for one in documents_of(tmp_path)]
    assert told == ["replay-extension", "document", "neighbour"]


def test_objects_and_positions_are_lines_of_json(tmp_path):
    text = scene(7, at(3.25), objects=1, ptz=True)
    derived = made(tmp_path, document(RECORDED, 3, text))
    thing, position = map(json.loads, read(tmp_path, "metadata.jsonl").splitlines())
    assert thing["kind"] == "object"
    assert (thing["utc"], thing["media"], thing["file"], thing["track"], thing["sample"]) == (
        "2024-05-01T12:00:03.250Z",
        3.25,
        "cam_1.mp4",
        2,
        1,
    )
    assert (thing["class"], thing["likelihood"]) == ("Human", 0.5)
    assert set(thing["box"]) == {"left", "top", "right", "bottom"}
    assert (position["kind"], position["zoom"]) == ("ptz", 0.5)
    assert (derived.timed_metadata.objects, derived.timed_metadata.ptz) == (1, 1)


def test_a_time_that_the_file_does_not_show_leaves_the_place_of_the_sample(tmp_path):
    made(tmp_path, document(RECORDED, 3, scene(7, at(-9e8), objects=1)))
    (line,) = map(json.loads, read(tmp_path, "metadata.jsonl").splitlines())
    assert (line["utc"], line["media"]) == ("1995-10-24T20:00:00Z", 3.0)


def test_the_same_event_of_two_sources_is_listed_once(tmp_path):
    derived = made(
        tmp_path,
        document(RECORDED, 5, event(motion(at(5.25), True))),
        document(ADDED, 5, found(motion(at(5.25), True), utc_text="2024-05-01T12:00:05Z")),
        document(ADDED, 9, found(access_denied(at(9.5), "4711"), kind=ProvenanceKind.LISTED, where="marks.csv line 2")),
    )
    state, moved, denied = rows(tmp_path)
    assert (state["kind"], state["state"], state["utc"]) == ("state", "unknown", "2024-05-01T12:00:00Z")
    assert (state["data"], state["operation"], state["provenance"]) == ("", "", "")
    assert (moved["utc"], moved["media_seconds"], moved["file"]) == (
        "2024-05-01T12:00:05.250Z",
        "5.250000",
        "cam_1.mp4",
    )
    assert moved["provenance"] == (
        "recorded-metadata: cam_1.mp4 track 2 sample 1; find-events: http://10.0.0.1/onvif/device_service"
    )
    assert moved["data"] == "State=true"
    assert denied["provenance"] == "operator-list: marks.csv line 2"
    assert denied["source"] == "AccessPointToken=Gate 3"
    assert derived.alpha_events == AlphaEvents(
        events=2,
        within=2,
        recorded=1,
        found=1,
        listed=1,
        states=1,
        states_unknown=1,
        files=("data/cam/events.xml", "data/cam/events.csv"),
    )


def test_events_xml_holds_the_notifications_and_where_they_came_from(tmp_path):
    made(
        tmp_path,
        document(RECORDED, 5, event(motion(at(5.25), True), access_denied(at(5.5), "4711"))),
        document(ADDED, 0, found(motion(START_NS, False), start_state=True)),
    )
    root = etree.fromstring(read(tmp_path, "events.xml"))
    assert root.tag == "{http://docs.oasis-open.org/wsn/b-2}Notify"
    messages = root.findall("wsnt:NotificationMessage", NS)
    told = root.findall("e:Listing/e:Event", NS)
    assert [one.get("kind") for one in told] == ["state", "event", "event"]
    assert [one.get("notification") for one in told] == ["1", "2", "3"]
    assert [one.get("id") for one in told] == [row["id"] for row in rows(tmp_path)]
    assert len(messages) == 3
    times = [one.find(".//{http://www.onvif.org/ver10/schema}Message").get("UtcTime") for one in messages]
    assert times == ["2024-05-01T12:00:00.000000Z", "2024-05-01T12:00:05.250000Z", "2024-05-01T12:00:05.500000Z"]


def test_a_notification_against_the_schema_is_written_anew_and_counted(tmp_path):
    text = event(access_denied(at(5), "1")).replace(b' Dialect="', b' Other="')
    derived = made(tmp_path, document(RECORDED, 5, text))
    root = etree.fromstring(read(tmp_path, "events.xml"))
    assert root.find("wsnt:NotificationMessage/wsnt:Topic", NS).get("Dialect")
    assert root.find("e:Listing/e:Event", NS).get("asReceived") == "false"
    assert "does not follow the schema" in derived.alpha_events.notes[0]
    assert b' Other="' in read(tmp_path, "metadata.xml")


def test_notifications_that_cannot_be_read_are_counted(tmp_path):
    text = event(access_denied(at(5), "1"), access_denied(at(6), "2")).replace(b"2024-05-01T12:00:05", b"yesterday")
    derived = made(tmp_path, document(RECORDED, 5, text))
    assert derived.alpha_events.events == 1
    assert "1 notification cannot be read" in derived.alpha_events.notes[0]
    assert "cam_1.mp4 track 2 sample 1" in derived.alpha_events.notes[0]


def test_only_notifications_that_cannot_be_read_are_told_too(tmp_path):
    text = event(access_denied(at(5), "1")).replace(b"UtcTime", b"Time")
    derived = made(tmp_path, document(RECORDED, 5, text))
    assert (derived.alpha_events.events, derived.alpha_events.files) == (0, ())
    assert derived.alpha_events.notes


def test_an_added_document_of_somebody_else_is_left_out_and_told(tmp_path):
    derived = made(tmp_path, document(ADDED, 5, event(access_denied(at(5), "1"))))
    assert derived.alpha_events.events == 0
    assert "not made by vssx" in derived.alpha_events.notes[0]
    assert derived.timed_metadata is None


def test_an_added_document_that_passes_for_a_recorded_one_is_in_no_list(tmp_path):
    false = found(access_denied(at(5), "1"), kind=ProvenanceKind.RECORDED, where="cam_1.mp4 track 2 sample 17")
    derived = made(tmp_path, document(ADDED, 5, false))
    assert (derived.alpha_events.events, derived.alpha_events.recorded, derived.alpha_events.files) == (0, 0, ())
    assert derived.forgeries == derived.alpha_events.notes
    assert "1 document of the added track passed for metadata that the recorder recorded" in derived.forgeries[0]


def test_times_years_off_are_listed_and_not_placed(tmp_path):
    derived = made(
        tmp_path, document(RECORDED, 5, event(access_denied(at(-1e9), "1"), access_denied(at(2e11), "2"))), to_ns=at(60)
    )
    early, late = rows(tmp_path)
    assert early["utc"].startswith("1992-")
    assert late["utc"].startswith("8362-")
    assert {row["media_seconds"] + row["file"] for row in (early, late)} == {""}
    assert derived.alpha_events.notes == (
        "2 events lie outside the range asked for",
        "of 2 events no file shows the time",
    )


def test_hostile_texts_are_neutral_in_the_table_and_whole_in_the_xml(tmp_path):
    nasty = '=HYPERLINK("http://x")\n\u202e\\;=1+1'
    occurrence = Occurrence(utc_ns=at(5), topic="=cmd|' /C calc'!A0", data=(("Text", nasty), ("@x", "-1")))
    made(tmp_path, document(RECORDED, 5, event(occurrence)))
    raw = read(tmp_path, "events.csv")
    assert raw.startswith(codecs.BOM_UTF8)
    assert raw.count(b"\n") == 2
    assert "\u202e".encode() not in raw
    (row,) = rows(tmp_path)
    assert tuple(row) == COLUMNS
    assert row["topic"].startswith("'=cmd|'")
    assert row["data"] == "Text==HYPERLINK(\"http://x\")\\u{a}\\u{202e}\\\\;'=1+1; '@x=-1"
    root = etree.fromstring(read(tmp_path, "events.xml"))
    item = root.find(".//{http://www.onvif.org/ver10/schema}SimpleItem")
    assert item.get("Value") == nasty


def test_the_same_files_give_the_same_bytes_and_digests(tmp_path):
    documents = [document(RECORDED, n, scene(n, at(n), ptz=True, occurrences=[motion(at(n), True)])) for n in range(9)]
    source = write(tmp_path, documents)
    first = derive(tmp_path, "cam", [source], from_ns=None, to_ns=None)
    kept = {name: read(tmp_path, name) for name in NAMES}
    assert dict(first.sha256) == {f"data/cam/{name}": hashlib.sha256(kept[name]).hexdigest() for name in sorted(NAMES)}
    assert derive(tmp_path, "cam", [source], from_ns=None, to_ns=None) == first
    assert {name: read(tmp_path, name) for name in NAMES} == kept
    (tmp_path / "data/cam/events.csv").write_bytes(b"other")
    assert derive(tmp_path, "cam", [source], from_ns=None, to_ns=None, write=False) == first
    assert read(tmp_path, "events.csv") == b"other"


def test_files_of_an_earlier_run_do_not_stay(tmp_path):
    made(tmp_path, document(RECORDED, 5, event(access_denied(at(5), "1"))))
    (tmp_path / "data/cam/cam_1.mp4").unlink()
    (tmp_path / "data/cam/cam_1.frames.csv.gz").unlink()
    made(tmp_path, tracks=(VIDEO,))
    assert not any((tmp_path / "data/cam" / name).exists() for name in NAMES)


def test_what_a_killed_run_left_half_written_does_not_stay(tmp_path):
    source = write(tmp_path, [])
    for name in NAMES:
        (tmp_path / "data/cam" / f"{name}.tmp").write_bytes(b"<half")
    derive(tmp_path, "cam", [source], from_ns=None, to_ns=None)
    assert {path.name for path in (tmp_path / "data/cam").iterdir()} == {"cam_1.mp4", "cam_1.frames.csv.gz"}


@pytest.mark.parametrize(
    "content",
    [None, b"no gzip", gzip.compress(b"track,sample\r\n" * 100, mtime=0)[:-20]],
    ids=["missing", "no gzip", "cut"],
)
def test_a_list_of_samples_that_was_changed_is_malformed(content, tmp_path):
    source = write(
        tmp_path,
        [document(RECORDED, 1, stream()), document(RECORDED, 2, stream(), time_source=TimeSource.NEIGHBOUR)],
    )
    frames = tmp_path / source.frames_path
    frames.unlink() if content is None else frames.write_bytes(content)
    with pytest.raises(MalformedMediaError, match="list of samples"):
        derive(tmp_path, "cam", [source], from_ns=None, to_ns=None, write=False)


def test_several_files_of_a_recording_are_one_listing(tmp_path):
    sources = [
        write(tmp_path, [document(RECORDED, 5, event(access_denied(at(5), "1")))], seconds=10, name="cam_1"),
        write(
            tmp_path,
            [document(RECORDED, 105, event(access_denied(at(105), "2"), access_denied(at(50), "3")))],
            seconds=10,
            begin=100,
            name="cam_2",
        ),
    ]
    listed = list(list_events(tmp_path, "cam", sources))
    places = [(one.file, one.media_ns and one.media_ns / 1e9) for one in listed]
    assert places == [("cam_1.mp4", 5), ("", None), ("cam_2.mp4", 5)]
    derive(tmp_path, "cam", sources, from_ns=None, to_ns=None)
    assert [row["id"] for row in rows(tmp_path)] == [one.event_id for one in listed]
    assert [one.get("file") for one in documents_of(tmp_path)] == ["cam_1.mp4", "cam_2.mp4"]


def test_two_recorded_tracks_are_told_apart_and_come_by_their_times(tmp_path):
    other = replace(RECORDED, index=3, token="M2", description="metadata as recorded M2")
    derived = made(
        tmp_path,
        document(RECORDED, 1, scene(1, at(1))),
        document(other, 2, scene(2, at(2))),
        document(RECORDED, 3, scene(3, at(3))),
        tracks=(VIDEO, RECORDED, other),
    )
    told = [(one.get("track"), one.get("sample"), one.get("media")) for one in documents_of(tmp_path)]
    assert told == [("2", "1", "1.000000"), ("3", "1", "2.000000"), ("2", "2", "3.000000")]
    assert derived.timed_metadata.documents == 3


def test_documents_of_a_track_keep_its_order_whatever_their_times(tmp_path):
    source = write(
        tmp_path,
        [document(RECORDED, seconds, scene(1, at(seconds))) for seconds in (3, 1, 2)],
        video=False,
        tracks=(RECORDED,),
    )
    derived = derive(tmp_path, "cam", [source], from_ns=None, to_ns=None)
    assert [one.get("media") for one in documents_of(tmp_path)] == ["2.000000", "0.000000", "1.000000"]
    assert (derived.timed_metadata.first_utc_ns, derived.timed_metadata.last_utc_ns) == (at(1), at(3))


def test_where_the_clock_stepped_back_two_files_show_a_time(tmp_path):
    """What was recorded is placed where it was recorded, anything else in the later file."""
    sources = [
        write(
            tmp_path,
            [
                document(RECORDED, 105, event(access_denied(at(105), "1"))),
                document(ADDED, 106, found(access_denied(at(106), "2"))),
            ],
            seconds=10,
            begin=100,
            name="cam_1",
        ),
        write(tmp_path, [], seconds=10, begin=103, name="cam_2"),
    ]
    listed = list_events(tmp_path, "cam", sources)
    assert [(one.file, one.media_ns / 1e9) for one in listed] == [("cam_1.mp4", 5), ("cam_2.mp4", 3)]


def test_the_events_of_one_file_are_read_without_a_handover(tmp_path):
    source = write(tmp_path, [document(RECORDED, 5, event(motion(at(5), True)))])
    state, moved = read_events(tmp_path / source.path)
    assert (state.unknown, state.utc_ns) == (True, START_NS)
    assert moved.event.notification.data[0].value == "true"


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"no")
    with pytest.raises(MalformedMediaError):
        list(read_events(tmp_path / "x.mp4"))


def test_what_happens_as_the_footage_ends_is_shown(tmp_path):
    made(tmp_path, document(RECORDED, 5, event(access_denied(at(10), "1"), access_denied(at(10.001), "2"))), seconds=10)
    assert [row["media_seconds"] for row in rows(tmp_path)] == ["10.000000", ""]


def test_a_file_of_a_year_that_no_calendar_has_is_refused(tmp_path):
    source = write(tmp_path, [document(RECORDED, 5, event(motion(at(5), True)))])
    path = tmp_path / source.path
    data = path.read_bytes()
    place = data.rindex(b"cstb") + 8
    path.write_bytes(data[: place + 4] + b"\x7f" + data[place + 5 :])
    with pytest.raises(MalformedMediaError, match="calendar"):
        list(read_events(path))


def test_a_file_that_tells_no_utc_is_refused_with_the_way_out(tmp_path):
    source = write(tmp_path, [document(RECORDED, 5, event(motion(at(5), True)))])
    path = tmp_path / source.path
    path.write_bytes(path.read_bytes().replace(b"cstb", b"free"))
    with pytest.raises(MalformedMediaError, match="vssx remux"):
        list(read_events(path))


@pytest.mark.parametrize(
    ("seconds", "from_ns", "to_ns", "within"),
    [
        (5, None, None, 1),
        (-9, None, None, 1),
        (-11, None, None, 0),
        (69, None, None, 1),
        (71, None, None, 0),
        (71, START_NS, at(100), 1),
        (101, START_NS, at(100), 0),
        (-9, START_NS, at(100), 1),
        (-1e9, START_NS, at(100), 0),
    ],
)
def test_level_0e_rests_on_what_happened_in_the_range_or_near_the_footage(seconds, from_ns, to_ns, within, tmp_path):
    derived = made(
        tmp_path, document(RECORDED, 5, event(access_denied(at(seconds), "1"))), from_ns=from_ns, to_ns=to_ns
    )
    assert (derived.alpha_events.events, derived.alpha_events.within) == (1, within)
