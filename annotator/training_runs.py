"""Trainings that run beside the window, each in a process of its own and a folder of its own.

A folder holds everything of one training: ``run.json`` (what was asked for), ``set/`` (the exported frames), the
network with its state and its log, what the process said, and ``process.json`` (which process works on it). Whoever
opens the folder later sees how far it is: a training survives the window that started it, and one that was stopped or
killed goes on where its last state was saved.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from annotator.formats.documents import FormatError, number, read_object, write_document
from annotator.training_log import CURVE, DONE, PACE, PLAN, STOP, Curve, Follower, read_log

__all__ = [
    "Curve", "Follower", "RunSettings", "RunState", "RunStatus", "TrainingRun", "home_of", "program", "runs_of",
]  # fmt: skip

FOLDER_SUFFIX = "-training"
_RUN, _PROCESS, _SAID = "run.json", "process.json", "said.txt"


@dataclass(frozen=True)
class RunSettings:
    """What a training is asked to do.

    ``start`` is the network to begin from, "" for one from nothing, which is compared with ``against`` in the end where
    that names one; ``rendered`` how many frames are rendered and mixed in, ``epochs`` rounds
    over the people's frames, ``patience`` rounds without progress after which it ends (0: never). ``data`` is a
    training set made elsewhere; "" where its own folder holds it.
    """

    title: str
    start: str
    epochs: float = 10.0
    rendered: int = 300
    patience: int = 0
    threads: int = 1
    seed: int = 0
    data: str = ""
    against: str = ""


_children: dict[int, subprocess.Popen[bytes]] = {}
"""Processes that this one started; they are let go of when they ended, and live on when this one ends."""


class RunState(Enum):
    """Where a training stands."""

    PREPARED = "prepared"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True)
class RunStatus:
    """How far a training is; ``share`` 0 to 1, ``seconds_left`` None while unknown, ``reason`` of a failure.

    ``rate`` is in samples a second; ``rendered`` how many frames of how many are rendered, while that goes on;
    ``stopping`` whether it was asked to end and has not done so yet.
    """

    state: RunState
    share: float = 0.0
    seconds_left: float | None = None
    curve: Curve = field(default_factory=Curve)
    reason: str = ""
    rate: float | None = None
    rendered: tuple[int, int] | None = None
    stopping: bool = False


class TrainingRun:
    """One training in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def network(self) -> Path:
        """The network it makes; usable from its first save on."""
        return self.folder / "network.safetensors"

    @property
    def set_folder(self) -> Path:
        """The frames it learns from and is judged on; its own folder where it does not say of another."""
        with suppress(FormatError):
            if self.settings.data:
                return Path(self.settings.data)
        return self.folder / "set"

    @property
    def is_ready(self) -> bool:
        """Whether it has frames to learn from."""
        return (self.set_folder / "manifest.json").is_file()

    @property
    def holds_back(self) -> bool:
        """Whether some of its frames are held back, so that networks can be judged on them."""
        with suppress(OSError), (self.set_folder / "samples.jsonl").open(encoding="utf-8") as lines:
            return any('"split": "val"' in line or '"split":"val"' in line for line in lines)
        return False

    @property
    def report(self) -> Path:
        """The folder of the comparison before and after."""
        return self.folder / "report"

    @classmethod
    def prepare(cls, home: Path, settings: RunSettings, *, now: float | None = None) -> TrainingRun:
        """A new folder below ``home`` for a training that is about to be started.

        Raises
        ------
        FormatError
            If it cannot be made.
        """
        stamp = time.strftime("%Y-%m-%d %H.%M.%S", time.localtime(time.time() if now is None else now))
        folder, again = home / stamp, 1
        while folder.exists():
            again += 1
            folder = home / f"{stamp} {again}"
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            reason = f"the folder cannot be made ({error.strerror or error})"
            raise FormatError(folder, reason, "Choose a folder that can be written.") from error
        write_document(folder / _RUN, asdict(settings))
        return cls(folder)

    @property
    def settings(self) -> RunSettings:
        """What it was asked to do.

        Raises
        ------
        FormatError
            If the folder does not say so.
        """
        said = read_object(self.folder / _RUN)
        advice = "Start another training."
        known = {name: said[name] for name in RunSettings.__dataclass_fields__ if name in said}
        try:
            settings = RunSettings(**known)
        except TypeError as error:
            raise FormatError(self.folder / _RUN, "it describes no training", advice) from error
        if not isinstance(settings.title, str) or not isinstance(settings.start, str):
            raise FormatError(self.folder / _RUN, "it describes no training", advice)
        return settings

    def command(self, program: Sequence[str]) -> list[str]:
        """The command line of the training; ``program`` runs Touchline's."""
        s = self.settings
        words = [*program, "train", str(s.data or self.folder / "set"), "--output", str(self.network)]
        words += ["--start", s.start] if s.start else ["--from-nothing"]
        words += ["--epochs", f"{s.epochs:g}", "--mix-rendered", str(s.rendered), "--threads", str(s.threads)]
        words += ["--seed", str(s.seed), "--follow", str(self.folder)]
        return [*words, *(["--patience", str(s.patience)] if s.patience else [])]

    def comparing(self, program: Sequence[str]) -> list[str]:
        """The command line that compares the network it began with and its own, on the frames held back."""
        before = self.settings.start or self.settings.against
        weights = [*([before] if before else []), str(self.network)]
        words = [*program, "evaluate", str(self.set_folder), "--weights", *weights]
        return [*words, "--split", "val", "--device", "cpu", "--report", str(self.report)]

    def start(self, program: Sequence[str]) -> None:
        """Start it, or let it go on, in a process that does not end with this one.

        Raises
        ------
        FormatError
            If the process cannot be started.
        """
        with suppress(FileNotFoundError):
            (self.folder / STOP).unlink()
        with suppress(FileNotFoundError):
            (self.folder / DONE).unlink()
        try:
            with (self.folder / _SAID).open("ab") as said:
                process = subprocess.Popen(
                    self.command(program), stdout=said, stderr=said, stdin=subprocess.DEVNULL, **_apart()
                )
        except OSError as error:
            reason = f"the training cannot be started ({error.strerror or error})"
            raise FormatError(self.folder, reason, "Check the installation.") from error
        _children[process.pid] = process
        write_document(self.folder / _PROCESS, {"pid": process.pid, "born": _born(process.pid), "at": time.time()})

    def stop(self) -> None:
        """Ask it to save its state and end; it does so after the step it is at."""
        (self.folder / STOP).touch()

    def status(self) -> RunStatus:
        """How far it is, read from its folder."""
        found = self._progress()
        done = self._document(DONE)
        if done is not None:
            code, finished = done.get("code"), done.get("finished") is True
            if finished:
                return replace(found, state=RunState.DONE, share=1.0, seconds_left=0.0)
            if code in (0, 1):
                return replace(found, state=RunState.STOPPED)
            reason = str(done.get("reason") or self.last_words())
            return replace(found, state=RunState.FAILED, seconds_left=None, reason=reason)
        process = self._document(_PROCESS)
        if process is None:
            return found
        if _is_alive(process):
            return replace(found, state=RunState.RUNNING, stopping=(self.folder / STOP).exists())
        if self.network.with_name(self.network.name + ".state").exists():
            return replace(found, state=RunState.STOPPED)
        return replace(found, state=RunState.FAILED, seconds_left=None, reason=self.last_words())

    def last_words(self) -> str:
        """The last line that the process said."""
        with suppress(OSError):
            lines = (self.folder / _SAID).read_text(encoding="utf-8", errors="replace").splitlines()
            return next((line.strip() for line in reversed(lines) if line.strip()), "")
        return ""

    def _document(self, name: str) -> dict[str, Any] | None:
        try:
            return read_object(self.folder / name)
        except FormatError:
            return None

    def _progress(self) -> RunStatus:
        """The log so far, the share done and the seconds left at the pace so far; not yet where it stands."""
        drawn = self.folder / CURVE
        curve, seconds = read_log(drawn if drawn.exists() else self.network.with_suffix(".csv"))
        total = number((self._document(PLAN) or {}).get("samples"))
        shown = curve.samples[-1] if curve.samples else 0
        share = min(1.0, shown / total) if total else 0.0
        left = seconds * (1 - share) / share if share else None
        rate = shown / seconds if seconds > 0 else None
        rendered = None
        said = {name: number(value) for name, value in (self._document(PACE) or {}).items()}
        samples, spent, until = said.get("samples"), said.get("seconds"), said.get("left")
        if samples is not None and samples >= shown and spent and until is not None and total:
            share, left, rate = min(1.0, samples / total), until, samples / spent
        elif said.get("render") and not shown:
            rendered = (int(said.get("rendered") or 0), int(said.get("render") or 0))
        return RunStatus(RunState.PREPARED, share, left, curve, rate=rate, rendered=rendered)


def runs_of(project: Path) -> list[TrainingRun]:
    """The trainings of a project, newest first."""
    home = home_of(project)
    folders = [folder for folder in home.iterdir() if (folder / _RUN).is_file()] if home.is_dir() else []
    return [TrainingRun(folder) for folder in sorted(folders, reverse=True)]


def home_of(project: Path) -> Path:
    """Where the trainings of a project are kept: beside it."""
    return project.with_name(project.name + FOLDER_SUFFIX)


def program() -> list[str]:
    """What runs Touchline's command line here."""
    return [sys.executable, str(Path(__file__).resolve().parent.parent / "main.py")]


def _apart() -> dict[str, Any]:
    """What keeps a process going when the one that started it ends."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    return {"start_new_session": True}


def _is_alive(process: dict[str, Any]) -> bool:
    pid, born = process.get("pid"), process.get("born")
    if not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
        return False
    child = _children.get(pid)
    if child is not None and child.poll() is not None:  # asked, so that one of our own that ended does not live on
        del _children[pid]
        return False
    now = _born(pid)
    if born is not None or now is not None:
        return born == now
    return _answers(pid)


def _born(pid: int) -> str | None:
    """When a process began, in ticks since the machine did, so that another with its number is not taken for it.

    None where the system does not say so in a file.
    """
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return None if fields[0] == "Z" else fields[19]
    return None


def _answers(pid: int) -> bool:
    if sys.platform == "win32":
        listed = subprocess.run(["tasklist", "/FI", f"PID eq {pid}"], capture_output=True, text=True, check=False)
        return str(pid) in listed.stdout
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
