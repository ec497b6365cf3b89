"""How boxes to tick look in a table."""

from __future__ import annotations

from annotator.gui import theme


def boxes() -> str:
    """Boxes as plain as those beside a word, in both palettes, for the style sheet of a tree."""
    colours = theme.tokens()
    tick = (theme.ICONS / f"{colours.tick}.svg").as_posix()
    return (
        "QTreeView::item { padding: 3px 4px; }"
        f"QTreeView::indicator {{ width: 13px; height: 13px; background: {colours.base};"
        f" border: 1px solid {colours.muted}; border-radius: 3px; }}"
        f"QTreeView::indicator:checked {{ background: {colours.accent}; border-color: {colours.accent};"
        f" image: url({tick}); }}"
    )
