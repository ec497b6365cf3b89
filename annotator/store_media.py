"""Media on disk: which frames a folder or video holds, in which order, and where their project file goes."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from heapq import merge
from pathlib import Path

from annotator.store_schema import SUFFIX, ProjectError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
VIDEO_SUFFIXES = frozenset(
    {".mp4", ".avi", ".mkv", ".mov", ".m4v", ".webm", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg"}
)
_DIGITS = re.compile(r"([0-9]+)")
_PIECE = 8192


class MediaKind(Enum):
    """What a medium is: a folder that is looked through anew on opening, single images of a folder, or a video."""

    FOLDER = "folder"
    FILES = "files"
    VIDEO = "video"


@dataclass(frozen=True)
class Found:
    """What a folder holds: names below it with forward slashes, in natural order, and what could not be taken."""

    images: tuple[str, ...]
    videos: tuple[str, ...]
    problems: tuple[str, ...] = ()


def natural_key(name: str) -> tuple[str | int, ...]:
    """A key that sorts ``a/2.jpg`` before ``a/10.jpg`` and a folder's files together."""
    parts = _DIGITS.split(name.casefold().replace("/", "\0"))
    return (*[int(part) if n % 2 else part for n, part in enumerate(parts)], name)


def natural_sorted(names: Iterable[str]) -> list[str]:
    """The names in natural order.

    One sort of a long list would keep every other thread waiting, so it is sorted in pieces, which are then merged.
    """
    keyed = [(natural_key(name), name) for name in names]
    pieces = [sorted(keyed[start : start + _PIECE]) for start in range(0, len(keyed), _PIECE)]
    return [name for _, name in merge(*pieces)]


def scan_folder(root: Path) -> Found:
    """All images and videos below ``root`` at any depth; hidden files and folders are passed over.

    Raises
    ------
    OSError
        If the folder itself cannot be read; folders below it that cannot are named in ``problems``.
    """
    images: list[str] = []
    videos: list[str] = []
    problems: list[str] = []
    seen = {os.path.realpath(root)}
    waiting = [(str(root), "")]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            if not prefix:
                raise
            problems.append(f"{folder}: the folder cannot be read ({error.strerror}); its frames are left out")
            continue
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122  (Path is 20 times slower here)
            if suffix in IMAGE_SUFFIXES and _is_file(entry):
                images.append(prefix + name)
            elif suffix in VIDEO_SUFFIXES and _is_file(entry):
                videos.append(prefix + name)
            elif entry.is_dir() and _is_new(entry, seen):
                waiting.append((entry.path, f"{prefix}{name}/"))
    strange = sum(not _is_text(name) for name in (*images, *videos))
    if strange:
        problems.append(f"{root}: {strange} file names are not valid UTF-8; rename these files to use them")
        images, videos = list(filter(_is_text, images)), list(filter(_is_text, videos))
    return Found(tuple(natural_sorted(images)), tuple(natural_sorted(videos)), tuple(problems))


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _is_new(entry: os.DirEntry[str], seen: set[str]) -> bool:
    """False for a link that leads back into a folder already looked through."""
    if not entry.is_symlink():
        return True
    real = os.path.realpath(entry.path)
    if real in seen:
        return False
    seen.add(real)
    return True


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def video_frame_name(video: str, index: int) -> str:
    """The name of frame ``index`` of a video, such as ``clip.mp4#000012``; it sorts in time."""
    return f"{video}#{index:06d}"


def file_stamp(path: Path) -> str:
    """Size and time of a file: while they stay, its frames need not be counted again."""
    status = path.stat()
    return f"{status.st_size}-{status.st_mtime_ns}"


def home_beside(media: Path) -> Path:
    """The project file of this folder or file: beside it, with ``.touchline`` added to its name."""
    return media.with_name((media.name or "media") + SUFFIX)


def home_elsewhere(media: Path) -> Path:
    """The project file of media whose own place cannot be written, in the person's data directory."""
    digest = hashlib.sha256(os.fsencode(str(media))).hexdigest()[:8]
    return data_directory() / "projects" / f"{media.name or 'media'}-{digest}{SUFFIX}"


def choose_home(beside: Path, elsewhere: Path) -> Path:
    """``beside`` where its folder can be written, else ``elsewhere``, whose folder is made; ProjectError if neither."""
    if can_write(beside.parent):
        return beside
    try:
        elsewhere.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"neither this folder nor {beside.parent} can be written"
        raise ProjectError(elsewhere.parent, reason, "Allow writing to one of them.") from error
    return elsewhere


def home_notice(home: Path, beside: Path) -> str:
    """A sentence for a person whose project is not beside the media; empty where it is."""
    return "" if home == beside else f"{beside.parent} cannot be written, so the project is kept in {home}."


def data_directory() -> Path:
    """Where programs keep a person's data on this system, with ``Touchline`` added."""
    if sys.platform == "win32":
        base = os.environ.get("APPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Roaming") / "Touchline"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Touchline"
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "touchline"


def can_write(folder: Path) -> bool:
    """True when a file can be made in the folder."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def relative_to_project(media: Path, project: Path) -> str | None:
    """The path from the project's folder to the media, with forward slashes; None across drives."""
    try:
        return Path(os.path.relpath(media, project.parent)).as_posix()
    except ValueError:
        return None


def locate(project: Path, relative: str | None, absolute: str) -> Path:
    """Where a medium lies now: seen from the project first, so that both may move together."""
    if relative is not None:
        near = Path(os.path.normpath(project.parent / relative))
        if near.exists():
            return near
    return Path(absolute)
