"""The schemes that are there: those that come with the program, a person's own, and single files.

Those of the program lie in ``resources/schemes``; a person's own in ``schemes`` below the data directory, each a file
``ID.json``. The ids of the program's schemes are taken.

Sources of the constants: COCO keypoint evaluation (cocodataset.org, ``pycocotools.cocoeval``); Andriluka et al., *2D
Human Pose Estimation: New Benchmark and State of the Art Analysis*, CVPR 2014 (MPII); `annotator.pitch`. MPII publishes
no sigmas: these are COCO's of the same joints, pelvis as a hip, thorax and neck as a shoulder, the top of the head as
an ear.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from annotator.formats.documents import Finding, FormatError, read_object, write_text
from annotator.scheme import Scheme
from annotator.scheme_document import document_of, parse_scheme
from annotator.store_media import data_directory

__all__ = [
    "BUILT_IN",
    "CARD_PACKET_8",
    "CHANGED",
    "COCO_17",
    "MPII_16",
    "family",
    "known_schemes",
    "named_scheme",
    "own_folder",
    "own_schemes",
    "read_scheme",
    "save_own",
    "scheme_from_text",
    "scheme_of",
    "text_of_scheme",
    "write_scheme",
]

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "schemes"
BUILT_IN = ("pitch-57", "coco-17", "mpii-16", "card-packet-8")
"""Ids of the schemes that come with the program, in the order in which they are offered."""
CHANGED = "-changed"
"""What the id of a changed copy of one of those ends in, with a number behind it where that is taken."""
_ADVICE = "Correct it as docs/schemes.md says, or choose another file."


@cache
def _built_in(identity: str) -> Scheme:
    return read_scheme(FOLDER / f"{identity}.json")


def own_folder() -> Path:
    """Where a person's own schemes lie; it need not exist."""
    return data_directory() / "schemes"


def own_schemes(folder: Path | None = None) -> tuple[dict[str, Scheme], tuple[Finding, ...]]:
    """A person's own schemes by id, in order of their files, and why others cannot be used."""
    found: dict[str, Scheme] = {}
    findings: list[Finding] = []
    folder = folder or own_folder()
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            scheme = read_scheme(path)
        except FormatError as error:
            findings.append(Finding(path, "", error.reason))
            continue
        if scheme.id in BUILT_IN or scheme.id in found:
            findings.append(Finding(path, "", f"the id {scheme.id} is taken by another scheme"))
        else:
            found[scheme.id] = scheme
    return found, tuple(findings)


def known_schemes() -> dict[str, Scheme]:
    """Every scheme that has a name: the program's, then a person's own."""
    return {**{identity: _built_in(identity) for identity in BUILT_IN}, **own_schemes()[0]}


def scheme_of(identity: str) -> Scheme:
    """The scheme with this id.

    Raises
    ------
    ValueError
        If there is none; the message names those that are there.
    """
    if identity in BUILT_IN:
        return _built_in(identity)
    known = known_schemes()
    if identity not in known:
        raise ValueError(f"there is no scheme {identity!r}; there are {', '.join(known)}")
    return known[identity]


def family(scheme: Scheme) -> str:
    """The id by which networks know the points of a scheme: that of the program's own with the same ones in this order.

    A changed copy that has other edges, colours or questions is of the family still; its own id where there is none.
    """
    return family_of(scheme.id, scheme.keypoints)


def family_of(identity: str, keypoints: Sequence[str]) -> str:
    """As `family`, of a scheme of which only the id and the points are known, such as that of a training set."""
    if identity in BUILT_IN:
        return identity
    return next((one for one in BUILT_IN if _built_in(one).keypoints == tuple(keypoints)), identity)


def named_scheme(text: str) -> Scheme:
    """The scheme that a person names on the command line: by its id, or by its file.

    Raises
    ------
    FormatError
        If there is no such scheme, or the file is none.
    """
    known = known_schemes()
    if text in known:
        return known[text]
    path = Path(text)
    if not path.is_file():
        raise FormatError(path, "there is no such scheme", f"Name {', '.join(known)} or a JSON file.")
    return read_scheme(path)


def read_scheme(path: Path) -> Scheme:
    """The scheme in a JSON file.

    Raises
    ------
    FormatError
        If the file cannot be read or is no scheme.
    """
    document = read_object(path)
    try:
        return parse_scheme(document, title=path.stem)
    except ValueError as error:
        raise FormatError(path, str(error), _ADVICE) from error


def write_scheme(path: Path, scheme: Scheme) -> None:
    """Write a scheme, whole or not at all; FormatError if the disk refuses."""
    write_text(path, text_of_scheme(scheme))


def save_own(scheme: Scheme, folder: Path | None = None) -> Path:
    """Keep a scheme among a person's own, in place of one with the same id; where it lies.

    Raises
    ------
    FormatError
        If its id is taken by the program's own, is no file name, or the disk refuses.
    """
    folder = folder or own_folder()
    path = folder / f"{scheme.id}.json"
    if scheme.id in BUILT_IN:
        raise FormatError(path, f"the id {scheme.id} belongs to a scheme of the program", "Give it another id.")
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,99}", scheme.id):
        raise FormatError(folder, f"{scheme.id!r} is no id", "Use letters, digits, dots, dashes and underscores.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"the folder cannot be made ({error.strerror or error})"
        raise FormatError(folder, reason, "Check its permissions.") from error
    write_scheme(path, scheme)
    return path


def text_of_scheme(scheme: Scheme) -> str:
    """The JSON text of a scheme, a keypoint a line."""
    document = document_of(scheme)
    lines = [f" {_short(key)}: {_value(value)}" for key, value in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _value(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        return "[\n  " + ",\n  ".join(_short(one) for one in value) + "\n ]"
    return _short(value)


def scheme_from_text(text: str) -> Scheme:
    """The scheme that `text_of_scheme` wrote; ValueError where it is none."""
    return parse_scheme(json.loads(text))


COCO_17 = _built_in("coco-17")
"""No head segment: COCO has neither neck nor top of the head."""
MPII_16 = _built_in("mpii-16")
CARD_PACKET_8 = _built_in("card-packet-8")
