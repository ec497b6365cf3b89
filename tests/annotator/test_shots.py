"""Cuts are found, and nothing that a camera does is taken for one."""

import cv2
import numpy as np
import pytest

from annotator.shots import Shots, difference, find_cuts, find_shots, is_cut, shots_of

SIZE = (240, 135)


def scenery(seed: int, width: int = 1600) -> np.ndarray:
    """A wide picture to point a camera at: grass with stripes and lines, a stand, people. (240, width, 3) RGB."""
    rng = np.random.default_rng(seed)
    image = np.zeros((240, width, 3), np.float32)
    shade = rng.uniform(0.8, 1.2)
    stripes = 1 + 0.12 * np.sign(np.sin(np.arange(width) / rng.uniform(25, 60)))
    image[:] = np.array([60, 130, 50]) * shade * stripes[None, :, None]
    crowd = rng.integers(30, 220, (12, width // 5, 3)).astype(np.float32)
    image[:60] = cv2.resize(crowd, (width, 60), interpolation=cv2.INTER_NEAREST)
    for x in rng.integers(0, width, width // 80):
        cv2.line(image, (int(x), 60), (int(x) + int(rng.integers(-80, 80)), 240), (235, 235, 235), 3)
    for x, y in zip(rng.integers(0, width, width // 20), rng.integers(70, 230, width // 20), strict=True):
        colour = tuple(float(c) for c in rng.integers(0, 255, 3))
        cv2.rectangle(image, (int(x), int(y)), (int(x) + 6, int(y) + 16), colour, -1)
    return np.clip(image, 0, 255).astype(np.uint8)


def view(image: np.ndarray, x: float, y: float = 40, zoom: float = 1.0, blur: int = 1) -> np.ndarray:
    """What a camera sees of it, (135, 240, 3)."""
    width, height = SIZE[0] / zoom, SIZE[1] / zoom
    seen = cv2.resize(
        image[int(y) : int(y + height), int(x) : int(x + width)], SIZE, interpolation=cv2.INTER_AREA
    )
    return cv2.blur(seen, (blur, 1)) if blur > 1 else seen


def noisy(frames: list[np.ndarray]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [np.clip(f.astype(np.float32) + rng.normal(0, 4, f.shape), 0, 255).astype(np.uint8) for f in frames]


def shots(frames: list[np.ndarray]) -> Shots:
    return shots_of(enumerate(noisy(frames)), len(frames))


@pytest.mark.parametrize("cut", [1, 2, 17, 30, 38, 39])
def test_a_hard_cut_is_found_at_its_frame(cut):
    first, second = scenery(1), scenery(2)
    frames = [view(first if n < cut else second, 100 + 3 * n) for n in range(40)]
    assert shots(frames).cuts == (cut,)


def test_shots_of_a_few_frames_are_all_found():
    frames = [view(scenery(n // 5), 100 + 2 * n) for n in range(50)]
    assert shots(frames).cuts == tuple(range(5, 50, 5))


@pytest.mark.parametrize("step", [3, 6, 12, 24])
def test_a_pan_is_no_cut_however_fast(step):
    """24 of 240 pixels a frame: the whole width in ten frames."""
    image = scenery(3)
    frames = [view(image, 50 + step * n, blur=max(1, step // 2)) for n in range(50)]
    found = shots(frames)
    assert found.cuts == ()
    assert step > 12 or found.unsure == ()


def test_a_zoom_is_no_cut():
    image = scenery(4)
    assert shots([view(image, 300 + 3 * n, 30 + n, 1 + 0.05 * n) for n in range(30)]).cuts == ()


@pytest.mark.parametrize("length", [1, 2])
def test_a_flash_is_no_cut(length):
    image = scenery(5)
    frames = [view(image, 100 + 2 * n) for n in range(30)]
    for n in range(12, 12 + length):
        frames[n] = np.clip(frames[n].astype(int) * 2 + 90, 0, 255).astype(np.uint8)
    assert shots(frames).cuts == ()


@pytest.mark.parametrize("length", [8, 16, 24])
def test_a_dissolve_is_unsure_and_no_cut(length):
    first, second = scenery(6), scenery(7)
    frames = []
    for n in range(70):
        share = min(1.0, max(0.0, (n - 25) / length))
        frames.append((view(first, 100 + n) * (1 - share) + view(second, 200 + n) * share).astype(np.uint8))
    found = shots(frames)
    assert found.cuts == ()
    assert len(found.unsure) == 1
    assert 20 <= found.unsure[0] <= 30 + length


def test_a_fade_to_black_and_back_is_no_cut():
    image = scenery(8)
    frames = [(view(image, 100 + n) * min(1.0, abs(n - 30) / 12)).astype(np.uint8) for n in range(60)]
    assert shots(frames).cuts == ()


def test_two_frames_are_compared_at_any_size_and_both_ways():
    first, second = scenery(1), scenery(2)
    one, other, far = view(first, 100), cv2.resize(view(first, 108), (960, 540)), view(second, 100)
    assert not is_cut(one, other)
    assert is_cut(one, far)
    assert is_cut(far, one)
    assert difference(one, one) == 0
    assert difference(one, other) < 0.25 < 0.4 < difference(one, far)


def test_frames_left_out_do_not_move_the_numbers():
    first, second = scenery(1), scenery(2)
    frames = [(n, view(first if n < 20 else second, 100 + n)) for n in range(40) if n not in (7, 19, 20)]
    assert shots_of(iter(frames), 40).cuts == (21,)


def test_the_search_tells_how_far_it_is_and_stops(tmp_path):
    frames = [view(scenery(1), n) for n in range(10)]
    told: list[tuple[int, int]] = []
    shots_of(enumerate(frames), 10, lambda done, total: told.append((done, total)))
    assert told == [(n + 1, 10) for n in range(10)]
    with pytest.raises(InterruptedError):
        shots_of(enumerate(frames), 10, should_stop=lambda: len(told) > 0)


def test_real_clips_of_one_shot_have_no_cut_and_joined_ones_have_it(shared_data, tmp_path):
    import av

    clips = shared_data / "clips"
    assert find_shots(clips / "bundesliga_480p.mp4") == Shots((), ())
    joined = tmp_path / "joined.mp4"
    with av.open(str(joined), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 480, 270, "yuv420p"
        for name in ("bundesliga_480p.mp4", "broadcast_small.mp4", "bundesliga_480p.mp4"):
            with av.open(str(clips / name)) as container:
                for number, frame in enumerate(container.decode(video=0)):
                    if number == 20:
                        break
                    small = frame.reformat(width=480, height=270, format="rgb24").to_ndarray()
                    out.mux(stream.encode(av.VideoFrame.from_ndarray(small, format="rgb24")))
        out.mux(stream.encode(None))
    assert find_cuts(joined) == (20, 40)
