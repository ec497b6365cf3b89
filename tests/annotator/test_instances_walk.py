"""One random walk over the edits of things: ids stay unique, nothing empty stays, the store keeps every step."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from annotator import instances
from annotator.instance_points import resolve_instances
from annotator.labels import EMPTY, FrameRecord, Visibility, give_back, place, set_visibility
from annotator.records import decode_record, encode_record
from annotator.scheme import Attribute, AttributeKind, AttributeScope
from annotator.schemes import COCO_17

KIT = Attribute("kit", "Kit", AttributeKind.TEXT, AttributeScope.INSTANCE)
SIZE = (200, 100)
NAMES = st.sampled_from(COCO_17.keypoints)
NUMBERS = st.integers(0, 6)
PLACES = st.tuples(st.floats(-20, 220), st.floats(-20, 120))


class Walk(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.labels, self.stored = EMPTY, None
        self.before = ()

    def known(self):
        return [one.id for one in instances.present(self.labels)]

    @rule(name=NAMES, number=NUMBERS, at=PLACES)
    def placed(self, name, number, at):
        self.labels = place(self.labels, name, at, instance=number)

    @rule(name=NAMES, number=NUMBERS, seen=st.sampled_from(Visibility))
    def marked(self, name, number, seen):
        self.labels = set_visibility(self.labels, name, seen, instance=number)

    @rule(name=NAMES, number=NUMBERS)
    def given_back(self, name, number):
        self.labels = give_back(self.labels, name, instance=number)

    @rule(number=NUMBERS, first=PLACES, second=PLACES)
    def boxed(self, number, first, second):
        if first[0] != second[0] and first[1] != second[1]:
            self.labels = instances.set_box(self.labels, number, (*first, *second))

    @rule(number=NUMBERS, word=st.text(max_size=3))
    def described(self, number, word):
        self.labels = instances.set_attribute(self.labels, KIT, word, instance=number)

    @precondition(lambda self: self.known())
    @rule(data=st.data(), by=PLACES)
    def copied_moved_and_scaled(self, data, by):
        number = data.draw(st.sampled_from(self.known()))
        self.labels, made = instances.copy(self.labels, self.labels.instance(number), by=by)
        self.labels = instances.move(self.labels, made, by)
        self.labels = instances.scale(self.labels, made, (1.5, 0.5), about=by)

    @precondition(lambda self: self.known())
    @rule(data=st.data(), to=NUMBERS)
    def numbered(self, data, to):
        number = data.draw(st.sampled_from(self.known()))
        if to in self.known() and to != number:
            with pytest.raises(ValueError, match="taken"):
                instances.renumber(self.labels, number, to)
            self.labels = instances.swap_ids(self.labels, number, to)
        else:
            self.labels = instances.renumber(self.labels, number, to)

    @precondition(lambda self: self.known())
    @rule(data=st.data())
    def deleted(self, data):
        number = data.draw(st.sampled_from(self.known()))
        self.labels = instances.delete(self.labels, number)
        assert number not in self.known()

    @invariant()
    def ids_are_unique_and_nothing_empty_is_shown(self):
        known = self.known()
        assert len(set(known)) == len(known)
        assert instances.next_id(self.labels) not in known
        assert self.labels.instances

    @invariant()
    def the_store_keeps_it(self):
        self.stored = encode_record(FrameRecord(self.labels), self.stored)
        assert decode_record(self.stored).labels == self.labels

    @invariant()
    def what_is_resolved_is_what_is_said(self):
        shown = resolve_instances(self.labels, (), COCO_17, size=SIZE, threshold=0.5, previous=self.before)
        fresh = resolve_instances(self.labels, (), COCO_17, size=SIZE, threshold=0.5)
        assert [one.id for one in shown] == self.known()
        assert [(a.id, a.keypoints, a.box) for a in shown] == [(b.id, b.keypoints, b.box) for b in fresh]
        self.before = shown


TestWalk = Walk.TestCase
TestWalk.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
