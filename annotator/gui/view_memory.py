"""What a person chose to see, remembered until the next start. Anything unreadable there is as at first.

But for the confidence from which on predictions are shown, which belongs to a project and its network.
"""

from __future__ import annotations

import math
from dataclasses import fields, replace
from enum import Enum
from typing import Any

from PySide6.QtCore import QSettings

from annotator.gui.tone import GAMMAS, Tone
from annotator.gui.view_settings import LOUPE_ZOOMS, ViewSettings

_LIMITS: dict[str, tuple[float, float]] = {
    "heatmap_opacity": (0.0, 1.0),
    "loupe_zoom": (LOUPE_ZOOMS[0], LOUPE_ZOOMS[-1]),
    "brightness": (-1.0, 1.0),
    "contrast": (-1.0, 1.0),
    "gamma": GAMMAS,
}


def store(settings: QSettings, chosen: ViewSettings) -> None:
    """Remember this."""
    for name, value in _values(chosen):
        settings.setValue(f"view/{name}", value.value if isinstance(value, Enum) else value)


def restored(settings: QSettings) -> ViewSettings:
    """What was remembered."""
    found = {name: _read(settings, name, default) for name, default in _values(ViewSettings())}
    tone = {field.name: found.pop(field.name) for field in fields(Tone)}
    return replace(ViewSettings(), **found, tone=Tone(**tone))


def _values(chosen: ViewSettings) -> list[tuple[str, Any]]:
    """Every field that is remembered by name, those of the tone among them."""
    names = [field.name for field in fields(chosen) if field.name not in ("tone", "threshold")]
    own = [(name, getattr(chosen, name)) for name in names]
    return own + [(field.name, getattr(chosen.tone, field.name)) for field in fields(Tone)]


def _read(settings: QSettings, name: str, default: Any) -> Any:
    """One value, of the kind of the default one."""
    stored = settings.value(f"view/{name}")
    if stored is None:
        return default
    if isinstance(default, Enum):
        return next((member for member in type(default) if member.value == str(stored)), default)
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(str(stored).lower(), default)
    try:
        number = float(str(stored))
    except ValueError:
        return default
    low, high = _LIMITS[name]
    if not math.isfinite(number) or not low <= number <= high:
        return default
    return round(number) if isinstance(default, int) else number
