"""What a timeline says: its lanes, a frame in words, and what stands where nothing is known."""

from __future__ import annotations

import re

import numpy as np
from PySide6.QtCore import QCoreApplication

from annotator.gui.panels.frame_states import state_text
from annotator.labels import Carried, How
from annotator.timeline import FILLED, KEY, MOTION, STATES, Track, timecode

STATUS, LABELS, CONFIDENCE, RESIDUAL = "status", "labels", "confidence", "residual"
LANES = (STATUS, LABELS, CONFIDENCE, RESIDUAL)


def lane_titles() -> dict[str, str]:
    """What stands before the lanes."""
    translate = QCoreApplication.translate
    return {
        STATUS: translate("Timeline", "Review"),
        LABELS: translate("Timeline", "Labels"),
        CONFIDENCE: translate("Timeline", "Confidence"),
        RESIDUAL: translate("Timeline", "Distance"),
    }


def lane_tips() -> dict[str, str]:
    """What the lanes mean."""
    translate = QCoreApplication.translate
    return {
        STATUS: translate(
            "Timeline",
            "Where each frame stands: solid is accepted, striped in work, lines across to be looked at again, "
            "crossed rejected, dotted predicted only, empty not seen yet",
        ),
        LABELS: translate(
            "Timeline",
            "Diamonds are key frames, labelled by a person; striped stretches were carried from one frame to the "
            "next, those between two lines were filled in between two key frames",
        ),
        CONFIDENCE: translate(
            "Timeline", "How sure the network is: the area is the mean, the line the least of the frames under a pixel"
        ),
        RESIDUAL: translate(
            "Timeline",
            "How far the worst point lies from the geometry of its frame, up to 20 px of a frame 960 wide; striped red "
            "from 10 px on",
        ),
    }


def nothing_known() -> dict[str, str]:
    """What an empty lane says."""
    translate = QCoreApplication.translate
    return {
        LABELS: translate("Timeline", "Label one frame, then ] carries its labels to the next"),
        CONFIDENCE: translate("Timeline", "Known once the network has looked at frames"),
        RESIDUAL: translate("Timeline", "Known once frames are labelled and checked"),
    }


def no_clip_text() -> str:
    """What an empty timeline says."""
    return QCoreApplication.translate(
        "Timeline",
        "Frames over time are shown here once a video or a folder of numbered frames is open. "
        "Drag to go through them, Space plays, the wheel zooms.",
    )


def frame_text(track: Track, place: int) -> str:
    """A frame in words: number, time, state, who spoke of it, how sure the network is, how far off it is."""
    if not 0 <= place < len(track):
        return ""
    translate = QCoreApplication.translate
    head = translate("Timeline", "Frame {number} of {count}").format(number=f"{place + 1:,}", count=f"{len(track):,}")
    time = timecode(track.times, place)
    lines = [f"{head}   {time}" if time else head, state_text(STATES[track.states[place]])]
    said = {
        KEY: translate("Timeline", "Key frame: labelled by a person"),
        MOTION: translate("Timeline", "Labels carried from a key frame"),
        FILLED: translate("Timeline", "Labels filled in between two key frames"),
    }
    lines.append(said.get(int(track.said[place]), ""))
    if np.isfinite(track.confidence[place]):
        lines.append(translate("Timeline", "Confidence {value}").format(value=f"{track.confidence[place]:.0%}"))
    if np.isfinite(track.residual[place]):
        off = translate("Timeline", "{value} px from the geometry")
        lines.append(off.format(value=f"{track.residual[place]:.1f}"))
    if place in track.cuts:
        lines.append(translate("Timeline", "A new shot begins"))
    elif place in track.doubtful:
        lines.append(translate("Timeline", "A new shot may begin"))
    if track.damaged[place]:
        lines.append(translate("Timeline", "Damaged in the file"))
    return "\n".join(filter(None, lines))


def link_text(link: Carried) -> str:
    """From which key frames labels were carried."""
    translate = QCoreApplication.translate
    frames = [_spoken_frame(name) for name in link.frames]
    if link.how is How.INTERPOLATED and len(frames) > 1:
        first, last = sorted(frames, key=lambda name: (len(name), name))[:2]
        return translate("Timeline", "Filled in between frames {first} and {last}").format(first=first, last=last)
    if not frames:
        return translate("Timeline", "Carried from another frame")
    return translate("Timeline", "Carried from frame {name}").format(name=frames[0])


def spoken(text: str, name: str) -> str:
    """A sentence in which frames of the video of the frame ``name`` are called by number, as the timeline counts."""
    video, mark, _ = name.rpartition("#")
    if not mark:
        return text
    frame = QCoreApplication.translate("Timeline", "frame {number}")
    named = re.compile(re.escape(video) + r"#(\d{6,})")
    return named.sub(lambda found: frame.format(number=f"{int(found[1]) + 1:,}"), text)


def _spoken_frame(name: str) -> str:
    """A frame of a video by its number as it is counted here, another by its name."""
    _, mark, number = name.rpartition("#")
    return f"{int(number) + 1:,}" if mark and number.isdigit() else name
