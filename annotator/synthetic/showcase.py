"""The dozen rendered frames of the sample project: chosen for their looks, written with their exact truth."""

from __future__ import annotations

import json
from pathlib import Path

import cv2

from annotator.synthetic.frame import SyntheticFrame, render

CHOSEN = (
    ("main", 25),
    ("sixteen", 26),
    ("high behind", 26),
    ("midfield", 23),
    ("close", 37),
    ("main", 11),
    ("sixteen", 13),
    ("tactical", 11),
    ("high behind", 39),
    ("midfield", 22),
    ("main", 21),
    ("sixteen", 11),
)
"""Camera family and seed of every frame."""


def render_sample_project_frames(folder: Path, count: int = 12, size: tuple[int, int] = (1280, 720)) -> list[Path]:
    """Write the first ``count`` sample frames as ``frame_01.jpg``... and their truth as ``truth.json``.

    ``truth.json`` maps every file name to the image's size, the pitch's length and width in metres, the camera
    (position in metres, ``camera_from_world`` rotation, focal length in pixels, kappa: see `RenderCamera`), the mirror
    rule and the points inside the image, name -> [x, y, state].

    Returns
    -------
    list of Path
        The images.

    Raises
    ------
    ValueError
        If more frames are asked for than were chosen.
    OSError
        If the folder cannot be written.
    """
    if not 0 < count <= len(CHOSEN):
        raise ValueError(f"{count} sample frames were asked for; there are {len(CHOSEN)}")
    folder.mkdir(parents=True, exist_ok=True)
    truth, written = {}, []
    for number, (family, seed) in enumerate(CHOSEN[:count], start=1):
        frame = render(seed, size, family=family)
        path = folder / f"frame_{number:02d}.jpg"
        _, data = cv2.imencode(".jpg", frame.rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
        path.write_bytes(bytes(data))
        truth[path.name] = truth_of(frame)
        written.append(path)
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return written


def truth_of(frame: SyntheticFrame) -> dict[str, object]:
    """What is true of a frame, ready for JSON."""
    inside = {name: frame.points[name] for name, state in frame.states.items() if state}
    return {
        "size": list(frame.camera.size),
        "pitch": [round(frame.length, 3), round(frame.width, 3)],
        "camera": {
            "position": [round(float(v), 4) for v in frame.camera.position],
            "rotation": [[round(float(v), 8) for v in row] for row in frame.camera.rotation],
            "focal": round(float(frame.camera.focal), 3),
            "kappa": round(float(frame.camera.kappa), 6),
        },
        "mirror_rule": "behind-goal" if frame.behind_goal else None,
        "points": {name: [round(x, 3), round(y, 3), frame.states[name]] for name, (x, y) in inside.items()},
    }
