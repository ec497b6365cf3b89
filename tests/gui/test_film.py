"""Films from the window: what the dialog asks for is what is written, with progress, or nothing when it is stopped."""

from __future__ import annotations

import av
import pytest
from window_clips import make_clip, open_clip

from annotator.filming import Speaker
from annotator.gui.dialogs.film import FilmDialog
from annotator.labels import EMPTY, FrameRecord, place

pytest_plugins = ("window_fixtures",)
COUNT = 12


@pytest.fixture
def clip(window, tmp_path, qtbot):
    """A window on a clip whose third frame is labelled."""
    open_clip(window, make_clip(tmp_path / "match.mp4", COUNT), qtbot)
    session = window.session
    session.show(session.order.ids[2])
    qtbot.waitUntil(lambda: session.frame_id == session.order.ids[2])
    session.edit(place(session.labels, "CENTER_MARK", (100.0, 60.0)), text="Place")
    return window


@pytest.fixture
def dialog(clip, qtbot):
    clip.actions_["file.exportFilm"].trigger()
    (found,) = clip.findChildren(FilmDialog)
    qtbot.waitUntil(found.isVisible)
    return found


def numbers(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return stream.codec_context.name, stream.width, sum(1 for _ in container.decode(stream))


def done(clip, qtbot):
    qtbot.waitUntil(lambda: clip.errands.current is None and not clip.errands.job.running, timeout=30_000)


def test_a_clip_becomes_a_film_beside_the_project(clip, dialog, qtbot, tmp_path):
    assert "Frames: 12. With labels: 1." in dialog.note.text()
    assert dialog.film.path.name == "match-film.mp4"
    target = tmp_path / "out.mp4"
    dialog.path.setText(str(target))
    dialog.go.click()
    qtbot.waitUntil(target.exists, timeout=30_000)
    done(clip, qtbot)
    assert numbers(target) == ("h264", 320, COUNT)
    assert f"{target}: 12 frames" in clip.message.text


def test_only_labelled_frames_and_a_range_are_filmed(clip, dialog, qtbot, tmp_path):
    dialog.close()
    clip.timing.timeline.choose((2, 6))
    clip.actions_["file.exportFilm"].trigger()
    chosen = clip.findChildren(FilmDialog)[-1]
    assert chosen.scope.currentText() == "Range on the timeline: frames 3 to 7"
    assert len(chosen.film.ids) == 5
    chosen.only.setChecked(True)
    target = tmp_path / "one.mp4"
    chosen.path.setText(str(target))
    chosen.go.click()
    qtbot.waitUntil(target.exists, timeout=30_000)
    done(clip, qtbot)
    assert numbers(target)[2] == 1


def test_what_cannot_be_written_cannot_be_asked_for(dialog, tmp_path):
    dialog.path.setText(str(tmp_path / "film.avi"))
    assert not dialog.go.isEnabled()
    assert ".mp4" in dialog.note.text()
    dialog.path.setText(str(tmp_path / "film.gif"))
    assert dialog.film.width == 640
    dialog.speaker.setCurrentIndex(dialog.speaker.findData(Speaker.NETWORK))
    assert "Seen by the network: 0." in dialog.note.text()
    dialog.only.setChecked(True)
    assert not dialog.go.isEnabled()


def test_a_film_that_is_stopped_leaves_nothing(clip, dialog, qtbot, tmp_path):
    filming, film = clip.timing.filming, dialog.film
    dialog.close()
    target = tmp_path / "long.mp4"
    from dataclasses import replace

    filming.write(replace(film, path=target, ids=film.ids * 200), only_known=False)
    job = clip.errands.job
    assert job.title == "Writing the film"
    qtbot.waitUntil(lambda: job.done > 0, timeout=30_000)
    job.stop()
    done(clip, qtbot)
    assert "no film was written" in clip.message.text
    assert [path.name for path in tmp_path.glob("*long*")] == []


def test_an_unlabelled_project_has_nothing_to_film(clip, dialog, qtbot, tmp_path):
    from dataclasses import replace

    project = clip.session.project
    project.save_record(clip.session.order.ids[2], FrameRecord(EMPTY), text="Clear")
    clip.timing.filming.write(replace(dialog.film, path=tmp_path / "none.mp4"), only_known=True)
    done(clip, qtbot)
    assert "none of these frames has anything to show" in clip.message.text
    assert not (tmp_path / "none.mp4").exists()
