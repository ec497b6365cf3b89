"""``calibrate``: labels in, one SoccerNet camera file a frame out."""

from __future__ import annotations

import argparse
from pathlib import Path, PurePosixPath

from annotator.calibration import flattened
from annotator.camera import SolutionKind
from annotator.camera_score import annotated_size
from annotator.commands import CommandError
from annotator.commands.console import complain, frame_size
from annotator.commands.labelled import WHAT, labelled_frames
from annotator.formats.cameras import FormatError, camera_of, write_camera
from annotator.keypoints import TRUSTED_RMS, TRUSTED_SUPPORT, Resolved, resolve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``calibrate``."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help=f"{WHAT}, or folders of files")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="camera_*.json go here")
    parser.add_argument(
        "--size", type=frame_size, default=(960, 540), metavar="WxH", help="size of the frames (default 960x540)"
    )


def run(options: argparse.Namespace) -> int:
    """The exit code of ``calibrate``: 0 every frame has a camera, 1 some have none, 2 none has one."""
    trouble: list[str] = []

    def say(text: str) -> None:
        trouble.append(text)
        complain(text)

    written: set[Path] = set()
    frames = rough = 0
    fractions = annotated_size(options.size)
    for frame in labelled_frames(options.paths, size=options.size, fractions_of=fractions, complain=say):
        frames += 1
        resolved = resolve(frame.instance, None, size=frame.size, threshold=1.0, standing=frame.standing)
        reason = why_none(resolved)
        path = options.output / camera_path(frame.key)
        if reason:
            say(f"{frame.key}: {reason}")
        elif path in written:
            say(f"{frame.key}: another frame has the camera file {path.name} already.")
        else:
            _write(path, resolved)
            written.add(path)
            if resolved.image_from_pitch is None:
                rough += 1
                complain(f"{frame.key}: the camera is known only roughly. {resolved.status}".rstrip())
    if not frames:
        raise CommandError(f"No labels to calibrate from; name {WHAT}.")
    roughly = f", {rough} of them known only roughly" if rough else ""
    complain(f"{options.output}: {len(written)} cameras of {frames} frames{roughly}")
    if not written:
        return 2
    return 1 if trouble else 0


def why_none(resolved: Resolved) -> str:
    """Why a frame has no camera, one sentence; "" when it has one."""
    solution = resolved.solution
    if solution is None:
        return resolved.status or "Too little is labelled to find the camera."
    if solution.rms > TRUSTED_RMS or solution.support < TRUSTED_SUPPORT:
        return resolved.status or "What is labelled does not agree with one camera."
    if solution.kind is not SolutionKind.CAMERA:
        return "Only the ground is determined: no camera with square pixels fits what is labelled."
    return ""


def camera_path(key: str) -> Path:
    """Where the camera of a frame goes: ``camera_`` before the base name; frames of a video in a folder of its own."""
    media, hash_sign, index = key.rpartition("#")
    path = PurePosixPath(media) / index if hash_sign else PurePosixPath(key)
    if path.is_absolute() or ".." in path.parts:
        path = PurePosixPath(path.name)
    return Path(path.parent) / f"camera_{path.stem}.json"


def _write(path: Path, resolved: Resolved) -> None:
    """The camera of the flat pitch of the book, whatever was found of crown and size: the format knows no other."""
    assert resolved.solution is not None
    assert resolved.evidence is not None
    camera = camera_of(flattened(resolved.evidence, resolved.solution))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_camera(path, camera)
    except OSError as error:
        raise CommandError(f"{path.parent}: the folder cannot be made ({error.strerror or error}).") from error
    except FormatError as error:
        raise CommandError(str(error)) from error
