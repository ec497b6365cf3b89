"""Which frames a project has: media offered to it, and its list of frames kept in step with the disk.

A frame is never deleted: one whose file is gone is marked missing, and is back when the file is.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.frames import MediaError
from annotator.store_media import (
    IMAGE_SUFFIXES,
    VIDEO_SUFFIXES,
    Found,
    MediaKind,
    file_stamp,
    locate,
    natural_sorted,
    relative_to_project,
    scan_folder,
    video_frame_name,
)
from annotator.store_schema import ProjectError


@dataclass(frozen=True)
class Media:
    """One medium of a project; ``path`` is where it lies now, a folder for images.

    ``nested`` says that frames of it lie in folders below.
    """

    id: int
    kind: MediaKind
    path: Path
    stamp: str = ""
    nested: bool = False


@dataclass(frozen=True)
class Offer:
    """A medium about to be added: the names of its frames in order, and its stamp when it is a video."""

    kind: MediaKind
    path: Path
    names: tuple[str, ...]
    stamp: str = ""


@dataclass(frozen=True)
class Looked:
    """What lies at the paths that a person chose, and sentences about what could not be used."""

    offers: tuple[Offer, ...]
    problems: tuple[str, ...] = ()


def look_at(paths: Sequence[Path], known: Mapping[Path, MediaKind]) -> Looked:
    """What the paths hold; media that are ``known`` already are passed over.

    Raises
    ------
    ProjectError, MediaError
        If nothing at all can be used; with several paths those that cannot become ``problems``.
    """
    offers: list[Offer] = []
    problems: list[str] = []
    errors: list[ProjectError | MediaError] = []
    passed = 0
    singles: dict[Path, list[str]] = {}
    for path in dict.fromkeys(paths):
        if path in known or (path.suffix.lower() not in VIDEO_SUFFIXES and _is_covered(path, known)):
            passed += 1
        elif path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
            singles.setdefault(path.parent, []).append(path.name)
        else:
            try:
                looked = _look_at_one(path, known)
            except (ProjectError, MediaError) as error:
                errors.append(error)
                continue
            offers.extend(looked.offers)
            problems.extend(looked.problems)
            passed += not looked.offers
    offers.extend(Offer(MediaKind.FILES, folder, tuple(natural_sorted(names))) for folder, names in singles.items())
    if errors and not offers and not passed:
        raise errors[0]
    return Looked(tuple(offers), (*problems, *[str(error) for error in errors]))


def _is_covered(path: Path, known: Mapping[Path, MediaKind]) -> bool:
    """True for what lies below a folder whose images are all listed already."""
    return path.exists() and any(known.get(folder) is MediaKind.FOLDER for folder in path.parents)


def _look_at_one(path: Path, known: Mapping[Path, MediaKind]) -> Looked:
    if path.is_dir():
        return _look_at_folder(path, known)
    if not path.exists():
        raise ProjectError(path, "there is no such file or folder", "Check the name, or whether the disk is there.")
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise ProjectError(path, "this is neither an image nor a video", f"Choose {_suffixes()}.")
    return Looked((video_offer(path),))


def _look_at_folder(path: Path, known: Mapping[Path, MediaKind]) -> Looked:
    """The images of a folder; its videos where it holds no image."""
    try:
        found = scan_folder(path)
    except OSError as error:
        reason = f"the folder cannot be read ({error.strerror or error})"
        raise ProjectError(path, reason, "Check its permissions.") from error
    if found.images:
        return Looked((Offer(MediaKind.FOLDER, path, found.images),), found.problems)
    if not found.videos:
        raise ProjectError(path, "the folder holds no image and no video", f"Choose a folder with {_suffixes()} files.")
    inside = [path / name for name in found.videos]
    looked = look_at(inside, known)
    return Looked(looked.offers, (*found.problems, *looked.problems))


def _suffixes() -> str:
    return ", ".join(sorted(suffix[1:] for suffix in IMAGE_SUFFIXES | VIDEO_SUFFIXES))


def video_offer(path: Path) -> Offer:
    """A video with all frames that its packets hold, whatever its header claims; MediaError if it has none."""
    from annotator.video import count_frames

    stamp = file_stamp(path)
    count = count_frames(path)
    return Offer(MediaKind.VIDEO, path, tuple(video_frame_name(path.name, n) for n in range(count)), stamp)


def media_of(db: sqlite3.Connection, project: Path) -> dict[int, Media]:
    """The media of a project by id, each where it lies now."""
    below = "EXISTS(SELECT 1 FROM frame WHERE media_id=media.id AND name LIKE '%/%')"
    rows = db.execute(
        f"SELECT id, kind, relative, absolute, stamp, kind='{MediaKind.FILES.value}' AND {below} FROM media ORDER BY id"
    )
    return {
        row[0]: Media(row[0], MediaKind(row[1]), locate(project, row[2], row[3]), row[4], bool(row[5])) for row in rows
    }


def add(db: sqlite3.Connection, project: Path, offers: Iterable[Offer]) -> None:
    """Put media and their frames into the list, inside the caller's transaction; known ones gain what is new."""
    known = {(media.kind, media.path): media.id for media in media_of(db, project).values()}
    for offer in offers:
        media_id = known.get((offer.kind, offer.path))
        singles = known.get((MediaKind.FILES, offer.path))
        if offer.kind is MediaKind.FOLDER and media_id is None and singles is not None:
            media_id = singles  # images opened one by one before: now their whole folder
            db.execute("UPDATE media SET kind=? WHERE id=?", (offer.kind.value, media_id))
        if media_id is None:
            row = db.execute(
                "INSERT INTO media(kind, relative, absolute, stamp) VALUES(?, ?, ?, ?)",
                (offer.kind.value, relative_to_project(offer.path, project), str(offer.path), offer.stamp),
            )
            media_id = int(row.lastrowid or 0)
        names = offer.names
        if offer.kind is MediaKind.FILES:
            stored = {row[0] for row in db.execute("SELECT name FROM frame WHERE media_id=?", (media_id,))}
            names = tuple(natural_sorted({*names, *(n for n in stored if (offer.path / n).exists())}))
        _update_names(db, media_id, names)


@dataclass(frozen=True)
class Change:
    """What the disk holds of a medium now: None when it is not there at all, or cannot be read."""

    media: Media
    names: tuple[str, ...] | None
    stamp: str = ""


def look_again(media: Iterable[Media], scanned: Mapping[Path, Found] | None = None) -> tuple[list[Change], list[str]]:
    """What became of the media, without touching the store, and sentences about what cannot be read."""
    changes: list[Change] = []
    problems: list[str] = []
    gone: list[str] = []
    for medium in media:
        try:
            change = _look_again(medium, problems)
        except OSError as error:
            gone.append(f"{medium.path}: the media cannot be found ({error.strerror or error})")
            change = Change(medium, None, medium.stamp)
        except MediaError as error:
            problems.append(str(error))
            change = Change(medium, None, medium.stamp)
        if change is not None:
            changes.append(change)
    if gone:
        others = f", and {len(gone) - 1} more" if len(gone) > 1 else ""
        problems.insert(0, f"{gone[0]}{others}; labels are kept.")
    return changes, problems


def _look_again(medium: Media, problems: list[str]) -> Change | None:
    if medium.kind is MediaKind.FOLDER:
        found = scan_folder(medium.path)
        problems.extend(found.problems)
        return Change(medium, found.images)
    if medium.kind is MediaKind.FILES and medium.nested:
        return Change(medium, scan_folder(medium.path).images)
    if medium.kind is MediaKind.FILES:
        return Change(medium, tuple(name for name in os.listdir(medium.path)))  # noqa: PTH208  (str, not Path)
    stamp = file_stamp(medium.path)
    if stamp == medium.stamp:
        return Change(medium, (), stamp)
    offer = video_offer(medium.path)
    return Change(medium, offer.names, offer.stamp)


def apply_changes(db: sqlite3.Connection, project: Path, changes: Iterable[Change]) -> None:
    """Bring the list of frames in step with the disk, inside the caller's transaction."""
    for change in changes:
        media_id = change.media.id
        if change.names is None:
            db.execute("UPDATE frame SET missing=1 WHERE media_id=? AND missing=0", (media_id,))
            continue
        place = (relative_to_project(change.media.path, project), str(change.media.path), change.stamp)
        db.execute(
            "UPDATE media SET relative=?1, absolute=?2, stamp=?3 WHERE id=?4"
            " AND (relative IS NOT ?1 OR absolute<>?2 OR stamp<>?3)",
            (*place, media_id),
        )
        if change.media.kind is MediaKind.VIDEO and change.stamp == change.media.stamp:
            db.execute("UPDATE frame SET missing=0 WHERE media_id=? AND missing=1", (media_id,))
        elif change.media.kind is MediaKind.FILES:
            stored = {row[0] for row in db.execute("SELECT name FROM frame WHERE media_id=?", (media_id,))}
            _update_names(db, media_id, natural_sorted(stored & set(change.names)))
        else:
            _update_names(db, media_id, _renamed(db, change))


def _renamed(db: sqlite3.Connection, change: Change) -> Sequence[str]:
    """The names now; the frames of a video that was renamed keep the names they have."""
    assert change.names is not None
    if change.media.kind is not MediaKind.VIDEO:
        return change.names
    first = db.execute("SELECT name FROM frame WHERE media_id=? AND position=0", (change.media.id,)).fetchone()
    if first is None:
        return change.names
    video = str(first[0]).rsplit("#", 1)[0]
    return [video_frame_name(video, n) for n in range(len(change.names))]


def _update_names(db: sqlite3.Connection, media_id: int, names: Sequence[str]) -> None:
    """Make the present frames of a medium exactly ``names``, in natural order; frames that are gone stay, missing."""
    rows = db.execute("SELECT name, id, position, missing FROM frame WHERE media_id=?", (media_id,)).fetchall()
    stored = {row[0]: row[1:] for row in rows}
    present = set(names)
    if present == stored.keys() and not any(row[3] for row in rows):
        return
    gone = [name for name in stored if name not in present]
    order = natural_sorted([*names, *gone]) if gone else names
    fresh, moved = [], []
    for position, name in enumerate(order):
        before = stored.get(name)
        missing = int(name not in present)
        if before is None:
            fresh.append((media_id, position, name))
        elif (before[1], before[2]) != (position, missing):
            moved.append((position, missing, before[0]))
    db.executemany("INSERT INTO frame(media_id, position, name) VALUES(?, ?, ?)", fresh)
    db.executemany("UPDATE frame SET position=?, missing=? WHERE id=?", moved)


def found_at(place: Path, medium: Media, names: Sequence[str]) -> int:
    """How many frames of a medium lie at another place; all of a video where it opens with as many frames.

    Raises
    ------
    ProjectError
        If the place cannot be read.
    """
    try:
        if medium.kind is not MediaKind.VIDEO:
            return sum((place / name).is_file() for name in names)
        return len(names) if place.is_file() and len(video_offer(place).names) == len(names) else 0
    except OSError as error:
        reason = f"it cannot be read ({error.strerror or error})"
        raise ProjectError(place, reason, "Check its permissions.") from error
    except MediaError as error:
        raise ProjectError(place, error.reason, "Choose the video that moved.") from error


def place_media(db: sqlite3.Connection, project: Path, medium: Media, place: Path) -> None:
    """Store where a medium lies, inside the caller's transaction."""
    stamp = file_stamp(place) if medium.kind is MediaKind.VIDEO else medium.stamp
    db.execute(
        "UPDATE media SET relative=?, absolute=?, stamp=? WHERE id=?",
        (relative_to_project(place, project), str(place), stamp, medium.id),
    )
