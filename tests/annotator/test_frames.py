"""Pixels of images and videos: upright, RGB, exact, and damage named."""

import shutil
import struct
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from annotator.frames import FrameSource, MediaError, image_size, read_image
from annotator.project import Project
from annotator.video import VideoReader, count_frames


@dataclass(frozen=True)
class Address:
    path: Path
    index_in_media: int = 0
    is_video: bool = False


def written(path: Path, image: np.ndarray) -> Path:
    done, data = cv2.imencode(path.suffix, image)
    assert done
    path.write_bytes(data.tobytes())
    return path


def quarters(width: int = 64, height: int = 32) -> np.ndarray:
    """RGB: red top left, green top right, blue bottom left, black bottom right."""
    image = np.zeros((height, width, 3), dtype=np.uint8)
    image[: height // 2, : width // 2, 0] = 255
    image[: height // 2, width // 2 :, 1] = 255
    image[height // 2 :, : width // 2, 2] = 255
    return image


def exif(orientation: int) -> bytes:
    head = b"MM\x00*\x00\x00\x00\x08" + struct.pack(">H", 1)
    return head + struct.pack(">HHIHH", 0x112, 3, 1, orientation, 0) + bytes(4)


def with_exif(jpeg: bytes, orientation: int) -> bytes:
    body = b"Exif\0\0" + exif(orientation)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


# --- images --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp", ".jpg"])
def test_red_is_red_in_every_format(tmp_path, suffix):
    path = written(tmp_path / f"Bild ä 1{suffix}", quarters()[:, :, ::-1])
    rgb = read_image(path)
    assert (rgb.dtype, rgb.shape) == (np.uint8, (32, 64, 3))
    np.testing.assert_allclose(rgb[8, 8].astype(int), [255, 0, 0], atol=3)
    np.testing.assert_allclose(rgb[8, 56].astype(int), [0, 255, 0], atol=3)
    np.testing.assert_allclose(rgb[24, 8].astype(int), [0, 0, 255], atol=3)
    assert image_size(path) == (64, 32)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bit_grey_and_alpha_become_rgb(tmp_path, suffix):
    deep = quarters()[:, :, ::-1].astype(np.uint16) * 257
    np.testing.assert_array_equal(read_image(written(tmp_path / f"deep{suffix}", deep)), quarters())
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    np.testing.assert_array_equal(
        read_image(written(tmp_path / f"grey{suffix}", grey)), np.repeat(grey[:, :, None], 3, axis=2)
    )
    alpha = np.dstack([quarters()[:, :, ::-1], np.full((32, 64), 255, np.uint8)])
    np.testing.assert_array_equal(read_image(written(tmp_path / f"alpha{suffix}", alpha)), quarters())


def test_a_float_tiff_with_nan_loads(tmp_path):
    values = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    values[0, 0] = np.nan
    rgb = read_image(written(tmp_path / "f.tif", values))
    assert rgb.shape == (8, 8, 3)
    assert rgb[0, 0].tolist() == [0, 0, 0]
    assert rgb[7, 7].tolist() == [255, 255, 255]


def test_a_palette_png_loads(tmp_path):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 2, 1, 8, 3, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"PLTE", bytes([255, 0, 0, 0, 0, 255]))
    (tmp_path / "p.png").write_bytes(data + chunk(b"IDAT", zlib.compress(b"\0\0\1")) + chunk(b"IEND", b""))
    assert read_image(tmp_path / "p.png").tolist() == [[[255, 0, 0], [0, 0, 255]]]


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0, 0)), (2, (0, -1)), (3, (-1, -1)), (4, (-1, 0)), (6, (0, -1)), (8, (-1, 0))]
)
def test_the_orientation_of_a_jpeg_is_applied_once(tmp_path, orientation, corner):
    done, data = cv2.imencode(".jpg", quarters()[:, :, ::-1])
    assert done
    (tmp_path / "o.jpg").write_bytes(with_exif(data.tobytes(), orientation))
    rgb = read_image(tmp_path / "o.jpg")
    assert rgb.shape[:2] == ((64, 32) if orientation > 4 else (32, 64))
    assert rgb[corner][0] > 200
    assert rgb[corner][1:].max() < 50
    assert image_size(tmp_path / "o.jpg") == (rgb.shape[1], rgb.shape[0])


def test_the_orientation_of_a_png_is_in_its_size_too(tmp_path):
    path = written(tmp_path / "o.png", quarters())
    data, tag = path.read_bytes(), exif(6)
    chunk = struct.pack(">I", len(tag)) + b"eXIf" + tag + struct.pack(">I", zlib.crc32(b"eXIf" + tag))
    path.write_bytes(data[:33] + chunk + data[33:])
    height, width = read_image(path).shape[:2]
    assert image_size(path) == (width, height)


def test_sizes_of_real_frames_need_no_decoding(shared_data):
    for path in sorted((shared_data / "frames-1080p").glob("*.jpg"))[:5]:
        assert image_size(path) == (1920, 1080)
        assert read_image(path).shape == (1080, 1920, 3)


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "text.jpg").write_text("not an image at all, only words\n" * 20)
    (tmp_path / "empty.png").touch()
    for name, reason in (("text.jpg", "not an image"), ("empty.png", "empty"), ("none.jpg", "no such image")):
        with pytest.raises(MediaError, match=reason) as caught:
            read_image(tmp_path / name)
        assert caught.value.path == tmp_path / name
        assert caught.value.advice


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".tif", ".webp"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.95])
def test_an_image_cut_short_is_named_and_never_half_grey(tmp_path, suffix, part, capfd):
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    path = written(tmp_path / f"cut{suffix}", noise)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(MediaError):
        read_image(path)


def test_a_giant_image_is_refused_by_its_header(tmp_path):
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    (tmp_path / "giant.png").write_bytes(data + b"\0\0\0\0IDAT" + bytes(100))
    for look in (read_image, image_size):
        with pytest.raises(MediaError, match="60000 x 60000"):
            look(tmp_path / "giant.png")


# --- video ---------------------------------------------------------------------------------------------------------


def painted(number: int, size: tuple[int, int] = (128, 64)) -> np.ndarray:
    """A frame that carries its number as eight black or white blocks."""
    image = np.full((size[1], size[0], 3), 40, dtype=np.uint8)
    block = size[0] // 8
    for bit in range(8):
        if number >> bit & 1:
            image[:, bit * block : (bit + 1) * block] = 220
    return image


def number_in(rgb: np.ndarray) -> int:
    block = rgb.shape[1] // 8
    row = rgb[rgb.shape[0] // 2]
    return sum(1 << bit for bit in range(8) if row[bit * block + block // 2].mean() > 130)


def clip(path: Path, count: int = 60, *, codec: str = "mpeg4", times=None, gop: int = 12, **options: str) -> Path:
    with av.open(str(path), "w", options={"movflags": "faststart"} if path.suffix == ".mp4" else {}) as out:
        stream = out.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        stream.gop_size = gop
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(painted(number), format="rgb24")
            if times is not None:
                frame.pts = times[number]
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def test_a_header_that_lies_is_not_believed(shared_data):
    path = shared_data / "clips" / "broadcast_1080p_header_lies.mp4"
    assert count_frames(path) == 176
    with VideoReader(path) as reader, av.open(str(path)) as container:
        assert reader.times[0] == 0.0
        for number, frame in enumerate(container.decode(video=0)):
            if number in (0, 33, 70):
                np.testing.assert_array_equal(reader.read(number), frame.to_ndarray(format="rgb24"))
            if number == 70:
                break


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "libx264", {"bf": "3"}),
        ("open.mkv", "libx264", {"bf": "3", "x264-params": "open-gop=1"}),
        ("b.avi", "mpeg4", {}),
        ("bframes.avi", "mpeg4", {"bf": "2"}),
        ("c.mov", "mpeg4", {"bf": "2"}),
    ],
)
def test_any_frame_in_any_order_is_the_right_one(tmp_path, name, codec, options):
    if codec not in av.codecs_available:
        pytest.skip(f"this build of FFmpeg has no {codec}")
    path = clip(tmp_path / name, codec=codec, **options)
    order = np.random.default_rng(1).permutation(60)
    with VideoReader(path, cache_bytes=1) as reader:  # so that little is at hand and most is sought
        assert len(reader) == 60
        assert [number_in(reader.read(int(n))) for n in order] == order.tolist()
        assert [number_in(reader.read(n)) for n in range(60)] == list(range(60))
        assert [number_in(reader.read(n)) for n in range(59, -1, -1)] == list(range(59, -1, -1))


def test_uneven_times_do_not_move_frames(tmp_path):
    times = np.cumsum(np.random.default_rng(0).integers(1, 9, 60)).tolist()
    path = clip(tmp_path / "vfr.mkv", times=times)
    with VideoReader(path) as reader:
        assert [number_in(reader.read(n)) for n in (59, 3, 31, 30, 0)] == [59, 3, 31, 30, 0]


def test_a_video_cut_in_half_keeps_its_first_half(tmp_path):
    path = clip(tmp_path / "whole.mp4")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with VideoReader(cut) as reader:
        assert 5 < len(reader) < 60
        assert number_in(reader.read(3)) == 3
        good = 0
        for number in range(len(reader)):
            try:
                good += number_in(reader.read(number)) == number
            except MediaError:
                continue
        assert good >= len(reader) - 1


def test_a_video_whose_end_carries_the_index_says_what_is_wrong(tmp_path, shared_data):
    cut = tmp_path / "cut.mp4"
    data = clip(tmp_path / "a.mov").read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    (tmp_path / "text.mp4").write_text("words\n" * 100)
    (tmp_path / "zero.mp4").touch()
    for path in (cut, tmp_path / "text.mp4", tmp_path / "zero.mp4", tmp_path / "none.mp4"):
        with pytest.raises(MediaError) as caught:
            VideoReader(path)
        assert caught.value.path == path


def test_a_broken_stretch_costs_its_frames_and_no_others(tmp_path):
    path = clip(tmp_path / "whole.mp4")
    with av.open(str(path)) as container:
        packets = [(p.pts, p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for _, position, size in packets[24:30]:
        data[position : position + size] = b"\xff" * size
    path.write_bytes(data)
    with VideoReader(path) as reader:
        assert len(reader) == 60
        broken = []
        for number in range(60):
            try:
                assert number_in(reader.read(number)) == number or 24 <= number < 36
            except MediaError:
                broken.append(number)
        assert broken
        assert set(broken) <= set(range(24, 36))
        assert number_in(reader.read(40)) == 40


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_turned_video_is_shown_upright(tmp_path, turned):
    path = clip(tmp_path / "t.mp4", 3)
    one, zero, minus = (struct.pack(">i", n << 16) for n in (1, 0, -1))
    a, b = {90: (zero, one), 180: (minus, zero), 270: (zero, minus)}[turned]
    c = {90: minus, 180: zero, 270: one}[turned]
    data = path.read_bytes()
    at = data.index(b"tkhd") + 4 + 40
    data = data[:at] + a + b + bytes(4) + c + a + bytes(4) + data[at + 24 :]
    path.write_bytes(data)
    with VideoReader(path) as reader:
        rgb = reader.read(1)
    expected = np.rot90(painted(1), -turned // 90)
    assert rgb.shape == expected.shape
    assert np.abs(rgb.astype(int) - expected).mean() < 12


def test_a_frame_that_is_not_there_is_misuse_and_a_closed_reader_says_so(tmp_path):
    reader = VideoReader(clip(tmp_path / "a.mp4", 5))
    with pytest.raises(ValueError, match="no frame 5"):
        reader.read(5)
    reader.close()
    with pytest.raises(MediaError, match="closed"):
        reader.read(0)


# --- both ----------------------------------------------------------------------------------------------------------


def test_a_source_reads_images_and_videos_of_one_project_and_keeps_the_latest(tmp_path):
    images = tmp_path / "m"
    images.mkdir()
    written(images / "1.png", quarters()[:, :, ::-1])
    video = clip(tmp_path / "v.mp4", 6)
    source = FrameSource(max_frames=2)
    with Project.for_media([images, video]) as project:
        rows = [project.row(n) for n in project.frame_ids()]
        assert [row.name for row in rows] == ["1.png", *[f"v.mp4#{n:06d}" for n in range(6)]]
        np.testing.assert_array_equal(source.read(rows[0]), quarters())
        assert number_in(source.read(rows[4])) == 3
        assert source.size(rows[4]) == (128, 64)
        assert source.size(rows[0]) == (64, 32)
        assert source.read(rows[4]) is source.cached(rows[4])
        source.read(rows[5])
        assert source.cached(rows[0]) is None
        assert not source.read(rows[4]).flags.writeable
        source.close()
        assert source.cached(rows[4]) is None


def test_memory_is_bounded_by_bytes(tmp_path):
    source = FrameSource(max_bytes=3 * 64 * 32 * 3)
    rows = [Address(written(tmp_path / f"{n}.png", quarters())) for n in range(6)]
    for row in rows:
        source.read(row)
    assert [source.cached(row) is not None for row in rows] == [False] * 3 + [True] * 3


def test_only_the_video_that_is_looked_at_keeps_decoded_frames(tmp_path):
    first, second = clip(tmp_path / "a.mp4", 20), clip(tmp_path / "b.mp4", 20)
    source = FrameSource(max_frames=16)
    a, b = source.video(first), source.video(second)
    for path, number in ((first, 5), (second, 9), (first, 6)):
        assert number_in(source.read(Address(path, number, True))) == number
    assert b._window.get(9) is None
    assert a._window.get(6) is not None
    source.close()


def test_threads_may_read_one_source(tmp_path):
    path = clip(tmp_path / "a.mp4", 30)
    source = FrameSource(max_frames=1)
    wrong: list[object] = []

    def work(seed: int) -> None:
        for number in np.random.default_rng(seed).integers(0, 30, 25):
            found = number_in(source.read(Address(path, int(number), True)))
            if found != number:
                wrong.append((found, number))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    source.close()
    assert not wrong


def test_a_folder_of_clips_lists_their_frames_and_a_broken_one_is_named(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    clip(folder / "b 2.mp4", 3)
    shutil.copy(folder / "b 2.mp4", folder / "b 10.MKV")
    (folder / "c.avi").write_text("words")
    with Project.for_media([folder]) as project:
        assert [project.row(n).name for n in project.frame_ids()] == [
            *[f"b 2.mp4#{n:06d}" for n in range(3)],
            *[f"b 10.MKV#{n:06d}" for n in range(3)],
        ]
        assert str(folder / "c.avi") in project.notice


def test_a_video_that_was_renamed_or_grew_keeps_its_frames(tmp_path):
    path = clip(tmp_path / "v.mp4", 4)
    with Project.for_media([path]) as project:
        assert project.path == tmp_path / "v.mp4.touchline"
        before = project.frame_ids()
    clip(path, 6)
    with Project.for_media([path]) as project:
        assert project.frame_ids()[:4] == before
        assert len(project.frame_ids()) == 6
    clip(path, 2)
    with Project.for_media([path]) as project:
        assert [project.row(n).missing for n in project.frame_ids()] == [False] * 2 + [True] * 4
