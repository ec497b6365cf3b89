"""The command line: what Touchline does without a window, and what the window is opened with.

Every command writes its result to standard output or a file, its progress and errors to standard error, and answers
with an exit code: 0 all done, 1 done but something given could not be used, 2 nothing done.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

VERSION = "0.1.0"

COMMANDS = {
    "keypoints": "the 57 keypoints that follow from SoccerNet line files",
    "predict": "the keypoints that the network sees in images and videos",
    "check": "what looks wrong with labels: swapped or mirrored names, points off their lines, forgotten ones",
    "calibrate": "the camera of every frame from its labels or the network: SoccerNet files, JSON lines, CSV",
    "import": "labels of other programs into a project: SoccerNet, COCO, MPII, CVAT, YOLO-pose, DeepLabCut",
    "export": "labels of a project: training set, SoccerNet, COCO, MPII, YOLO-pose, CVAT, tables, cameras",
    "review": "which frames of a project deserve a look first, and why",
    "project": "what a project holds; merge, check, vacuum, backup, slice, relink, scheme",
    "evaluate": "how good networks are on labelled frames, with a report of the worst ones",
    "train": "train the network further on an exported training set",
    "recipe": "train the embedded weights again from nothing",
    "propagate": "labels of the accepted frames of videos, carried to the frames about them",
    "track": "people followed through the clips of a project; MOTA and IDF1 where labels exist",
    "choose": "which frames of a video, folder or project to label: the most different ones",
    "tripod": "where the cameras of a project's clips stand, so that two points a frame are enough",
    "render": "a video or a project as a film, with what the labels or the network see drawn over it",
    "synthesize": "rendered frames with exact labels, as a training set",
    "weights": "what a checkpoint holds; published ones as a network of Touchline",
}


class CommandError(Exception):
    """A command cannot go on; the message says what, why and what to do."""


@dataclass(frozen=True)
class WindowOptions:
    """What the window opens with."""

    paths: list[str]
    sample: bool


def _window_parser() -> argparse.ArgumentParser:
    width = max(len(name) for name in COMMANDS)
    listed = "\n".join(f"  {name:<{width}}  {help_text}" for name, help_text in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="Label and review football-pitch keypoints in folders of images, videos or a project.",
        epilog=f"commands, each with its own --help:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="folders of images, videos, or a .touchline project")
    parser.add_argument("--sample", action="store_true", help="open the sample project")
    parser.add_argument("--version", action="version", version=f"Touchline {VERSION}")
    return parser


def parse_window(arguments: Sequence[str]) -> WindowOptions:
    """What the window is to open; answers --help and --version by leaving the program."""
    options = _window_parser().parse_args(arguments)
    return WindowOptions(options.paths, options.sample)


def run_command(arguments: Sequence[str]) -> int:
    """The exit code of the command that ``arguments[0]`` names."""
    name, rest = arguments[0], arguments[1:]
    module_name, title, described = name, name, COMMANDS[name]
    if rest[:1] == ["cameras"] and name == "evaluate":
        module_name, title, described = "cameras", "evaluate cameras", "camera files scored against line files"
        rest = rest[1:]
    module = importlib.import_module(f"annotator.commands.{module_name}_")
    parser = argparse.ArgumentParser(prog=f"main.py {title}", description=_sentence(described))
    module.add_arguments(parser)
    try:
        code: int = module.run(parser.parse_args(rest))
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        return 130
    return code


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def repository() -> Path:
    """The folder that holds ``main.py`` and ``resources``."""
    return Path(__file__).resolve().parents[2]
