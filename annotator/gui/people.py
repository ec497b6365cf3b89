"""The things of the frame on the desk, where a project's scheme has no football: people, packets; and the active one.

Labels hold what was said of them; this knows which of them is worked on, and what each looks like now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from annotator.dismissals import Mark, left
from annotator.gui.people_view import PersonView, Shown, Style, person_view
from annotator.gui.view_settings import ViewSettings
from annotator.instance_points import Numbers, ResolvedInstance, accepted_things, numbers_free_here, resolve_instances
from annotator.keypoints import Keypoint, Resolved, Source
from annotator.labels import EMPTY, FrameLabels, Instance
from annotator.people_boxes import FOUND, unclaimed
from annotator.pitch import PITCH_57
from annotator.project import ProjectError
from annotator.scheme import Scheme
from annotator.tracking_gone import without_gone
from annotator.tracking_labels import given

if TYPE_CHECKING:
    from annotator.project import Project
    from model.heatmaps import Prediction
    from model.people import InstancePrediction, PeoplePrediction

__all__ = ["People", "taken_over", "told_apart"]


def taken_over(
    labels: FrameLabels,
    things: Sequence[ResolvedInstance],
    scheme: Scheme,
    number: int,
    *,
    size: tuple[int, int],
    asked: Collection[str] = (),
) -> FrameLabels:
    """The labels with all of one thing said: what a network shows of it becomes accepted, as it is on the screen.

    Of the numbers that a network says only those ``asked``: who moves a point says nothing of them.
    """
    return accepted_things(labels, on_screen(things, size), scheme, ids={number}, numbers={number: asked})


def told_apart(
    prediction: Prediction | PeoplePrediction,
) -> tuple[Prediction | None, PeoplePrediction | None]:
    """A prediction as one of one thing or one of many."""
    from model.people import PeoplePrediction

    return (None, prediction) if isinstance(prediction, PeoplePrediction) else (prediction, None)


def on_screen(things: Sequence[ResolvedInstance], size: tuple[int, int]) -> tuple[ResolvedInstance, ...]:
    """The things without predicted points outside the frame, which nobody sees."""
    found = []
    for thing in things:
        out = {
            name: Keypoint(name, confidence=point.confidence, predicted=point.predicted)
            for name, point in thing.keypoints.items()
            if point.source is Source.PREDICTED and not point.inside
        }
        found.append(replace(thing, keypoints={**thing.keypoints, **out}) if out else thing)
    return tuple(found)


class People:
    """Every thing of a frame, and which of them tools and keys work on.

    Of a scheme with football there is one thing, the pitch, and nothing here is asked.
    """

    def __init__(self) -> None:
        self.scheme: Scheme = PITCH_57
        self.style = Style(PITCH_57)
        self.things: tuple[ResolvedInstance, ...] = ()
        self.active = 0
        # The active one is new: nothing was said of it yet.
        self.is_new = False
        # The numbers that are anywhere in the clip: somebody new gets none of them.
        self.elsewhere: Callable[[], Collection[int]] = tuple
        # Who those are that are only seen; None while no more is known of the clip than this frame.
        self.number_seen: Numbers | None = None
        # The key that begins another one, as the system writes it.
        self.key_of_another = ""
        # Which numbers of the active one are on the screen as predicted.
        self.numbers_on_screen: Callable[[], Collection[str]] = tuple
        self._seen: tuple[InstancePrediction, ...] = ()
        self._open: tuple[InstancePrediction, ...] = ()
        # Of the frame on the desk, by network; and the network whose answer is looked at.
        self._dismissed: dict[str, tuple[Mark, ...]] = {}
        self._known_of: int | None = None
        self.network = ""
        self._size = (0, 0)

    @property
    def is_on(self) -> bool:
        """Whether the project is of another scheme than the pitch."""
        return not self.scheme.has_football

    @property
    def is_many(self) -> bool:
        """Whether a frame may show several things."""
        return self.is_on and self.scheme.is_many

    @property
    def thing(self) -> ResolvedInstance | None:
        """The active one, if anything was said or seen of it."""
        return next((one for one in self.things if one.id == self.active), None)

    def use(self, scheme: Scheme | None) -> None:
        """The project is of this scheme, or there is none."""
        self.scheme = scheme or PITCH_57
        self.style = Style(self.scheme)
        self.clear()

    def clear(self) -> None:
        """No frame is on the desk."""
        self.things, self._seen, self._open, self.is_new = (), (), (), False
        self._dismissed, self._known_of = {}, None

    def know(self, project: Project | None, frame_id: int | None) -> None:
        """Which predictions a person dismissed in this frame, as far as the project can be read."""
        if project is None or frame_id is None or frame_id == self._known_of:
            return
        self._dismissed, self._known_of = {}, frame_id
        with suppress(ProjectError):
            self._dismissed = project.dismissed(frame_id)

    def know_anew(self, project: Project, frame_id: int) -> None:
        """Something was dismissed in this frame, or came back."""
        self._known_of = None
        self.know(project, frame_id)

    def look(self, prediction: Prediction | PeoplePrediction | None) -> None:
        """What the network saw in the frame."""
        self.network = "" if prediction is None else prediction.network
        seen = left(prediction, self._dismissed) if self.is_on else ()
        # A network of another scheme has nothing to say here.
        known = self.scheme.index.keys()
        self._seen = tuple(one for one in seen if not known.isdisjoint(one.names))

    def resolve(
        self, labels: FrameLabels, *, size: tuple[int, int], settings: ViewSettings, moving: bool
    ) -> Resolved:
        """Work out every thing anew; the keypoints of the active one."""
        self._size = size
        before = self.thing
        if self.network != FOUND:
            self._open = self._seen
        elif not moving:
            # No box alone is shown of somebody who is labelled, as after the next opening.
            self._open = unclaimed(self._seen, labels, size)
        self.things = resolve_instances(
            labels,
            self._open,
            self.scheme,
            size=size,
            threshold=settings.threshold,
            least_score=settings.threshold,
            previous=self.things if moving else (),
            earlier=self.things,
            numbers=self._same_numbers if moving else self.number_seen,
        )
        self._follow(before, labels)
        there = {one.id for one in self.things}
        if self.active in there:
            self.is_new = False
        elif not self.is_new:
            self.active = self.things[0].id if self.things else self._begun()
        return self.shown_alone()

    def _same_numbers(self, seen: Sequence[InstancePrediction], taken: Collection[int]) -> Sequence[int]:
        """In a drag nobody who is only seen gets another number."""
        known = {id(one.seen): one.id for one in self.things if not one.labelled}
        kept = [known.get(id(one), -1) for one in seen]
        if -1 not in kept and not set(kept) & set(taken):
            return kept
        return numbers_free_here(seen, taken) if self.number_seen is None else self.number_seen(seen, taken)

    def _follow(self, before: ResolvedInstance | None, labels: FrameLabels) -> None:
        """Who is only seen and has another number now is still the one that is worked on."""
        if before is not None and before.seen is not None and not before.labelled:
            same = [one.id for one in self.things if one.seen is before.seen]
            if same and labels.instance(self.active).is_empty:
                self.active = same[0]

    def shown_alone(self) -> Resolved:
        """The keypoints of the active thing, for tools and panels that know one thing."""
        thing = self.thing
        keypoints = {name: Keypoint(name) for name in self.scheme.keypoints} if thing is None else thing.keypoints
        return Resolved(keypoints, size=self._size)

    def match_anew(self) -> None:
        """The labels are others than a person's hand made of those before: who was given what no longer counts."""
        self.things = ()

    def choose(self, number: int) -> None:
        """Work on this one."""
        self.active = number
        self.is_new = all(one.id != number for one in self.things)

    def free_number(self) -> int:
        """The smallest number that nothing on the screen has, nor anything in the clip."""
        taken = {one.id for one in self.things} | set(self.elsewhere())
        return next(number for number in range(len(taken) + 1) if number not in taken)

    def _begun(self) -> int:
        """The number of whoever is drawn first in an empty frame: the only one of the clip, else a free one."""
        known = set(self.elsewhere()) if self.is_many else set()
        return min(known) if len(known) == 1 else self.free_number() if known else 0

    def beside(self, by: int) -> int | None:
        """The number of the thing so many after the active one in the list, round its ends; None without any."""
        numbers = [one.id for one in self.things]
        if not numbers:
            return None
        if self.active not in numbers:
            return numbers[0 if by > 0 else -1]
        return numbers[(numbers.index(self.active) + by) % len(numbers)]

    def next_point(self, labels: FrameLabels, active: str | None, by: int) -> str | None:
        """The next (+1) or previous (-1) keypoint of the active thing that nobody spoke of, in the scheme's order."""
        order = list(self.scheme.keypoints)
        said = labels.instance(self.active).keypoints
        left = [name for name in order if name not in said]
        start = self.scheme.index.get(active or "", -by)
        return min(left, key=lambda name: (by * (order.index(name) - start) - 1) % len(order), default=None)

    def taken(self, labels: FrameLabels, number: int | None = None) -> FrameLabels:
        """The labels to edit a thing in, the active one or another: one that only a network saw is said first."""
        number = self.active if number is None else number
        thing = next((one for one in self.things if one.id == number), None)
        if self.is_many and thing is None and labels.instance(number).is_empty:
            # Who begins a person knows who it is: the number is a person's word.
            return without_gone(labels, {number}).with_instance(given(Instance(number), number))
        if not self.is_on or thing is None or thing.labelled:
            return labels
        return taken_over(labels, self.things, self.scheme, number, size=self._size)

    def whole(self, labels: FrameLabels, number: int) -> FrameLabels:
        """The labels to move a whole thing in: all that is shown of it is said."""
        return taken_over(labels, self.things, self.scheme, number, size=self._size)

    def accepted(self, labels: FrameLabels, settings: ViewSettings) -> FrameLabels:
        """The labels with everything that is on the screen taken over; numbers are there of the active thing alone."""
        if not settings.predictions:
            return labels
        numbers = {self.active: self.numbers_on_screen()}
        return accepted_things(labels, on_screen(self.things, self._size), self.scheme, numbers=numbers)

    def shown_of_active(self, labels: FrameLabels) -> FrameLabels:
        """The labels with all that is on the screen of the active thing taken over, its numbers, too."""
        asked = self.numbers_on_screen()
        return taken_over(labels, self.things, self.scheme, self.active, size=self._size, asked=asked)

    def boxes_alone(self, settings: ViewSettings) -> int:
        """How many boxes without a point in them are accepted with what is on the screen."""
        if not self.is_many or not settings.predictions:
            return 0
        return sum(
            not one.labelled and one.box is not None and all(point.position is None for point in one.keypoints.values())
            for one in on_screen(self.things, self._size)
        )

    @property
    def has_seen(self) -> bool:
        """Whether a network saw anything in the frame."""
        return bool(self._seen)

    def seen_alone(self, settings: ViewSettings) -> tuple[PersonView, ...]:
        """What is painted of what the network saw, as if nobody had said anything."""
        other = People()
        other.scheme, other.style, other._seen, other.network = self.scheme, self.style, self._seen, self.network
        other.resolve(EMPTY, size=self._size, settings=settings, moving=False)
        other.active = -1
        return other.views(replace(settings, predictions=True))

    def views(self, settings: ViewSettings) -> tuple[PersonView, ...]:
        """What is painted of each; the active one comes last, on top."""
        if not self.is_on:
            return ()
        shown = Shown(settings.labels, settings.predictions, settings.markings, settings.boxes, settings.identities)
        things = [one for one in self.things if (settings.labels if one.labelled else settings.predictions)]
        things.sort(key=lambda one: one.id == self.active)
        numbers = self.scheme.is_many
        return tuple(
            person_view(one, self.style, shown, active=one.id == self.active, numbered=numbers) for one in things
        )
