"""The window: puts canvas, panels, menus and dialogs together, and leads their signals to each other."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QSettings, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFrame, QMainWindow, QStackedWidget, QToolBar, QVBoxLayout, QWidget

from annotator.gui import view_memory
from annotator.gui.actions import Actions
from annotator.gui.answers_ahead import AnswersAhead
from annotator.gui.arrivals import Arrivals
from annotator.gui.backups import Backups
from annotator.gui.bars import fill_menu_bar, toolbar
from annotator.gui.box_looks import BoxLooks
from annotator.gui.canvas import Canvas
from annotator.gui.checking import Checker
from annotator.gui.confidence import Confidence
from annotator.gui.detecting import Detecting
from annotator.gui.dialogs.opener import Opener
from annotator.gui.docks import Docks
from annotator.gui.easel import Easel
from annotator.gui.effort_log import EffortLog
from annotator.gui.errands import RESOURCES, Errands
from annotator.gui.files import Files
from annotator.gui.forecasting import NetworkFactory, NetworkState, load_network
from annotator.gui.hover_light import HoverLight
from annotator.gui.issue_search import IssueSearch
from annotator.gui.keymap_file import Keyring, keys_path
from annotator.gui.panels.blind_note import BlindNote
from annotator.gui.panels.empty_state import EmptyState
from annotator.gui.panels.frame_notice import FrameNotice, Tip
from annotator.gui.panels.frames import FramesPanel
from annotator.gui.panels.message_bar import MessageBar
from annotator.gui.panels.no_boxes import NoBoxes
from annotator.gui.panels.status import StatusBar
from annotator.gui.panes import step_pane
from annotator.gui.popups import MenuKeys, context_menu, reject_menu
from annotator.gui.recent import stored_list
from annotator.gui.retraining import Retraining
from annotator.gui.reviewing import Reviewing
from annotator.gui.session import Session
from annotator.gui.timing import Timing
from annotator.gui.toolbox import Toolbox
from annotator.gui.travels import Travels
from annotator.gui.tutorial import Tutorial


class MainWindow(QMainWindow):
    """The one window of the program."""

    settings: QSettings
    session: Session
    errands: Errands
    files: Files
    arrivals: Arrivals
    dialogs: Opener
    actions_: Actions
    canvas: Canvas
    easel: Easel
    tools: Toolbox
    checker: Checker
    issues: IssueSearch
    reviewing: Reviewing
    timing: Timing
    detecting: Detecting
    docks: Docks
    frames: FramesPanel
    tutorial: Tutorial
    box_looks: BoxLooks
    retraining: Retraining
    travels: Travels

    def __init__(
        self,
        settings: QSettings,
        *,
        network_factory: NetworkFactory = load_network,
        resources: Path = RESOURCES,
        data: Path | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("Touchline")
        self.setAcceptDrops(True)
        self.setMinimumSize(640, 420)
        self.settings = settings
        self.session = Session(network_factory, self)
        self.errands = Errands(self.session, resources=resources, data=data)
        self.files = Files(self, settings)
        self.arrivals = Arrivals(self)
        self.dialogs = Opener(self)
        self.travels = Travels(self)
        self.canvas = Canvas()
        self.tools = Toolbox(self.session, self.canvas)
        self.easel = Easel(self.session, self.canvas)
        self._hover_light = HoverLight(self.session, self.canvas)
        self._answers = AnswersAhead(self.session, self)
        self._backups = Backups(self.session, self)
        self._build(settings)
        self._connect()
        self._restore(settings)

    def _build(self, settings: QSettings) -> None:
        self.timing = Timing(self)
        self.actions_ = Actions(self, Keyring(keys_path(settings), self))
        self.empty = EmptyState(self.actions_, self.files.recent_list)
        self.session.set_settings(view_memory.restored(settings))
        self.confidence = Confidence(self.session, self)
        self.tools.restore(settings)
        self._build_centre()
        self.checker = Checker(self.session, self)
        self.tools.heed(self.checker)
        self.issues = IssueSearch(self.session, self.checker, self)
        self.reviewing = Reviewing(self)
        self.box_looks = BoxLooks(self.session, self.actions_.key_text, self)
        self.detecting = Detecting(self)
        self.docks = Docks(self, self.session, self.tools, self.checker, settings, self.reviewing, self.timing)
        self.docks.things.show_when_empty(NoBoxes(self.session, self.actions_))
        self.frames = self.docks.frames
        self.status = StatusBar(self.session, self.errands)
        self.setStatusBar(self.status)
        self.addToolBar(toolbar(self))
        fill_menu_bar(self)
        self.actions_.attach(self, self.docks.views, self.canvas)
        self.tools.hear_enter_in(self.docks.views)

    def _restore(self, settings: QSettings) -> None:
        """Everything as it was left last time."""
        self.docks.restore(settings)
        if self.actions_.keyring.notice:
            self.message.warn(self.actions_.keyring.notice)
        self.actions_.recent = stored_list(settings, "palette/recent")
        self.files.recent_list.look()
        self._show_keys()
        self._refresh_icons()
        self.actions_.refresh()

    def _build_centre(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.canvas)
        self.canvas.setWhatsThis(self.tr("The picture: the tool in hand answers the left button, the wheel zooms"))
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        # A bare picture would not show that it has the keyboard.
        self._focus_line = QFrame()
        self._focus_line.setObjectName("focusLine")
        self._focus_line.setFixedHeight(2)
        layout.addWidget(self._focus_line)
        layout.addWidget(self._stack, 1)
        self.setCentralWidget(centre)
        self.notice = FrameNotice(
            self.actions_, centre, is_last=lambda: self.session.is_last, is_gone=lambda: self.session.is_gone
        )
        without = self.tr("No network is loaded: label by hand, or load one to have points proposed.")
        self.tip = Tip(without, self.actions_, "predict.load")
        self.tip.sent_away = bool(self.settings.value("tips/network", False, bool))
        layout.addWidget(BlindNote(self.session))
        layout.addWidget(self.tip)
        self.message = MessageBar(centre)

    def _connect(self) -> None:
        session, canvas = self.session, self.canvas
        for signal in (
            session.project_changed, session.frame_changed, session.selection_changed, session.settings_changed,
            session.stack.indexChanged, session.forecaster.state_changed, self.tools.changed,
            session.forecaster.job.changed, self.errands.job.changed, session.saved, self.checker.changed,
        ):  # fmt: skip
            signal.connect(self.actions_.refresh_soon)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_focus)
            MenuKeys(app, self)
        canvas.pointer_moved.connect(self._answers.stir)
        self.actions_.asked.connect(self._answers.stir)
        session.project_changed.connect(self._show_project)
        session.wanted_changed.connect(self._show_title)
        session.failed.connect(self.message.warn)
        self.actions_.keyring.failed.connect(self.message.warn)
        self.actions_.keys_changed.connect(self._show_keys)
        session.frame_changed.connect(self.notice.leave)
        session.unreadable.connect(self.notice.show_reason)
        session.forecaster.state_changed.connect(self._show_tip)
        self.empty.path_chosen.connect(lambda path: self.arrivals.bring([path]))
        session.frame_changed.connect(self.tools.say_hint)
        self.errands.failed.connect(self._on_failed)
        self.errands.done.connect(self.message.tell)
        self.errands.opening.connect(self.empty.show_waiting)
        self.errands.opening.connect(lambda name: self.message.hide())
        self.errands.exported.connect(self.dialogs.tell_export)
        self.errands.counted.connect(self.dialogs.show_statistics)
        canvas.pointer_moved.connect(self.status.show_pointer)
        canvas.pointer_left.connect(self.status.show_no_pointer)
        canvas.hint_changed.connect(session.say)
        self.checker.pointed_at.connect(canvas.point_out)
        canvas.zoom_changed.connect(self.status.show_zoom)
        canvas.files_dropped.connect(lambda paths: self.arrivals.bring([Path(path) for path in paths]))
        canvas.space_tapped.connect(self.actions_.tap)
        self.docks.things.questions.left.connect(canvas.setFocus)
        self.timing.lead()
        canvas.context_requested.connect(partial(context_menu, self))
        for view in (self.frames.view, self.docks.review.view, self.docks.points, self.docks.things.view):
            view.space_tapped.connect(self.actions_.tap)
        self.effort, self.tutorial, self.retraining = EffortLog(self), Tutorial(self), Retraining(self)

    def _on_failed(self, text: str) -> None:
        self.empty.show_waiting("")
        self.message.warn(text, *self.travels.ways_out(text))

    def _show_project(self) -> None:
        self.empty.show_waiting("")
        open_now = self.session.project is not None
        self._stack.setCurrentWidget(self.canvas if open_now else self.empty)
        if open_now:
            self.canvas.setFocus()
        else:
            self.notice.leave()
        self._show_tip()
        self._show_title()

    def _show_keys(self) -> None:
        """What is no button of a command and still has a key says so."""
        self.frames.search.setToolTip(self.actions_["go.search"].toolTip())
        self.session.people.key_of_another = self.actions_.key_text("thing.add")
        for part in (self.status, self.timing.panel, self.docks.layers):
            part.use_keys(self.actions_.key_text)

    def _on_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        """A line over the picture says that the keyboard is there."""
        self._focus_line.setProperty("active", now is self.canvas)
        self._focus_line.style().polish(self._focus_line)

    def _show_tip(self) -> None:
        nothing = self.session.forecaster.state in (NetworkState.NONE, NetworkState.FAILED)
        self.tip.show_while(nothing and self.session.project is not None)

    def _show_title(self) -> None:
        project, wanted = self.session.project, self.session.wanted
        parts = ["Touchline"]
        if project is not None:
            parts.insert(0, project.path.stem)
            if wanted is not None:
                parts.insert(0, project.row(wanted).name)
        self.setWindowTitle(" \u2013 ".join(parts))

    def reject_menu(self) -> None:
        """Ask why the frame is rejected; the digits choose."""
        reject_menu(self)

    def step_pane(self, by: int) -> None:
        """Put the keyboard into the next pane (1) or the one before (-1)."""
        bar = self.findChild(QToolBar, "toolbar")
        frames, *others = self.docks.all
        panes = [frames, self.tutorial.card, self._stack, *others, self.message, bar]
        step_pane([pane for pane in panes if pane is not None], by)

    def reset_layout(self) -> None:
        """Put the panels back."""
        self.docks.reset()

    def changeEvent(self, event: QEvent) -> None:
        """Icons follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "docks"):
            QTimer.singleShot(0, self, self._refresh_icons)

    def _refresh_icons(self) -> None:
        for part in (self.actions_, self.empty, self.message, self.notice, self.tip, self.timing.panel):
            part.refresh_icons()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped anywhere on the window."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.arrivals.bring(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Everything is stored already: remember the layout, hide at once and let the threads end."""
        self.docks.store(self.settings)
        self.settings.setValue("tips/network", self.tip.sent_away)
        self.settings.setValue("palette/recent", self.actions_.recent)
        self.arrivals.close()
        self.files.exchange.close()
        self.travels.close()
        self.files.recent_list.close()
        view_memory.store(self.settings, self.session.settings)
        self.hide()
        self.tools.close(self.settings)
        self.issues.close()
        self.reviewing.close()
        self._answers.close()
        self._backups.close()
        self.checker.close()
        self.timing.close()
        self.detecting.close()
        self.errands.close()
        self.retraining.close()
        self.session.close()
        super().closeEvent(event)
