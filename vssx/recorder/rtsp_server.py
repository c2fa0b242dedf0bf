"""The recorder's RTSP side: connections, sessions, timeouts (RFC 2326; ONVIF Streaming, "Playback")."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable

from vssx.digest_auth import AuthenticationServer
from vssx.errors import ProtocolError
from vssx.model.acquisition import Credentials
from vssx.recorder.connection import Connection
from vssx.recorder.listener import Listener
from vssx.recorder.outgoing import Outgoing
from vssx.recorder.rtsp_methods import RtspMethods
from vssx.recorder.session import Session
from vssx.recorder.store import RecordingStore
from vssx.rtsp.connection import ServerConnection
from vssx.rtsp.message import Request

_RECEIVE = 64 * 1024
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


class RtspServer(Listener):
    """The RTSP port, with its connections and sessions."""

    def __init__(
        self,
        address: tuple[str, int],
        store: RecordingStore,
        credentials: Credentials | None,
        *,
        session_timeout_s: Callable[[], int],
        on_error: Callable[[str], None],
        outgoing: Outgoing,
    ) -> None:
        """Raises OSError where the port is taken."""
        self.outgoing = outgoing
        self.sessions = Sessions()
        authentication = AuthenticationServer(credentials=credentials, realm="vssx recorder") if credentials else None
        self.methods = RtspMethods(
            store,
            self.sessions,
            authentication,
            session_timeout_s=session_timeout_s,
            on_error=on_error,
            outgoing=outgoing,
        )
        self._connections: set[Connection] = set()
        self._connections_lock = threading.Lock()
        self._closing = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep, name="vssx-rtsp-timeouts", daemon=True)
        super().__init__(address, _Handler)  # calls server_close where the port is taken
        self._sweeper.start()

    def opened(self, connection: Connection) -> None:
        """A connection begins."""
        with self._connections_lock:
            self._connections.add(connection)

    def closed(self, connection: Connection) -> None:
        """A connection has ended, and with it the sessions whose data it carried."""
        with self._connections_lock:
            self._connections.discard(connection)
        for session in self.sessions.all():
            if session.connection is connection:
                self.sessions.remove(session)

    def _sweep(self) -> None:
        while not self._closing.wait(_SWEEP_S):
            for session in self.sessions.all():
                if session.is_expired():
                    self.sessions.forget(session)
                    # A client that reads no more keeps the sender waiting in write: cut its connection first.
                    if session.connection is not None:
                        session.connection.shut()
                    session.close()

    def server_close(self) -> None:
        """End everything."""
        self._closing.set()
        super().server_close()
        with self._connections_lock:
            connections = list(self._connections)
        for connection in connections:
            connection.shut()
        for session in self.sessions.all():
            self.sessions.remove(session)
        if self._sweeper.is_alive():
            self._sweeper.join()


class _Handler(socketserver.BaseRequestHandler):
    server: RtspServer
    request: socket.socket

    def handle(self) -> None:
        """Read requests until the client goes away."""
        connection = Connection(self.request)
        self.server.opened(connection)
        try:
            self._serve(connection)
        finally:
            connection.shut()
            self.server.closed(connection)

    def _serve(self, connection: Connection) -> None:
        reader = ServerConnection()
        while data := self.request.recv(_RECEIVE):
            try:
                for event in reader.feed(data):
                    if isinstance(event, Request):
                        made, afterwards = self.server.methods.answer(event, connection)
                        answer = self.server.outgoing.rtsp(event, made)
                        if answer is not None:
                            connection.write(reader.response(event.cseq, answer.status, answer.headers, answer.body))
                        if afterwards is not None:
                            afterwards()
                    elif isinstance(event, tuple):
                        self._heard_on(connection, event[0])
            except ProtocolError:
                with contextlib.suppress(ProtocolError):
                    connection.write(reader.response(None, 400))
                return

    def _heard_on(self, connection: Connection, channel: int) -> None:
        """A receiver report keeps the session alive."""
        for session in self.server.sessions.all():
            if session.connection is connection and session.uses_channel(channel):
                session.touch()
