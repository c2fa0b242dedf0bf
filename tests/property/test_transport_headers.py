"""Whatever a server says of its transport, nothing but an error of vssx comes of it; what is right is understood."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from vssx.errors import ProtocolError
from vssx.rtsp.session import answered_with_tcp, interleaved_channels, server_ports

PORTS = st.integers(1, 65_534)
PARTS = st.sampled_from(
    [
        "RTP/AVP",
        "RTP/AVP/TCP",
        "unicast",
        "multicast",
        "interleaved=",
        "server_port=",
        "source=",
        "-",
        ";",
        "=",
        "::1",
        '"',
    ]
)
TEXT = st.lists(PARTS | st.text(max_size=6) | st.integers(0, 10**7).map(str), max_size=12).map("".join)


@given(TEXT)
def test_any_text(text):
    answered_with_tcp(text)
    with suppress(ProtocolError):
        ports, source = server_ports(text)
        assert ports is None or all(0 < port < 65_536 for port in ports)
        assert set(source) <= set("0123456789abcdefABCDEF.:")
    with suppress(ProtocolError):
        first, second = interleaved_channels(text, 0)
        assert 0 <= first <= 255
        assert 0 <= second <= 256


@given(PORTS, st.ip_addresses(), st.permutations(["unicast", "ports", "source", "ssrc=1A2B"]), st.booleans())
def test_what_is_right_is_understood(port, address, order, quoted):
    source = f"[{address}]" if address.version == 6 else str(address)
    words = {
        "ports": f"server_port={port}-{port + 1}",
        "source": f'source="{source}"' if quoted else f"source={source}",
    }
    told = ";".join(["RTP/AVP", "client_port=2-3", *(words.get(word, word) for word in order)])
    assert server_ports(told) == ((port, port + 1), str(address))
    assert not answered_with_tcp(told)
