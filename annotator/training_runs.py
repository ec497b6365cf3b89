"""Trainings that run beside the window, each in a process of its own and a folder of its own.

A folder holds everything of one training: ``run.json`` (what was asked for), ``set/`` (the exported frames), the
network with its state and its log, what the process said, and ``process.json`` (which process works on it). Whoever
opens the folder later sees how far it is: a training survives the window that started it, and one that was stopped or
killed goes on where its last state was saved.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from annotator.formats.documents import FormatError, number, read_object, write_document

__all__ = ["Curve", "Follower", "RunSettings", "RunState", "RunStatus", "TrainingRun", "home_of", "program", "runs_of"]

FOLDER_SUFFIX = "-training"
_RUN, _PROCESS, _STOP, _SAID, _DONE, _PLAN = (
    "run.json", "process.json", "stop", "said.txt", "done.json", "plan.json",
)  # fmt: skip


@dataclass(frozen=True)
class RunSettings:
    """What a training is asked to do.

    ``start`` is the network to begin from, ``rendered`` how many frames are rendered and mixed in, ``epochs`` rounds
    over the people's frames, ``patience`` rounds without progress after which it ends (0: never).
    """

    title: str
    start: str
    epochs: float = 10.0
    rendered: int = 300
    patience: int = 0
    threads: int = 1
    seed: int = 0


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
class Curve:
    """The log of a training: samples shown and mean loss, and samples and score where it was validated.

    ``pck`` is the share of held-back points found within 10 px.
    """

    samples: tuple[int, ...] = ()
    loss: tuple[float, ...] = ()
    validated: tuple[int, ...] = ()
    pck: tuple[float, ...] = ()


@dataclass(frozen=True)
class RunStatus:
    """How far a training is; ``share`` 0 to 1, ``seconds_left`` None while unknown, ``reason`` of a failure."""

    state: RunState
    share: float = 0.0
    seconds_left: float | None = None
    curve: Curve = Curve()
    reason: str = ""


class Follower:
    """What the training's own process leaves in the folder for those who look on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def should_stop(self) -> bool:
        """Whether somebody asked it to end."""
        return (self._folder / _STOP).exists()

    def plan(self, samples: int) -> None:
        """Say how many samples there will be in all; FormatError if the disk refuses."""
        write_document(self._folder / _PLAN, {"samples": samples})

    def end(self, *, code: int, finished: bool, reason: str = "") -> None:
        """Say how it ended; FormatError if the disk refuses."""
        write_document(self._folder / _DONE, {"code": code, "finished": finished, "reason": reason})


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
        """The frames it learns from and is judged on."""
        return self.folder / "set"

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
        words = [*program, "train", str(self.set_folder), "--output", str(self.network), "--start", s.start]
        words += ["--epochs", f"{s.epochs:g}", "--mix-rendered", str(s.rendered), "--threads", str(s.threads)]
        words += ["--seed", str(s.seed), "--follow", str(self.folder)]
        return [*words, *(["--patience", str(s.patience)] if s.patience else [])]

    def start(self, program: Sequence[str]) -> None:
        """Start it, or let it go on, in a process that does not end with this one.

        Raises
        ------
        FormatError
            If the process cannot be started.
        """
        with suppress(FileNotFoundError):
            (self.folder / _STOP).unlink()
        with suppress(FileNotFoundError):
            (self.folder / _DONE).unlink()
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
        (self.folder / _STOP).touch()

    def status(self) -> RunStatus:
        """How far it is, read from its folder."""
        curve, share, left = self._progress()
        done = self._document(_DONE)
        if done is not None:
            code, finished = done.get("code"), done.get("finished") is True
            if finished:
                return RunStatus(RunState.DONE, 1.0, 0.0, curve)
            if code in (0, 1):
                return RunStatus(RunState.STOPPED, share, left, curve)
            return RunStatus(RunState.FAILED, share, None, curve, str(done.get("reason") or self.last_words()))
        process = self._document(_PROCESS)
        if process is None:
            return RunStatus(RunState.PREPARED, share, left, curve)
        if _is_alive(process):
            return RunStatus(RunState.RUNNING, share, left, curve)
        if self.network.with_name(self.network.name + ".state").exists():
            return RunStatus(RunState.STOPPED, share, left, curve)
        return RunStatus(RunState.FAILED, share, None, curve, self.last_words())

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

    def _progress(self) -> tuple[Curve, float, float | None]:
        """The log so far, the share done and the seconds left at the pace so far."""
        samples, loss, validated, pck = [], [], [], []
        seconds = 0.0
        with suppress(OSError, csv.Error), self.network.with_suffix(".csv").open(encoding="utf-8", newline="") as log:
            for row in csv.DictReader(log):
                try:
                    shown, spent = int(row["samples"]), float(row["seconds"])
                    mean = float(row["loss"])
                    found = float(row["pck10"]) if row.get("pck10") else None
                except (KeyError, TypeError, ValueError):
                    continue  # a line that is being written
                samples.append(shown)
                loss.append(mean)
                seconds = spent
                if found is not None:
                    validated.append(shown)
                    pck.append(found)
        planned = self._document(_PLAN) or {}
        total = number(planned.get("samples"))
        share = min(1.0, samples[-1] / total) if samples and total else 0.0
        left = seconds * (1 - share) / share if share else None
        return Curve(tuple(samples), tuple(loss), tuple(validated), tuple(pck)), share, left


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
