"""What the commands of reviewing do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMenu

from annotator.gui.review_words import thing
from annotator.labels import Note

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow

translate = QCoreApplication.translate


def doubts() -> tuple[str, ...]:
    """Why frames need a second look; the first says nothing."""
    return (
        translate("MainWindow", "No reason given"),
        translate("MainWindow", "Not sure where the lines run"),
        translate("MainWindow", "Not sure which line or point it is"),
        translate("MainWindow", "Hard to see"),
        translate("MainWindow", "The network and the geometry disagree"),
        translate("MainWindow", "Ask someone else"),
    )


def look_again_menu(window: MainWindow) -> None:
    """Ask why the frame needs a second look; Enter gives no reason, the digits choose one."""
    if not window.session.can_decide:
        return
    menu = QMenu(window)
    menu.setObjectName("lookAgainMenu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    # What it says is said of this frame.
    window.session.wanted_changed.connect(menu.close)
    menu.addAction(translate("MainWindow", "This frame needs a second look")).setEnabled(False)
    menu.addSeparator()
    for number, reason in enumerate(doubts()):
        action = menu.addAction(f"&{number}  {reason}")
        why = reason if number else ""
        action.triggered.connect(lambda checked=False, why=why: window.session.ask_again(why))
    size, viewport = menu.sizeHint(), window.canvas.viewport()
    menu.popup(viewport.mapToGlobal(viewport.rect().center() - QPoint(size.width() // 2, size.height() // 2)))
    menu.setActiveAction(menu.actions()[2])


def accept_many(window: MainWindow) -> None:
    """Open the dialog that accepts many frames."""
    from annotator.gui.dialogs.bulk_accept import BulkAcceptDialog

    reviewing = window.reviewing
    show = window.session.show
    window.dialogs.open(BulkAcceptDialog(window.session, reviewing.queue, reviewing.many, window, show=show))


def toggle_queue(window: MainWindow) -> None:
    """Go along the queue and show it, or along the files again."""
    queue = window.reviewing.queue
    if queue.is_on:
        queue.switch(False)
        window.docks.show_frames()
    else:
        window.docks.show_review()
        queue.begin()


def list_frames(window: MainWindow, query: str) -> None:
    """Go along the frames that fit a query."""
    window.docks.show_review()
    window.reviewing.queue.switch(True)
    window.docks.review.query.take(query)


def comment(window: MainWindow) -> None:
    """Ask for a remark on what is selected, else on the frame."""
    session = window.session
    if session.blind.covers(session.frame_id):
        session.say(translate("Deeds", "No remarks during a blind check"))
        return
    before, selection = session.record.review, session.selection
    about = selection.marking or (selection.keypoints[-1] if selection.keypoints else "")
    title = translate("Deeds", "Comment")
    if not about:
        label = translate("Deeds", "A remark on this frame")
        text, chosen = QInputDialog.getMultiLineText(window, title, label, before.comment)
        if chosen and text.strip() != before.comment:
            session.decide(replace(before, comment=text.strip()), text=title)
        return
    label = translate("Deeds", "A remark on {what}").format(what=thing(about))
    text, chosen = QInputDialog.getText(window, title, label, QLineEdit.EchoMode.Normal, "")
    if chosen and text.strip():
        found = None if session.resolved is None else session.resolved.keypoints.get(about)
        at = None if found is None else found.position
        note = Note(text.strip(), about, at, session.author)
        session.decide(replace(before, notes=(*before.notes, note)), text=title)


def ask_name(window: MainWindow) -> None:
    """Ask who works here."""
    title, label = translate("Deeds", "Your name"), translate("Deeds", "Kept with every change and decision")
    text, chosen = QInputDialog.getText(window, title, label, QLineEdit.EchoMode.Normal, window.reviewing.name)
    if chosen:
        window.reviewing.call(text)
