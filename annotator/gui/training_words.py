"""Where a training stands, in sentences; pure functions of its status."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from annotator.training_runs import RunState, RunStatus

translate = QCoreApplication.translate


def duration(seconds: float) -> str:
    """A time in words, no finer than it is known."""
    if seconds < 90:
        return translate("Retrain", "{count} s").format(count=max(round(seconds), 1))
    if seconds < 5400:
        return translate("Retrain", "{count} min").format(count=round(seconds / 60))
    return translate("Retrain", "{count} h").format(count=f"{seconds / 3600:.1f}")


def state_text(status: RunStatus) -> str:
    """Where a training stands, in a few words."""
    share = f"{100 * status.share:.0f}"
    if status.state is RunState.RUNNING:
        if status.stopping:
            return translate("Retrain", "Stopping")
        if status.rendered is not None:
            text = translate("Retrain", "Rendering frames, {done} of {total}")
            return text.format(done=status.rendered[0], total=status.rendered[1])
        if not status.share:
            return translate("Retrain", "Starting")
        return translate("Retrain", "Running, {share} %").format(share=share)
    texts = {
        RunState.PREPARED: translate("Retrain", "Not started"),
        RunState.STOPPED: translate("Retrain", "Stopped at {share} %").format(share=share),
        RunState.FAILED: translate("Retrain", "Failed"),
        RunState.DONE: translate("Retrain", "Finished"),
    }
    return texts[status.state]


def progress_text(status: RunStatus) -> str:
    """How far it is, how fast, and how long still."""
    if status.state is RunState.FAILED:
        return translate("Retrain", "The training ended with: {why}").format(why=status.reason or "?")
    parts = [state_text(status)]
    if status.curve.samples:
        parts.append(translate("Retrain", "{count} samples").format(count=f"{status.curve.samples[-1]:,}"))
    if status.rate is not None:
        parts.append(translate("Retrain", "{rate} samples/s").format(rate=f"{status.rate:.1f}"))
    going = status.state is RunState.RUNNING and not status.stopping
    if going and status.seconds_left is not None:
        parts.append(translate("Retrain", "about {time} left").format(time=duration(status.seconds_left)))
    return " \u00b7 ".join(parts)


def note_text(title: str, status: RunStatus) -> str:
    """What is said of a training on opening a project, or when it ends."""
    texts = {
        RunState.RUNNING: translate("Retrain", "The training \u201c{title}\u201d is running, {share} % done"),
        RunState.STOPPED: translate("Retrain", "The training \u201c{title}\u201d was stopped at {share} %"),
        RunState.FAILED: translate("Retrain", "The training \u201c{title}\u201d failed"),
        RunState.DONE: translate("Retrain", "The training \u201c{title}\u201d has finished"),
        RunState.PREPARED: translate("Retrain", "The training \u201c{title}\u201d was not started"),
    }
    return texts[status.state].format(title=title, share=f"{100 * status.share:.0f}")
