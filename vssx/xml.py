"""Hardened XML: the only import of lxml. No DTD, no entities, no network, bounded size and depth.

Elements of recorders are looked up by local name: prefixes differ, and some recorders get a namespace wrong.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

from lxml import etree

from vssx.errors import ProtocolError, UsageError, VssxError

Element = etree._Element  # noqa: SLF001 - lxml has no public name for its type

MAX_BYTES = 8 << 20
MAX_DEPTH = 64
MAX_ATTRIBUTES = 250  # of one element
MAX_NAMESPACES = 200  # in scope at one place
MAX_NAMESPACE = 300  # characters of a namespace name
MAX_MARKUP = 400_000  # a "<" each: bounds the nodes before libxml2 allocates them

_DECLARATION = re.compile(r"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ANY_DECLARATION = re.compile(r"\A\s*<\?xml\s[^>]{0,300}?\?>")
# Only encodings in which an ASCII character is one byte and no byte sequence hides another "<".
_ENCODINGS = {"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252"}
_BYTES_AS_LATIN_1 = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}
_NO_NAME = re.compile(r"""[][\s/|!"#$%&'()*+,;<=>?@\\^`{}~]""")  # no prefix of the XML namespaces has one of these
_MAX_MENTIONED = 20
_MAX_COLONS = 100  # of one text
_MAX_MIXED = 1000
_MAX_MESSAGE = 200
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def parse(
    data: bytes,
    *,
    where: str = "",
    tolerant: bool = False,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
    error: type[VssxError] = ProtocolError,
) -> Element:
    """Root element of the document; comments and processing instructions are dropped.

    ``tolerant`` accepts what recorders send: white space or NUL around the document, bytes that are not UTF-8 under
    an UTF-8 declaration (taken as Latin-1), prefixes that nobody declared. Raises ``error`` for anything that is not
    well-formed, too big or too deep, and for every document type declaration.
    """
    if len(data) > max_bytes:
        raise error(f"XML of {len(data)} bytes, more than the {max_bytes} that are read", where=where)
    text = _decode(data, tolerant, where, error)
    if text.count("<") > MAX_MARKUP:
        raise error(f"XML with more than {MAX_MARKUP} tags", where=where)
    _refuse_doctype(text, where, error)
    root = _parse_text(text.encode(), tolerant, where, error)
    _check_depth(root, max_depth, where, error)
    if text.count("=") > MAX_ATTRIBUTES:
        _check_attributes(root, where, error)
    if "xmlns" in text:
        _check_namespaces(root, where, error)
    return root


def content(
    data: bytes,
    *,
    tolerant: bool = False,
    where: str = "",
    max_bytes: int = MAX_BYTES,
    error: type[VssxError] = ProtocolError,
) -> bytes:
    """The document in UTF-8 less byte order mark and XML declaration, not parsed. ``tolerant`` as in ``parse``.

    Raises ``error`` for what is too big or not in the encoding that it claims.
    """
    if len(data) > max_bytes:
        raise error(f"XML of {len(data)} bytes, more than the {max_bytes} that are read", where=where)
    return _ANY_DECLARATION.sub("", _decode(data, tolerant, where, error), count=1).encode()


def _decode(data: bytes, tolerant: bool, where: str, error: type[VssxError]) -> str:
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = data.decode("utf-16")
        else:
            data = data.removeprefix(codecs.BOM_UTF8)
            declared = _DECLARATION.match(data[:300].decode("latin-1").lstrip())
            encoding = codecs.lookup(declared[1]).name if declared else "utf-8"
            if encoding not in _ENCODINGS:
                raise error(f"XML in the encoding {encoding}, which is not read", where=where)
            tolerate = tolerant and encoding in ("utf-8", "ascii")
            text = data.decode("utf-8" if tolerate else encoding, "surrogateescape" if tolerate else "strict")
            text = text.translate(_BYTES_AS_LATIN_1) if tolerate and not text.isascii() else text
    except (UnicodeError, LookupError) as problem:
        raise error(f"XML is not in the encoding that it claims: {problem}", where=where) from None
    return text.strip(" \t\r\n\x00\ufeff") if tolerant else text


def _refuse_doctype(text: str, where: str, error: type[VssxError]) -> None:
    """A document type declaration can only stand before the root element; with it go all entities."""
    at = 0
    while (at := text.find("<", at)) >= 0:
        if text.startswith("<?", at):
            end = text.find("?>", at)
        elif text.startswith("<!--", at):
            end = text.find("-->", at + 4)
        elif text.startswith("<!", at):
            raise error("XML with a document type declaration is not read", where=where)
        else:
            return
        if end < 0:
            return  # not well-formed: the parser says so
        at = end + 2


def _parser(recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        recover=recover,
    )


def _parse_text(data: bytes, tolerant: bool, where: str, error: type[VssxError]) -> Element:
    parser = _parser(recover=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as problem:
        message = str(problem)
        only_prefixes = all(entry.domain_name == "NAMESPACE" for entry in parser.error_log)
    if tolerant and only_prefixes:
        root: Element | None = etree.fromstring(data, _parser(recover=True))
        if root is not None:
            return root
    raise error(f"not well-formed XML: {_shown(message)}", where=where)


def _shown(message: str) -> str:
    """What libxml2 says, which may quote the document."""
    text = message if len(message) <= _MAX_MESSAGE else f"{message[:_MAX_MESSAGE]}..."
    return "".join(one if one.isprintable() else f"\\u{{{ord(one):x}}}" for one in text)


def _check_depth(root: Element, max_depth: int, where: str, error: type[VssxError]) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > max_depth:
            raise error(f"XML nested deeper than {max_depth} elements", where=where)


def _check_attributes(root: Element, where: str, error: type[VssxError]) -> None:
    """lxml looks for the value of each attribute among all of its element."""
    for element in root.iter(etree.Element):
        if len(element.attrib) > MAX_ATTRIBUTES:
            raise error(f"XML with more than {MAX_ATTRIBUTES} attributes at one element", where=where)


def _check_namespaces(root: Element, where: str, error: type[VssxError]) -> None:
    """What is declared once may be written out again with each element below."""
    scope = 0
    for event, declared in etree.iterwalk(root, events=("start-ns", "end-ns")):
        if event == "end-ns":
            scope -= 1
            continue
        scope += 1
        if scope > MAX_NAMESPACES:
            raise error(f"XML with more than {MAX_NAMESPACES} namespaces at one place", where=where)
        if len(declared[1]) > MAX_NAMESPACE:
            raise error(f"XML with a namespace name of more than {MAX_NAMESPACE} characters", where=where)


def serialize(root: Element) -> bytes:
    """The document in UTF-8 with an XML declaration."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def canonical(root: Element) -> bytes:
    """Exclusive canonical XML without comments: equal for documents that differ in their spelling only.

    Raises ProtocolError for namespace names that canonical XML does not allow.
    """
    try:
        return _canonical(root, ())
    except etree.C14NError as problem:
        raise ProtocolError(f"XML with a namespace name that canonical XML does not allow: {problem}") from None


def _canonical(root: Element, prefixes: Sequence[str]) -> bytes:
    return bytes(
        etree.tostring(
            root, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=list(prefixes) or None
        )
    )


def local_name(element: Element) -> str:
    """Name without namespace or prefix; "" for what is not an element."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def namespace(element: Element) -> str:
    """Namespace name, "" without one."""
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def children(element: Element | None, name: str) -> Iterator[Element]:
    """Child elements with this local name, in document order."""
    if element is not None:
        for child in element:
            tag = child.tag
            if isinstance(tag, str) and tag.endswith(name) and local_name(child) == name:
                yield child


def find(element: Element | None, *path: str) -> Element | None:
    """First child with this local name, then its first child with the next one, and so on."""
    for name in path:
        element = next(children(element, name), None)
    return element


def text(element: Element | None, *path: str) -> str:
    """Text of the element, or of what ``find`` finds below it, without surrounding white space; "" if missing."""
    found = find(element, *path)
    return "".join(str(part) for part in found.itertext()).strip() if found is not None else ""


def attribute(element: Element, name: str) -> str | None:
    """Value of the attribute with this local name, whatever its namespace."""
    value = element.get(name)
    if value is None:
        for key, other in element.attrib.items():
            if str(key).rpartition("}")[2] == name:
                return str(other)
    return value


def new(
    ns: str, name: str, text: str | None = None, *, nsmap: Mapping[str, str] | None = None, **attributes: str
) -> Element:
    """A new element. Raises UsageError for text that XML cannot carry."""
    element: Element = etree.Element(f"{{{ns}}}{name}" if ns else name, nsmap=dict(nsmap) if nsmap else None)
    return _fill(element, text, attributes)


def add(
    parent: Element,
    ns: str,
    name: str,
    text: str | None = None,
    *,
    nsmap: Mapping[str, str] | None = None,
    **attributes: str,
) -> Element:
    """A new last child. Raises UsageError for text that XML cannot carry."""
    tag = f"{{{ns}}}{name}" if ns else name
    return _fill(etree.SubElement(parent, tag, nsmap=dict(nsmap) if nsmap else None), text, attributes)


def add_copy(parent: Element, data: bytes) -> Element:
    """A new last child: the root of ``data``, XML that stands for itself. Raises ProtocolError.

    Every namespace keeps its prefix: lxml's own ``append`` drops those that the parent declares under another prefix,
    though a text may use them.
    """
    root = parse(data)
    return _copied(root, parent, None, {})


def standalone(
    element: Element, *, tag: tuple[str, str] | None = None, known: Mapping[str, str] | None = None
) -> bytes:
    """The element as a document for itself, in exclusive canonical XML: UTF-8 without declaration or comments.

    Declared are the prefixes of its names, and those that its texts seem to use (topics do). ``tag``: namespace and
    name that it shall have instead of its own. A prefix of an element or attribute that nobody had declared gets its
    namespace from ``known``, else one that says so. Raises ProtocolError for names that cannot be written again.
    """
    if any(map(_is_stray, _names(element))):
        return _alone(_copied(element, None, tag, known or {}))
    return _alone(element) if tag is None else _alone_as(element, f"{{{tag[0]}}}{tag[1]}")


def _alone_as(element: Element, name: str) -> bytes:
    """It has the other name for a moment: a copy takes as long as all the rest."""
    own = str(element.tag)
    try:
        element.tag = own  # a namespace name with "}" in it can be read, not written
    except ValueError as problem:
        raise ProtocolError(f"XML with a name that cannot be written again: {problem}") from None
    try:
        element.tag = name
        return _alone(element)
    finally:
        element.tag = own


def _alone(element: Element) -> bytes:
    prefixes = _mentioned(element)
    _introduce(prefixes)
    try:
        return _canonical(element, prefixes)
    except etree.C14NError:  # a relative namespace name: outlawed, and no reason to lose what was sent
        return bytes(etree.tostring(_copied(element, None, None, {}), encoding="UTF-8", xml_declaration=False))


def _introduce(prefixes: Sequence[str]) -> None:
    """lxml passes on only those prefixes that this thread's parser has met; one of a made element may be none."""
    for prefix in prefixes:
        with contextlib.suppress(etree.XMLSyntaxError):
            etree.fromstring(f'<x xmlns:{prefix}="urn:x"/>'.encode(), _parser(recover=True))


def _mentioned(element: Element) -> list[str]:
    """The declared prefixes that texts and attribute values seem to use: whatever stands before a colon."""
    found: set[str] = set()
    for each in element.iter(etree.Element):
        # A text may be split by elements in it.
        mixed = "".join(str(part)[:_MAX_MIXED] for part in islice(each.itertext(), _MAX_COLONS)) if len(each) else ""
        for value in (each.text, each.tail, mixed, *each.attrib.values()):
            if value and ":" in value and len(found) < _MAX_MENTIONED:
                declared = each.nsmap
                pieces = str(value).split(":", _MAX_COLONS)[:-1]
                found.update(prefix for piece in pieces if (prefix := _NO_NAME.split(piece)[-1]) in declared)
    return sorted(found)[:_MAX_MENTIONED]


def _names(element: Element) -> Iterator[object]:
    for each in element.iter(etree.Element):
        yield each.tag
        yield from each.attrib


def _is_stray(name: object) -> bool:
    return isinstance(name, str) and ":" in name and not name.startswith("{")


def _copied(element: Element, parent: Element | None, tag: tuple[str, str] | None, known: Mapping[str, str]) -> Element:
    """A copy, perhaps with another name, below ``parent`` if there is one; prefixes that nobody declared are bound."""
    copies: dict[Element, Element] = {}
    bare, mentioned = _with_bare_names(element), _mentioned(element)
    used = {str(name)[1:].partition("}")[0] for name in _names(element)}
    try:
        for each in element.iter(etree.Element):
            above = parent if each is element else copies[_parent(each)]
            name = f"{{{tag[0]}}}{tag[1]}" if tag and each is element else _bound(each.tag, known)
            # A name without namespace would fall into a default one above it: libxml2 writes no xmlns="".
            nsmap: Any = {
                prefix: uri
                for prefix, uri in each.nsmap.items()
                if (uri in used or prefix in mentioned) and (prefix or each not in bare)
            }
            if above is None:
                copies[each] = copy = etree.Element(name, nsmap={**known, **nsmap})
            else:
                copies[each] = copy = etree.SubElement(above, name, nsmap=nsmap)
            copy.text, copy.tail = each.text, each.tail if each is not element else None
            for key, value in each.attrib.items():
                copy.set(_bound(key, known), str(value))
    except ValueError as problem:
        raise ProtocolError(f"XML with a name that cannot be written again: {problem}") from None
    return copies[element]


def _parent(element: Element) -> Element:
    parent = element.getparent()
    assert parent is not None
    return parent


def _with_bare_names(element: Element) -> set[Element]:
    """The elements without a namespace, and those that such elements lie in."""
    found: set[Element] = set()
    for each in element.iter(etree.Element):
        above: Element | None = each
        while above is not None and above not in found and not namespace(each):
            found.add(above)
            above = None if above is element else above.getparent()
    return found


def _bound(name: object, known: Mapping[str, str]) -> str:
    """The name with a namespace for its prefix where nobody had declared one."""
    if not _is_stray(name):
        return str(name)
    prefix, _, local = str(name).partition(":")
    return f"{{{known.get(prefix) or 'urn:vssx:undeclared:' + quote(prefix)}}}{local}"


def _fill(element: Element, text: str | None, attributes: Mapping[str, str]) -> Element:
    for value in (text, *attributes.values()):
        if value is not None and _NOT_XML.search(value):
            raise UsageError(f"text with characters that XML cannot carry: {value[:40]!r}")
    element.text = text
    for name, value in attributes.items():
        element.set(name, value)
    return element
