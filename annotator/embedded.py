"""The networks that ship with the program, by the scheme whose points they know."""

from __future__ import annotations

from pathlib import Path

EMBEDDED = {"pitch-57": "touchline-small", "card-packet-8": "card-packet"}


def weights_in(resources: Path, scheme: str = "pitch-57") -> Path | None:
    """The weights for a scheme in a resources folder; None where it has none (or this copy has none)."""
    if scheme not in EMBEDDED:
        return None
    path = resources / "weights" / f"{EMBEDDED[scheme]}.safetensors"
    return path if path.exists() else None
