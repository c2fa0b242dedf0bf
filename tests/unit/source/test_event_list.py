"""The operator's list: what is read, and that every fault is told with its place."""

from __future__ import annotations

import pytest

from vssx.errors import StorageError, UsageError
from vssx.model.recording import Notification, SimpleItem
from vssx.source import event_list
from vssx.source.event_list import in_recorders_time, read_event_list
from vssx.times import NS, from_xs_datetime

NOON = from_xs_datetime("2024-05-01T12:00:00Z")


def listed(tmp_path, text, zone=None, name="list.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_event_list(path, zone)


def faults(tmp_path, text, zone=None, name="list.csv"):
    with pytest.raises(UsageError) as caught:
        listed(tmp_path, text, zone, name)
    assert caught.value.where.endswith(name)
    return caught.value.message


def items(notification):
    return {item.name: item.value for item in (*notification.source, *notification.data)}


def test_csv(tmp_path):
    found = listed(
        tmp_path,
        "time,name,text,source,state,door\n"
        '2024-05-01T12:00:00Z,Break-in at gate,"a ""big""\nnoise",Gate 3,on,7\n'
        "\n"
        "2024-05-01T14:00:01.5+02:00,,Mark only,,,\n",
    )
    first, second = found
    assert (first.line, second.line) == (2, 5)
    assert first.notification == Notification(
        topic="vssx:Incident/Break-in_at_gate",
        utc_ns=NOON,
        source=(SimpleItem(name="Source", value="Gate 3"),),
        data=(
            SimpleItem(name="Name", value="Break-in at gate"),
            SimpleItem(name="Text", value='a "big"\nnoise'),
            SimpleItem(name="State", value="on"),
            SimpleItem(name="door", value="7"),
        ),
    )
    assert second.notification.topic == "vssx:Incident/Mark"
    assert second.notification.utc_ns == NOON + 3 * NS // 2
    assert (found.events, found.recordings) == (2, {})


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("hint", ["", "sep={}\r\n", "\r\n"])
def test_separators_and_encodings(tmp_path, separator, encoding, hint):
    lines = [["Timestamp", "Alarm", "Remark"], ["2024-05-01 12:00:00Z", "Überfall", "Tür 1"]]
    text = hint.format(separator) + "".join(separator.join(line) + "\r\n" for line in lines)
    [line] = listed(tmp_path, text.encode(encoding))
    assert line.notification.topic == "vssx:Incident/Uberfall"
    assert items(line.notification) == {"Name": "Überfall", "Text": "Tür 1"}
    assert line.notification.utc_ns == NOON


def test_a_guessed_encoding_is_told(tmp_path):
    text = "time;name\n2024-05-01T12:00:00Z;Entrée\n"
    guessed, told = listed(tmp_path, text.encode("cp1252"), name="a.csv"), listed(tmp_path, text, name="b.csv")
    assert guessed.told == f"a.csv (SHA-256 {guessed.sha256}, read as Windows-1252)"
    assert told.told == f"b.csv (SHA-256 {told.sha256})"


def test_the_separator_is_the_one_that_gives_known_names(tmp_path):
    [line] = listed(tmp_path, "Time|Name|a,b,c,d\n2024-05-01T12:00:00Z|x|1\n")
    assert items(line.notification) == {"Name": "x", "a,b,c,d": "1"}


def test_json_lines(tmp_path):
    found = listed(
        tmp_path,
        '{"time": "2024-05-01T12:00:00Z", "topic": "tns1:Device/Trigger/DigitalInput", "operation": "changed",'
        ' "recording": "rec1", "state": true, "data": {"level": 3, "Comment": null}}\n'
        "\n"
        '{"utc": "2024-05-01T12:00:01Z", "event": "x"}\n',
        name="list.jsonl",
    )
    first, second = found
    assert first.notification.topic == "tns1:Device/Trigger/DigitalInput"
    assert first.notification.operation == "Changed"
    assert first.recording == "rec1"
    assert items(first.notification) == {"State": "true", "level": "3"}
    assert second.line == 3
    assert found.recordings == {"rec1": 1}


def test_numbers_of_json_stay_as_they_were_written(tmp_path):
    written = ["12345678901234567890.0", "50.00", "1e400", "-0", "1" * 5000]
    numbers = ", ".join(f'"n{at}": {number}' for at, number in enumerate(written))
    [line] = listed(tmp_path, f'{{"time": "2024-05-01T12:00:00Z", "name": "x", {numbers}}}\n', name="l.jsonl")
    found = items(line.notification)
    assert [found[f"n{at}"] for at in range(len(written))] == written


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_of_json_is_a_fault(tmp_path, constant):
    told = faults(tmp_path, f'{{"time": "2024-05-01T12:00:00Z", "name": "x"}}\n{{"x": {constant}}}\n', name="l.jsonl")
    assert told == f"line 2: is not JSON: {constant} is no number of JSON"


def test_a_second_column_of_the_same_meaning_is_an_item(tmp_path):
    [line] = listed(tmp_path, "time,name,type,camera,device\n2024-05-01T12:00:00Z,a,b,c,d\n")
    assert items(line.notification) == {"Name": "a", "type": "b", "Source": "c", "device": "d"}


def test_local_times(tmp_path):
    [line] = listed(tmp_path, "time,name\n2024-05-01 14:00:00,a\n", "Europe/Paris")
    assert line.notification.utc_ns == NOON
    assert "column 'time': '2024-05-01 14:00:00' does not say its time zone" in faults(
        tmp_path, "time,name\n2024-05-01 14:00:00,a\n"
    )
    assert "occurs twice" in faults(tmp_path, "time,name\n2024-10-27 02:30:00,a\n", "Europe/Paris")


def test_every_fault_is_named_with_its_place(tmp_path):
    told = faults(
        tmp_path,
        "time,topic,text,operation\n"
        "yesterday,,a,\n"
        "2024-05-01T12:00:00Z,Motion,a,\n"
        "2024-05-01T12:00:00Z,,,\n"
        "2024-05-01T12:00:00Z,,a,Begun\n"
        ",,a,\n"
        "2024-05-01T12:00:00Z,,a,,,\n",
    )
    parts = told.split("; ")
    assert [part.split(":")[0] for part in parts] == [
        "line 2, column 'time'",
        "line 3, column 'topic'",
        "line 4",
        "line 5, column 'operation'",
        "line 6, column 'time'",
        "line 7",
    ]
    assert "'yesterday'" in parts[0] and "'Motion'" in parts[1] and "'Begun'" in parts[3]


def test_many_faults_are_counted(tmp_path):
    told = faults(tmp_path, "time,name\n" + "never,x\n" * 100)
    assert told.count("never") == event_list.MAX_FAULTS
    assert told.endswith("and 75 faults more")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty; its first line names the columns, such as time;name;text"),
        (" \r\n\r\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        ("time;name\r\n", "holds no event: nothing stands below its line of names"),
        ("sep=;\r\n", "no column for the time"),
        ("when,what\n", "no column for the time"),
        ("time,name,name\n", "a second column for name"),
        ("time,time\n2024-05-01T12:00:00Z,x\n", "a second column for time"),
        ("time,utc\n", "a second column for time"),
        ("time,\n", "is no name of a column"),
        ('time,name\n2024-05-01T12:00:00Z,"x"y\n', "line 2: is not CSV"),
        ('time,name\n2024-05-01T12:00:00Z,"never closed\n', "is not CSV"),
        (
            "time,name\n2024-05-01T12:00:00Z,Türöffner\n2024-05-01T12:00:00Z,".encode() + b"\xff\n",
            "line 3, column 'name': '\\udcff' has bytes that are no text",
        ),
        (
            b"time,name\n2024-05-01T12:00:00Z,T\xfcr \x81\n",
            "line 2, column 'name': 'Tür \\udc81' has bytes that are no text",
        ),
        (b"time,name\n2024-05-01T12:00:00Z,a\x00b\n", "line 2"),
        (b"\xff\xfet\x00i", "is no text"),
        (b"\xff\xfe" + b"\x00\xd8" * 3, "is no text"),
        ("time,name\n2024-05-01T12:00:00Z," + "x" * 20_000, "has 20000 characters"),
        ("time,name\n2024-05-01T12:00:00Z," + "x" * 200_000, "line 2: is not CSV"),
        ("time," + ",".join(f"c{n}" for n in range(200)) + "\n", "more than 100 columns"),
        ("time,name\n0001-01-01T00:00:00+14:00,x\n", "column 'time'"),
    ],
)
def test_faults_of_csv(tmp_path, text, expected):
    assert expected in faults(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "line 1: is not JSON"),
        ('[{"time": "2024-05-01T12:00:00Z"}]', "line 1: is no JSON object"),
        ('{"time": "2024-05-01T12:00:00Z", "name": "a"}\n[1]\n', "line 2: is no JSON object"),
        ('{"time": "2024-05-01T12:00:00Z", "name": {"a": 1}}', "line 1, column 'name': is neither text"),
        ('{"time": "2024-05-01T12:00:00Z", "name": ["a"]}', "is neither text"),
        ('{"time": "2024-05-01T12:00:00Z", "name": "a", "name": "b"}', "column 'name': comes twice"),
        ('{"time": "2024-05-01T12:00:00Z", "name": "a", "name": "b"}', "comes twice"),
        ('{"time": "2024-05-01T12:00:00Z", "name": "\\ud800"}', "column 'name'"),
        ('{"time": "2024-05-01T12:00:00Z", "name": "\\u0000"}', "control characters"),
        ('{"name": "a"}', "column 'time': is empty"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_faults_of_json_lines(tmp_path, text, expected):
    assert expected in faults(tmp_path, text, name="list.jsonl")


def test_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr(event_list, "MAX_LINES", 3)
    assert "more than 3 events" in faults(tmp_path, "time,name\n" + "2024-05-01T12:00:00Z,x\n" * 5)
    monkeypatch.setattr(event_list, "MAX_BYTES", 1 << 20)
    with pytest.raises(UsageError, match="larger than the 1 MB"):
        listed(tmp_path, "time,name\n" + "x" * (1 << 20))


def test_a_list_that_is_not_there(tmp_path):
    with pytest.raises(StorageError, match=r"list\.csv: cannot be read"):
        read_event_list(tmp_path / "list.csv", None)


def test_a_list_that_changes_meanwhile(tmp_path):
    found = listed(tmp_path, "time,name\n2024-05-01T12:00:00Z,x\n")
    found.path.write_text("time,name\n2024-05-01T12:00:00Z,y\n")
    with pytest.raises(UsageError, match="changed while it was read"):
        list(found)


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("Theft", "Theft"),
        ("3 shots", "_3_shots"),
        ("<b>&", "b"),
        ("火事", "Mark"),
        ("a/b//.|c", "a_b_._c"),
        ("x" * 99, "x" * 60),
    ],
)
def test_names_become_steps_of_a_topic(tmp_path, name, step):
    [line] = listed(tmp_path, f"time,name\n2024-05-01T12:00:00Z,{name}\n")
    assert line.notification.topic == f"vssx:Incident/{step}"
    assert items(line.notification)["Name"] == name


def test_in_the_recorders_time(tmp_path):
    [line] = listed(tmp_path, "time,name\n2024-05-01T12:00:00Z,x\n")
    shifted = in_recorders_time(line.notification, -3600 * NS)
    assert shifted.utc_ns == NOON - 3600 * NS
    assert items(shifted)["StatedTime"] == "2024-05-01T12:00:00Z"
