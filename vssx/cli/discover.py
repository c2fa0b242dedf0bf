"""vssx discover"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from vssx.cli import render
from vssx.errors import ExitCode
from vssx.shown import shown

if TYPE_CHECKING:
    from vssx.model.discovery import DiscoveredDevice


@click.command("discover", epilog="Example: vssx discover --interface eth0 --wait 10")
@click.option(
    "--interface",
    "interfaces",
    multiple=True,
    metavar="NAME",
    help="Ask on this network interface only. May be given several times; without it all are asked.",
)
@click.option(
    "--ask",
    "addresses",
    multiple=True,
    metavar="ADDRESS",
    help="Ask this host alone, where the network carries no multicast. May be given several times.",
)
@click.option(
    "--wait",
    default=4.0,
    show_default=True,
    type=click.FloatRange(0.1, 300),
    metavar="SECONDS",
    help="How long answers are waited for.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of the table.")
def command(interfaces: tuple[str, ...], addresses: tuple[str, ...], wait: float, as_json: bool) -> int:
    """Find recorders and cameras on the networks of this machine (WS-Discovery, IPv4 and IPv6).

    The address in the first column is what the other commands take as HOST. Devices of profile G replay recordings.
    Multicast does not pass routers, and some recorders have discovery switched off: not being listed proves nothing.
    Exits with 10 when nobody answers.
    """
    from vssx.jobs.discover import DiscoverRequest, discover

    found = discover(DiscoverRequest(wait_s=wait, interfaces=interfaces, addresses=addresses))
    if as_json:
        render.print_json(
            {
                "devices": [_document(device) for device in found.devices],
                "asked": list(found.asked),
                "not_asked": list(found.problems),
                "unreadable_answers": found.unreadable,
            }
        )
    elif found.devices:
        render.table(
            ("ADDRESS", "NAME", "HARDWARE", "LOCATION", "PROFILES", "INTERFACE"),
            [
                (
                    device.address,
                    device.name or "-",
                    device.hardware or "-",
                    device.location or "-",
                    " ".join(device.profiles) or "-",
                    " ".join(device.interfaces),
                )
                for device in found.devices
            ],
        )
    if found.unreadable:
        click.echo(f"vssx: {found.unreadable} answers could not be read and were passed over", err=True)
    if found.devices:
        return int(ExitCode.DONE)
    asked = ", ".join(found.asked) or "nothing"
    click.echo(
        shown(
            f"vssx: nobody answered within {wait:g} s (asked: {asked}). Try --wait 10, or --ask ADDRESS where the"
            " network carries no multicast; `vssx probe HOST` tests an address that you know."
        ),
        err=True,
    )
    return int(ExitCode.UNREACHABLE)


def _document(device: DiscoveredDevice) -> dict[str, object]:
    return {
        "address": device.address,
        "name": device.name,
        "hardware": device.hardware,
        "location": device.location,
        "profiles": list(device.profiles),
        "types": list(device.types),
        "endpoint": device.endpoint,
        "xaddrs": list(device.xaddrs),
        "interfaces": list(device.interfaces),
        "answered_from": list(device.answered_from),
    }
