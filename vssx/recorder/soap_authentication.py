"""Who may ask: WS-UsernameToken and HTTP Digest for the recorder's SOAP services (ONVIF Core, "Security")."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from vssx.digest_auth import AuthenticationServer, Verdict
from vssx.model.acquisition import Credentials
from vssx.onvif.soap import UsernameToken, verify_username_token
from vssx.times import NS, from_xs_datetime

# Access class PRE_AUTH (ONVIF Core, "Access classes for service requests"): a client asks these before it logs in.
OPEN_REQUESTS = frozenset(
    (
        "GetSystemDateAndTime",
        "GetServices",
        "GetServiceCapabilities",
        "GetCapabilities",
    )
)
TOKEN_WINDOW_NS = 300 * NS
REALM = "vssx recorder"
ALGORITHMS = ("SHA-256", "MD5")
_MAX_NONCES = 10_000


class SoapAuthentication:
    """Checks requests for one user. A nonce counts once within the time that its token is accepted."""

    def __init__(
        self,
        credentials: Credentials | None,
        clock: Callable[[], int],
        *,
        algorithms: tuple[str, ...] = ALGORITHMS,
        window_ns: int = TOKEN_WINDOW_NS,
        with_digest: bool = True,
        with_tokens: bool = True,
    ) -> None:
        """Without ``credentials`` everybody may ask. ``clock``: the recorder's UTC in ns; ``window_ns``: how far from
        it a token may be."""
        self._window_ns = window_ns
        self.reads_tokens = with_tokens
        self._credentials = credentials
        self._clock = clock
        wanted = credentials if with_digest else None
        self._digest = _digest(wanted, algorithms)
        self._lock = threading.Lock()
        self._nonces: OrderedDict[tuple[bytes, str], int] = OrderedDict()

    @property
    def is_open(self) -> bool:
        """Whether everybody may ask."""
        return self._credentials is None

    def challenges(self, *, stale: bool = False) -> tuple[str, ...]:
        """Values of the WWW-Authenticate headers."""
        return self._digest.challenges(stale=stale) if self._digest is not None else ()

    def http(self, authorization: str | None, method: str, uri: str) -> Verdict:
        """Judge an HTTP Authorization header."""
        if self._digest is None:
            return Verdict.ACCEPTED if self._credentials is None else Verdict.REFUSED
        return self._digest.verify(authorization, method, uri)

    def token(self, token: UsernameToken) -> str:
        """ "" where the token is good, else why not, for the fault."""
        if self._credentials is None:
            return ""
        if token.user != self._credentials.user or not verify_username_token(token, self._credentials.password):
            return "user name or password is wrong"
        try:
            created_ns = from_xs_datetime(token.created)
        except ValueError:
            return "Created is not a time"
        now = self._clock()
        if abs(now - created_ns) > self._window_ns:
            return "Created is too far from the recorder's time"
        return "" if self._is_new((token.nonce, token.created), now) else "the nonce was used before"

    def _is_new(self, key: tuple[bytes, str], now: int) -> bool:
        with self._lock:
            while self._nonces and (
                next(iter(self._nonces.values())) < now - 2 * self._window_ns or len(self._nonces) >= _MAX_NONCES
            ):
                self._nonces.popitem(last=False)
            if key in self._nonces:
                return False
            self._nonces[key] = now
            return True


def _digest(credentials: Credentials | None, algorithms: tuple[str, ...]) -> AuthenticationServer | None:
    if credentials is None:
        return None
    return AuthenticationServer(credentials=credentials, realm=REALM, algorithms=algorithms)
