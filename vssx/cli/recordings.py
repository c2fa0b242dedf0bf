"""vssx recordings"""

from __future__ import annotations

import itertools

import click

from vssx import times
from vssx.cli import render
from vssx.cli.recorder_options import recorder_address, recorder_options
from vssx.jobs.config import Login
from vssx.jobs.recordings import Listing, list_recordings
from vssx.model.recording import RecordingListing, Span


@click.command(
    "recordings",
    epilog="Example: vssx recordings 192.168.1.20 --user operator --password-file password.txt",
)
@recorder_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of the table.")
def command(login: Login, as_json: bool) -> None:
    """List the recordings of the recorder HOST (a host, host:port, URL, or a name from the configuration file).

    Spans and gaps come from the recorder's own recording history; sizes are estimates from the bit rates it states.
    Times are the recorder's, in UTC; how far its clock is from this machine's is printed too.
    """
    listing = list_recordings(recorder_address(login), lambda _event: None)
    if as_json:
        render.print_json(_document(listing))
        return
    render.recordings_table(listing.recordings)
    offset = listing.clock.offset_ns / times.NS
    bound = (listing.clock.offset_high_ns - listing.clock.offset_low_ns) / 2 / times.NS
    click.echo(f"Recorder's clock minus this machine's: {offset:+.1f} s (within {bound:.1f} s)", err=True)


def _document(listing: Listing) -> dict[str, object]:
    recorder = listing.recorder
    return {
        "recorder": {
            "address": recorder.address,
            "manufacturer": recorder.manufacturer,
            "model": recorder.model,
            "firmware_version": recorder.firmware_version,
            "serial_number": recorder.serial_number,
        },
        "clock": {
            "recorder": _time(listing.clock.recorder_ns),
            "offset_seconds": [listing.clock.offset_low_ns / times.NS, listing.clock.offset_high_ns / times.NS],
        },
        "recordings": [_recording(one) for one in listing.recordings],
    }


def _recording(one: RecordingListing) -> dict[str, object]:
    information = one.information
    return {
        "token": information.token,
        "name": information.source.name,
        "location": information.source.location,
        "source_id": information.source.source_id,
        "content": information.content,
        "status": information.status,
        "from": _time(information.earliest_ns),
        "to": _time(information.latest_ns),
        "tracks": [
            {
                "token": track.token,
                "type": str(track.track_type),
                "encoding": _encoding(one, track.token),
                "from": _time(track.data_from_ns),
                "to": _time(track.data_to_ns),
            }
            for track in information.tracks
        ],
        "history": None if one.history is None or not one.history.available else _spans(one.history.spans),
        "gaps": None if one.history is None or not one.history.available else _gaps(one.history.spans),
        "size_estimate": one.size_bytes,
    }


def _encoding(one: RecordingListing, token: str) -> str:
    tracks = one.attributes.tracks if one.attributes else ()
    return next((track.encoding for track in tracks if track.track.token == token), "")


def _spans(spans: tuple[Span, ...]) -> list[dict[str, object]]:
    return [{"from": _time(span.start_ns), "to": _time(span.end_ns)} for span in spans]


def _gaps(spans: tuple[Span, ...]) -> list[dict[str, object]]:
    return [{"from": _time(before.end_ns), "to": _time(after.start_ns)} for before, after in itertools.pairwise(spans)]


def _time(ns: int | None) -> str | None:
    return None if ns is None else times.to_xs_datetime(ns)
