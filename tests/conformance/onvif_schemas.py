"""The official ONVIF schemas out of the package onvif-zeep-async, compiled by lxml without a network."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

from lxml import etree

from tests.peers import need_module

XS = "{http://www.w3.org/2001/XMLSchema}"
SERVICES = {
    "http://www.onvif.org/ver10/device/wsdl": "devicemgmt.wsdl",
    "http://www.onvif.org/ver10/recording/wsdl": "recording.wsdl",
    "http://www.onvif.org/ver10/search/wsdl": "search.wsdl",
    "http://www.onvif.org/ver10/replay/wsdl": "replay.wsdl",
}


def directory() -> Path:
    """The directory of the WSDL files."""
    need_module("onvif")
    spec = importlib.util.find_spec("onvif")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "wsdl"


class _Offline(etree.Resolver):
    """Answers every file from the directory, and nothing from elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resolve(self, url, _public_id, context):
        path = self.folder / url.rpartition("/")[2]
        if not path.is_file():
            raise AssertionError(f"the schemas ask for {url}")
        tree = etree.parse(str(path))
        # tt:VideoEncoding ends with H264 in this release; the specification lets a recorder name other encodings.
        for kind, more in (("VideoEncoding", ("H265",)), ("AudioEncoding", ())):
            for restriction in tree.iterfind(f".//{XS}simpleType[@name='{kind}']/{XS}restriction"):
                for value in more:
                    etree.SubElement(restriction, f"{XS}enumeration", value=value)
        return self.resolve_string(etree.tostring(tree), context, base_url=str(path))


def documents(work: Path) -> Path:
    """A schema for xmllint, written into ``work``: of documents and notifications (tt:MetadataStream, wsnt:Notify)."""
    folder = directory().as_uri()
    path = work / "documents.xsd"
    imports = "".join(
        f'<xs:import namespace="{namespace}" schemaLocation="{folder}/{name}"/>'
        for namespace, name in (
            ("http://docs.oasis-open.org/wsn/b-2", "b-2.xsd"),
            ("http://www.onvif.org/ver10/schema", "onvif.xsd"),
        )
    )
    path.write_text(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>', "utf-8")
    return path


@functools.cache
def schema(namespace: str) -> etree.XMLSchema:
    """Schema of a service's messages."""
    folder = directory()
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Offline(folder))
    root = etree.parse(str(folder / SERVICES[namespace]), parser)
    part = root.find(f".//{XS}schema")
    assert part is not None
    for prefix, uri in root.getroot().nsmap.items():
        if prefix and prefix not in part.nsmap:
            raise AssertionError(f"prefix {prefix} of {uri} would be lost")
    return etree.XMLSchema(etree.fromstring(etree.tostring(part), parser, base_url=str(folder / "service.xsd")))


def assert_valid(element: etree._Element) -> None:
    """The element is a message of its service and obeys the schema."""
    document = etree.fromstring(etree.tostring(element))
    service = schema(etree.QName(document).namespace or "")
    assert service.validate(document), f"{service.error_log}\n{etree.tostring(document, pretty_print=True).decode()}"
