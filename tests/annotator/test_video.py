"""Exactness: every frame is the one that it claims to be, in whatever way it is asked for."""

import struct
import threading
import time

import av
import numpy as np
import pytest
from clips import as_played, number_in, packets, painted, remuxed, written

from annotator.video import MediaError, VideoReader
from annotator.video_ahead import Window

KINDS = [
    ("a.mp4", "libx264", {"bf": "3"}),
    ("pyramid.mp4", "libx264", {"bf": "5", "x264-params": "b-pyramid=normal:bframes=5:b-adapt=0"}),
    ("open.mkv", "libx264", {"bf": "3", "x264-params": "open-gop=1"}),
    ("open.mp4", "libx264", {"bf": "3", "x264-params": "open-gop=1"}),
    ("a.ts", "libx264", {"bf": "2"}),
    ("open.ts", "libx264", {"bf": "3", "x264-params": "open-gop=1"}),
    ("mpeg2.ts", "mpeg2video", {"bf": "2"}),
    ("mpeg2.mpg", "mpeg2video", {"bf": "2"}),
    ("a.webm", "libvpx-vp9", {"cpu-used": "8", "deadline": "realtime"}),
    ("b.webm", "libvpx", {"cpu-used": "8", "deadline": "realtime"}),
    ("a.mov", "mpeg4", {"bf": "2"}),
    ("a.avi", "mjpeg", {}),
    ("b.avi", "mpeg4", {"bf": "2"}),
    ("a.mkv", "libx265", {"preset": "ultrafast", "x265-params": "log-level=none:bframes=3"}),
    ("refresh.mp4", "libx264", {"x264-params": "intra-refresh=1"}),
]


@pytest.mark.parametrize(("name", "codec", "options"), KINDS, ids=[kind[0] for kind in KINDS])
def test_any_frame_in_any_order_is_the_right_one(tmp_path, name, codec, options):
    path = written(tmp_path / name, 60, codec=codec, **options)
    order = np.random.default_rng(1).permutation(60)[:40]
    for cache_bytes in (1, 64 << 20):
        with VideoReader(path, cache_bytes=cache_bytes) as reader:
            assert len(reader) == 60
            assert [number_in(reader.read(int(n))) for n in order] == order.tolist()
            assert [number_in(reader.read(n)) for n in range(60)] == list(range(60))
            assert [number_in(reader.read(n)) for n in range(59, -1, -1)] == list(range(59, -1, -1))
            assert [number_in(rgb) for _, rgb in reader.small_frames(width=320, start=25, stop=40)] == [*range(25, 40)]
            assert reader.damaged == ()


@pytest.mark.parametrize("name", ["vfr.mkv", "vfr.mp4", "vfr.ts"])
def test_uneven_times_do_not_move_frames(tmp_path, name):
    times = np.cumsum(np.random.default_rng(0).integers(20, 200, 60))
    path = written(tmp_path / name, times=times.tolist(), bf="2")
    with VideoReader(path, cache_bytes=1) as reader:
        assert len(reader) == 60
        np.testing.assert_allclose(np.diff(reader.times), np.diff(times) / 1000, atol=0.002)
        for n in np.random.default_rng(2).permutation(60):
            assert number_in(reader.read(int(n))) == n


def test_a_long_gop_is_walked_both_ways(tmp_path):
    path = written(tmp_path / "long.mp4", 300, gop=300, bf="3")
    with VideoReader(path, cache_bytes=1) as reader:
        assert reader.key_before(299) == 0
        assert [number_in(reader.read(n)) for n in (299, 150, 151, 152, 149, 148, 3, 298)] == [
            299, 150, 151, 152, 149, 148, 3, 298,
        ]  # fmt: skip


def test_an_edit_list_hides_frames_as_a_player_does(tmp_path):
    """The header says 60 frames, the edit list begins at the 20th: as with clips cut without encoding again."""
    path = written(tmp_path / "v.mp4", 60)
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 4
    version, count = data[at], struct.unpack(">I", data[at + 4 : at + 8])[0]
    assert (version, count) == (0, 1)
    with av.open(str(path)) as container:
        base = container.streams.video[0].time_base
    data[at + 12 : at + 16] = struct.pack(">i", round(20 / 25 / float(base)))
    path.write_bytes(data)
    played = as_played(path)
    assert played[0] >= 20 or len(played) < 60
    with VideoReader(path) as reader:
        assert [number_in(reader.read(n)) for n in range(len(reader))] == played
    with VideoReader(path, cache_bytes=1) as reader:
        assert [number_in(reader.read(n)) for n in range(len(reader) - 1, -1, -1)] == played[::-1]


@pytest.mark.parametrize("name", ["late.mkv", "late.ts"])
@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_a_video_that_begins_without_a_key_frame_is_numbered_as_it_is_played(tmp_path, name, codec):
    whole = written(tmp_path / f"whole{name[-4:]}", 60, codec=codec, bf="2")
    path = remuxed(whole, tmp_path / name, range(5, 60))
    with VideoReader(path) as reader:
        numbers = []
        for n in range(len(reader)):
            try:
                numbers.append(number_in(reader.read(n)))
            except MediaError:
                numbers.append(-1)
        good = [n for n in as_played(path) if n >= 12]
        assert numbers[-len(good) :] == good
        assert len(numbers) <= len(as_played(path))
        last = len(reader) - 1
        assert number_in(reader.read(last)) == 59


def test_key_frames_that_are_missing_in_the_middle_cost_their_stretch_only(tmp_path):
    whole = written(tmp_path / "whole.mp4", 60)
    keys = [place for place, packet in enumerate(packets(whole)) if packet.is_keyframe]
    path = remuxed(whole, tmp_path / "v.mp4", set(range(60)) - {keys[2]})
    with VideoReader(path) as reader:
        assert len(reader) == 59
        assert [number_in(reader.read(n)) for n in range(24)] == list(range(24))
        assert [number_in(reader.read(n)) for n in range(35, 59)] == list(range(36, 60))


def broken(path, places, fill=b"\xff"):
    data = bytearray(path.read_bytes())
    found = packets(path)
    for place in places:
        data[found[place].pos : found[place].pos + found[place].size] = fill * found[place].size
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_a_broken_stretch_is_marked_and_the_rest_works(tmp_path, codec):
    path = broken(written(tmp_path / "v.mp4", 60, codec=codec, sc_threshold="1000000000"), range(26, 29))
    with VideoReader(path) as reader:
        wrong = set()
        for n in [*range(59, -1, -1), *range(60)]:
            try:
                if number_in(reader.read(n)) != n:
                    wrong.add(n)
            except MediaError:
                wrong.add(n)
        marked = {n for stretch in reader.damaged for n in stretch}
        assert {26, 27, 28} <= wrong <= marked
        assert marked <= set(range(24, 36))
        with pytest.raises(MediaError, match="frame #000027 is damaged"):
            reader.read(27)
        assert [number_in(rgb) for _, rgb in reader.small_frames(width=320, stop=20)] == list(range(20))


def without_time(path, number):
    """A transport stream whose ``number``-th picture lost its presentation time: two flags of its PES header."""
    data = bytearray(path.read_bytes())
    at = -1
    for _ in range(number + 1):
        at = data.index(b"\x00\x00\x01\xe0", at + 1)
    data[at + 7] &= 0x3F
    path.write_bytes(data)
    return path


def test_a_frame_that_lost_its_time_costs_itself_alone(tmp_path):
    path = without_time(written(tmp_path / "v.ts", 60), 24)
    with VideoReader(path) as reader:
        assert len(reader) == 60
        assert np.allclose(np.diff(reader.times)[[*range(22), *range(25, 58)]], 0.04, atol=1e-3)
        assert [number_in(reader.read(n)) for n in (59, 40, 25, 23, 5)] == [59, 40, 25, 23, 5]
        with pytest.raises(MediaError, match="damaged"):
            reader.read(24)
        # What hangs on it may be spoilt, nothing beyond.
        assert {24} <= {n for stretch in reader.damaged for n in stretch} <= set(range(24, 36))


def test_frames_without_times_go_by_at_the_rate_of_the_header(tmp_path):
    path = written(tmp_path / "v.ts", 20)
    for number in range(20):
        without_time(path, number)
    with VideoReader(path) as reader:
        assert [number_in(reader.read(n)) for n in (19, 0, 7)] == [19, 0, 7]
        assert reader.times[-1] == pytest.approx(19 / reader.fps)


def test_a_broken_key_frame_costs_what_hangs_on_it(tmp_path):
    path = broken(written(tmp_path / "v.mp4", 60), [24])
    with VideoReader(path) as reader:
        for n in (23, 36, 59, 12, 35, 36, 24, 37):
            try:
                assert number_in(reader.read(n)) == n or 24 < n < 36
            except MediaError:
                assert 24 <= n < 36
        assert reader.damaged
        assert all(stretch.start >= 24 and stretch.stop <= 36 for stretch in reader.damaged)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_turned_video_is_upright_at_every_size(tmp_path, turned):
    path = written(tmp_path / "t.mp4", 3)
    one, zero, minus = (struct.pack(">i", n << 16) for n in (1, 0, -1))
    a, b, c = {90: (zero, one, minus), 180: (minus, zero, zero), 270: (zero, minus, one)}[turned]
    data = path.read_bytes()
    at = data.index(b"tkhd") + 4 + 40
    path.write_bytes(data[:at] + a + b + bytes(4) + c + a + bytes(4) + data[at + 24 :])
    expected = np.rot90(painted(1), -turned // 90)
    with VideoReader(path) as reader:
        assert np.abs(reader.read(1).astype(int) - expected).mean() < 12
        small = reader.read_small(1, width=90)
        assert small.shape[:2] == ((160, 90) if turned != 180 else (51, 90))
        assert next(iter(reader.small_frames(width=90)))[1].shape == small.shape


def test_the_index_of_a_long_video_is_kept_and_a_changed_file_is_read_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("annotator.video_index.WORTH_KEEPING", 50)
    path = written(tmp_path / "v.mkv", 60, bf="2")
    with VideoReader(path) as reader:
        times = reader.times
    kept = list((tmp_path / "cache").rglob("*.npz"))
    assert len(kept) == 1
    monkeypatch.setattr("annotator.video_index._packet_index", lambda container: pytest.fail("read again"))
    with VideoReader(path, cache_bytes=1) as reader:
        np.testing.assert_array_equal(reader.times, times)
        assert [number_in(reader.read(n)) for n in (50, 3, 31)] == [50, 3, 31]
    monkeypatch.undo()
    monkeypatch.setenv("TOUCHLINE_CACHE", str(tmp_path / "cache"))
    kept[0].write_bytes(b"nonsense")
    with VideoReader(path) as reader:
        assert len(reader) == 60
    written(path, 70, bf="2")
    with VideoReader(path) as reader:
        assert len(reader) == 70


def until(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.mark.parametrize("way", [1, -1])
def test_stepping_is_run_ahead_of_in_both_directions(tmp_path, way):
    path = written(tmp_path / "v.mp4", 300, gop=100, bf="2")
    with VideoReader(path, cache_bytes=40 * 320 * 180 * 3 // 2) as reader:
        start = 150
        for n in range(3):
            reader.read(start + way * n)
        at = start + 2 * way
        until(lambda: all(at + way * n in reader._window for n in range(1, 12)))
        before = threading.active_count()
        assert [number_in(reader.read(at + way * n)) for n in range(1, 100)] == [at + way * n for n in range(1, 100)]
        assert threading.active_count() <= before + 1
        assert len(reader._window._frames) <= 40


def test_the_thread_that_reads_ahead_ends_by_itself_and_on_closing(tmp_path, monkeypatch):
    monkeypatch.setattr("annotator.video_ahead._IDLE_SECONDS", 0.05)
    with VideoReader(written(tmp_path / "v.mp4", 40)) as reader:
        reader.read(3)
        reader.read(4)
        until(lambda: reader._ahead._thread is None)
        assert number_in(reader.read(5)) == 5
    assert reader._ahead._thread is None or not reader._ahead._thread.is_alive()
    with pytest.raises(MediaError, match="closed"):
        reader.read(3)


def test_threads_at_different_places_get_their_frames(tmp_path):
    path = written(tmp_path / "v.mp4", 200, gop=50, bf="2")
    wrong: list[tuple[int, int]] = []
    with VideoReader(path, cache_bytes=1) as reader:

        def walk(start: int, step: int) -> None:
            for n in range(start, start + 25 * step, step):
                found = number_in(reader.read(n))
                if found != n:
                    wrong.append((n, found))

        threads = [threading.Thread(target=walk, args=args) for args in ((10, 1), (190, -1), (100, 3))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert reader.damaged == ()
    assert not wrong


def test_the_window_keeps_what_is_near_and_ahead():
    window = Window(20, frame_bytes=1)
    window.look_at(99)
    window.look_at(100)
    for number in range(60, 140):
        window.put(number, number)
    kept = sorted(window._frames)
    assert len(kept) == 20
    assert kept[0] <= 100 <= kept[-1]
    assert 100 - kept[0] < kept[-1] - 100
    assert window.wanted_next(1000, (), lambda n: True) == kept[-1] + 1 or kept[-1] - 100 >= 12
