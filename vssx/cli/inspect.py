"""vssx inspect"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vssx.cli import render
from vssx.shown import counted, shown


@click.command(
    "inspect",
    epilog="Example: vssx inspect R-1_20240501T120000.000Z_20240501T121000.000Z --extract north-gate.264",
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text.")
@click.option(
    "--extract",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a track as an elementary stream: OUT.nals with length-prefixed NAL units, OUT.aac as ADTS, any other"
    " name as Annex B (refused where that would lose bytes).",
)
@click.option(
    "--track",
    "track_id",
    type=click.IntRange(min=1),
    help="Track for --extract. [first audio for .aac, else first video]",
)
def command(path: Path, as_json: bool, out: Path | None, track_id: int | None) -> None:
    """Show what PATH, an MP4 file or a handover, holds: boxes, tracks, times, gaps, static metadata, signatures.

    Nothing is judged here; `vssx verify` does that.
    """
    from vssx.jobs import inspect as job

    if out is not None:
        extracted = job.extract(path, out, track_id)
        click.echo(f"{out}: {extracted.samples} samples, {extracted.size} bytes", err=True)
        return
    inspection = job.inspect(path)
    if as_json:
        render.print_json(inspection.document)
    elif inspection.kind == "handover":
        _print_handover(inspection.document)
    else:
        _print_file(inspection.document, with_boxes=True)


def _print_handover(document: dict[str, Any]) -> None:
    record = document["record"]
    claims, acquired, requested = record["claims"], record["acquired"], record["requested"]
    _line("Handover", document["path"])
    _line("Level claimed", ": ".join(filter(None, (claims["level"] or "none", claims["reason"]))))
    if claims["borne"] != claims["level"]:
        _line("Would bear", claims["borne"] or "none")
    _line("Requested", " ".join(str(requested.get(key) or "") for key in ("command", "source", "from", "to")))
    if requested["said"]:
        _line("As said", ", ".join(f"--{name} {text}" for name, text in requested["said"].items()))
    _line("Acquired", f"{acquired['started']} to {acquired['finished']}")
    _items(record, "assumptions")
    for section in record["recordings"]:
        _print_recording(section)
    for signature in document["signatures"]:
        _print_signature(signature)
    for file in document["files"]:
        click.echo()
        _print_file(file, with_boxes=False)


def _print_recording(section: dict[str, Any]) -> None:
    click.echo()
    end = section["acquired"]["end"]
    _line("Recording", " ".join(filter(None, (section["recording_token"], section["camera"]))))
    delivered = section["delivered"]
    _line("Delivered", f"{delivered['first']} to {delivered['last']}" if delivered["first"] else "nothing")
    _line("Transport", section["acquired"]["transport"] or "-")
    _line("End", f"{end['reason']}, {'proven' if end['proven'] else 'NOT proven'}: {end['detail']}".rstrip(": "))
    _print_metadata(section["timed_metadata"], section["alpha_events"])
    for key in ("gaps", "losses", "assumptions"):
        _items(section, key)


def _print_metadata(metadata: dict[str, Any] | None, events: dict[str, Any] | None) -> None:
    if metadata is not None:
        told = [
            counted(metadata["documents"], "document"),
            f"{metadata['malformed']} malformed, {metadata['not_decoded']} not decoded",
            f"{counted(metadata['objects'], 'sight', 'sights')} of objects",
            counted(metadata["ptz"], "PTZ position"),
        ]
        _line("Metadata", ", ".join(told))
    if events is not None:
        told = [
            counted(events["events"], "event"),
            f"{events['recorded']} recorded, {events['found']} found, {events['listed']} listed",
            f"{counted(events['states'], 'state')} at the start, {events['states_unknown']} of them unknown",
        ]
        _line("Events", ", ".join(told))
    for part in filter(None, (metadata, events)):
        for note in part["notes"]:
            click.echo(f"    {shown(note)}")


def _items(record: dict[str, Any], key: str) -> None:
    _line(key.capitalize(), str(sum(item.get("count", 1) for item in record[key])))
    for item in record[key][:20]:
        click.echo("    " + ", ".join(f"{name} {shown(value)}" for name, value in _told(item)))


def _told(item: dict[str, Any]) -> list[tuple[str, Any]]:
    """What there is to say of it: that it is one goes without saying."""
    return [(name, value) for name, value in item.items() if value and (name, value) != ("count", 1)]


def _print_documents(track: dict[str, Any]) -> None:
    _line("", track["handler_name"])
    encodings = [f"{one['documents']} {one['encoding']}" for one in track["metadata"]["encodings"]]
    told = [counted(track["samples"], "document"), ", ".join(encodings), f"1/{track['timescale']} s"]
    _line("", ", ".join(told))
    for namespace in filter(None, track["metadata"]["namespaces"]):
        _line("", f"namespace {namespace}")


def _print_file(document: dict[str, Any], *, with_boxes: bool) -> None:
    _line("File", f"{document['path']}, {render.size(document['size'])}, {document['duration'] or 0:.3f} s")
    for track in document["tracks"]:
        picture = f"{track['width']}x{track['height']}" if track["width"] else ""
        sound = f"{track['sample_rate']} Hz" if track["sample_rate"] else ""
        entries = "/".join(track["sample_entries"])
        kind = filter(None, (track["type"], track["codec"], entries, picture, sound))
        _line(f"Track {track['track_id']}", " ".join(kind))
        if track["metadata"]:
            _print_documents(track)
        else:
            _line("", f"{track['samples']} samples, {track['clean_points']} clean points, 1/{track['timescale']} s")
        _line("", f"{track['first']} to {track['last']}" if track["first"] else "no UTC: the file has no cstb")
        for gap in track["gaps"]:
            _line("", f"gap of {gap['seconds']:.3f} s after sample {gap['after_sample']}: {gap['from']} to {gap['to']}")
    metadata = document["static_metadata"]
    if metadata["suep"]:
        suep = metadata["suep"]
        _line("Exported by", " ".join(filter(None, (suep["name"], suep["operator"], "at", suep["time"]))))
        for source in suep["sources"]:
            _line("Source", f"track {source['track_id']}: {source['name']} {source['url']}")
    for start in metadata["cstb"]:
        _line("Start (cstb)", f"track {start['track_id']}: {start['start']}")
    if metadata["loci"]:
        loci = metadata["loci"]
        place = ", ".join(filter(None, (loci["name"], loci["notes"])))
        _line("Position", f"{loci['latitude']:.6f}, {loci['longitude']:.6f}; {place}")
    if metadata["ipro"]:
        _line("Seals", f"{len(metadata['ipro'])} signing instances inside the file")
    for signature in document["signatures"]:
        _print_signature(signature)
    for remark in document["remarks"]:
        _line("Remark", remark)
    if with_boxes:
        from vssx.jobs.inspect import walk_boxes

        click.echo("Boxes")
        for depth, box in walk_boxes(document["boxes"]):
            click.echo(f"  {'  ' * depth}{shown(box['type'])} at {box['offset']}, {box['size']} bytes")


def _print_signature(signature: dict[str, Any]) -> None:
    if "error" in signature:
        _line("Signature", f"{signature['path']}: {signature['error']}")
        return
    _line("Signature", f"{Path(signature['path']).name}: {signature['signer']} (not checked here)")


def _line(label: str, text: str) -> None:
    click.echo(f"{label:<14}{shown(text)}")
