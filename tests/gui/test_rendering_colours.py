"""A film shows what the window shows in the same colours."""

from annotator import rendering_layers as film
from annotator.gui import colours
from annotator.gui.view_state import Glyph
from annotator.keypoints import Keypoint, Source
from annotator.labels import Origin


def test_every_source_has_the_same_colour_in_a_film_and_in_the_window():
    pairs = {
        Glyph.PLACED: Keypoint("a", source=Source.PLACED, origin=Origin.HAND),
        Glyph.ACCEPTED: Keypoint("a", source=Source.PLACED, origin=Origin.ACCEPTED),
        Glyph.CARRIED: Keypoint("a", source=Source.PLACED, origin=Origin.PROPAGATED),
        Glyph.CONSTRUCTED: Keypoint("a", source=Source.CONSTRUCTED),
        Glyph.PROJECTED: Keypoint("a", source=Source.PROJECTED),
        Glyph.PREDICTED: Keypoint("a", source=Source.PREDICTED),
    }
    for glyph, keypoint in pairs.items():
        assert film.colour_of(keypoint) == colours.GLYPH_COLOURS[glyph].getRgb()[:3]
    assert colours.CURVE.getRgb()[:3] == film.YELLOW
    assert colours.GHOST.getRgb()[:3] == film.PURPLE
