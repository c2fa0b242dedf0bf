"""SOAP envelopes, faults, WS-UsernameToken (SOAP 1.2; faults of 1.1 are read; ONVIF Core, "Web Services framework")."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from vssx import xml
from vssx.errors import ProtocolError
from vssx.model.acquisition import Credentials
from vssx.onvif.namespaces import BASE64_BINARY, PASSWORD_DIGEST, PREFIXES, SOAP11, SOAP12, TER, WSSE, WSU, prefixes
from vssx.times import to_xs_datetime

CONTENT_TYPE = "application/soap+xml; charset=utf-8"
MAX_NONCE = 256

_NOT_AUTHENTICATED = {
    "NotAuthorized",
    "SenderNotAuthorized",
    "FailedAuthentication",
    "InvalidSecurity",
    "InvalidSecurityToken",
    "FailedCheck",
    "MessageExpired",
}
_NOT_SUPPORTED = {
    "ActionNotSupported",
    "NoSuchService",
    "NotImplemented",
    "ActionNotImplemented",
    "OptionalActionNotImplemented",
}
_CODES_OF_SOAP11 = {"Client": "Sender", "Server": "Receiver"}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsernameToken:
    """WS-UsernameToken with a password digest (OASIS UsernameToken Profile 1.0).

    ``digest``: Base64 of SHA-1 over nonce, created and password; "" for a token with anything but a digest.
    ``created``: the text as sent, which is part of the digest.
    """

    user: str
    digest: str = field(repr=False)
    nonce: bytes
    created: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A SOAP fault. ``code``: Sender or Receiver (1.1: translated); ``subcodes``: local names, outermost first,
    e.g. ("InvalidArgVal", "InvalidToken") for ter:InvalidArgVal/ter:InvalidToken."""

    code: str
    subcodes: tuple[str, ...] = ()
    reason: str = ""
    detail: str = ""

    def __str__(self) -> str:
        path = "/".join((self.code, *self.subcodes))
        return f"{path}: {self.reason}" if self.reason else path

    @property
    def not_authenticated(self) -> bool:
        """Whether the fault says that credentials are missing, wrong or not enough."""
        return bool(_NOT_AUTHENTICATED.intersection(self.subcodes)) or "not authorized" in self.reason.lower()

    @property
    def not_supported(self) -> bool:
        """Whether the fault says that there is no such operation or service at all."""
        return bool(_NOT_SUPPORTED.intersection(self.subcodes)) or "not implemented" in self.reason.lower()

    @property
    def http_status(self) -> int:
        """Status that goes with it: 400 for the sender's faults, else 500 (SOAP 1.2 part 2, table 20)."""
        return 400 if self.code == "Sender" else 500


class SoapFaultError(ProtocolError):
    """The recorder answered a fault; ``fault`` holds it."""

    def __init__(self, fault: Fault, *, where: str = "", next_step: str = "") -> None:
        super().__init__(f"the recorder answered the fault {fault}", where=where, next_step=next_step)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An envelope that was read. ``body``: first element of the body, None if it is empty or a fault."""

    body: xml.Element | None
    header: xml.Element | None = None
    fault: Fault | None = None
    username_token: UsernameToken | None = None


def password_digest(nonce: bytes, created: str, password: str) -> str:
    """Base64(SHA-1(nonce + created + password)), as the profile prescribes."""
    digest = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def username_token(credentials: Credentials, *, created_ns: int, nonce: bytes) -> UsernameToken:
    """Token for one request. ``created_ns``: now by the recorder's clock; ``nonce``: 16 fresh random bytes."""
    created = to_xs_datetime(created_ns // 1_000_000 * 1_000_000)
    digest = password_digest(nonce, created, credentials.password)
    return UsernameToken(user=credentials.user, digest=digest, nonce=nonce, created=created)


def verify_username_token(token: UsernameToken, password: str) -> bool:
    """Whether the digest fits the password. Age and reuse of the nonce are the server's to check."""
    expected = password_digest(token.nonce, token.created, password)
    return hmac.compare_digest(expected.encode(), token.digest.encode())


def action(body: xml.Element) -> str:
    """Action URI of a request: the service's namespace, a slash, the element's name."""
    return f"{xml.namespace(body)}/{xml.local_name(body)}"


def render(body: xml.Element, *, token: UsernameToken | None = None, headers: Sequence[xml.Element] = ()) -> bytes:
    """An envelope around ``body``, with ``headers``, and the WS-Security header if there is a token."""
    envelope = xml.new(SOAP12, "Envelope", nsmap=prefixes("s"))
    if token is not None or headers:
        header = xml.add(envelope, SOAP12, "Header")
        header.extend(headers)
        if token is not None:
            _add_security(header, token)
    xml.add(envelope, SOAP12, "Body").append(body)
    return xml.serialize(envelope)


def _add_security(header: xml.Element, token: UsernameToken) -> None:
    security = xml.new(WSSE, "Security", nsmap=prefixes("wsse", "wsu"))
    header.append(security)
    security.set(f"{{{SOAP12}}}mustUnderstand", "1")
    element = xml.add(security, WSSE, "UsernameToken")
    xml.add(element, WSSE, "Username", token.user)
    xml.add(element, WSSE, "Password", token.digest, Type=PASSWORD_DIGEST)
    nonce = base64.b64encode(token.nonce).decode()
    xml.add(element, WSSE, "Nonce", nonce, EncodingType=BASE64_BINARY)
    xml.add(element, WSU, "Created", token.created)


def render_fault(fault: Fault) -> bytes:
    """An envelope with a SOAP 1.2 fault; subcodes are in the namespace ter."""
    element = xml.new(SOAP12, "Fault", nsmap=prefixes("s", "ter"))
    code = xml.add(element, SOAP12, "Code")
    xml.add(code, SOAP12, "Value", f"s:{fault.code}")
    for name in fault.subcodes:
        code = xml.add(code, SOAP12, "Subcode")
        xml.add(code, SOAP12, "Value", f"ter:{name}")
    reason = xml.add(xml.add(element, SOAP12, "Reason"), SOAP12, "Text", fault.reason or fault.code)
    reason.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    if fault.detail:
        xml.add(xml.add(element, SOAP12, "Detail"), TER, "Text", fault.detail)
    envelope = xml.new(SOAP12, "Envelope", nsmap={name: PREFIXES[name] for name in ("s", "ter")})
    xml.add(envelope, SOAP12, "Body").append(element)
    return xml.serialize(envelope)


def parse(data: bytes, *, where: str = "") -> Envelope:
    """Read an envelope, request or answer, SOAP 1.2 or 1.1. Raises ProtocolError for anything else."""
    root = xml.parse(data, where=where, tolerant=True)
    if xml.local_name(root) != "Envelope" or xml.namespace(root) not in (SOAP11, SOAP12, ""):
        raise ProtocolError(f"not a SOAP envelope but {xml.local_name(root)!r}", where=where)
    body = xml.find(root, "Body")
    if body is None:
        raise ProtocolError("SOAP envelope without a body", where=where)
    content = next((child for child in body if xml.local_name(child)), None)
    if content is not None and xml.local_name(content) == "Fault":
        return Envelope(body=None, fault=_fault(content))
    header = xml.find(root, "Header")
    token = _username_token(xml.find(header, "Security", "UsernameToken"))
    return Envelope(body=content, header=header, username_token=token)


def _fault(element: xml.Element) -> Fault:
    code = xml.find(element, "Code")
    if code is None:  # SOAP 1.1; seen with a 1.2 namespace too
        name = _without_prefix(xml.text(element, "faultcode"))
        known = name in ("Client", "Server", "Sender", "Receiver", "VersionMismatch", "MustUnderstand")
        return Fault(
            code=_CODES_OF_SOAP11.get(name, name) if known else "Receiver",
            subcodes=() if known or not name else (name,),
            reason=_shorten(xml.text(element, "faultstring")),
            detail=_shorten(xml.text(element, "detail")),
        )
    subcodes = []
    subcode = xml.find(code, "Subcode")
    while subcode is not None:
        subcodes.append(_without_prefix(xml.text(subcode, "Value")))
        subcode = xml.find(subcode, "Subcode")
    return Fault(
        code=_without_prefix(xml.text(code, "Value")) or "Receiver",
        subcodes=tuple(name for name in subcodes if name),
        reason=_shorten(xml.text(element, "Reason")),
        detail=_shorten(xml.text(element, "Detail")),
    )


def _without_prefix(name: str) -> str:
    return _shorten(name.rpartition(":")[2])


def _shorten(text: str) -> str:
    """One printable line of at most 300 characters: it goes into messages and the log."""
    line = " ".join(text.split())
    return "".join(character for character in line if character.isprintable())[:300]


def _username_token(element: xml.Element | None) -> UsernameToken | None:
    if element is None:
        return None
    password = xml.find(element, "Password")
    is_digest = password is not None and (xml.attribute(password, "Type") or "").endswith("#PasswordDigest")
    try:
        nonce = base64.b64decode(xml.text(element, "Nonce")[: MAX_NONCE * 2], validate=True)
    except (binascii.Error, ValueError):
        raise ProtocolError("the nonce of the WS-UsernameToken is not Base64") from None
    return UsernameToken(
        user=xml.text(element, "Username"),
        digest=xml.text(password) if is_digest else "",
        nonce=nonce,
        created=xml.text(element, "Created"),
    )
