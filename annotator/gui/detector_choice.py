"""Which detector a person uses and what it is asked, remembered on this computer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QSettings

from annotator.scheme import Scheme

USUAL_LEAST = 0.3
_USUAL_KIND = -1
_PEOPLE = "person"


class Where(Enum):
    """In which frames boxes are looked for: the shown one, the range on the timeline, those listed, or all."""

    HERE = "here"
    RANGE = "range"
    LISTED = "listed"
    ALL = "all"


@dataclass(frozen=True)
class DetectorChoice:
    """A file and its questions: the least score, the number of the class, None for that of people.

    ``only_new``: only frames in which no boxes were looked for yet.
    """

    path: Path | None = None
    least: float = USUAL_LEAST
    kind: int | None = None
    where: Where = Where.ALL
    only_new: bool = False

    @classmethod
    def stored(cls, settings: QSettings) -> DetectorChoice:
        """What was chosen last; anything that cannot be understood is as at first."""
        path, where = str(settings.value("detector/path", "") or ""), str(settings.value("detector/where", ""))
        kind = _whole(settings.value("detector/kind"))
        return cls(
            Path(path) if path else None,
            _share(settings.value("detector/least")),
            None if kind is None or kind < 0 else kind,
            next((one for one in (Where.RANGE, Where.LISTED) if one.value == where), Where.ALL),
            str(settings.value("detector/onlyNew", "false")).lower() == "true",
        )

    def store(self, settings: QSettings) -> None:
        """Remember it; that it was for one frame is nothing to remember."""
        settings.setValue("detector/path", "" if self.path is None else str(self.path))
        settings.setValue("detector/least", self.least)
        settings.setValue("detector/kind", _USUAL_KIND if self.kind is None else self.kind)
        if self.where is not Where.HERE:
            settings.setValue("detector/where", self.where.value)
        settings.setValue("detector/onlyNew", self.only_new)


def usual_kind(names: Mapping[int, str], scheme: Scheme) -> int | None:
    """The class that a scheme most likely means: the one called as its things are, people, or the first."""
    by_name: dict[str, int] = {}
    for number, name in names.items():
        by_name.setdefault(name.casefold(), number)
    for wanted in (scheme.thing.casefold(), _PEOPLE):
        if wanted in by_name:
            return by_name[wanted]
    return min(names, default=None)


def _whole(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _share(value: object) -> float:
    try:
        found = float(str(value))
    except ValueError:
        return USUAL_LEAST
    return found if 0.0 <= found <= 1.0 else USUAL_LEAST
