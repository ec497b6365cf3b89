"""Frames of images and videos one after the other, and results written frame by frame: JSON, JSON lines or CSV.

A file of JSON lines or CSV grows by whole lines while the work goes on, so that it can be read meanwhile and gone on
from later; a line cut off by a crash is left out then. A single JSON object is replaced as a whole now and then.
"""

from __future__ import annotations

import csv
import io
import json
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.commands import CommandError
from annotator.commands.console import complain, gather, printable, write_result
from annotator.commands.stretch import Address, Stretch
from annotator.formats.documents import FormatError, read_object, write_text
from annotator.frames import IMAGE_SUFFIXES, FrameSource, MediaError
from annotator.store_media import VIDEO_SUFFIXES, video_frame_name
from annotator.video import Rgb

if TYPE_CHECKING:
    from model.heatmaps import Prediction
    from model.predictor import Predictor

_SAVE_SECONDS, _SAVE_SHARE = 20.0, 20.0
"""A long run is written at least this often, but writing takes no more than a twentieth of the time."""


@dataclass(frozen=True)
class Item:
    """A frame to work on: the key of its result, where its pixels are, and number and time (s) in its video."""

    key: str
    address: Address
    number: int | None = None
    time: float | None = None


def items_of(
    paths: Sequence[str], stretch: Stretch, pixels: FrameSource, say: Callable[[str], None]
) -> list[Item]:
    """All images, and the frames of all videos that the stretch asks for, in the order given."""
    files, complaints = gather(paths, frozenset(IMAGE_SUFFIXES | VIDEO_SUFFIXES), "images or videos")
    for text in complaints:
        say(text)
    items: list[Item] = []
    for key, path in files:
        if path.suffix.lower() not in VIDEO_SUFFIXES:
            items.append(Item(key, Address(path)))
            continue
        try:
            reader = pixels.video(path)
        except MediaError as error:
            say(str(error))
            continue
        items.extend(
            Item(video_frame_name(key, n), Address(path, n, True), n, round(float(reader.times[n]), 6))
            for n in stretch.of(len(reader))
        )
    return items


def items_to_see(
    paths: Sequence[str], stretch: Stretch, pixels: FrameSource, say: Callable[[str], None]
) -> list[Item]:
    """As `items_of`; CommandError if there are none."""
    items = items_of(paths, stretch, pixels, say)
    if not items:
        raise CommandError("No image to look at; name image files, videos, or folders that hold them.")
    return items


def predicted(
    predictor: Predictor, items: Iterable[Item], pixels: FrameSource, *, batch: int, lost: Callable[[MediaError], None]
) -> Iterator[tuple[Item, Prediction]]:
    """Every frame that can be read with what the network sees in it; ``lost`` is told of the others."""
    waiting: deque[Item] = deque()

    def images() -> Iterator[Rgb]:
        for item in items:
            try:
                rgb = pixels.read(item.address)
            except MediaError as error:
                lost(error)
                continue
            waiting.append(item)
            yield rgb

    for prediction in predictor.predict_many(images(), batch=batch):
        yield waiting.popleft(), prediction


class Results(ABC):
    """Where results go, one a frame; ``known`` are the keys that an earlier run wrote."""

    def __init__(self) -> None:
        self.known: set[str] = set()

    @abstractmethod
    def add(self, item: Item, document: Mapping[str, Any]) -> None:
        """Take the result of a frame; CommandError if the disk refuses."""

    @abstractmethod
    def finish(self) -> None:
        """All is there."""


class JsonObject(Results):
    """One JSON object, frame by key, on standard output or in a file."""

    def __init__(self, output: Path | None, document: dict[str, Any]) -> None:
        super().__init__()
        self._output, self._document = output, document
        self.known = set(document)
        self._saved, self._cost = time.monotonic(), 0.0

    def add(self, item: Item, document: Mapping[str, Any]) -> None:
        """Keep it, and write all of them now and then."""
        self._document[item.key] = {**_when(item), **document}
        if self._output is not None and time.monotonic() - self._saved > max(_SAVE_SECONDS, _SAVE_SHARE * self._cost):
            began = time.monotonic()
            write_result(self._document, self._output)
            self._saved = time.monotonic()
            self._cost = self._saved - began

    def finish(self) -> None:
        """Write all of them."""
        write_result(self._document, self._output)


class Lines(Results):
    """A file to which whole lines are appended: one of JSON a frame, or rows of a table."""

    def __init__(self, path: Path, *, going_on: Resume) -> None:
        super().__init__()
        self._path = path
        kept = self._whole(going_on(path)) if path.exists() else ""
        try:
            write_text(path, kept)
        except FormatError as error:
            raise CommandError(str(error)) from error
        self.known = self._keys(kept)

    def finish(self) -> None:
        """Every line is in place already."""

    def _append(self, text: str) -> None:
        try:
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            raise CommandError(f"{self._path}: the file cannot be written ({error.strerror or error}).") from error

    def _whole(self, kept: str) -> str:
        """What of the lines of an earlier run surely is all of a frame."""
        return kept

    @abstractmethod
    def _keys(self, kept: str) -> set[str]: ...


Resume = Callable[[Path], str]
Rows = Callable[[Mapping[str, Any]], list[list[Any]]]


def fresh(path: Path) -> str:
    """Nothing of an earlier file is kept."""
    return ""


def resumed(path: Path) -> str:
    """The whole lines of an earlier file; CommandError if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: the earlier run cannot be read ({error}).") from error
    return text[: text.rfind("\n") + 1]


class JsonLines(Lines):
    """``{"name": ..., "frame": n, "time": s, ...}`` a line."""

    def add(self, item: Item, document: Mapping[str, Any]) -> None:
        """Append its line."""
        line = json.dumps({"name": item.key, **_when(item), **document}, ensure_ascii=False, allow_nan=False)
        self._append(line + "\n")

    def _keys(self, kept: str) -> set[str]:
        found: set[str] = set()
        for line in kept.splitlines():
            with suppress(ValueError, TypeError, KeyError):
                found.add(json.loads(line)["name"])
        return found


class Table(Lines):
    """CSV: name, frame and time, then ``columns``; ``rows`` makes the rows of a document, at least one a frame."""

    def __init__(self, path: Path, *, going_on: Resume, columns: Sequence[str], rows: Rows) -> None:
        super().__init__(path, going_on=going_on)
        self._rows = rows
        if not self._path.stat().st_size:
            self._append(_csv([["name", "frame", "time", *columns]]))

    def add(self, item: Item, document: Mapping[str, Any]) -> None:
        """Append its rows."""
        first = [item.key, "" if item.number is None else item.number, "" if item.time is None else item.time]
        self._append(_csv([first + row for row in self._rows(document)]))

    def _whole(self, kept: str) -> str:
        rows = list(csv.reader(io.StringIO(kept)))
        # The rows of the last frame may have been cut off: it is done once more.
        return _csv([row for place, row in enumerate(rows) if not place or row[:1] != rows[-1][:1]])

    def _keys(self, kept: str) -> set[str]:
        return {row[0] for row in list(csv.reader(io.StringIO(kept)))[1:] if row}


def results_in(
    output: Path | None,
    *,
    resume: Resume,
    columns: Sequence[str],
    rows: Rows,
) -> Results:
    """Where results go, by the suffix of the file: .jsonl, .csv, else one JSON object."""
    suffix = "" if output is None else output.suffix.lower()
    if output is not None and suffix == ".jsonl":
        return JsonLines(output, going_on=resume)
    if output is not None and suffix == ".csv":
        return Table(output, going_on=resume, columns=columns, rows=rows)
    if output is None and resume is resumed:
        raise CommandError("To resume, name the file of the earlier run with --output.")
    if output is None or resume is fresh or not output.exists():
        return JsonObject(output, {})
    try:
        return JsonObject(output, read_object(output))
    except FormatError as error:
        raise CommandError(str(error)) from error


def left_of(items: list[Item], results: Results, output: Path | None) -> list[Item]:
    """The frames that an earlier run did not do, with a word about it."""
    left = [item for item in items if item.key not in results.known]
    if len(left) < len(items):
        complain(f"{len(items) - len(left)} of {len(items)} frames are in {output} already")
    return left


def _when(item: Item) -> dict[str, Any]:
    return {} if item.number is None else {"frame": item.number, "time": item.time}


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[printable(str(value)) for value in row] for row in rows])
    return text.getvalue()
