"""The tutorial from the empty window to its end, by nothing but what its steps ask for."""

import pytest
from PySide6.QtCore import QPoint, Qt
from windows import SEEN, click, drag, draw, press, settle, spot

from annotator.export import ExportKind
from annotator.gui.lesson import STEPS, Facts
from annotator.labels import EMPTY, Decision, FrameState
from annotator.project import Project

pytest_plugins = ("window_fixtures",)

NAMES = [step.name for step in STEPS]
MAIN, TOP = "Big rect. left main", "Big rect. left top"


@pytest.fixture
def with_network(resources):
    """Sample frames, and weights that the fake network stands for."""
    (resources / "weights" / "net.safetensors").write_bytes(b"")


@pytest.fixture
def lesson(with_network, empty_window, qtbot):
    """The tutorial at its first step, the prediction on the screen."""
    qtbot.mouseClick(empty_window.empty.buttons[3], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: empty_window.tutorial.step == "look")
    qtbot.waitUntil(lambda: empty_window.session.prediction is not None)
    settle(empty_window, qtbot)
    return empty_window


def hover(window, qtbot, x, y):
    qtbot.mouseMove(window.canvas.viewport(), spot(window, x, y) + QPoint(60, 60))
    qtbot.mouseMove(window.canvas.viewport(), spot(window, x, y))


def skip_to(window, name):
    while window.tutorial.step != name:
        window.tutorial.skip()


def test_every_step_is_done_by_doing_it(lesson, qtbot, tmp_path):
    tutorial, session = lesson.tutorial, lesson.session
    seen = [tutorial.step]
    tutorial.changed.connect(lambda: seen.append(tutorial.step))
    x, y, _ = SEEN["CENTER_MARK"]

    hover(lesson, qtbot, x, y)
    assert tutorial.step == "drag"
    drag(lesson, qtbot, (x, y), (x + 30.0, y - 20.0))
    assert tutorial.step == "line"
    draw(lesson, qtbot, MAIN, (200.0, 60.0), (260.0, 300.0))
    assert tutorial.step == "cross"
    draw(lesson, qtbot, TOP, (60.0, 120.0), (400.0, 140.0))
    assert tutorial.step == "snap"
    press(lesson, qtbot, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: tutorial.step == "undo")
    press(lesson, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert tutorial.step == "accept"
    first = session.frame_id
    press(lesson, qtbot, Qt.Key.Key_Space)
    assert tutorial.step == "export"
    assert session.project.row(first).state is FrameState.ACCEPTED
    assert not tutorial.is_done
    with qtbot.waitSignal(lesson.errands.exported):
        lesson.errands.export(tmp_path / "out", ExportKind.COCO)
    assert tutorial.step == "end"
    assert tutorial.is_done
    assert seen == [*NAMES, "end"]
    qtbot.mouseClick(lesson.tutorial.card.leave_button, Qt.MouseButton.LeftButton)
    assert tutorial.step == ""
    assert tutorial.card.isHidden()


def test_doing_something_else_does_not_move_a_step(lesson, qtbot):
    press(lesson, qtbot, Qt.Key.Key_D)
    settle(lesson, qtbot)
    press(lesson, qtbot, Qt.Key.Key_H)
    press(lesson, qtbot, Qt.Key.Key_Space)
    assert lesson.tutorial.step == "look"
    skip_to(lesson, "line")
    lesson.docks.map.marking_chosen.emit(MAIN)
    click(lesson, qtbot, 200.0, 60.0)
    assert lesson.tutorial.step == "line"


def test_a_line_counts_once_the_hand_has_let_go(lesson, qtbot):
    skip_to(lesson, "drag")
    x, y, _ = SEEN["CENTER_MARK"]
    viewport = lesson.canvas.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=spot(lesson, x, y))
    for step in range(1, 6):
        qtbot.mouseMove(viewport, spot(lesson, x + 6.0 * step, y))
    assert lesson.session.in_gesture
    assert lesson.tutorial.step == "drag"
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=spot(lesson, x + 30.0, y))
    assert lesson.tutorial.step == "line"


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (900, 560)])
def test_the_card_keeps_to_its_corner_and_leaves_the_middle_free(lesson, size, qtbot):
    lesson.resize(*size)
    qtbot.waitUntil(lambda: (lesson.width(), lesson.height()) == size)
    card, canvas = lesson.tutorial.card, lesson.canvas
    for _ in NAMES:
        middle = canvas.rect().center()
        assert canvas.rect().contains(card.geometry())
        assert not card.geometry().contains(middle)
        assert card.width() < canvas.width() / 2
        assert card.height() < canvas.height() / 2
        lesson.tutorial.skip()


def test_the_keyboard_reaches_the_card_and_escape_there_ends_it(lesson, qtbot):
    card = lesson.tutorial.card
    lesson.canvas.setFocus()
    for _ in range(12):
        lesson.step_pane(1)
        if card.isAncestorOf(lesson.focusWidget()):
            break
    assert card.isAncestorOf(lesson.focusWidget())
    qtbot.keyClick(lesson.focusWidget(), Qt.Key.Key_Space)
    assert lesson.tutorial.step == "drag"
    qtbot.keyClick(lesson.focusWidget(), Qt.Key.Key_Escape)
    assert lesson.tutorial.step == ""
    assert lesson.canvas.hasFocus()
    assert not lesson.tutorial.is_done


def test_a_click_on_the_card_leaves_the_space_bar_to_the_picture(lesson, qtbot):
    frame_id = lesson.session.frame_id
    qtbot.mouseClick(lesson.tutorial.card.skip, Qt.MouseButton.LeftButton)
    assert (lesson.tutorial.step, lesson.canvas.hasFocus()) == ("drag", True)
    qtbot.keyClick(lesson.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: lesson.session.wanted != frame_id)
    assert lesson.session.project.record(frame_id).review.decision is Decision.ACCEPTED


def test_the_picture_keeps_the_keyboard_and_escape_there_means_what_it_always_does(lesson, qtbot):
    assert lesson.canvas.hasFocus()
    press(lesson, qtbot, Qt.Key.Key_Escape)
    assert lesson.tutorial.step == "look"


def test_it_works_on_a_copy_that_is_fresh_every_time(lesson, qtbot, tmp_path):
    path = lesson.session.project.path
    assert path.parent == tmp_path / "data"
    assert path.stem == "tutorial"
    draw(lesson, qtbot, MAIN, (200.0, 60.0), (260.0, 300.0))
    assert lesson.session.labels != EMPTY
    lesson.actions_["help.tutorial"].trigger()
    qtbot.waitUntil(lambda: lesson.session.project is not None and lesson.session.frame_id is not None)
    settle(lesson, qtbot)
    assert lesson.tutorial.step == "look"
    assert lesson.session.labels == EMPTY
    assert lesson.files.recent == []


def test_the_sample_project_of_the_person_is_not_touched(with_network, empty_window, qtbot, tmp_path):
    empty_window.errands.open_sample()
    qtbot.waitUntil(lambda: empty_window.session.frame_id is not None)
    settle(empty_window, qtbot)
    draw(empty_window, qtbot, MAIN, (200.0, 60.0), (260.0, 300.0))
    said = empty_window.session.record
    empty_window.actions_["help.tutorial"].trigger()
    qtbot.waitUntil(lambda: empty_window.tutorial.step == "look")
    with Project.open(tmp_path / "data" / "sample.touchline") as sample:
        assert sample.record(sample.frame_ids()[0]) == said


def test_another_project_ends_it(lesson, frames, qtbot):
    lesson.files.open([frames])
    qtbot.waitUntil(lambda: lesson.tutorial.step == "")
    assert lesson.tutorial.card.isHidden()


def test_without_a_network_it_begins_with_drawing(empty_window, qtbot):
    empty_window.tutorial.start()
    qtbot.waitUntil(lambda: empty_window.tutorial.step == "line")


def test_a_key_that_was_changed_is_the_one_that_is_named(lesson):
    skip_to(lesson, "accept")
    assert lesson.actions_.key_text("review.accept") in lesson.tutorial.card.text.text()
    assert "{" not in lesson.tutorial.card.text.text()


def test_nothing_is_done_when_nothing_happened():
    assert not any(step.done(Facts(), Facts()) for step in STEPS)
    assert len(set(NAMES)) == len(NAMES)
