"""What is said of a snap: one plain sentence for whatever came of it."""

from dataclasses import replace

import pytest

from annotator.gui.snap_words import told
from annotator.labels import EMPTY
from annotator.paint import Refusal, Snap
from annotator.snapping import Outcome, Snapped

AT = ((1.0, 2.0),)


def outcome(name, *, shift=0.0, reason=None, is_marking=True):
    return Outcome(name, Snap(AT, AT, reason), is_marking=is_marking, shift=shift)


def said(*outcomes):
    return told(Snapped(EMPTY, outcomes))


def test_nothing_drawn_says_so():
    assert said() == "Nothing is drawn yet that could snap to the paint"


def test_what_moved_is_named_or_counted():
    one, other = outcome("Middle line", shift=2.34), outcome("Side line top", shift=5.0)
    corner = outcome("CENTER_MARK", shift=1.0, is_marking=False)
    assert said(one) == "Halfway line snapped to the paint, 2.3 px"
    assert said(one, other) == "2 markings snapped to the paint, up to 5.0 px"
    assert said(corner, corner) == "2 points snapped to the paint, up to 1.0 px"


def test_what_stays_is_told_with_what_moved():
    stayed = outcome("Side line top", reason=Refusal.TURNED)
    assert said(outcome("Middle line", shift=2.0), stayed) == (
        "Halfway line snapped to the paint, 2.0 px. Far touchline stayed: the paint near it runs another way"
    )
    assert said(stayed, stayed) == "2 stayed: too little paint found near them"
    assert said(outcome("Middle line")) == "It lies on the paint already"


def test_what_is_left_out_is_told_last():
    gone = replace(outcome("Circle left", reason=Refusal.NO_PAINT), dropped=True)
    assert said(outcome("Middle line", shift=2.0), gone).endswith("is left out: no paint shows it")
    assert said(outcome("Middle line"), gone, gone) == (
        "It lies on the paint already. 2 are left out: no paint shows them"
    )


@pytest.mark.parametrize("reason", list(Refusal))
def test_every_reason_has_words_of_its_own(reason):
    text = said(outcome("Middle line", reason=reason))
    assert text.startswith("Halfway line")
    others = {said(outcome("Middle line", reason=other)) for other in Refusal if other is not reason}
    assert text not in others
