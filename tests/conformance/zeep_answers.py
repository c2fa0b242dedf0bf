"""Answers of a stranger's recorder: rendered by zeep out of the official WSDL, and disguised."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lxml import etree

from tests.conformance.onvif_schemas import SERVICES, assert_valid, directory
from vssx.onvif.namespaces import SOAP12, TT


@functools.cache
def wsdl(namespace: str) -> Any:
    """zeep's client of a service; only files of the package are read."""
    folder = directory()
    import zeep

    class Offline(zeep.Transport):
        def _load_remote_data(self, url):
            raise AssertionError(f"the WSDL asks for {url}")

    return zeep.Client(str(folder / SERVICES[namespace]), transport=Offline())


Disguise = Callable[[etree._Element], bytes]


def as_rendered(envelope: etree._Element) -> bytes:
    """The prefixes and the order of zeep."""
    return etree.tostring(envelope)


def other_orders(envelope: etree._Element) -> bytes:
    """Elements of one name keep their order among themselves; the names come backwards."""
    for element in envelope.iter():
        groups: dict[str, list[etree._Element]] = {}
        for child in element:
            groups.setdefault(child.tag, []).append(child)
        element[:] = [child for name in reversed(groups) for child in groups[name]]
    return etree.tostring(envelope)


def other_prefixes(envelope: etree._Element) -> bytes:
    """Every element declares its namespace itself, as the default one or with a misleading prefix."""

    def rebuilt(element: etree._Element, number: int) -> etree._Element:
        namespace = etree.QName(element).namespace
        prefix = None if number % 2 else "tt" if namespace != TT else "tds"
        copy = etree.Element(element.tag, element.attrib, nsmap={prefix: namespace} if namespace else None)
        copy.text = element.text
        for index, child in enumerate(element):
            copy.append(rebuilt(child, number + index + 1))
        return copy

    return b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\n" + etree.tostring(rebuilt(envelope, 0))


def unknown_extensions(envelope: etree._Element) -> bytes:
    """A maker's own elements first and last, attributes, comments and line breaks everywhere."""
    maker = "urn:maker"
    for element in list(envelope[0].iterdescendants()):
        element.set(f"{{{maker}}}checked", "1")
        if len(element):
            element.insert(0, etree.Comment("Token"))
            element.insert(1, etree.Element(f"{{{maker}}}Cloud"))
            extension = etree.SubElement(element, f"{{{maker}}}Extension")
            etree.SubElement(extension, f"{{{maker}}}RecordingToken").text = "not this one"
            etree.SubElement(extension, f"{{{maker}}}SearchState").text = "Broken"
    etree.indent(envelope, space="\t")
    return etree.tostring(envelope)


DISGUISES = (as_rendered, other_orders, other_prefixes, unknown_extensions)


def rendered(
    namespace: str,
    name: str,
    disguise: Disguise,
    *,
    change: Callable[[etree._Element], None] | None = None,
    **values: Any,
) -> bytes:
    """An envelope with the message, valid before it was disguised. ``change``: what zeep cannot render is put in."""
    element = wsdl(namespace).get_element(f"{{{namespace}}}{name}")
    parent = etree.Element("parent")
    element.render(parent, element(**values))
    message = parent[0]
    assert_valid(message)
    if change is not None:
        change(message)
    envelope = etree.Element(f"{{{SOAP12}}}Envelope")
    etree.SubElement(envelope, f"{{{SOAP12}}}Body").append(message)
    return disguise(envelope)
