"""What the commands of the View menu do, each in a few lines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from annotator.gui.blink import Seen
from annotator.gui.tone import NEUTRAL
from annotator.gui.view_settings import LoupeWhen

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow


def toggle_loupe(window: MainWindow) -> None:
    """Show the loupe all the time, or only while something is placed."""
    settings = window.session.settings
    when = LoupeWhen.PLACING if settings.loupe is LoupeWhen.ALWAYS else LoupeWhen.ALWAYS
    window.session.set_settings(replace(settings, loupe=when))


def toggle_paint(window: MainWindow) -> None:
    """Show only the paint, or the frame."""
    settings = window.session.settings
    window.session.set_settings(replace(settings, tone=replace(settings.tone, paint=not settings.tone.paint)))


def reset_tone(window: MainWindow) -> None:
    """Show the frame as it is."""
    window.session.set_settings(replace(window.session.settings, tone=NEUTRAL))


def show_only_prediction(window: MainWindow) -> None:
    """Show only the prediction until the key is released."""
    window.easel.blink.start(Seen.PREDICTION)


def show_only_previous(window: MainWindow) -> None:
    """Show only another network's prediction until the key is released."""
    window.easel.blink.start(Seen.PREVIOUS)
