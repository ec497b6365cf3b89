"""The Help menu, continued: learning by doing."""

from __future__ import annotations

from annotator.gui.menus.command import Command, N, Needs, Scope

LEARN: tuple[Command, ...] = (
    Command("help.tutorial", "help", N("Commands", "Tutorial"),
            N("Commands", "Learn the first steps in two minutes, on a copy of the sample project"),
            lambda w: w.tutorial.start(), (), "learn", Needs.NOTHING, Scope.WINDOW),
)  # fmt: skip
