"""Which keys ask for which command: a preset and what a person changed of it, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from pathlib import Path

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence

from annotator.formats.documents import FormatError, read_object
from annotator.gui.menus.command import Command, Scope
from annotator.gui.menus.table import COMMANDS

PRESETS = Path(__file__).resolve().parents[2] / "resources" / "keymaps"
OWN = "touchline"
SPACE = "Space"

Keys = tuple[str, ...]
Table = Mapping[str, Keys]
_TYPING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
_MOVING = frozenset(
    {
        Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End,
        Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Return,
        Qt.Key.Key_Enter,
    }
)  # fmt: skip
_MODIFIERS = frozenset(
    {Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr, Qt.Key.Key_CapsLock,
     Qt.Key.Key_NumLock, Qt.Key.Key_unknown, Qt.Key(0)}
)  # fmt: skip


class Place(IntEnum):
    """Where a key works, the widest first: the window, where frames are looked at, the canvas, a tap there."""

    WINDOW = 0
    VIEWS = 1
    CANVAS = 2
    TAP = 3


def _first(sequence: QKeySequence) -> QKeyCombination:
    return sequence[0]  # type: ignore[index, no-any-return]  # the stubs know no operator[]


def portable(key: str) -> str:
    """A key the way files write it, as ``Ctrl+Shift+Z``; "" for what is no single key with its modifiers."""
    sequence = QKeySequence(key, QKeySequence.SequenceFormat.PortableText)
    if sequence.count() != 1 or _first(sequence).key() in _MODIFIERS:
        return ""
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)


def of_event(combination: QKeyCombination) -> str:
    """What was pressed the way files write it; "" while only modifiers are held.

    The number block means the same keys, and Shift+Tab is what arrives as Backtab.
    """
    held, key = combination.keyboardModifiers(), combination.key()
    if key in _MODIFIERS:
        return ""
    if key is Qt.Key.Key_Backtab:
        held, key = held | Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_Tab
    if key is Qt.Key.Key_Enter:
        key = Qt.Key.Key_Return
    if 0x20 < int(key) < 0x100 and not chr(int(key)).isalnum():
        # Shift is how this sign is typed on some keyboards; on others it comes without.
        held &= ~Qt.KeyboardModifier.ShiftModifier
    return portable(QKeySequence(QKeyCombination(held & ~Qt.KeyboardModifier.KeypadModifier, key)).toString())


def shown(keys: Iterable[str]) -> str:
    """Keys as the system writes them, with commas."""
    return ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)


def place_of(scope: Scope, key: str) -> Place:
    """Where a key of a command of this scope works.

    What is typed in boxes and what moves in lists never becomes a key of the whole window: a bare letter works where
    frames are looked at, an arrow on the canvas, and the bare space bar as a tap.
    """
    if key == SPACE:
        return Place.TAP
    wide = {Scope.WINDOW: Place.WINDOW, Scope.VIEWS: Place.VIEWS, Scope.CANVAS: Place.CANVAS, Scope.TAP: Place.VIEWS}
    combination = _first(QKeySequence(key))
    if combination.keyboardModifiers() & _TYPING:
        return wide[scope]
    if combination.key() in _MOVING:
        return Place.CANVAS
    bare = int(combination.key()) < 0x01000000
    return max(wide[scope], Place.VIEWS) if bare else wide[scope]


@dataclass(frozen=True)
class Preset:
    """A key map to begin with: its id, the name of the program it comes from, and where it differs from ours."""

    id: str
    name: str
    keys: Table = field(default_factory=dict)

    @cached_property
    def table(self) -> dict[str, Keys]:
        """The keys of every command; a key that the preset gives to one command is taken from all others."""
        taken = {key for keys in self.keys.values() for key in keys}
        table = {}
        for command in COMMANDS:
            own = tuple(portable(key) for key in command.keys)
            table[command.id] = self.keys.get(command.id, tuple(key for key in own if key not in taken))
        return table


def presets(folder: Path = PRESETS) -> dict[str, Preset]:
    """The key maps that come with the program, by id; ours first and always.

    A file that cannot be used is left out: the program is usable with its own keys.
    """
    found = {OWN: Preset(OWN, "Touchline")}
    for path in sorted(folder.glob("*.json")):
        try:
            document = read_object(path)
        except FormatError:
            continue
        name, keys = document.get("name"), document.get("keys")
        if path.stem != OWN and isinstance(name, str) and isinstance(keys, dict):
            found[path.stem] = Preset(path.stem, name, {id_: good for id_, said in keys.items()
                                                        if (good := read_keys(said)) is not None})  # fmt: skip
    return found


def read_keys(value: object) -> Keys | None:
    """The keys that a file gives a command, or None where they are none."""
    if not isinstance(value, list) or not all(isinstance(key, str) for key in value):
        return None
    keys = tuple(portable(key) for key in value)
    return None if "" in keys else tuple(dict.fromkeys(keys))


@dataclass(frozen=True)
class Keymap:
    """The keys of every command: those of a preset, and in ``changed`` those that a person chose instead.

    ``unknown`` holds what a file said of commands that this version does not have; it is written back as it was.
    """

    preset: Preset = field(default_factory=lambda: Preset(OWN, "Touchline"))
    changed: Table = field(default_factory=dict)
    unknown: Mapping[str, object] = field(default_factory=dict)

    def keys(self, command_id: str) -> Keys:
        """The keys of a command, the one shown in menus first."""
        return self.changed.get(command_id, self.base(command_id))

    def base(self, command_id: str) -> Keys:
        """The keys that the preset gives a command."""
        return self.preset.table.get(command_id, ())

    def owner(self, key: str) -> str | None:
        """The id of the command that this key asks for."""
        return next((command.id for command in COMMANDS if key in self.keys(command.id)), None)

    def is_changed(self, command_id: str) -> bool:
        """True when a person chose other keys for it than the preset."""
        return command_id in self.changed

    def with_key(self, command_id: str, key: str) -> Keymap:
        """With this key asking for the command too, and for no other any more."""
        own = self.keys(command_id)
        return self if key in own else self._with({command_id: (*own, key)}, taken=(key,))

    def without_key(self, command_id: str, key: str) -> Keymap:
        """With this key asking for the command no longer."""
        return self._with({command_id: tuple(other for other in self.keys(command_id) if other != key)})

    def reset(self, command_id: str) -> Keymap:
        """The command has the preset's keys again, taken back from whichever command has them now."""
        keys = self.base(command_id)
        return self._with({command_id: keys}, taken=keys)

    def reset_all(self) -> Keymap:
        """Every command has the preset's keys again."""
        return replace(self, changed={})

    def _with(self, wanted: Table, taken: Sequence[str] = ()) -> Keymap:
        now = {command.id: self.keys(command.id) for command in COMMANDS}
        for key in taken:
            loser = self.owner(key)
            if loser is not None and loser not in wanted:
                now[loser] = tuple(other for other in now[loser] if other != key)
        now.update(wanted)
        base = self.preset.table
        return replace(self, changed={id_: keys for id_, keys in now.items() if keys != base[id_]})


def by_place(command: Command, keys: Keys) -> dict[Place, Keys]:
    """The keys of a command by where they work."""
    found: dict[Place, Keys] = {}
    for key in keys:
        place = place_of(command.scope, key)
        found[place] = (*found.get(place, ()), key)
    return found
