"""Digest access authentication (RFC 7616, and RFC 2617/2069 servers) for HTTP and RTSP, both sides; Basic on request.

Header values are text in which every character stands for one byte (latin-1), as http.client, urllib3 and
vssx.rtsp.connection hand them over. User names and passwords are hashed as UTF-8.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import quote, unquote_to_bytes, urlsplit

from vssx.errors import NotAuthenticatedError, ProtocolError, UsageError
from vssx.model.acquisition import Credentials

_MAX_HEADER = 16 * 1024
_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'({_NAME})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)(?:"|$)|([^\s,"]*))')
_SCHEME = re.compile(_NAME)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# Strongest first. SHA-512-256 is left out: RFC 7616 does not say which of two functions it means.
_ALGORITHMS = {"SHA-256-SESS": "sha256", "SHA-256": "sha256", "MD5-SESS": "md5", "MD5": "md5"}
_PREFERENCE = ("SHA-256", "SHA-256-SESS", "MD5", "MD5-SESS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One challenge of a WWW-Authenticate header (RFC 9110 section 11.6.1). Names of parameters in lower case."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(values: Iterable[str]) -> tuple[Challenge, ...]:
    """All challenges of all WWW-Authenticate ``values``, in order; several may share one value.

    Of a repeated parameter the first counts. Raises ProtocolError for a value above 16 KiB or with control characters.
    """
    challenges: list[Challenge] = []
    for value in values:
        parameters: dict[str, str] | None = None
        for scheme, name, text in _items(value):
            if scheme:
                parameters = {}
                challenges.append(Challenge(scheme=scheme, parameters=parameters))
            elif parameters is not None:
                parameters.setdefault(name, text)
    return tuple(challenges)


def _items(value: str) -> Iterable[tuple[str, str, str]]:
    if len(value) > _MAX_HEADER:
        raise ProtocolError(f"an authentication header of {len(value)} bytes; at most {_MAX_HEADER} are read")
    if _CONTROL.search(value):
        raise ProtocolError("an authentication header with control characters")
    position = 0
    while position < len(value):
        if match := _PARAMETER.match(value, position):
            text = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3]
            yield "", match[1].lower(), text
        elif match := _SCHEME.match(value, position):
            yield match[0].lower(), "", ""
        position = match.end() if match else position + 1


def _hash(algorithm: str, data: bytes) -> str:
    return hashlib.new(_ALGORITHMS[algorithm.upper()], data, usedforsecurity=False).hexdigest()


def _bytes(text: str) -> bytes:
    """Header text to the bytes it stands for; text from elsewhere (a URL with other characters) as UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def digest_response(
    *,
    algorithm: str,
    credentials: Credentials,
    realm: str,
    nonce: str,
    method: str,
    uri: str,
    qop: str = "",
    nc: str = "",
    cnonce: str = "",
    body: bytes = b"",
) -> str:
    """The ``response`` of RFC 7616 section 3.4.1; without ``qop`` that of RFC 2069, kept by RFC 2617.

    ``algorithm``: MD5, MD5-sess, SHA-256 or SHA-256-sess in any case; anything else is a KeyError of the caller.
    """
    a1 = _utf8(credentials.user) + b":" + _bytes(realm) + b":" + _utf8(credentials.password)
    if algorithm.upper().endswith("-SESS"):
        a1 = f"{_hash(algorithm, a1)}:".encode() + _bytes(nonce) + b":" + _bytes(cnonce)
    a2 = _bytes(method) + b":" + _bytes(uri)
    if qop == "auth-int":
        a2 += b":" + _hash(algorithm, body).encode()
    middle = [_bytes(nonce), nc.encode(), _bytes(cnonce), qop.encode()] if qop else [_bytes(nonce)]
    parts = [_hash(algorithm, a1).encode(), *middle, _hash(algorithm, a2).encode()]
    return _hash(algorithm, b":".join(parts))


def _quoted(text: str) -> str:
    if _CONTROL.search(text):
        raise ProtocolError("a control character in an authentication parameter")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class AuthenticationClient:
    """Answers the challenges of one server for one user; keeps the nonce and its counter from request to request.

    Use: send with ``authorization()`` if it is not None; on 401 call ``challenged()`` with the WWW-Authenticate
    values and, if it returns True, send once more. Basic is used only where ``allow_basic`` (TLS that was verified).
    """

    __slots__ = ("_basic", "_cnonce", "_count", "_credentials", "_parameters", "allow_basic")

    def __init__(
        self,
        credentials: Credentials | None,
        *,
        allow_basic: bool = False,
        cnonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._credentials = credentials
        self.allow_basic = allow_basic
        self._cnonce = cnonce
        self._parameters: Mapping[str, str] | None = None
        self._basic = False
        self._count = 0

    def challenged(self, values: Iterable[str], *, retried: bool, where: str = "") -> bool:
        """Take the challenges of a 401 answer; True: the request is worth another try, False: wrong credentials.

        ``retried``: this request already answered a challenge of the server's last 401; then only ``stale=true`` makes
        a further try worth it. The caller bounds the tries (three requests are enough). Raises NotAuthenticatedError
        without credentials, and where the server offers nothing that may be used; ProtocolError for garbage.
        """
        challenges = parse_challenges(values)
        if self._credentials is None:
            raise NotAuthenticatedError(
                "user name and password are wanted", where=where, next_step="Give --user and --password-file."
            )
        usable = [challenge.parameters for challenge in challenges if _usable(challenge)]
        if usable:
            best = min(usable, key=lambda p: _PREFERENCE.index(_algorithm(p)))
            self._parameters, self._count, self._basic = best, 0, False
            return not retried or best.get("stale", "").lower() == "true"
        if any(challenge.scheme == "basic" for challenge in challenges):
            if not self.allow_basic:
                raise NotAuthenticatedError(
                    "only Basic authentication is offered, which would send the password in the clear",
                    where=where,
                    next_step="Use https or rtsps with a certificate that is verified, or pinned with --fingerprint; or"
                    " switch on Digest at the recorder.",
                )
            self._basic = True
            return not retried
        offered = ", ".join(sorted({_description(challenge) for challenge in challenges})) or "no challenge at all"
        raise NotAuthenticatedError(
            f"no authentication that vssx knows is offered: {offered}",
            where=where,
            next_step="Switch on Digest (MD5 or SHA-256) at the recorder.",
        )

    def authorization(self, method: str, uri: str, body: bytes = b"") -> str | None:
        """Value of the Authorization header for a request, or None as long as nobody asked for one.

        ``uri``: exactly as in the request line. Each call counts as one use of the nonce.
        """
        if self._credentials is None:
            return None
        if self._basic:
            if ":" in self._credentials.user:
                raise UsageError("a user name with a colon does not work with Basic authentication")
            pair = _utf8(f"{self._credentials.user}:{self._credentials.password}")
            return "Basic " + base64.b64encode(pair).decode()
        if self._parameters is None:
            return None
        return self._digest(self._credentials, self._parameters, method, uri, body)

    def _digest(self, credentials: Credentials, offer: Mapping[str, str], method: str, uri: str, body: bytes) -> str:
        self._count += 1
        algorithm, realm, nonce = _algorithm(offer), offer.get("realm", ""), offer["nonce"]
        qop, nc = _qop(offer), f"{self._count:08x}"
        cnonce = self._cnonce() if qop or algorithm.endswith("-SESS") else ""
        response = digest_response(
            algorithm=algorithm,
            credentials=credentials,
            realm=realm,
            nonce=nonce,
            method=method,
            uri=uri,
            qop=qop,
            nc=nc,
            cnonce=cnonce,
            body=body,
        )
        fields = _user_fields(credentials, offer, algorithm)
        sent_uri = _bytes(uri).decode("latin-1")
        fields += [f"realm={_quoted(realm)}", f"nonce={_quoted(nonce)}", f"uri={_quoted(sent_uri)}"]
        fields.append(f'response="{response}"')
        if "algorithm" in offer:
            fields.append(f"algorithm={offer['algorithm']}")
        if cnonce:
            fields.append(f"cnonce={_quoted(cnonce)}")
        if "opaque" in offer:
            fields.append(f"opaque={_quoted(offer['opaque'])}")
        if qop:
            fields += [f"qop={qop}", f"nc={nc}"]
        return "Digest " + ", ".join(fields)

    def information(self, value: str) -> None:
        """Take an Authentication-Info header (RFC 7616 section 3.5): its ``nextnonce`` replaces the nonce."""
        if self._parameters is None:
            return
        try:
            # The header is a list of parameters without a scheme; "x" makes it a challenge.
            challenges = parse_challenges([f"x {value}"])
        except ProtocolError:  # of no use: the nonce at hand stays
            return
        for challenge in challenges:
            if nonce := challenge.parameters.get("nextnonce"):
                self._parameters, self._count = {**self._parameters, "nonce": nonce}, 0


def _algorithm(parameters: Mapping[str, str]) -> str:
    return parameters.get("algorithm", "MD5").upper()


def _qop(parameters: Mapping[str, str]) -> str:
    offered = {part.strip().lower() for part in parameters.get("qop", "").split(",")}
    return next((qop for qop in ("auth", "auth-int") if qop in offered), "")


def _usable(challenge: Challenge) -> bool:
    return (
        challenge.scheme == "digest"
        and bool(challenge.parameters.get("nonce"))
        and _algorithm(challenge.parameters) in _ALGORITHMS
    )


def _description(challenge: Challenge) -> str:
    algorithm = challenge.parameters.get("algorithm", "")
    return f"{challenge.scheme[:20]} {algorithm[:20]}".strip()


def _user_fields(credentials: Credentials, offer: Mapping[str, str], algorithm: str) -> list[str]:
    user = credentials.user
    if offer.get("userhash", "").lower() == "true":  # RFC 7616 section 3.4.4
        hashed = _hash(algorithm, _utf8(user) + b":" + _bytes(offer.get("realm", "")))
        return [f'username="{hashed}"', "userhash=true"]
    if not user.isascii() and offer.get("charset", "").upper() == "UTF-8":
        return [f"username*=UTF-8''{quote(user, safe='')}"]
    return [f"username={_quoted(_utf8(user).decode('latin-1'))}"]


class Verdict(Enum):
    """What a server makes of an Authorization header."""

    ACCEPTED = "accepted"
    STALE = "stale"  # right password, nonce too old: challenge again with stale=true
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationServer:
    """Server side of Digest for one user. Nonces carry their time and a MAC: nothing is kept for each client.

    ``nonce_lifetime_s``: seconds until a nonce is stale. A captured request can be repeated within that time; the
    embedded recorder serves trials, not secrets. ``clock`` gives seconds.
    """

    credentials: Credentials
    realm: str = "vssx"
    algorithms: tuple[str, ...] = ("SHA-256", "MD5")
    nonce_lifetime_s: float = 300.0
    clock: Callable[[], float] = time.monotonic
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def challenges(self, *, stale: bool = False) -> tuple[str, ...]:
        """Values of the WWW-Authenticate headers to send, one header each, in order of preference."""
        nonce = self._nonce(int(self.clock() * 1000), secrets.token_hex(8))
        tail = ", stale=true" if stale else ""
        return tuple(
            f'Digest realm={_quoted(self.realm)}, qop="auth", algorithm={algorithm}, nonce="{nonce}", '
            f"charset=UTF-8{tail}"
            for algorithm in self.algorithms
        )

    def verify(self, authorization: str | None, method: str, uri: str) -> Verdict:
        """Judge the Authorization header of a request. Never raises for what a client sends.

        The URI in the header must be that of the request line, or (RTSP players do so) a parent of it.
        """
        try:
            challenges = parse_challenges([authorization or ""])
        except ProtocolError:
            return Verdict.REFUSED
        if not challenges or challenges[0].scheme != "digest":
            return Verdict.REFUSED
        given = challenges[0].parameters
        algorithm = _algorithm(given)
        if algorithm not in {known.upper() for known in self.algorithms} or not self._is_user(given, algorithm):
            return Verdict.REFUSED
        qop, stated = given.get("qop", ""), given.get("uri", "")
        if qop not in ("", "auth") or (qop and not (given.get("nc") and given.get("cnonce"))):
            return Verdict.REFUSED
        expected = digest_response(
            algorithm=algorithm,
            credentials=self.credentials,
            realm=self.realm,
            nonce=given.get("nonce", ""),
            method=method,
            uri=stated,
            qop=qop,
            nc=given.get("nc", "").encode("ascii", "replace").decode(),
            cnonce=given.get("cnonce", ""),
        )
        if not hmac.compare_digest(expected.encode(), _bytes(given.get("response", "").lower())):
            return Verdict.REFUSED
        if not _covers(stated, uri):
            return Verdict.REFUSED
        return Verdict.ACCEPTED if self._is_fresh(given.get("nonce", "")) else Verdict.STALE

    def _is_user(self, given: Mapping[str, str], algorithm: str) -> bool:
        user = _utf8(self.credentials.user)
        if given.get("userhash", "").lower() == "true":
            hashed = _hash(algorithm, user + b":" + _bytes(self.realm))
            return hmac.compare_digest(hashed.encode(), _bytes(given.get("username", "")))
        stated = _bytes(given.get("username", ""))
        if "username*" in given:  # RFC 8187: charset'language'percent-encoded
            stated = unquote_to_bytes(given["username*"].rpartition("'")[2])
        return hmac.compare_digest(user, stated)

    def _nonce(self, milliseconds: int, salt: str) -> str:
        text = f"{milliseconds:x}.{salt}"
        return f"{text}.{hmac.new(self.secret, text.encode(), 'sha256').hexdigest()[:32]}"

    def _is_fresh(self, nonce: str) -> bool:
        stamp, _, rest = nonce.partition(".")
        try:
            milliseconds = int(stamp[:16], 16)
        except ValueError:
            return False
        expected = self._nonce(milliseconds, rest.partition(".")[0])
        if not hmac.compare_digest(_bytes(nonce), _bytes(expected)):
            return False
        return 0 <= int(self.clock() * 1000) - milliseconds <= self.nonce_lifetime_s * 1000


def _covers(stated: str, requested: str) -> bool:
    if stated == requested:
        return True
    first, second = _path(stated), _path(requested)
    return first == second or (first is not None and (second or "").startswith(first + "/"))


def _path(uri: str) -> str | None:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    # The path of "/" alone would cover everything; a bare host has none.
    path = parts.path.rstrip("/")
    return (f"{path}?{parts.query}" if parts.query else path) or None
