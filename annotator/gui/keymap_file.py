"""The keys that a person chose, in one readable file beside the other settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QSettings, QStandardPaths, Signal

from annotator.formats.documents import FormatError, read_object, write_document
from annotator.gui.background import sentence
from annotator.gui.keymap import OWN, Keymap, Keys, Preset, presets, read_keys
from annotator.gui.menus.table import COMMANDS

FORMAT, VERSION = "touchline-keys", 1
translate = QCoreApplication.translate


def settings_folder(settings: QSettings) -> Path:
    """Where this person's settings are: the folder of the settings file, where the system keeps them in a file."""
    path = Path(settings.fileName())
    if path.suffix in (".ini", ".conf", ".plist") and path.is_absolute() and path.parent.name != "Preferences":
        return path.parent
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation))


def keys_path(settings: QSettings) -> Path:
    """The file of the keys."""
    return settings_folder(settings) / "keys.json"


def read_keymap(path: Path, known: Mapping[str, Preset] | None = None) -> tuple[Keymap, str]:
    """The keys that a file says, and a sentence about what in it could not be used ("" when all could).

    No file: the program's own keys. Commands that this version does not know are kept for the next writing.
    """
    known = presets() if known is None else known
    if not path.is_file():
        return Keymap(known[OWN]), ""
    try:
        document = read_object(path)
    except FormatError as error:
        text = translate("Keymap", "{path}: {why}; the keys are the usual ones")
        return Keymap(known[OWN]), text.format(path=path, why=error.reason)
    preset = known.get(str(document.get("preset", OWN)), known[OWN])
    said = document.get("keys", {})
    ids = {command.id for command in COMMANDS}
    changed: dict[str, Keys] = {}
    wrong: list[str] = [] if isinstance(said, dict) else ["keys"]
    for command_id, value in said.items() if isinstance(said, dict) else ():
        keys = read_keys(value)
        if command_id in ids and keys is None:
            wrong.append(command_id)
        elif command_id in ids and keys is not None:
            changed[command_id] = keys
    unknown = {id_: value for id_, value in said.items() if id_ not in ids} if isinstance(said, dict) else {}
    keymap, double = _settled(Keymap(preset, changed, unknown))
    return keymap, _sentence(path, wrong + double)


def _settled(keymap: Keymap) -> tuple[Keymap, list[str]]:
    """The key map with every key at one command only, and the commands that lost one: the one named first keeps it."""
    order = [*keymap.changed, *(command.id for command in COMMANDS if command.id not in keymap.changed)]
    taken: set[str] = set()
    lost: list[str] = []
    table: dict[str, Keys] = {}
    for command_id in order:
        keys = keymap.keys(command_id)
        table[command_id] = tuple(key for key in keys if key not in taken)
        if len(table[command_id]) < len(keys):
            lost.append(command_id)
        taken.update(keys)
    base = keymap.preset.table
    changed = {id_: keys for id_, keys in table.items() if keys != base[id_]}
    return Keymap(keymap.preset, changed, keymap.unknown), [id_ for id_ in lost if id_ in keymap.changed]


def _sentence(path: Path, wrong: list[str]) -> str:
    if not wrong:
        return ""
    text = translate("Keymap", "{path}: no usable keys for {names}; the usual ones are in their place")
    return text.format(path=path, names=", ".join(wrong))


def write_keymap(path: Path, keymap: Keymap) -> None:
    """Write the preset and what differs from it, whole or not at all.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"the folder cannot be made ({error.strerror or error})"
        raise FormatError(path.parent, reason, "Check the folder and the space on the disk.") from error
    keys: dict[str, Any] = {id_: list(chosen) for id_, chosen in sorted(keymap.changed.items())}
    document = {
        "format": FORMAT,
        "version": VERSION,
        "preset": keymap.preset.id,
        "keys": {**keys, **keymap.unknown},
    }
    write_document(path, document)


class Keyring(QObject):
    """The key map in use: read once, written whenever a person changes it."""

    changed = Signal()
    failed = Signal(str)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.keymap, self.notice = read_keymap(path)

    def use(self, keymap: Keymap) -> None:
        """Go by this key map from now on, and store it; one that cannot be stored holds until the window closes."""
        if keymap == self.keymap:
            return
        self.keymap = keymap
        try:
            write_keymap(self.path, keymap)
        except FormatError as error:
            self.failed.emit(sentence(error))
        self.changed.emit()
