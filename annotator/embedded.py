"""The networks that ship with the program, by the scheme whose points they know."""

from __future__ import annotations

from pathlib import Path

_FIRST = "pitch-57"
EMBEDDED = {_FIRST: "touchline-small", "card-packet-8": "card-packet"}


def weights_in(resources: Path, scheme: str = "pitch-57") -> Path | None:
    """The weights for a scheme in a resources folder; None where it has none.

    A copy that brings a network of its own in place of the pitch's has that one taken.
    """
    if scheme not in EMBEDDED:
        return None
    folder = resources / "weights"
    path = folder / f"{EMBEDDED[scheme]}.safetensors"
    if path.exists():
        return path
    own = (other for other in sorted(folder.glob("*.safetensors")) if other.stem not in EMBEDDED.values())
    return next(own, None) if scheme == _FIRST else None
