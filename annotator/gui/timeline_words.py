"""What a timeline says: its lanes, a frame in words, and what stands where nothing is known."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication

from annotator.gui.panels.frame_states import state_text
from annotator.labels import Carried, How
from annotator.scheme import Scheme
from annotator.timeline import FILLED, KEY, MOTION, STATES, Track, timecode
from annotator.timeline_things import Stretches

STATUS, LABELS, CONFIDENCE, RESIDUAL = "status", "labels", "confidence", "residual"
LANES = (STATUS, LABELS, CONFIDENCE, RESIDUAL)


@dataclass(frozen=True)
class Subject:
    """What a timeline is of: the pitch, or one or ``many`` things in a frame."""

    pitch: bool = True
    many: bool = False

    @classmethod
    def of(cls, scheme: Scheme) -> Subject:
        """That of a project of this scheme."""
        return cls(scheme.has_football, scheme.is_many)


PITCH = Subject()


def lane_titles() -> dict[str, str]:
    """What stands before the lanes."""
    translate = QCoreApplication.translate
    return {
        STATUS: translate("Timeline", "Review"),
        LABELS: translate("Timeline", "Labels"),
        CONFIDENCE: translate("Timeline", "Confidence"),
        RESIDUAL: translate("Timeline", "Distance"),
    }


def lane_tips(subject: Subject = PITCH) -> dict[str, str]:
    """What the lanes mean."""
    translate = QCoreApplication.translate
    tips = {
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
    return tips if subject.pitch else {**tips, **_tips_of_things()}


def _tips_of_things() -> dict[str, str]:
    translate = QCoreApplication.translate
    return {
        LABELS: translate(
            "Timeline",
            "Diamonds are frames that a person labelled; in striped stretches everything was brought by tracking, "
            "those between two lines were filled in between two labelled frames",
        ),
        RESIDUAL: translate(
            "Timeline",
            "How far the worst label lies from where the network sees it, up to 20 % of the size of its thing; striped "
            "red from 10 % on",
        ),
    }


def nothing_known(subject: Subject = PITCH) -> dict[str, str]:
    """What an empty lane says."""
    translate = QCoreApplication.translate
    texts = {
        LABELS: translate("Timeline", "Label one frame, then ] carries its labels to the next"),
        CONFIDENCE: translate("Timeline", "Known once the network has looked at frames"),
        RESIDUAL: translate("Timeline", "Known once frames are labelled and checked"),
    }
    if subject.pitch:
        return texts
    many = translate("Timeline", "Label two frames, then fill in between; or track everybody through the clip")
    return {
        **texts,
        LABELS: many if subject.many else translate("Timeline", "Label two frames, then fill in between them"),
        RESIDUAL: translate("Timeline", "Known once the queue has held labels against what a network sees"),
    }


def no_clip_text() -> str:
    """What an empty timeline says."""
    return QCoreApplication.translate(
        "Timeline",
        "Frames over time are shown here once a video or a folder of numbered frames is open. "
        "Drag to go through them, Space plays, the wheel zooms.",
    )


def frame_text(track: Track, place: int, subject: Subject = PITCH) -> str:
    """A frame in words: number, time, state, who spoke of it, how sure the network is, how far off it is."""
    if not 0 <= place < len(track):
        return ""
    translate = QCoreApplication.translate
    head = translate("Timeline", "Frame {number} of {count}").format(number=f"{place + 1:,}", count=f"{len(track):,}")
    time = timecode(track.times, place)
    lines = [f"{head}   {time}" if time else head, state_text(STATES[track.states[place]])]
    lines.append(_said(subject).get(int(track.said[place]), ""))
    if np.isfinite(track.confidence[place]):
        lines.append(translate("Timeline", "Confidence {value}").format(value=f"{track.confidence[place]:.0%}"))
    if np.isfinite(track.residual[place]):
        of_things = translate("Timeline", "{value} % of its size from the network")
        off = translate("Timeline", "{value} px from the geometry") if subject.pitch else of_things
        lines.append(off.format(value=f"{track.residual[place]:.1f}"))
    if place in track.cuts:
        lines.append(translate("Timeline", "A new shot begins"))
    elif place in track.doubtful:
        lines.append(translate("Timeline", "A new shot may begin"))
    if track.damaged[place]:
        lines.append(translate("Timeline", "Damaged in the file"))
    return "\n".join(filter(None, lines))


def _said(subject: Subject) -> dict[int, str]:
    """Who spoke of a frame, in words."""
    translate = QCoreApplication.translate
    if subject.pitch:
        return {
            KEY: translate("Timeline", "Key frame: labelled by a person"),
            MOTION: translate("Timeline", "Labels carried from a key frame"),
            FILLED: translate("Timeline", "Labels filled in between two key frames"),
        }
    return {
        KEY: translate("Timeline", "Labelled by a person"),
        MOTION: translate("Timeline", "Brought by tracking"),
        FILLED: translate("Timeline", "Filled in between two labelled frames"),
    }


def thing_text(number: int, where: Stretches, place: int | None) -> str:
    """A numbered thing in words: in a frame, or where it is in the clip."""
    translate = QCoreApplication.translate
    if place is not None:
        kind = where.at(place)
        said = _said(Subject(pitch=False))[kind] if kind else translate("Timeline", "Not in this frame")
        text = translate("Timeline", "Number {number}, frame {frame}")
        return f"{text.format(number=number, frame=f'{place + 1:,}')}\n{said}"
    lengths = where.ends - where.starts
    text = translate("Timeline", "Number {number}: in {count} frames, from frame {first} to {last}").format(
        number=number, count=f"{int(lengths.sum()):,}", first=f"{int(where.starts[0]) + 1:,}",
        last=f"{int(where.ends[-1]):,}",
    )  # fmt: skip
    return text + "\n" + translate("Timeline", "Click to go to the nearest of them")


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
