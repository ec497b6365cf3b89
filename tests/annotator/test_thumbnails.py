"""Small pictures on demand: the right frame, from disk the next time, never more than the bound."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from annotator.thumbnails import Thumbnails, ThumbnailStore, Wanted
from annotator.video import MediaError


@dataclass(frozen=True)
class Address:
    path: Path
    index_in_media: int = 0
    is_video: bool = True


def grey(number: int) -> int:
    return 20 + 5 * number


def clip(path: Path, count: int = 40, gop: int = 10) -> Path:
    """Frame n is grey 20 + 5 n."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=25, options={"sc_threshold": "1000000000"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 320, 180, "yuv420p", gop
        for number in range(count):
            image = np.full((180, 320, 3), grey(number), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    return path


@pytest.fixture
def store(tmp_path):
    kept = ThumbnailStore(tmp_path / "cache" / "t.sqlite")
    yield kept
    kept.close()


def test_the_exact_one_shows_its_frame_and_the_fast_one_says_which_it_shows(tmp_path, store):
    path = clip(tmp_path / "v.mp4")
    thumbnails = Thumbnails(store=store)
    exact = thumbnails.get(Address(path, 27), Wanted.EXACT)
    assert exact.number == 27
    assert exact.rgb.shape == (90, 160, 3)
    assert abs(float(exact.rgb.mean()) - grey(27)) < 4
    fast = thumbnails.get(Address(path, 18))
    assert fast.number == 10
    assert abs(float(fast.rgb.mean()) - grey(10)) < 4
    assert thumbnails.get(Address(path, 27)).number == 27
    thumbnails.close()


def test_what_was_made_is_there_at_once_and_after_a_restart(tmp_path, store):
    path = clip(tmp_path / "v.mp4")
    first = Thumbnails(store=store)
    assert first.cached(Address(path, 13)) is None
    made = first.get(Address(path, 13), Wanted.EXACT)
    assert first.cached(Address(path, 13)) is made
    first.close()
    second = Thumbnails(store=store)
    kept = second.cached(Address(path, 13), Wanted.EXACT)
    assert kept is not None
    assert np.abs(kept.rgb.astype(int) - made.rgb).max() < 12
    assert not kept.rgb.flags.writeable
    second.close()


def test_a_file_that_changed_is_pictured_anew(tmp_path, store):
    path = clip(tmp_path / "v.mp4")
    thumbnails = Thumbnails(store=store)
    thumbnails.get(Address(path, 0), Wanted.EXACT)
    shutil.copy(clip(tmp_path / "other.mp4", count=20), path)
    thumbnails.forget()
    assert thumbnails.cached(Address(path, 0), Wanted.EXACT) is None
    thumbnails.close()


def test_images_have_thumbnails_too(tmp_path, store):
    path = tmp_path / "a.png"
    assert cv2.imwrite(str(path), np.full((100, 400, 3), (0, 0, 200), np.uint8))
    found = Thumbnails(width=80, store=store).get(Address(path, is_video=False))
    assert found.rgb.shape == (20, 80, 3)
    assert found.rgb[10, 40].tolist() == [200, 0, 0]
    with pytest.raises(MediaError):
        Thumbnails(store=store).get(Address(tmp_path / "none.png", is_video=False))


def test_the_store_is_bounded_and_keeps_the_latest(tmp_path):
    store = ThumbnailStore(tmp_path / "t.sqlite", largest=200_000)
    noise = np.random.default_rng(0).integers(0, 255, (90, 160, 3), dtype=np.uint8)
    for number in range(100):
        store.write(str(number), noise)
    store.close()
    assert (tmp_path / "t.sqlite").stat().st_size < 400_000
    assert store.read("99") is not None
    assert store.read("0") is None
    store.close()


def test_a_damaged_store_is_as_if_empty(tmp_path):
    (tmp_path / "t.sqlite").write_bytes(b"no database" * 100)
    store = ThumbnailStore(tmp_path / "t.sqlite")
    thumbnails = Thumbnails(store=store)
    assert thumbnails.get(Address(clip(tmp_path / "v.mp4"), 3), Wanted.EXACT).number == 3
    thumbnails.close()
