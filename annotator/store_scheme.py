"""The scheme of a project, kept in its file as a document, so that it travels with it; and the schemes it had before.

Functions that write run inside the caller's transaction.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from annotator.scheme import Scheme
from annotator.schemes import BUILT_IN, scheme_from_text, scheme_of, text_of_scheme
from annotator.store_schema import ProjectError

_ID, _NOW, _BEFORE = "scheme_id", "scheme", "scheme_history"


@dataclass(frozen=True)
class EarlierScheme:
    """A scheme that a project had, until when (UTC seconds), and what became of its keypoints, None of those removed.

    Labels of the frames' histories from before then are in its words.
    """

    scheme: Scheme
    until: float
    renamed: Mapping[str, str | None]


def identity(db: sqlite3.Connection) -> str:
    """The id of the scheme."""
    return str(db.execute("SELECT value FROM about WHERE key=?", (_ID,)).fetchone()[0])


def scheme(db: sqlite3.Connection, path: Path) -> Scheme:
    """The scheme of the project; that with its id where the project, an older one, holds no document.

    Raises
    ------
    ProjectError
        If the document is damaged, or nobody knows the id.
    """
    found = _about(db, _NOW)
    try:
        return _read(found) if found is not None else scheme_of(identity(db))
    except ValueError as error:
        reason = f"its scheme cannot be read ({error})"
        raise ProjectError(path, reason, "Open a backup, or update Touchline.") from error


def text_of(scheme: Scheme | None, identity: str) -> str:
    """The document to be stored of a scheme, or of that of the program with this id; "" of one that is not known."""
    if scheme is None and identity in BUILT_IN:
        scheme = scheme_of(identity)
    return "" if scheme is None else text_of_scheme(scheme)


@lru_cache(maxsize=16)
def _read(text: str) -> Scheme:
    """The scheme of a document; the program's own object where it is that."""
    found = scheme_from_text(text)
    own = scheme_of(found.id) if found.id in BUILT_IN else None
    return own if own is not None and own == found else found


def _about(db: sqlite3.Connection, key: str) -> str | None:
    found = db.execute("SELECT value FROM about WHERE key=?", (key,)).fetchone()
    return None if found is None else str(found[0])


def earlier(db: sqlite3.Connection) -> list[EarlierScheme]:
    """The schemes that the project had before, oldest first."""
    listed = json.loads(_about(db, _BEFORE) or "[]")
    return [EarlierScheme(_read(one["scheme"]), float(one["until"]), one["renamed"]) for one in listed]


def put(db: sqlite3.Connection, new: Scheme, path: Path, renamed: Mapping[str, str | None]) -> None:
    """Give the project another scheme and note the one that it had."""
    listed = json.loads(_about(db, _BEFORE) or "[]")
    listed.append({"scheme": text_of_scheme(scheme(db, path)), "until": time.time(), "renamed": dict(renamed)})
    values = {_ID: new.id, _NOW: text_of_scheme(new), _BEFORE: json.dumps(listed, ensure_ascii=False)}
    db.executemany("INSERT OR REPLACE INTO about VALUES(?, ?)", values.items())
