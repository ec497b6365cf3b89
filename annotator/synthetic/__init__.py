"""Rendered pitches with exact labels, for training, tests and the sample project."""

from annotator.synthetic.cameras import FAMILIES, RenderCamera
from annotator.synthetic.frame import ABSENT, OCCLUDED, VISIBLE, SyntheticFrame, render
from annotator.synthetic.showcase import render_sample_project_frames

__all__ = [
    "ABSENT",
    "FAMILIES",
    "OCCLUDED",
    "VISIBLE",
    "RenderCamera",
    "SyntheticFrame",
    "render",
    "render_sample_project_frames",
]
