"""The Label menu, continued: what to say next, and what geometry offers."""

from __future__ import annotations

from annotator.gui.menus.command import Command

GUIDE: tuple[Command, ...] = ()
