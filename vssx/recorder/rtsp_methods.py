"""RTSP requests to answers: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from urllib.parse import unquote, urlsplit

from vssx.digest_auth import AuthenticationServer, Verdict
from vssx.recorder.connection import ClientConnection
from vssx.recorder.media_index import TrackIndex
from vssx.recorder.outgoing import Answer, Outgoing
from vssx.recorder.play_request import PlayRequestError, parse_play, range_text
from vssx.recorder.playback import plan
from vssx.recorder.rtp_transport import InterleavedTransport, RtpTransport, UdpTransport, choose_transport
from vssx.recorder.sender import Sender
from vssx.recorder.session import Session
from vssx.recorder.session_description import describe
from vssx.recorder.store import RecordingStore, StoredRecording
from vssx.rtsp.message import Request

REPLAY = "onvif-replay"
METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER")


class SessionTable(Protocol):
    """Where sessions are kept."""

    def add(self, session: Session) -> bool:
        """False where there are too many."""
        ...

    def find(self, identifier: str) -> Session | None:
        """The session with this identifier."""
        ...

    def remove(self, session: Session) -> None:
        """Take it out and end it."""
        ...


Afterwards = Callable[[], None]


class RtspMethods:
    """Answers requests. What must not begin before the answer is sent comes back as a second value."""

    def __init__(
        self,
        store: RecordingStore,
        sessions: SessionTable,
        authentication: AuthenticationServer | None,
        *,
        session_timeout_s: Callable[[], int],
        on_error: Callable[[str], None],
        outgoing: Outgoing,
    ) -> None:
        self._outgoing = outgoing
        self._store = store
        self._sessions = sessions
        self._authentication = authentication
        self._session_timeout_s = session_timeout_s
        self._on_error = on_error

    def answer(self, request: Request, connection: ClientConnection) -> tuple[Answer, Afterwards | None]:
        """The answer to one request, whatever it is."""
        if request.cseq is None:
            return Answer(status=400), None
        instead = self._outgoing.refused(request)
        if instead is not None:
            return instead, None
        unknown = _unsupported(request)
        if unknown:
            return Answer(status=551, headers=(("Unsupported", ", ".join(unknown)),)), None
        if request.method == "OPTIONS":
            if "Session" in request.headers and self._session(request) is None:
                return Answer(status=454), None  # clients keep a session alive with it, and ask whether there is one
            return Answer(headers=(("Public", ", ".join(METHODS)), ("Supported", REPLAY))), None
        refused = self._refused(request)
        if refused is not None:
            return refused, connection.shut if self._outgoing.closes_after(refused) else None
        match request.method:
            case "DESCRIBE":
                return self._describe(request), None
            case "SETUP":
                return self._setup(request, connection), None
            case "PLAY":
                return self._play(request)
            case "PAUSE":
                return self._pause(request), None
            case "TEARDOWN":
                return self._teardown(request), None
            case "GET_PARAMETER" | "SET_PARAMETER":
                return self._parameter(request), None
            case "ANNOUNCE" | "RECORD" | "REDIRECT":
                return Answer(status=405, headers=(("Allow", ", ".join(METHODS)),)), None
            case _:
                return Answer(status=501, headers=(("Public", ", ".join(METHODS)),)), None

    def _refused(self, request: Request) -> Answer | None:
        if self._authentication is None:
            return None
        verdict = self._authentication.verify(request.headers.get("Authorization"), request.method, request.uri)
        if verdict is Verdict.ACCEPTED:
            return None
        challenges = self._authentication.challenges(stale=verdict is Verdict.STALE)
        return Answer(status=401, headers=tuple(("WWW-Authenticate", value) for value in challenges))

    def _session(self, request: Request) -> Session | None:
        identifier = request.headers.get("Session").partition(";")[0].strip()
        session = self._sessions.find(identifier) if identifier else None
        if session is not None:
            session.touch()
        return session

    def _locate(self, uri: str) -> tuple[StoredRecording, TrackIndex | None] | None:
        """Recording, and track where the URI names one."""
        try:
            path = urlsplit(uri).path
        except ValueError:
            return None
        steps = [unquote(step) for step in path.split("/") if step]
        if len(steps) not in (2, 3) or steps[0] != "recordings":
            return None
        recording = self._store.find(steps[1])
        if recording is None:
            return None
        track = recording.track(steps[2]) if len(steps) == 3 else None
        return None if len(steps) == 3 and track is None else (recording, track)

    def _describe(self, request: Request) -> Answer:
        found = self._locate(request.uri)
        if found is None or found[1] is not None or not found[0].path.is_file():  # its file was taken away since
            return Answer(status=404)
        accept = request.headers.get("Accept")
        if accept and not any(kind in accept.lower() for kind in ("application/sdp", "application/*", "*/*")):
            return Answer(status=406)
        headers = (("Content-Base", request.uri.rstrip("/") + "/"), ("Content-Type", "application/sdp"))
        return Answer(headers=headers, body=describe(found[0]))

    def _setup(self, request: Request, connection: ClientConnection) -> Answer:
        found = self._locate(request.uri)
        if found is None:
            return Answer(status=404)
        recording, track = found
        if track is None:
            if len(recording.tracks) > 1:
                return Answer(status=459)
            track = recording.tracks[0]
        session = self._session(request)
        if "Session" in request.headers and (session is None or session.recording is not recording):
            return Answer(status=454)
        if session is not None and session.is_playing:
            return Answer(status=455, headers=(("Allow", "OPTIONS, PLAY, PAUSE, TEARDOWN"),))
        choice = choose_transport(request.headers.get("Transport"), datagrams=not connection.secure)
        if choice is None:
            return Answer(status=461)
        fresh = session is None
        if session is None:
            session = Session(recording, self._session_timeout_s(), outgoing=self._outgoing)
            session.control = connection
        transport: RtpTransport
        if choice.interleaved:
            if session.connection not in (None, connection):
                return Answer(status=461)
            channels = choice.numbers or session.free_channels()
            transport = InterleavedTransport(connection.write, *channels)
            session.connection = connection
        else:
            assert choice.numbers is not None
            try:
                transport = UdpTransport(connection.local_host, connection.peer_host, choice.numbers)
            except OSError:
                return Answer(status=453)
        stream = session.add_stream(track, request.uri.rstrip("/"), transport)
        if fresh and not self._sessions.add(session):
            session.close()
            return Answer(status=453)
        value = f'{transport.header};ssrc={stream.rtp.ssrc:08X};mode="PLAY"'
        return Answer(headers=(("Transport", value), _session_header(session)))

    def _play(self, request: Request) -> tuple[Answer, Afterwards | None]:
        session = self._session(request)
        if session is None:
            return Answer(status=454), None
        found = self._locate(request.uri)
        if found is None or found[0] is not session.recording:
            return Answer(status=404), None
        assert request.cseq is not None
        try:
            wanted = self._outgoing.understood(parse_play(request.headers, request.cseq), session.recording)
            if session.is_playing and wanted.range is None and not wanted.immediate:
                return Answer(headers=(_session_header(session),)), None  # it goes on as it is
            playback = plan(
                session.recording,
                tuple(stream.track for stream in session.streams.values()),
                wanted,
                resume_ns=session.position_ns,
                discontinuity=session.plays > 0,
            )
        except PlayRequestError as error:
            return Answer(status=error.status, headers=(_session_header(session), ("X-Reason", str(error)))), None
        session.plays += 1
        queued = not wanted.immediate and session.enqueue(playback)
        if not queued:
            session.stop()
        information = ",".join(
            f"url={stream.url};seq={stream.rtp.sequence};rtptime={stream.start_timestamp(playback)}"
            for stream in session.streams.values()
        )
        headers = [_session_header(session), ("Range", range_text(playback.range))]
        if not queued:  # what is queued has no sequence number yet
            headers.append(("RTP-Info", information))
        headers.append(("Scale", f"{wanted.scale:.3f}"))
        headers.append(("Rate-Control", "yes" if wanted.rate_control else "no"))
        answer = Answer(headers=tuple(headers))
        if queued:
            return answer, None
        sender = Sender(session, playback, self._on_error)
        return answer, lambda: session.start(sender.thread())

    def _pause(self, request: Request) -> Answer:
        session = self._session(request)
        if session is None:
            return Answer(status=454)
        session.stop()
        return Answer(headers=(_session_header(session),))

    def _teardown(self, request: Request) -> Answer:
        session = self._session(request)
        if session is None:
            return Answer(status=454)
        self._sessions.remove(session)
        return Answer()

    def _parameter(self, request: Request) -> Answer:
        """A keep-alive; there are no parameters."""
        session = self._session(request)
        if "Session" in request.headers and session is None:
            return Answer(status=454)
        if request.body.strip():
            return Answer(status=451)
        return Answer(headers=(_session_header(session),) if session is not None else ())


def _session_header(session: Session) -> tuple[str, str]:
    return "Session", f"{session.identifier};timeout={session.timeout_s}"


def _unsupported(request: Request) -> list[str]:
    wanted = [tag.strip() for value in request.headers.get_all("Require") for tag in value.split(",")]
    return [tag for tag in wanted if tag and tag != REPLAY]
