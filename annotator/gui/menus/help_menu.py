"""The Help menu: keys, palette, about."""

from __future__ import annotations

from PySide6.QtWidgets import QWhatsThis

from annotator.gui.menus.command import Command, N, Needs, Scope

_W = Scope.WINDOW
_NOTHING = Needs.NOTHING

HELP = (
    Command("help.keys", "help", N("Commands", "Keys and mouse"), N("Commands", "Look up, change and print every key"),
            lambda w: w.dialogs.show_keys(), ("F1",), "keyboard", _NOTHING, _W),
    Command("help.palette", "help", N("Commands", "Command palette"), N("Commands", "Find a command by typing"),
            lambda w: w.dialogs.show_palette(), ("Ctrl+K",), "search", _NOTHING, _W),
    Command("help.whatsThis", "help", N("Commands", "What's this?"),
            N("Commands", "Click on anything in the window to read what it is"),
            lambda w: QWhatsThis.enterWhatsThisMode(), ("Shift+F1",), "", _NOTHING, _W),
    Command("help.about", "help", N("Commands", "About Touchline"), N("Commands", "Version and components"),
            lambda w: w.dialogs.show_about(), (), "info", _NOTHING, _W, group=1),
)  # fmt: skip
