"""Export on one page: format, what goes out and where to, with live counts; then how far it is, and what came of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.export import ExportKind, ExportOptions, ExportPreview, ExportReport, GroupBy, Scope, Splits
from annotator.export.things import kinds_for
from annotator.gui.background import Job, Lane, Progress, ShouldStop
from annotator.gui.dialogs.export_form import ExportForm
from annotator.gui.dialogs.export_words import (
    alike_sentence,
    choices,
    counted,
    formats,
    leak_sentence,
    shortage_sentence,
    summary,
)
from annotator.gui.dialogs.go_or_cancel import go_or_cancel
from annotator.gui.dialogs.opener import open_folder
from annotator.gui.session import Session
from annotator.labels import FrameState

_SOON = 250
_ROW = 30
_SHOWN_LEAKS = 2


class ExportDialog(QDialog):
    """Asks what to export, follows the work and reports; ``asked`` says that it should begin.

    Nothing here knows how an export is made: the counts come from ``annotator.export.preview`` off the event loop.
    """

    asked = Signal(object, object)

    def __init__(self, session: Session, folder: str, parent: QWidget, lane: Lane | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export"))
        self._session = session
        self._project = "touchline" if session.project is None else session.project.path.stem
        beside = Path.home() if session.project is None else session.project.path.parent
        self._base = Path(folder) if folder else beside
        self._lane = lane or Lane("count", self)
        self._job: Job | None = None
        self.form = ExportForm(session.settings.threshold)
        self.pages = QStackedWidget()
        self.pages.addWidget(self._form_page())
        self.pages.addWidget(self._work_page())
        self.pages.addWidget(self._report_page())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.addWidget(self.pages)
        self._soon = QTimer(self, singleShot=True, interval=_SOON)
        self._soon.timeout.connect(self._count)
        self.form.changed.connect(self._on_changed)
        self.kinds.currentRowChanged.connect(self._on_kind)
        self.kinds.setCurrentRow(0)
        # A lane of the window's goes on without this dialog, which need not wait for it to come to rest.
        self.finished.connect(self._lane.drop if lane is not None else self._lane.close)
        self.resize(820, 560)

    def _form_page(self) -> QWidget:
        self.kinds = QListWidget()
        self.kinds.setAccessibleName(self.tr("Format"))
        self.kinds.setFixedWidth(190)
        project = self._session.project
        held = tuple(ExportKind) if project is None else kinds_for(project.scheme)
        for kind, (name, hint) in formats().items():
            if kind not in held:
                continue
            item = QListWidgetItem(name)
            item.setData(Qt.ItemDataRole.UserRole, kind)
            item.setToolTip(hint)
            item.setSizeHint(QSize(0, _ROW))
            self.kinds.addItem(item)
        self._hint = QLabel(wordWrap=True)
        self._hint.setProperty("role", "muted")
        self.note = QLabel(wordWrap=True)
        self.warning = QLabel(wordWrap=True)
        self.warning.setProperty("role", "warning")
        self.hold = QPushButton(self.tr("Hold back frames"), autoDefault=False)
        self.hold.setToolTip(self.tr("Split frame by frame: for photographs of different things"))
        self.hold.clicked.connect(self._on_hold)
        self.hold.hide()
        advice = QHBoxLayout()
        advice.addWidget(self.warning, 1)
        advice.addWidget(self.hold, 0, Qt.AlignmentFlag.AlignTop)
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addWidget(self._hint)
        right.addWidget(self.form)
        right.addStretch(1)
        right.addLayout(self._folder_row())
        right.addWidget(self.note)
        right.addLayout(advice)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.kinds)
        row.addLayout(right, 1)
        buttons, self.go = go_or_cancel(self, self.tr("Export"), self._ask)
        self._add_copy(buttons)
        return _page(row, buttons)

    def _folder_row(self) -> QHBoxLayout:
        self.path = QLineEdit()
        self.path.setAccessibleName(self.tr("Folder"))
        self.path.textChanged.connect(self._show_go)
        browse = QPushButton(self.tr("Choose..."), autoDefault=False)
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(QLabel(self.tr("Into folder")))
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        return row

    def _work_page(self) -> QWidget:
        self._doing = QLabel(wordWrap=True)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Progress"))
        column = QVBoxLayout()
        column.addStretch(1)
        column.addWidget(self._doing)
        column.addWidget(self.bar)
        column.addStretch(2)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.NoButton)
        self.stop = buttons.addButton(self.tr("Stop"), QDialogButtonBox.ButtonRole.ActionRole)
        self.stop.setAutoDefault(False)
        away = buttons.addButton(self.tr("Go on in the background"), QDialogButtonBox.ButtonRole.RejectRole)
        away.clicked.connect(self.reject)
        return _page(column, buttons)

    def _report_page(self) -> QWidget:
        self.summary = QLabel(wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("What was left out or changed"))
        self.list.setUniformItemSizes(True)
        column = QVBoxLayout()
        column.addWidget(self.summary)
        column.addWidget(self.list, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        show = buttons.addButton(self.tr("Open folder"), QDialogButtonBox.ButtonRole.ActionRole)
        show.clicked.connect(lambda: open_folder(self.folder))
        self._add_copy(buttons)
        buttons.rejected.connect(self.reject)
        return _page(column, buttons)

    def _add_copy(self, buttons: QDialogButtonBox) -> None:
        copy = buttons.addButton(self.tr("Copy command line"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.setToolTip(self.tr("The command that makes the same export without a window"))
        copy.setAutoDefault(False)
        copy.clicked.connect(self._copy)

    @property
    def kind(self) -> ExportKind:
        """What is to be made."""
        kind = self.kinds.currentItem().data(Qt.ItemDataRole.UserRole)
        assert isinstance(kind, ExportKind)
        return kind

    @property
    def folder(self) -> Path:
        """Where it is to be made."""
        return Path(self.path.text().strip()).expanduser()

    def options(self) -> ExportOptions | None:
        """What is chosen; None where it cannot be."""
        return self.form.options()

    def _on_kind(self) -> None:
        self._hint.setText(formats()[self.kind][1])
        self.path.setText(str(self._base / f"{self._project}-{self.kind.value}"))
        self.form.show_kind(self.kind)

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Export into"), str(self._base))
        if chosen:
            self._base = Path(chosen)
            self.path.setText(str(self._base / f"{self._project}-{self.kind.value}"))

    def _on_hold(self) -> None:
        """Split frame by frame."""
        self.form.group.setCurrentIndex(self.form.group.findData(GroupBy.FRAME))

    def _on_changed(self) -> None:
        self.warning.hide()
        self.hold.hide()
        self.note.setText(self._rough())
        self._show_go()
        self._soon.start()

    def _frames(self) -> int:
        return _in_scope(self._session, self.form.scope.currentData())

    def _rough(self) -> str:
        count = self._frames()
        if not count and self.form.scope.currentData() is Scope.ACCEPTED:
            return self._none_accepted()
        return self.tr("Frames: {count}").format(count=f"{count:,}")

    def _none_accepted(self) -> str:
        text = self.tr("No frame is accepted yet. Space accepts the frame on the screen.")
        drafts = _in_scope(self._session, Scope.DRAFTS)
        if drafts:
            more = self.tr("Frames in work: {count}. They go out with Frames set to {choice}.")
            text += " " + more.format(count=f"{drafts:,}", choice=choices()[Scope.DRAFTS])
        return text

    def _show_go(self) -> None:
        chosen = self.options()
        self.go.setEnabled(chosen is not None and self._frames() > 0 and bool(self.path.text().strip()))
        if chosen is None:
            self._warn(self.form.problem)

    def _warn(self, text: str) -> None:
        self.warning.setText(text)
        self.warning.setVisible(bool(text))

    def _count(self) -> None:
        """Count frames and points in the background; the newest choice wins."""
        project, options = self._session.project, self.options()
        if project is None or options is None or not self._frames() or self.pages.currentIndex():
            return
        rough = self._rough()

        def work(progress: Progress, should_stop: ShouldStop) -> ExportPreview | None:
            from annotator.export import preview

            return preview(project, options, progress=progress, should_stop=should_stop)

        def advance(done: int, total: int) -> None:
            if done < total:
                self.note.setText(rough + " \u2013 " + self.tr("counting points, {done}").format(done=f"{done:,}"))

        self._lane.ask(work, then=self._show_counts, failed=lambda error: None, progress=advance)

    def _show_counts(self, found: ExportPreview | None) -> None:
        if found is None:
            return
        text = counted(found.frames, found.points, len(found.left_out))
        split = ", ".join(f"{name} {count:,}" for name, count in sorted(found.plan.counts.items()))
        chosen = self.options()
        if chosen is not None and chosen.splitting is not None:
            text += "\n" + self.tr("Split: {split}").format(split=split)
        self.note.setText(text)
        self.note.setToolTip("\n".join(map(str, found.left_out[:20])))
        self._warn(" ".join(self._advice(found, None if chosen is None else chosen.splitting)))

    def _advice(self, found: ExportPreview, how: Splits | None) -> list[str]:
        """What a split gives away, and why one of it gets nothing."""
        said = [leak_sentence(leak) for leak in found.plan.leaks[:_SHOWN_LEAKS]]
        more = len(found.plan.leaks) - _SHOWN_LEAKS
        said += [self.tr("And {count} more.").format(count=more)] if more > 0 else []
        if how is not None and found.plan.empty:
            said.append(shortage_sentence(found.plan, how.group_by))
            self.hold.setVisible(how.group_by is not GroupBy.FRAME)
        elif how is not None and how.group_by is GroupBy.FRAME and not said and self._session.project is not None:
            said.append(alike_sentence(football=self._session.project.scheme.has_football))
        return said

    def _ask(self) -> None:
        options = self.options()
        if options is not None and self.go.isEnabled():
            self._lane.drop()
            self._soon.stop()
            self.asked.emit(self.folder, options)

    def follow(self, job: Job) -> None:
        """Show how far the work is."""
        self._job = job
        self._doing.setText(self.tr("Exporting to {folder}").format(folder=self.folder))
        self.bar.setRange(0, 0)
        self.stop.clicked.connect(job.stop)
        job.changed.connect(self._on_job)
        self.pages.setCurrentIndex(1)

    def _on_job(self) -> None:
        if self._job is not None and self._job.total:
            self.bar.setRange(0, self._job.total)
            self.bar.setValue(self._job.done)

    def show_report(self, report: ExportReport | None) -> None:
        """Say what was made; back to the choices where it was stopped."""
        if self.pages.currentIndex() != 1:
            return
        if report is None:
            self.pages.setCurrentIndex(0)
            self._warn(self.tr("Stopped; nothing was written."))
            return
        self.summary.setText(summary(report))
        self.list.addItems([*report.warnings, *map(str, report.left_out), *map(str, report.points)])
        self.list.setVisible(self.list.count() > 0)
        self.pages.setCurrentIndex(2)

    def show_failure(self, text: str) -> None:
        """Back to the choices, with what went wrong."""
        if self.pages.currentIndex() == 1:
            self.pages.setCurrentIndex(0)
            self._warn(text)

    def _copy(self) -> None:
        from annotator.commands.export_ import command_line

        options = self.options()
        if options is not None and self._session.project is not None:
            line = command_line(self._session.project.path, self.folder, options, lists=self.form.lists)
            QGuiApplication.clipboard().setText(line)


def _page(content: QHBoxLayout | QVBoxLayout, buttons: QDialogButtonBox) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(12)
    column.addLayout(content, 1)
    column.addWidget(buttons)
    return page


def _in_scope(session: Session, scope: Scope) -> int:
    """Frames in the scope, without looking at them."""
    if session.project is None:
        return 0
    counts = session.project.state_counts()
    found = counts[FrameState.ACCEPTED]
    found += counts[FrameState.DRAFT] if scope is not Scope.ACCEPTED else 0
    return found + (counts[FrameState.PREDICTED] if scope is Scope.CONFIDENT else 0)
