"""RTSP whatever carries it: conversations, sessions, timeouts (RFC 2326; ONVIF Streaming, "Playback")."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from vssx.digest_auth import AuthenticationServer
from vssx.errors import ProtocolError
from vssx.recorder.connection import Connection
from vssx.recorder.outgoing import Outgoing
from vssx.recorder.rtsp_methods import RtspMethods
from vssx.recorder.session import Session
from vssx.recorder.store import RecordingStore
from vssx.rtsp.connection import ServerConnection
from vssx.rtsp.message import Request

IDLE_S = 120.0
"""Seconds after which a silent connection is closed, unless a session was set up over it that still lives."""
_MAX_SESSIONS = 256
_SWEEP_S = 0.5


class Sessions:
    """All sessions, by identifier."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def add(self, session: Session) -> bool:
        """False where there are too many."""
        with self._lock:
            if len(self._sessions) >= _MAX_SESSIONS:
                return False
            self._sessions[session.identifier] = session
            return True

    def find(self, identifier: str) -> Session | None:
        """The session with this identifier."""
        with self._lock:
            return self._sessions.get(identifier)

    def forget(self, session: Session) -> None:
        """Take it out; its identifier means nothing any more."""
        with self._lock:
            self._sessions.pop(session.identifier, None)

    def remove(self, session: Session) -> None:
        """Take it out and end it."""
        self.forget(session)
        session.close()

    def all(self) -> list[Session]:
        """Those that exist now."""
        with self._lock:
            return list(self._sessions.values())


class RtspService:
    """The conversations that are under way, and their sessions."""

    def __init__(
        self,
        store: RecordingStore,
        authentication: AuthenticationServer | None,
        *,
        session_timeout_s: Callable[[], int],
        on_error: Callable[[str], None],
        outgoing: Outgoing,
        idle_s: float = IDLE_S,
    ) -> None:
        """Nothing runs before ``start``."""
        self.outgoing = outgoing
        self.sessions = Sessions()
        self.methods = RtspMethods(
            store,
            self.sessions,
            authentication,
            session_timeout_s=session_timeout_s,
            on_error=on_error,
            outgoing=outgoing,
        )
        self._idle_s = idle_s
        self._connections: set[Connection] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep, name="vssx-rtsp-timeouts", daemon=True)

    def start(self) -> None:
        """Begin to end what is silent for too long."""
        self._sweeper.start()

    def opened(self, connection: Connection) -> Conversation:
        """A connection begins."""
        with self._lock:
            self._connections.add(connection)
        return Conversation(self, connection)

    def closed(self, connection: Connection) -> None:
        """A connection has ended, and with it the sessions whose data it carried."""
        with self._lock:
            self._connections.discard(connection)
        for session in self.sessions.all():
            if session.connection is connection:
                self.sessions.remove(session)

    def heard_on(self, connection: Connection, channel: int) -> None:
        """A receiver report keeps the session alive."""
        for session in self.sessions.all():
            if session.connection is connection and session.uses_channel(channel):
                session.touch()

    def _sweep(self) -> None:
        while not self._closing.wait(_SWEEP_S):
            for session in self.sessions.all():
                if session.is_expired():
                    self.sessions.forget(session)
                    # A client that reads no more keeps the sender waiting in write: cut its connection first.
                    if session.connection is not None:
                        session.connection.shut()
                    session.close()
            in_use = {session.control for session in self.sessions.all()}
            with self._lock:
                idle = [one for one in self._connections if one.silent_s > self._idle_s and one not in in_use]
            for connection in idle:
                connection.shut()

    def close(self) -> None:
        """End everything."""
        self._closing.set()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.shut()
        for session in self.sessions.all():
            self.sessions.remove(session)
        if self._sweeper.is_alive():
            self._sweeper.join()


class Conversation:
    """What is said over one connection."""

    def __init__(self, service: RtspService, connection: Connection) -> None:
        self._service = service
        self._connection = connection
        self._reader = ServerConnection()

    def feed(self, data: bytes) -> bool:
        """Answer the requests in ``data``; False where it makes no sense and nothing more is read. Raises OSError."""
        self._connection.touch()
        reader = self._reader
        try:
            for event in reader.feed(data):
                if isinstance(event, Request):
                    self._answer(event)
                elif isinstance(event, tuple):
                    self._service.heard_on(self._connection, event[0])
        except ProtocolError:
            with contextlib.suppress(ProtocolError):
                self._connection.write(reader.response(None, 400))
            return False
        return True

    def _answer(self, request: Request) -> None:
        made, afterwards = self._service.methods.answer(request, self._connection)
        answer = self._service.outgoing.rtsp(request, made)
        if answer is not None:
            data = self._reader.response(request.cseq, answer.status, answer.headers, answer.body)
            self._connection.write(data)
        if afterwards is not None:
            afterwards()
