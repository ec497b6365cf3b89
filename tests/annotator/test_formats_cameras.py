"""SoccerNet camera files: the same pixels from the file as from the fit, in a circle, against OpenCV."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from views import SIZE, WORLDS, look, random_view

from annotator.calibration import flattened
from annotator.camera import SolutionKind
from annotator.formats.cameras import (
    CameraFile,
    FormatError,
    camera_document,
    camera_of,
    pan_tilt_roll,
    read_camera,
    write_camera,
)
from annotator.keypoints import resolve

angles = st.floats(-179.0, 179.0)


def fitted(view, rng, size=SIZE):
    resolved = resolve(view.clicks(rng), None, size=size, threshold=1.0)
    assert resolved.solution is not None
    return flattened(resolved.evidence, resolved.solution)


@pytest.mark.parametrize("kind", ["main", "side", "goal", "reverse"])
def test_a_file_projects_as_the_fit_does(kind, tmp_path):
    rng = np.random.default_rng(11)
    worst = 0.0
    for _ in range(4):
        solution = fitted(random_view(rng, kind, kap=rng.uniform(-0.03, 0.06)), rng)
        if solution.kind is not SolutionKind.CAMERA:
            continue
        write_camera(tmp_path / "camera_1.json", camera_of(solution))
        ours = solution.project(WORLDS)
        pixels, front = read_camera(tmp_path / "camera_1.json").project(WORLDS)
        both = np.isfinite(ours).all(axis=1) & front
        assert both.any()
        worst = max(worst, float(np.abs(pixels[both] - ours[both]).max()))
    assert worst < 1e-6


def test_pixels_are_those_of_the_frame_whatever_its_size():
    rng = np.random.default_rng(2)
    size = (1920, 1080)
    view = look(np.array([0.0, 65.0, -15.0]), np.array([30.0, 0.0, 0.0]), 1600.0, kap=0.03, size=size)
    solution = fitted(view, rng, size)
    camera = camera_of(solution)
    assert camera.principal_point == (959.5, 539.5)
    assert camera.focal[0] == pytest.approx(1600.0 / solution.lens.scale, rel=2e-3)
    pixels, _ = camera.project(WORLDS)
    seen = view.inside(view.project(WORLDS))
    assert np.abs(pixels[seen] - view.project(WORLDS)[seen]).max() < 1.0


def test_the_lens_bends_as_opencv_bends_it():
    camera = CameraFile(
        20.0, 75.0, 1.5, (3.0, 60.0, -14.0), (2100.0, 2080.0), (481.0, 268.0),
        (0.3, -0.2, 0.1, 0.05, 0.02, -0.01), (0.003, -0.002), (0.001, 0.002, -0.003, 0.001),
    )  # fmt: skip
    k, (p1, p2), s = camera.radial, camera.tangential, camera.thin_prism
    terms = np.array([k[0], k[1], p1, p2, k[2], k[3], k[4], k[5], *s])
    turn, _ = cv2.Rodrigues(camera.rotation)
    move = -camera.rotation @ np.array(camera.position)
    matrix = np.array([[2100.0, 0.0, 481.0], [0.0, 2080.0, 268.0], [0.0, 0.0, 1.0]])
    pixels, front = camera.project(WORLDS)
    theirs, _ = cv2.projectPoints(WORLDS[front], turn, move, matrix, terms)
    assert front.sum() > 20
    assert np.allclose(pixels[front], theirs[:, 0], rtol=1e-9, atol=1e-6)


@given(pan=angles, tilt=st.floats(5.0, 175.0), roll=st.floats(-80.0, 80.0))
@settings(max_examples=60, deadline=None)
def test_angles_and_rotations_go_in_a_circle(pan, tilt, roll):
    camera = CameraFile(pan, tilt, roll, (0.0,) * 3, (1.0, 1.0), (0.0, 0.0))
    assert pan_tilt_roll(camera.rotation) == pytest.approx((pan, tilt, roll), abs=1e-6)


def test_a_camera_that_looks_straight_down_has_no_roll():
    camera = CameraFile(40.0, 0.0, 0.0, (0.0, 0.0, -30.0), (1.0, 1.0), (0.0, 0.0))
    assert pan_tilt_roll(camera.rotation) == pytest.approx((40.0, 0.0, 0.0))


def test_a_document_has_the_published_keys(tmp_path):
    camera = CameraFile(1.0, 2.0, 3.0, (1.0, 2.0, -3.0), (900.0, 901.0), (480.0, 270.0))
    write_camera(tmp_path / "camera_1.json", camera)
    document = json.loads((tmp_path / "camera_1.json").read_text(encoding="utf-8"))
    assert document == camera_document(camera)
    assert list(document) == [
        "pan_degrees", "tilt_degrees", "roll_degrees", "position_meters", "x_focal_length", "y_focal_length",
        "principal_point", "radial_distortion", "tangential_distortion", "thin_prism_distortion",
    ]  # fmt: skip
    assert [len(document[key]) for key in list(document)[6:]] == [2, 6, 2, 4]
    assert read_camera(tmp_path / "camera_1.json") == camera


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pan_degrees": "far"}, "pan_degrees is not a number"),
        ({"position_meters": [1.0, 2.0]}, "position_meters is not 3 numbers"),
        ({"radial_distortion": [0.1]}, "radial_distortion is not 6 numbers"),
        ({"x_focal_length": 0}, "focal length is 0"),
        ({"principal_point": [1.0, None]}, "principal_point is not 2 numbers"),
    ],
)
def test_a_file_that_is_no_camera_says_why(tmp_path, change, message):
    camera = CameraFile(1.0, 2.0, 3.0, (1.0, 2.0, -3.0), (900.0, 901.0), (480.0, 270.0))
    path = tmp_path / "camera_1.json"
    path.write_text(json.dumps({**camera_document(camera), **change}), encoding="utf-8")
    with pytest.raises(FormatError, match=message):
        read_camera(path)


def test_no_distortion_in_the_file_means_none(tmp_path):
    document = camera_document(CameraFile(1.0, 2.0, 3.0, (1.0, 2.0, -3.0), (900.0, 901.0), (480.0, 270.0)))
    for key in ("radial_distortion", "tangential_distortion", "thin_prism_distortion"):
        del document[key]
    (tmp_path / "camera_1.json").write_text(json.dumps(document), encoding="utf-8")
    assert read_camera(tmp_path / "camera_1.json").radial == (0.0,) * 6


def test_a_homography_has_no_camera_to_write():
    rng = np.random.default_rng(4)
    solution = fitted(random_view(rng, "main"), rng)
    object.__setattr__(solution, "kind", SolutionKind.GROUND)
    with pytest.raises(ValueError, match="ground solution"):
        camera_of(solution)


def test_a_cambered_pitch_is_no_part_of_the_format():
    rng = np.random.default_rng(4)
    solution = fitted(random_view(rng, "main"), rng)
    object.__setattr__(solution, "unknowns", np.array([0.2, 0.0, 0.0]))
    with pytest.raises(ValueError, match="crown"):
        camera_of(solution)
