"""The Help menu, continued: learning by doing."""

from __future__ import annotations

from annotator.gui.menus.command import Command

LEARN: tuple[Command, ...] = ()
