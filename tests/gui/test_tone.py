"""How values are shown, and what counts as paint."""

import numpy as np
import pytest

from annotator.gui.tone import NEUTRAL, Tone, paint_of, table


def test_the_neutral_tone_shows_values_as_they_are():
    assert NEUTRAL.is_plain
    assert np.array_equal(table(NEUTRAL), np.arange(256))


@pytest.mark.parametrize(
    "tone",
    [Tone(brightness=0.7), Tone(brightness=-1.0), Tone(contrast=1.0), Tone(contrast=-0.5), Tone(gamma=2.2),
     Tone(gamma=0.01), Tone(0.2, 0.4, 1.7)],
)  # fmt: skip
def test_no_tone_turns_light_into_dark(tone):
    assert (np.diff(table(tone).astype(int)) >= 0).all()
    assert not tone.is_plain


def test_gamma_lifts_shadows_and_leaves_black_and_white():
    lifted = table(Tone(gamma=2.0))
    assert lifted[0] == 0
    assert lifted[255] == 255
    assert lifted[64] == round(255 * (64 / 255) ** 0.5)


def test_full_brightness_is_half_a_range_up():
    assert table(Tone(brightness=1.0))[20] == 148
    assert table(Tone(brightness=-1.0))[200] == 72


def test_contrast_turns_about_the_middle():
    more = table(Tone(contrast=0.5)).astype(int)
    assert abs(more[127] - 127) <= 2
    assert more[64] < 64
    assert more[192] > 192


def test_paint_is_thin_and_white():
    """A white line stands out; a white board as wide as it is high, and green and red stripes, do not."""
    rgb = np.empty((200, 400, 3), np.uint8)
    rgb[:] = (80, 130, 50)
    rgb[:, 40:44] = (235, 240, 230)
    rgb[40:120, 100:200] = (240, 240, 240)
    rgb[:, 250:254] = (60, 220, 40)
    rgb[:, 300:304] = (220, 40, 40)
    paint = paint_of(rgb)
    assert paint.shape == rgb.shape
    assert paint.dtype == np.uint8
    line = paint[100, 42].min()
    assert line > 200
    for column in (20, 150, 252, 302):
        assert paint[80, column].max() < 0.5 * line


def test_a_frame_without_paint_stays_dark():
    assert paint_of(np.full((60, 80, 3), 40, np.uint8)).max() < 30
