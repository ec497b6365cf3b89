"""Answers of earlier exports, in a file of the cache folder that may be deleted at any time.

Plain JSON in SQLite. The key of an answer holds a digest of this program's own source, so that another version asks
anew.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.formats.cameras import CameraFile
from annotator.keypoints import Keypoint, Source
from annotator.labels import FrameLabels, FrameRecord, Instance, Origin, Visibility
from annotator.records import encode_record
from annotator.tripod_prior import Standing

if TYPE_CHECKING:
    from annotator.export.answers import Answer

NAME = "answers-2.sqlite"
LARGEST = 256 * 1024 * 1024
_AT_ONCE = 500


def key_of(instance: Instance, size: tuple[int, int], standing: Standing | None = None) -> str:
    """What an answer is found by: labels, size of the frame, where its camera stands, and this program's version."""
    said = encode_record(FrameRecord(FrameLabels((instance,))))
    where = "" if standing is None else json.dumps(standing.document())
    return hashlib.sha256(f"{_version()}\n{size[0]}x{size[1]}\n{where}\n{said}".encode()).hexdigest()


@cache
def _version() -> str:
    """A digest of the source that answers follow from."""
    folder = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    own = [folder / name for name in ("formats/training_set.py", "formats/cameras.py", "export/answers.py")]
    for path in (*sorted(folder.glob("*.py")), *own):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class AnswerStore:
    """Answers by key; whatever goes wrong with the file is as if there were none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def usual(cls) -> AnswerStore:
        """The one in the cache folder."""
        from model.audition import cache_folder

        return cls(cache_folder() / NAME)

    def read(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers that are there."""
        found: dict[str, Answer] = {}
        for key, data in self._rows(keys, "key, answer"):
            with suppress(ValueError, KeyError, TypeError, zlib.error):
                found[key] = _decoded(json.loads(zlib.decompress(data)))
        return found

    def missing(self, keys: Sequence[str]) -> list[str]:
        """The keys that have no answer here, in their order."""
        there = {key for (key,) in self._rows(keys, "key")}
        return [key for key in keys if key not in there]

    def _rows(self, keys: Sequence[str], columns: str) -> Iterator[tuple[Any, ...]]:
        if not self._path.exists():
            return
        with suppress(sqlite3.Error, OSError), closing(sqlite3.connect(self._path, timeout=2.0)) as db:
            for at in range(0, len(keys), _AT_ONCE):
                some = keys[at : at + _AT_ONCE]
                marks = ",".join("?" * len(some))
                yield from db.execute(f"SELECT {columns} FROM answers WHERE key IN ({marks})", some)

    def write(self, fresh: Mapping[str, Answer]) -> None:
        """Keep these answers; a file that became too large starts anew."""
        if not fresh:
            return
        rows = [(key, zlib.compress(_text(one).encode(), 1)) for key, one in fresh.items()]
        with suppress(sqlite3.Error, OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=2.0)) as db:
                # Written by several programs at a time, and of no great loss.
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=OFF")
                if self._path.stat().st_size > LARGEST:
                    db.execute("DROP TABLE IF EXISTS answers")
                    db.execute("VACUUM")
                with db:
                    db.execute("CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer BLOB) WITHOUT ROWID")
                    db.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?)", rows)


def _text(answer: Answer) -> str:
    return json.dumps(_encoded(answer), separators=(",", ":"))


def _encoded(answer: Answer) -> dict[str, Any]:
    return {
        "points": [_point(point) for point in answer.keypoints.values()],
        "beyond": sorted(answer.beyond),
        "camera": None if answer.camera is None else asdict(answer.camera),
        "reason": answer.no_camera,
    }


def _decoded(document: Mapping[str, Any]) -> Answer:
    from annotator.export.answers import Answer

    camera = document["camera"]
    return Answer(
        {row[0]: _keypoint(row) for row in document["points"]},
        frozenset(document["beyond"]),
        None if camera is None else _camera(camera),
        document["reason"],
    )


def _camera(document: Mapping[str, Any]) -> CameraFile:
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in document.items()}
    return CameraFile(**values)


def _point(point: Keypoint) -> list[Any]:
    """A keypoint as a row; what a network says of it is no part of an answer."""
    return [
        point.name,
        None if point.position is None else [float(value) for value in point.position],
        None if point.source is None else point.source.value,
        point.visibility.value,
        point.parents,
        None if point.sd is None else float(point.sd),
        None if point.residual is None else float(point.residual),
        bool(point.inside),
        None if point.origin is None else point.origin.value,
        None if point.disagreement is None else float(point.disagreement),
    ]


def _keypoint(row: list[Any]) -> Keypoint:
    name, position, source, visibility, parents, sd, residual, inside, origin, disagreement = row
    return Keypoint(
        name,
        None if position is None else (position[0], position[1]),
        None if source is None else _SOURCES[source],
        _VISIBILITIES[visibility],
        tuple(parents),
        sd=sd,
        residual=residual,
        inside=inside,
        origin=None if origin is None else _ORIGINS[origin],
        disagreement=disagreement,
    )


_SOURCES = {member.value: member for member in Source}
_VISIBILITIES = {member.value: member for member in Visibility}
_ORIGINS = {member.value: member for member in Origin}
