"""Every error that may reach a user, with its exit code (docs/exit-codes.md lists them)."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command; of several paths the worst wins."""

    DONE = 0
    ABORT = 1
    USAGE = 2
    UNREACHABLE = 10
    NOT_AUTHENTICATED = 11
    PROTOCOL = 12
    NOTHING_RECORDED = 13
    LEVEL_NOT_BORNE = 14
    MALFORMED_MEDIA = 20
    UNSUPPORTED_MEDIA = 21
    HANDOVER = 30
    SIGNING = 31
    TIMESTAMP = 32
    STORAGE = 33
    READ_BACK_MISMATCH = 34
    FAILED = 40
    INDETERMINATE = 41
    NOTHING_SIGNED = 42
    INCOMPLETE = 100


class VssxError(Exception):
    """What happened, where, and what to do next.

    ``where`` names the place (host, token, file offset, box path, CSeq); ``next_step`` tells the user what helps.
    """

    exit_code = ExitCode.ABORT

    def __init__(self, message: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}. {self.next_step}" if self.next_step else text


class AbortError(VssxError):
    """The user or the system ended the run, or vssx has a bug."""

    exit_code = ExitCode.ABORT


class UsageError(VssxError):
    """The arguments, the configuration or a time given by the user make no sense."""

    exit_code = ExitCode.USAGE


class RecorderUnreachableError(VssxError):
    """No connection, a connection that broke, or no answer in time."""

    exit_code = ExitCode.UNREACHABLE


class NotAuthenticatedError(VssxError):
    """The recorder refused the credentials, or wants some."""

    exit_code = ExitCode.NOT_AUTHENTICATED


class ProtocolError(VssxError):
    """The recorder answered something that the protocol does not allow, or a fault."""

    exit_code = ExitCode.PROTOCOL


class NothingRecordedError(VssxError):
    """No such recording, or nothing recorded in the range."""

    exit_code = ExitCode.NOTHING_RECORDED


class LevelNotBorneError(VssxError):
    """The export level asked for is not borne by what was recorded."""

    exit_code = ExitCode.LEVEL_NOT_BORNE


class MalformedMediaError(VssxError):
    """Media that breaks its own format."""

    exit_code = ExitCode.MALFORMED_MEDIA


class MalformedMetadataError(MalformedMediaError):
    """A metadata document that is no well-formed XML, or no tt:MetadataStream, or too big."""


class FalseProvenanceError(MalformedMetadataError):
    """A document that an exporter added, and that claims to be what the recorder recorded."""


class UnsupportedMediaError(VssxError):
    """Media that vssx does not carry; the message names the codec."""

    exit_code = ExitCode.UNSUPPORTED_MEDIA


class HandoverError(VssxError):
    """The path exists already, or is not a handover, or breaks the handover's format."""

    exit_code = ExitCode.HANDOVER


class SigningError(VssxError):
    """A key, a certificate or a signature that cannot be used."""

    exit_code = ExitCode.SIGNING


class TimestampError(VssxError):
    """A time-stamping authority failed."""

    exit_code = ExitCode.TIMESTAMP


class StorageError(VssxError):
    """The disk is full, or a file cannot be read or written."""

    exit_code = ExitCode.STORAGE


class ReadBackMismatchError(VssxError):
    """What was read back from the disk is not what was acquired; everything is kept."""

    exit_code = ExitCode.READ_BACK_MISMATCH
