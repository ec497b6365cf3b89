"""What projects say of a frame, in a few words, for the dialogs in which two of them meet."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from annotator.gui.panels.history import change_text
from annotator.labels import Decision, FrameRecord
from annotator.merging import Difference, MergePlan, MergeReport, Said, Winner
from annotator.review.changes import changes_between

translate = QCoreApplication.translate


def record_text(record: FrameRecord) -> str:
    """What a record says, counted, and what was decided."""
    keypoints = sum(len(one.keypoints) for one in record.labels.instances)
    markings = sum(len(one.markings) for one in record.labels.instances)
    counts = (
        (keypoints, translate("Travel", "points: {count}")),
        (markings, translate("Travel", "lines: {count}")),
        (len(record.review.notes) + bool(record.review.comment), translate("Travel", "remarks: {count}")),
    )
    parts = [text.format(count=count) for count, text in counts if count] or [translate("Travel", "no labels")]
    decided = {
        Decision.ACCEPTED: translate("Travel", "accepted"),
        Decision.REJECTED: translate("Travel", "rejected"),
        Decision.LOOK_AGAIN: translate("Travel", "needs a second look"),
    }.get(record.review.decision)
    return ", ".join([*parts, decided] if decided else parts)


def difference_text(one: Difference) -> str:
    """What taking the other's word would change, in a few words."""
    changes = changes_between(one.mine.record, one.theirs.record)
    parts = [change_text(changes)] if change_text(changes) else []
    if changes.decision is not None and not (parts and changes.decision is Decision.OPEN):
        parts.append(translate("Travel", "decision"))
    return ", ".join(parts)


def time_text(when: datetime) -> str:
    """A moment as people here write it, in their own time."""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(when.timestamp())), QLocale.FormatType.ShortFormat)


def exact_time_text(when: datetime) -> str:
    """A moment to the second, where several may fall into one minute."""
    moment = QDateTime.fromSecsSinceEpoch(int(when.timestamp()))
    day = QLocale().toString(moment.date(), QLocale.FormatType.ShortFormat)
    return f"{day} {QLocale().toString(moment.time(), 'HH:mm:ss')}"


def said_text(said: Said) -> str:
    """What a project says of a frame, and below it when and by whom that was said."""
    when = "" if said.when is None else time_text(said.when)
    return "\n".join(filter(None, (record_text(said.record), ", ".join(filter(None, (when, said.author))))))


def winner_text(winner: Winner) -> str:
    """Who wins, for the list of rules."""
    return {
        Winner.NEWEST: translate("Travel", "the newer word"),
        Winner.REVIEWER: translate("Travel", "the reviewer's word, else the newer one"),
        Winner.MINE: translate("Travel", "mine"),
        Winner.THEIRS: translate("Travel", "theirs"),
    }[winner]


def plan_text(plan: MergePlan) -> str:
    """How many frames would be filled, are equal, in conflict, and not here."""
    text = translate(
        "Travel", "Frames filled: {fills}. The same already: {equal}. In conflict: {conflicts}. Not here: {unknown}."
    )
    groups = {"fills": plan.fills, "conflicts": plan.conflicts, "unknown": plan.unknown}
    counts = {name: len(group) for name, group in groups.items()} | {"equal": plan.equal}
    return text.format(**{name: f"{count:,}" for name, count in counts.items()})


def report_text(report: MergeReport) -> str:
    """What a merge did."""
    taken = sum(conflict.taken for conflict in report.conflicts)
    text = translate("Travel", "Merged. Frames filled: {filled}, taken over in conflict: {taken}, kept: {kept}")
    kept = len(report.conflicts) - taken
    said = text.format(filled=f"{len(report.filled):,}", taken=f"{taken:,}", kept=f"{kept:,}")
    if report.left:
        said += translate("Travel", ", changed meanwhile and left alone: {count}").format(count=len(report.left))
    return said


def size_text(size: int) -> str:
    """A file's size as people read it."""
    return QLocale().formattedDataSize(size, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat)
