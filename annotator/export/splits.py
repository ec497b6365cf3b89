"""Train, val and test: whole groups of frames each, from a seed or a fixed list, and what a split gives away.

Frames of one match look alike. If some of them are trained on and others judged by, the judgement is too good to be
true; so groups are never separated, and where a fixed list or small groups separate them that is said.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

from annotator.formats.documents import FormatError, read_text
from annotator.formats.training_set import group_of, splits_of
from annotator.matching import FrameNames, NoMatch
from annotator.project import FrameRow, Project

__all__ = ["GroupBy", "Leak", "SplitPlan", "Splits", "parse_shares", "plan_splits", "read_split_lists"]

_KINDS = {"match": ("match or folder", "matches or folders"), "clip": ("clip", "clips")}
NAMES = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


class GroupBy(Enum):
    """What is never separated: a match (a video, or the top folder), or a clip (a video, or a series of images).

    ``FRAME`` separates everything and is for photographs of different things. Of a video, whose frames look alike, the
    last part goes to another split than the first: as far from the others as it gets, and still of the same video.
    """

    MATCH = "match"
    CLIP = "clip"
    FRAME = "frame"


@dataclass(frozen=True)
class Splits:
    """How frames are split: parts of a whole by split, the seed, what stays together, and names with a fixed split.

    Raises
    ------
    ValueError
        If a share is negative, all are 0, or a name is no split.
    """

    shares: tuple[tuple[str, float], ...] = (("train", 0.8), ("val", 0.2))
    seed: int = 0
    group_by: GroupBy = GroupBy.MATCH
    fixed: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no way to split."""
        strange = [name for name, _ in (*self.shares, *((split, 0) for _, split in self.fixed)) if name not in NAMES]
        if strange:
            raise ValueError(f"{strange[0]!r} is not train, val or test")
        if not self.shares or min(share for _, share in self.shares) < 0 or sum(share for _, share in self.shares) <= 0:
            raise ValueError(f"these are no shares: {dict(self.shares)}")


@dataclass(frozen=True)
class Leak:
    """A match or clip whose frames are in several splits: how many in each."""

    group: str
    frames: Mapping[str, int]

    def __str__(self) -> str:
        where = " and ".join(f"{count} in {split}" for split, count in self.frames.items())
        return f"frames of {self.group} are in several splits ({where}): scores on them will be too good"


@dataclass(frozen=True)
class SplitPlan:
    """The split and the group of every frame by id; what it gives away; splits that were asked for and got no frame."""

    splits: Mapping[int, str]
    groups: Mapping[int, str]
    leaks: tuple[Leak, ...] = ()
    empty: tuple[str, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """Frames by split."""
        return Counter(self.splits.values())

    @property
    def only_group(self) -> str:
        """The one match or clip that all frames are of; "" where there are several."""
        found = set(self.groups.values())
        return next(iter(found)) if len(found) == 1 else ""

    def shortage(self, how: Splits) -> str:
        """Why a split that was asked for is empty, and what helps, in a sentence; "" where none is."""
        if not self.empty:
            return ""
        none = f"no frame is in {' or '.join(self.empty)}"
        if how.group_by is GroupBy.FRAME:
            return f"{none}: {len(self.splits)} frames are too few"
        kind, several = _KINDS[how.group_by.value]
        count = len(set(self.groups.values()))
        why = f"only {count} {several} are there" if count > 1 else f"all frames are of one {kind} ({self.only_group})"
        return f"{none}: {why}, and none is ever separated; photographs of different things are split by --group frame"

    def document(self, how: Splits) -> dict[str, Any]:
        """The plan as JSON values, for a manifest."""
        assigned: dict[str, set[str]] = defaultdict(set)
        for frame, group in self.groups.items():
            assigned[group].add(self.splits[frame])
        return {
            "group_by": how.group_by.value,
            "seed": how.seed,
            "shares": dict(how.shares),
            "fixed": len(how.fixed),
            "assignments": {group: "+".join(sorted(splits)) for group, splits in sorted(assigned.items())},
            "leaks": [str(leak) for leak in self.leaks],
        }


def plan_splits(project: Project, rows: Sequence[FrameRow], how: Splits | None) -> SplitPlan:
    """The split of every frame; without ``how`` the groups alone, each frame in ``train``."""
    media = {medium.id: medium.path for medium in project.media()}
    match = {row.id: group_of(row.name, media[row.media_id], is_video=row.is_video) for row in rows}
    if how is None:
        return SplitPlan(dict.fromkeys(match, "train"), match)
    listed = _listed(project, how)
    if how.group_by is GroupBy.FRAME:
        splits = _by_frame(rows, match, how) | {frame: split for frame, split in listed.items() if frame in match}
        of_videos = {row.id: match[row.id] for row in rows if row.is_video or row.id in listed}
        return SplitPlan(splits, match, _leaks(of_videos, splits), _empty(splits, how))
    groups = match if how.group_by is GroupBy.MATCH else {row.id: _clip(row, media[row.media_id]) for row in rows}
    drawn = splits_of(Counter(groups.values()), seed=how.seed, shares=dict(how.shares))
    told: dict[str, set[str]] = defaultdict(set)
    for frame, split in listed.items():
        if frame in groups:
            told[groups[frame]].add(split)
    drawn = _spread(drawn, Counter(groups.values()), how)
    by_group = {group: min(told[group]) if len(told.get(group, ())) == 1 else drawn[group] for group in drawn}
    splits = {frame: listed.get(frame, by_group[group]) for frame, group in groups.items()}
    return SplitPlan(splits, groups, _leaks(match, splits), _empty(splits, how))


def _empty(splits: Mapping[int, str], how: Splits) -> tuple[str, ...]:
    taken = set(splits.values())
    return tuple(split for split, share in how.shares if share > 0 and split not in taken)


def _by_frame(rows: Sequence[FrameRow], match: Mapping[int, str], how: Splits) -> dict[int, str]:
    """Videos in parts, first to last in the order of the shares; images each by a hash of its name and folder."""
    found: dict[int, str] = {}
    videos: dict[int, list[int]] = defaultdict(list)
    images: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.is_video:
            videos[row.media_id].append(row.id)
        else:
            images[f"{match[row.id]}/{row.name}"].append(row.id)
    if images:
        ones = dict.fromkeys(images, 1)
        drawn = splits_of(ones, seed=how.seed, shares=dict(how.shares))
        found |= {frame: split for name, split in _spread(drawn, ones, how).items() for frame in images[name]}
    for frames in videos.values():
        found |= zip(frames, _parts(len(frames), how), strict=True)
    return found


def _parts(count: int, how: Splits) -> list[str]:
    """So many splits one after the other, as many of each as its share; the last ones of each get one at the least."""
    total = sum(share for _, share in how.shares)
    wanted = [split for split, share in how.shares if share > 0]
    sizes = {split: round(count * share / total) for split, share in how.shares if share > 0}
    for split in wanted[1:]:
        sizes[split] = max(1, sizes[split])
    rest = max(0, count - sum(sizes[split] for split in wanted[1:]))
    listed = [wanted[0]] * rest + [split for split in wanted[1:] for _ in range(sizes[split])]
    return listed[:count] if rest else [wanted[0], *listed][:count]


def _spread(drawn: Mapping[str, str], frames: Mapping[str, int], how: Splits) -> dict[str, str]:
    """The same, with the smallest group of the richest split in every split that chance left empty.

    Among few groups that is likely. Projects of many keep what the hash of each name says, whatever joins them.
    """
    found = dict(drawn)
    for split, share in how.shares:
        taken = Counter(found.values())
        if share <= 0 or taken[split] or not taken:
            continue
        rich, count = max(taken.items(), key=lambda item: (item[1], item[0]))
        if count > 1:
            smallest = min((g for g in found if found[g] == rich), key=lambda group: (frames[group], group))
            found[smallest] = split
    return found


def _clip(row: FrameRow, medium: Path) -> str:
    """The video, or the folder and the part of the name before its number: ``season/a/clip_03`` of clip_03_0012.

    Names that Roboflow gave end in the digest of the picture, which says nothing of the clip.
    """
    if row.is_video:
        return medium.name
    path = PurePosixPath(row.name)
    stem = re.sub(r"(?:[_.](?:png|jpe?g))*\.rf\.[0-9a-f]{32}$", "", path.stem)
    series = re.sub(r"[\W_]*\d+$", "", stem)
    return "/".join(part for part in (medium.name, *path.parts[:-1], series) if part)


def _listed(project: Project, how: Splits) -> dict[int, str]:
    if not how.fixed:
        return {}
    names = FrameNames(project)
    found = ((names.find(PurePosixPath(name)), split) for name, split in how.fixed)
    return {row.id: NAMES[split] for row, split in found if not isinstance(row, NoMatch)}


def _leaks(groups: Mapping[int, str], splits: Mapping[int, str]) -> tuple[Leak, ...]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for frame, group in groups.items():
        counts[group][splits[frame]] += 1
    return tuple(
        Leak(group, dict(sorted(found.items()))) for group, found in sorted(counts.items()) if len(found) > 1
    )


def read_split_lists(paths: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    """Names of frames with their split, from text files called train, val or valid and test, a name a line.

    Raises
    ------
    FormatError
        If a file cannot be read or its name is no split.
    """
    found: dict[str, str] = {}
    for path in paths:
        split = NAMES.get(path.stem.lower())
        if split is None:
            raise FormatError(path, "its name is not train, val, valid or test", "Name the list after its split.")
        lines = (line.strip().replace("\\", "/") for line in read_text(path).splitlines())
        found |= {line: split for line in lines if line and not line.startswith("#")}
    return tuple(found.items())


def parse_shares(text: str) -> tuple[tuple[str, float], ...]:
    """Shares of train, val and, if given, test from numbers such as ``80/20`` or ``0.7,0.2,0.1``.

    Raises
    ------
    ValueError
        If these are not two or three such numbers.
    """
    parts = [part for part in re.split(r"[/,;:\s]+", text.strip()) if part]
    if not 1 <= len(parts) <= 3:
        raise ValueError(f"{text!r} is not like 80/20 or 70/20/10")
    try:
        numbers = [float(part.rstrip("%")) for part in parts]
    except ValueError:
        raise ValueError(f"{text!r} is not like 80/20 or 70/20/10") from None
    if min(numbers) < 0 or not 0 < sum(numbers) < 1e9:
        raise ValueError(f"{text!r} is not like 80/20 or 70/20/10")
    total = sum(numbers)
    return tuple(zip(("train", "val", "test"), (number / total for number in numbers), strict=False))
