"""Measures reading videos beside OpenCV and plain PyAV in one run: speed, exactness, and a two-hour file.

Run ``python tests/benchmarks/video.py [--video FILE] [--only speed|exactness|long]``; everything is rendered into a
temporary folder. Frames carry their number as a bar code, so that every engine's answers can be checked. Speeds are of
(H, W, 3) RGB arrays; runs of the engines alternate, the best of three counts.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import av
import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "annotator")]

from clips import number_in, written  # noqa: E402

from annotator.video import MediaError, VideoReader  # noqa: E402

ROUNDS = 3
KINDS = (
    ("mp4 H.264, B-frames", "a.mp4", "libx264", {"bf": "3"}),
    ("mkv H.264, open GOP", "open.mkv", "libx264", {"bf": "3", "x264-params": "open-gop=1"}),
    ("mp4 H.264, uneven times", "vfr.mp4", "libx264", {"bf": "2", "uneven": "yes"}),
    ("ts H.264, B-frames", "a.ts", "libx264", {"bf": "2"}),
    ("ts MPEG-2", "b.ts", "mpeg2video", {"bf": "2"}),
    ("webm VP9", "a.webm", "libvpx-vp9", {"cpu-used": "8", "deadline": "realtime"}),
    ("mov MPEG-4", "a.mov", "mpeg4", {"bf": "2"}),
    ("avi MJPEG", "a.avi", "mjpeg", {}),
    ("mp4 H.264, intra refresh", "refresh.mp4", "libx264", {"x264-params": "intra-refresh=1"}),
)


class Engine(Protocol):
    """What is compared."""

    name: str

    def __init__(self, path: Path) -> None: ...

    def __len__(self) -> int: ...

    def read(self, number: int) -> Any: ...

    def close(self) -> None: ...


class Ours:
    """Touchline's reader."""

    name = "Touchline"

    def __init__(self, path: Path) -> None:
        self._reader = VideoReader(path)

    def __len__(self) -> int:
        return len(self._reader)

    def read(self, number: int) -> Any:
        try:
            return self._reader.read(number)
        except MediaError:
            return None

    def close(self) -> None:
        self._reader.close()


class OpenCv:
    """cv2.VideoCapture, sought by CAP_PROP_POS_FRAMES where the next frame is not the one wanted."""

    name = "OpenCV"

    def __init__(self, path: Path) -> None:
        self._capture = cv2.VideoCapture(str(path))
        self._next = 0

    def __len__(self) -> int:
        return int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))

    def read(self, number: int) -> Any:
        if number != self._next:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        self._next = number + 1
        done, bgr = self._capture.read()
        return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB) if done else None

    def close(self) -> None:
        self._capture.release()


class PlainPyav:
    """PyAV as usually written: seek to number / rate, decode until that time is reached."""

    name = "plain PyAV"

    def __init__(self, path: Path) -> None:
        self._container = av.open(str(path))
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._rate = float(self._stream.average_rate or 25)
        self._base = float(self._stream.time_base)
        self._first = self._stream.start_time or 0
        self._frames = self._container.decode(self._stream)
        self._next = 0

    def __len__(self) -> int:
        return int(self._stream.frames)

    def read(self, number: int) -> Any:
        at = self._first + number / self._rate / self._base
        if number != self._next:
            self._container.seek(round(at), stream=self._stream)
            self._frames = self._container.decode(self._stream)
        self._next = number + 1
        for frame in self._frames:
            if number == 0 or frame.pts is None or frame.pts >= at - 0.5 / self._rate / self._base:
                return frame.to_ndarray(format="rgb24")
        return None

    def close(self) -> None:
        self._container.close()


ENGINES: tuple[type[Engine], ...] = (Ours, OpenCv, PlainPyav)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def each(engine: Engine, numbers: list[int]) -> list[float]:
    """Milliseconds of every read."""
    return [1000 * seconds(lambda n=n: engine.read(n)) for n in numbers]


def one_round(kind: type[Engine], path: Path, count: int) -> dict[str, float]:
    """Milliseconds of every kind of access, in an engine just opened."""
    opened: list[Engine] = []
    found = {"open": 1000 * seconds(lambda: opened.append(kind(path)))}
    engine = opened[0]
    busy = time.process_time()
    found["sequential"] = sum(each(engine, list(range(count)))) / count
    found["the same, CPU"] = 1000 * (time.process_time() - busy) / count
    middle = count // 2
    engine.read(middle)
    found["step forward"] = statistics.median(each(engine, list(range(middle + 1, middle + 21))))
    back = each(engine, list(range(middle + 19, middle - 11, -1)))
    found["step back"], found["step back p95"] = statistics.median(back), float(np.percentile(back, 95))
    inside = each(engine, [*range(middle - 9, middle), *range(middle, middle - 10, -1)])
    found["back in cache"] = statistics.median(inside[-10:])
    order = np.random.default_rng(0).integers(0, count, 20).tolist()
    jumps = each(engine, order)
    found["random"], found["random worst"] = statistics.median(jumps), max(jumps)
    engine.close()
    gc.collect()
    return found


def speed(path: Path, title: str, rounds: int = ROUNDS) -> None:
    """Print the speed of every engine on one video."""
    with VideoReader(path) as reader:
        count = min(len(reader), 250)
    best: dict[str, dict[str, float]] = {kind.name: {} for kind in ENGINES}
    for _ in range(rounds):
        for kind in ENGINES:
            for what, value in one_round(kind, path, count).items():
                before = best[kind.name].get(what, value)
                best[kind.name][what] = min(before, value)
    print(f"\n{title}: ms, best of {rounds} runs that alternate")
    print(f"{'':<18}" + "".join(f"{kind.name:>14}" for kind in ENGINES), flush=True)
    for what in best[Ours.name]:
        print(f"{what:<18}" + "".join(f"{best[kind.name][what]:14.2f}" for kind in ENGINES))


def exactness(folder: Path) -> None:
    """Print the share of frames that are the ones asked for."""
    print("\nexactness: right frames of 60 asked for (30 random, 15 forwards, 15 backwards), and frames counted of 100")
    print(f"{'':<28}" + "".join(f"{kind.name:>18}" for kind in ENGINES))
    for title, name, codec, options in KINDS:
        uneven = "uneven" in options
        times = np.cumsum(np.random.default_rng(0).integers(20, 200, 100)).tolist() if uneven else None
        plain = {key: value for key, value in options.items() if key != "uneven"}
        path = written(folder / name, 100, codec=codec, gop=25, times=times, **plain)
        asked = [*np.random.default_rng(1).integers(0, 100, 30).tolist(), *range(40, 55), *range(80, 65, -1)]
        cells = []
        for kind in ENGINES:
            engine = kind(path)
            right = 0
            for number in asked:
                rgb = engine.read(int(number))
                right += rgb is not None and number_in(rgb) == number
            cells.append(f"{right:>4} of {len(asked)} ({len(engine)})")
            engine.close()
        print(f"{title:<28}" + "".join(f"{cell:>18}" for cell in cells))


def two_hours(folder: Path, suffix: str) -> Path:
    """180,000 frames, 25 a second, a key frame every ten seconds: one rendered part, its packets repeated."""
    part = folder / "part.mp4"
    if not part.exists():
        written(part, 1000, gop=250, bf="2", crf="30")
    path = folder / f"two hours{suffix}"
    with av.open(str(part)) as container, av.open(str(path), "w") as out:
        stream = container.streams.video[0]
        copy = out.add_stream_from_template(stream)
        packets = [(bytes(p), p.pts, p.dts, p.is_keyframe) for p in container.demux(stream) if p.size]
        frame = int(Fraction(1, 25) / stream.time_base)
        for turn in range(180):
            for data, pts, dts, is_key in packets:
                packet = av.Packet(data)
                packet.stream, packet.time_base, packet.duration = copy, stream.time_base, frame
                packet.pts, packet.dts = pts + turn * 1000 * frame, dts + turn * 1000 * frame
                packet.is_keyframe = is_key
                out.mux(packet)
    return path


def resident() -> float:
    """Megabytes of memory in use by this process, where the system tells."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    except OSError:
        return float("nan")


def long(folder: Path) -> None:
    """Print opening, seeking and memory of a two-hour file."""
    print("\ntwo hours, 180,000 frames of 320x180, a key frame every 250")
    for suffix in (".mp4", ".mkv", ".ts"):
        one_long(two_hours(folder, suffix))


def opening(path: Path) -> tuple[VideoReader, float]:
    """A reader, and the seconds that it took to open."""
    start = time.perf_counter()
    reader = VideoReader(path)
    return reader, time.perf_counter() - start


def one_long(path: Path) -> None:
    """Print the line of one file."""
    before = resident()
    reader, first = opening(path)
    reader.close()
    reader, again = opening(path)
    order = np.random.default_rng(0).integers(0, len(reader), 40).tolist()
    jumps = [1000 * seconds(partial(reader.read, n)) for n in order]
    keys = [1000 * seconds(partial(reader.read, reader.key_before(n))) for n in order[::-1]]
    right = sum(number_in(reader.read(n)) == n % 1000 for n in order)
    for n in range(90_000, 91_500):
        reader.read(n)
    print(
        f"{path.suffix[1:]:<4} {path.stat().st_size >> 20:4d} MB: {len(reader)} frames, first opening {first:.2f} s, "
        f"again {again:.2f} s; seek median {statistics.median(jumps):.0f} ms, worst {max(jumps):.0f}; "
        f"to key frames median {statistics.median(keys):.1f} ms; {right} of {len(order)} right; "
        f"memory + {resident() - before:.0f} MB after 1,500 steps"
    )
    reader.close()


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", type=Path, help="measure speed on this video, too")
    parser.add_argument("--only", choices=("speed", "exactness", "long"))
    options = parser.parse_args()
    av.logging.set_libav_level(av.logging.PANIC)
    with tempfile.TemporaryDirectory(prefix="touchline-video-") as name:
        folder = Path(name)
        os.environ["TOUCHLINE_CACHE"] = str(folder / "cache")
        if options.only in (None, "speed"):
            for gop in (25, 250):
                rendered = written(folder / f"gop{gop}.mp4", 250, gop=gop, bf="3", crf="18", size=(1920, 1080))
                speed(rendered, f"1920x1080 H.264, a key frame every {gop}, {rendered.stat().st_size >> 20} MB")
            if options.video is not None:
                speed(options.video, options.video.name, rounds=1)
        if options.only in (None, "exactness"):
            exactness(folder)
        if options.only in (None, "long"):
            long(folder)


if __name__ == "__main__":
    main()
