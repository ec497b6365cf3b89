"""The panel of the timeline: play, where the playhead is, how much is shown, the lanes, and plots over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.panels.status import Hint
from annotator.gui.playback import Player
from annotator.gui.session import Session
from annotator.gui.timeline import Timeline
from annotator.gui.timeline_rows import Lanes, ThingRows
from annotator.gui.timeline_strip import Strip
from annotator.gui.timeline_things import Identities
from annotator.gui.timeline_view import STEP, TimelineView
from annotator.gui.timeline_words import Subject, link_text
from annotator.timeline import timecode

if TYPE_CHECKING:
    from annotator.gui.time_plots import TimePlots

_NONE = Qt.KeyboardModifier.NoModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ICON = QSize(16, 16)


class TimelinePanel(QWidget):
    """Buttons and words above the lanes; the plots take the place of the lanes when they are asked for."""

    def __init__(
        self, session: Session, timeline: Timeline, player: Player, strip: Strip, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._timeline, self._player = session, timeline, player
        self.view = TimelineView(timeline, strip)
        self.identities = Identities(session, timeline, self)
        self.rows = ThingRows(timeline, self.identities, self.view)
        self.plots: TimePlots | None = None
        self.readout = QLabel()
        self.readout.setFont(theme.tabular(self.font()))
        self.speed = QLabel()
        self.note = Hint()
        for label in (self.speed, self.note):
            label.setProperty("role", "muted")
        self._icons: dict[QToolButton, str] = {}
        zoom, faster = self.view.zoom, self.tr("once more for twice as fast")
        self.back = self._button("rewind", self.tr("Play backward"), f"(J): {faster}", self._backward)
        self.play = self._button("play", self.tr("Play or stop"), "", player.toggle)
        self.forward = self._button("forward", self.tr("Play forward"), f"(L): {faster}", self._forward)
        self.closer = self._button("zoom-in", self.tr("Show less of the clip"), "(+)", lambda: zoom(2.0))
        self.farther = self._button("zoom-out", self.tr("Show more of the clip"), "(-)", lambda: zoom(0.5))
        self.all = self._button("fit", self.tr("Show the whole clip, or the range"), "(0)", self.view.show_all)
        self._pages = QStackedWidget()
        self._pages.addWidget(Lanes(self.view, self.rows, self.identities))
        # Whoever comes to the panel by keyboard comes to the lanes.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFocusProxy(self.view)
        self.setAccessibleName(self.tr("Timeline"))
        self._lay_out()
        self._connect()
        self._give_keys()
        self.refresh_icons()
        self._show_clip()

    def _button(self, icon: str, name: str, more: str, run: Callable[[], object]) -> QToolButton:
        button = QToolButton()
        button.setToolTip(f"{name} {more}".strip())
        button.setAccessibleName(name)
        # A click leaves the keyboard where it was, mostly with the picture.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setIconSize(_ICON)
        button.setAutoRaise(True)
        button.clicked.connect(lambda: run())
        self._icons[button] = icon
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(2)
        for button in (self.back, self.play, self.forward):
            row.addWidget(button)
        row.addSpacing(8)
        row.addWidget(self.readout)
        row.addSpacing(6)
        row.addWidget(self.speed)
        row.addSpacing(10)
        row.addWidget(self.note, 1)
        self.choice = QButtonGroup(self)
        for number, (text, tip) in enumerate((
            (self.tr("Lanes"), self.tr("What is known of every frame, side by side")),
            (self.tr("Plots"), self.tr("Points as curves over time, over a pitch distances and the camera too")),
        )):  # fmt: skip
            page = QPushButton(text)
            page.setCheckable(True)
            page.setChecked(not number)
            page.setObjectName("segment")
            page.setToolTip(tip)
            page.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.choice.addButton(page, number)
            row.addWidget(page)
        row.addSpacing(8)
        for tool in (self.farther, self.all, self.closer):
            row.addWidget(tool)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 2)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self._pages, 1)

    @property
    def chrome(self) -> int:
        """Height in pixels of what is not lanes: the buttons and margins."""
        layout = self.layout()
        assert layout is not None
        row, margins = layout.itemAt(0), layout.contentsMargins()
        assert row is not None
        return row.sizeHint().height() + layout.spacing() + margins.top() + margins.bottom()

    def _connect(self) -> None:
        self.view.scrubbed.connect(self._player.scrub)
        self.view.scrub_ended.connect(self._player.end_scrub)
        self.view.released.connect(self._player.release)
        self.rows.scrubbed.connect(self._player.scrub)
        self.rows.scrub_ended.connect(self._player.end_scrub)
        self.rows.gone_to.connect(self._player.go)
        self.rows.chosen.connect(self.identities.want)
        self._session.resolved_changed.connect(self.rows.show_active)
        self.choice.idClicked.connect(self.show_page)
        self._player.changed.connect(self._show_speed)
        self._session.wanted_changed.connect(self._show_place)
        self._session.frame_changed.connect(self._show_place)
        self._session.resolved_changed.connect(self._show_note)
        self._timeline.clip_changed.connect(self._show_clip)
        self._timeline.changed.connect(self._show_place)
        self._timeline.range_changed.connect(self._show_note)
        self._timeline.scanned.connect(lambda done, total: self._show_note(done, total))

    def _give_keys(self) -> None:
        """The keys that mean something while the timeline has the keyboard."""
        key, player, view = Qt.Key, self._player, self.view
        view.keys = {
            (key.Key_Space, _NONE): player.toggle,
            (key.Key_J, _NONE): lambda: player.shuttle(-1),
            (key.Key_K, _NONE): player.brake,
            (key.Key_L, _NONE): lambda: player.shuttle(1),
            (key.Key_Left, _NONE): lambda: player.step(-1),
            (key.Key_Right, _NONE): lambda: player.step(1),
            (key.Key_Left, _SHIFT): lambda: self._extend(-1),
            (key.Key_Right, _SHIFT): lambda: self._extend(1),
            (key.Key_Up, _NONE): lambda: self._go_to_shot(-1),
            (key.Key_Down, _NONE): lambda: self._go_to_shot(1),
            (key.Key_Home, _NONE): lambda: player.go(0),
            (key.Key_End, _NONE): lambda: player.go(view.axis.count - 1),
            (key.Key_PageUp, _NONE): lambda: self._page(-1),
            (key.Key_PageDown, _NONE): lambda: self._page(1),
            (key.Key_Plus, _NONE): lambda: view.zoom(STEP),
            (key.Key_Plus, _SHIFT): lambda: view.zoom(STEP),
            (key.Key_Equal, _NONE): lambda: view.zoom(STEP),
            (key.Key_Minus, _NONE): lambda: view.zoom(1.0 / STEP),
            (key.Key_0, _NONE): view.show_all,
        }

    def _backward(self) -> None:
        self._player.shuttle(-1)

    def _forward(self) -> None:
        self._player.shuttle(1)

    def _extend(self, by: int) -> None:
        """Make the range longer or shorter at the end where the playhead is."""
        place, chosen = self._timeline.place, self._timeline.range
        if place is None:
            return
        if chosen is None or place not in chosen:
            chosen = (place, place)
        fixed = chosen[0] if place == chosen[1] else chosen[1]
        to = min(max(place + by, 0), self.view.axis.count - 1)
        self._timeline.choose((min(fixed, to), max(fixed, to)))
        self._player.go(to)

    def _go_to_shot(self, way: int) -> None:
        """Go to the beginning of this shot, the one before, or the next."""
        track, place = self._timeline.track, self._timeline.place
        if track is None or place is None:
            return
        first, after = track.shot_around(place)
        if way > 0:
            self._player.go(min(after, len(track) - 1))
        else:
            self._player.go(first if place > first else track.shot_around(max(place - 1, 0))[0])

    def _page(self, way: int) -> None:
        """Go a tenth of what is shown along."""
        self._player.step(way * max(round((self.view.axis.end - self.view.axis.start) / 10), 1))

    # Words

    def _show_clip(self) -> None:
        self.view.subject = Subject.of(self._session.people.scheme)
        known = self._timeline.track is not None
        for widget in (self.back, self.play, self.forward, self.closer, self.farther, self.all):
            widget.setEnabled(known)
        count = 0 if self._timeline.track is None else len(self._timeline.track)
        widest = f"00:00.00   {count:,} / {count:,}"
        self.readout.setMinimumWidth(self.readout.fontMetrics().horizontalAdvance(widest))
        self.speed.setMinimumWidth(self.speed.fontMetrics().horizontalAdvance("\u2212 4\u00d7 "))
        self._show_place()
        self._show_note()

    def _show_place(self) -> None:
        track, place = self._timeline.track, self._timeline.place
        if track is None or place is None:
            self.readout.setText("")
        else:
            time = timecode(track.times, place)
            number = f"{place + 1:,} / {len(track):,}"
            self.readout.setText(f"{time}   {number}" if time else number)
        self.view.show_place()
        self.rows.show_place()
        if self.plots is not None:
            self.plots.show_place()

    def _show_speed(self) -> None:
        speed = self._player.speed
        sign = "\u2212" if speed < 0 else ""
        self.speed.setText(f"{sign}{abs(speed):g}\u00d7" if speed else "")
        self._icons[self.play] = "pause" if speed else "play"
        self.play.setIcon(theme.icon(self._icons[self.play]))

    def _show_note(self, done: int = 0, total: int = 0) -> None:
        """The range, else where the frame's labels come from, else how far the search for cuts is."""
        people = self._session.people
        link = self._session.labels.instance(people.active).link if people.is_on else self._session.labels.pitch.link
        chosen = self._timeline.range
        text = ""
        if chosen is not None:
            count = chosen[1] - chosen[0] + 1
            text = self.tr("Range {first} to {last}, {count} frames").format(
                first=f"{chosen[0] + 1:,}", last=f"{chosen[1] + 1:,}", count=f"{count:,}"
            )
        elif link is not None:
            text = link_text(link)
        elif total and self._timeline.scanning:
            text = self.tr("Looking for cuts: {share}").format(share=f"{done / total:.0%}")
        self.note.say(text)

    def use_keys(self, key_text: Callable[[str], str]) -> None:
        """Say the keys of the commands that the buttons ask for."""
        keys = ", ".join(filter(None, (key_text("time.play"), self.tr("Space with the timeline"))))
        self.play.setToolTip(self.tr("Play or stop ({keys})").format(keys=keys))

    # Pages

    def show_page(self, number: int) -> None:
        """Show the lanes (0) or the plots (1), which are made when they are asked for first."""
        button = self.choice.button(number)
        if button is not None:
            button.setChecked(True)
        if number and self.plots is None:
            from annotator.gui.time_plots import TimePlots

            self.plots = TimePlots(self._session, self._timeline)
            self.plots.wanted.connect(self._player.go)
            self._pages.addWidget(self.plots)
        self._pages.setCurrentIndex(number)

    def refresh_icons(self) -> None:
        """Paint the icons and lanes in the colours of the palette in use."""
        for button, icon in self._icons.items():
            button.setIcon(theme.icon(icon))
        self.view.repaint_lanes()
        self.rows.repaint_rows()
        if self.plots is not None:
            self.plots.refresh_colours()

    def close_threads(self) -> None:
        """Let what runs for the rows and plots end."""
        self.identities.close()
        if self.plots is not None:
            self.plots.close_threads()
