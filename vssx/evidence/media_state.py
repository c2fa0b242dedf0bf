"""What a run of one camera has finished and noted, kept in ``work/`` for the next run."""

from __future__ import annotations

from vssx.evidence.audio_original import check_original
from vssx.evidence.durable import sync_directory
from vssx.evidence.growing_file import JOURNAL_SUFFIX, MEDIA_SUFFIX, packet_files
from vssx.evidence.manifest import path_fault
from vssx.evidence.read_back import read_back
from vssx.evidence.staging import Staging, unknown_state
from vssx.evidence.state import Note, checked_from_json, checked_to_json, note_from_json, note_to_json
from vssx.model.handover import CheckedMedia
from vssx.model.media import NS, Gap


class MediaState:
    """Finished files and noted gaps, losses and assumptions of one camera.

    ``directory``: where its files grow. ``media``: finished files in order. ``notes``: in the order of their arrival,
    each once, and on the disk after ``sync_notes`` only: what is not there yet comes again with its samples.
    """

    def __init__(self, staging: Staging, camera: str) -> None:
        self._staging = staging
        # Prefixes: a camera may be called "sealed" or "request.json", or like the log of another one.
        self._files_log = f"files-{camera}.jsonl"
        self._notes_log = f"notes-{camera}.jsonl"
        self.directory = staging.work / f"media-{camera}"
        self.directory.mkdir(exist_ok=True)
        self.media: list[CheckedMedia] = []
        self._last_number = max(map(int, self.unfinished()), default=0)
        for line in staging.load(self._files_log):
            try:
                checked, name = checked_from_json(line), f"{int(str(line['name'])):04d}"
                originals = [one.original for one in checked.file.transcoded]
                places = [checked.file.path, checked.file.frames_path]
                places += [place for one in originals for place in (one.path, one.index_path)]
                if not all(place.startswith("data/") and path_fault(place) is None for place in places):
                    raise ValueError("a place outside of the payload")
            except (ValueError, LookupError, TypeError, AttributeError):
                raise unknown_state(staging.work / self._files_log) from None
            self._last_number = max(self._last_number, int(name))
            self._move(name, checked)
            # what lay on the disk since an earlier run is as good as unread
            self.media.append(read_back(staging.path / checked.file.path, checked.file))
            for original in originals:
                check_original(staging.path / original.path, original)
        self._clear_strays()
        self._notes_unsynced = False
        try:
            notes = [note_from_json(line) for line in staging.load(self._notes_log)]
        except (ValueError, LookupError, TypeError):
            raise unknown_state(staging.work / self._notes_log) from None
        self.notes: dict[Note, None] = dict.fromkeys(note for note in notes if note is not None)

    @property
    def last_ns(self) -> int | None:
        """UTC of the last sample of the video (else of the first track) in the last finished file; None without any.

        The last one, not the latest: behind a step of the recorder's clock the footage goes on at an earlier time.
        """
        return self.media[-1].file.tracks[0].last_utc_ns if self.media else None

    def unfinished(self) -> list[str]:
        """Names of files that an earlier run began and did not finish."""
        return sorted(path.name.removesuffix(JOURNAL_SUFFIX) for path in self.directory.glob(f"*{JOURNAL_SUFFIX}"))

    def next_name(self) -> str:
        """A new name in ``directory``, for the next file."""
        self._last_number += 1
        return f"{self._last_number:04d}"

    def finished(self, name: str, checked: CheckedMedia) -> None:
        """Give a file that was read back its place in the bag."""
        # First the names, then the note that tells of them, then the moves: a run cut in between repeats the moves.
        self.sync_notes()
        sync_directory(self.directory)
        self._staging.append(self._files_log, {"name": name, **checked_to_json(checked)})
        self.media.append(checked)
        self._move(name, checked)

    def note(self, note: Note) -> bool:
        """Keep a gap, loss or assumption; False when it is known already."""
        if note in self.notes:
            return False
        self.notes[note] = None
        self._staging.append(self._notes_log, note_to_json(note), durable=False)
        self._notes_unsynced = True
        return True

    def sync_notes(self) -> None:
        """See all notes on the disk: before the samples that came behind them get there, and at the end."""
        if self._notes_unsynced:
            self._staging.sync(self._notes_log)
            self._notes_unsynced = False

    def forget_after(self, continue_ns: int | None) -> None:
        """Drop what an earlier run noted about times that are received again; all of it with None.

        Not what finished files hold: after a backward step these may lie behind ``continue_ns``, and never come again.
        """
        known = len(self.notes)
        for note in list(self.notes):
            at_ns = note.start_ns if isinstance(note, Gap) else note.at_ns
            again = at_ns is not None and continue_ns is not None and at_ns > continue_ns
            if continue_ns is None or (again and at_ns is not None and not self._finished_holds(at_ns)):
                del self.notes[note]
        if len(self.notes) < known:  # a later run must not find it again, either
            self._staging.rewrite(self._notes_log, [note_to_json(note) for note in self.notes])

    def _finished_holds(self, at_ns: int) -> bool:
        return any(
            track.first_utc_ns <= at_ns <= track.last_utc_ns + NS for media in self.media for track in media.file.tracks
        )

    def _clear_strays(self) -> None:
        """Drop files without a journal: a run was cut before their first byte counted."""
        kept = {f"{name}{suffix}" for name in self.unfinished() for suffix in (JOURNAL_SUFFIX, MEDIA_SUFFIX)}
        kept |= {path.name for name in self.unfinished() for path in packet_files(self.directory, name)}
        for path in self.directory.iterdir():
            if path.name not in kept:
                path.unlink()

    def _move(self, name: str, checked: CheckedMedia) -> None:
        root = self._staging.path
        stem = checked.file.path.removesuffix(MEDIA_SUFFIX)
        places = [checked.file.path, checked.file.frames_path]
        places += [place for one in checked.file.transcoded for place in (one.original.path, one.original.index_path)]
        for place in places:
            source = self.directory / f"{name}{place.removeprefix(stem)}"
            if source.exists():
                (root / place).parent.mkdir(parents=True, exist_ok=True)
                source.replace(root / place)
                sync_directory((root / place).parent)
        for path in (self.directory / f"{name}{JOURNAL_SUFFIX}", *packet_files(self.directory, name)):
            path.unlink(missing_ok=True)
