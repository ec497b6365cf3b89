"""The Edit menu: undoing, deleting, copying, nudging."""

from __future__ import annotations

from annotator.gui import deeds
from annotator.gui.menus.command import Command, N, Needs, Scope

_W = Scope.WINDOW
_C = Scope.CANVAS

EDIT = (
    Command("edit.undo", "edit", N("Commands", "Undo"), N("Commands", "Take back the last change, on any frame"),
            lambda w: w.session.undo(), ("Ctrl+Z",), "undo", Needs.UNDO, _W, repeats=True),
    Command("edit.redo", "edit", N("Commands", "Redo"), N("Commands", "Make the change taken back once more"),
            lambda w: w.session.redo(), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", Needs.REDO, _W, repeats=True),
    Command("edit.delete", "edit", N("Commands", "Delete"),
            N("Commands", "Give the selected points back to geometry and network, or remove the selected marking"),
            deeds.delete, ("Del", "Backspace"), "delete", Needs.SELECTION, group=1),
    Command("edit.clear", "edit", N("Commands", "Clear frame"),
            N("Commands", "Forget all that was said of this frame; can be undone"), deeds.clear_frame, group=1),
    Command("edit.copyPrevious", "edit", N("Commands", "Copy from previous frame"),
            N("Commands", "Take over the labels of the frame before this one in the list"),
            deeds.copy_previous, ("Ctrl+B",), "copy", scope=_W, group=1),
    Command("edit.selectAll", "edit", N("Commands", "Select all"), N("Commands", "Select every keypoint on the screen"),
            deeds.select_all, ("Ctrl+A",), group=2),
    Command("edit.deselect", "edit", N("Commands", "Select none"),
            N("Commands", "Select nothing; with nothing selected, take the Select tool"),
            deeds.deselect, ("Esc",), group=2),
    *(Command(f"nudge.{way}{name}", "", f"{title} {amount}",
              N("Commands", "Move what is selected; with nothing selected, left and right change the frame"),
              deeds.arrow_by(dx * step, dy * step), (f"{modifier}{key}",), scope=_C, repeats=True)
      for way, title, key, dx, dy in (
          ("left", N("Commands", "Nudge left"), "Left", -1, 0), ("right", N("Commands", "Nudge right"), "Right", 1, 0),
          ("up", N("Commands", "Nudge up"), "Up", 0, -1), ("down", N("Commands", "Nudge down"), "Down", 0, 1))
      for name, amount, modifier, step in (
          ("", "1 px", "", 1.0), ("Far", "10 px", "Shift+", 10.0), ("Fine", "0.1 px", "Ctrl+", 0.1))),
)  # fmt: skip
