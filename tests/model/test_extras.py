"""Visibility and numbers beside the maps, places instead of maps, and things looked at in their box."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model import losses
from model.boxes import cut, image_from_part, part_from_image, region
from model.checkpoint import Card, Checkpoint, load, save
from model.dataset import Sample, Scalar, TrainingSet, write_training_set
from model.feed import Batch
from model.heatmaps import ABSENT, OCCLUDED, UNKNOWN, VISIBLE, Codec, Prediction
from model.networks import linear_maps, network
from model.objectives import Objective
from model.plan import TrainingConfig
from model.predictor import Predictor
from model.spec import Spec, preset
from model.training import train
from tests.model.toys import NAMES, toy_samples

CARDS = Scalar("cards", 1.0, 52.0)


def _unet(**changes: object) -> Spec:
    return preset("unet-small", channels=4, levels=(4, 8, 8, 16), visible=True, scalars=1, **changes)


def _batch(codec: Codec, *, states: list[list[int]], scalars: list[list[float]]) -> Batch:
    rng = np.random.default_rng(0)
    count = len(states)
    points = rng.uniform(8, 56, (count, 3, 2))
    state = np.array(states, np.int8)
    parts = [codec.encode(points[i], state[i]) for i in range(count)]
    width, height = codec.input_size
    return Batch(
        0,
        count,
        rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8),
        np.stack([targets for targets, _ in parts]),
        np.stack([mask for _, mask in parts]),
        ((points + 0.5) / np.array(codec.input_size) - 0.5).astype(np.float32),
        state,
        np.array(scalars, np.float32),
    )


def test_a_unet_says_visibility_and_numbers_before_its_maps() -> None:
    seen, numbers, maps = network(_unet()).eval()(torch.rand(2, 3, 64, 80))
    assert (seen.shape, numbers.shape, maps.shape) == ((2, 3), (2, 1), (2, 4, 32, 40))
    assert torch.allclose(maps.exp().sum(dim=1), torch.ones(()))


def test_an_odd_input_gives_maps_of_the_rounded_up_size() -> None:
    spec = _unet()
    maps = network(spec).eval()(torch.rand(1, 3, 67, 91))[-1]
    assert maps.shape[-2:] == Codec((91, 67), stride=spec.stride).map_size[::-1]


def test_no_gradient_goes_back_from_a_number() -> None:
    net = network(_unet()).train()
    _, numbers, _ = net(torch.rand(2, 3, 64, 64))
    numbers.sum().backward()
    touched = {name for name, value in net.named_parameters() if value.grad is not None and value.grad.abs().sum() > 0}
    assert touched
    assert all(name.startswith("extras.count") for name in touched)


def test_the_light_head_carries_extras_too() -> None:
    spec = preset("touchline-tiny", channels=4, visible=True, scalars=2)
    seen, numbers, maps = network(spec).eval()(torch.rand(1, 3, 64, 64))
    assert (seen.shape, numbers.shape, maps.shape) == ((1, 3), (1, 2), (1, 4, 16, 16))
    with pytest.raises(ValueError, match="says nothing of visibility"):
        preset("pose-w32", channels=4, visible=True)


def test_places_become_maps_that_are_decoded_to_the_same_places() -> None:
    spec = preset("deeppose-small", channels=4)
    codec = Codec((96, 64), stride=spec.stride)
    places = torch.tensor([[[0.1, -0.2], [0.31, 0.4], [-0.47, 0.02]]])
    presence = torch.tensor([[3.0, 0.0, -2.0]])
    maps = linear_maps([presence, places], spec, codec)[0].numpy()
    xy, confidence, _ = codec.decode(maps)
    assert xy == pytest.approx((places[0].numpy() + 0.5) * [96, 64] - 0.5, abs=1e-3)
    assert confidence == pytest.approx(presence[0].sigmoid().numpy(), abs=0.13)
    assert np.argsort(confidence).tolist() == [2, 1, 0]


def test_unknown_numbers_and_states_teach_nothing() -> None:
    spec, codec = _unet(), Codec((64, 64), stride=2)
    objective = Objective(TrainingConfig(output=Path("x"), network=spec), spec)
    known = _batch(codec, states=[[VISIBLE, OCCLUDED, ABSENT]], scalars=[[0.25]])
    outputs = [torch.zeros(1, 3), torch.zeros(1, 1), torch.log_softmax(torch.zeros(1, 4, 32, 32), dim=1)]
    device = torch.device("cpu")
    base = float(objective.loss(outputs, replace(known, scalars=np.full((1, 1), np.nan, np.float32)), device))
    assert float(objective.loss(outputs, known, device)) == pytest.approx(base + (0.5 - 0.25) ** 2)
    sure = [torch.tensor([[50.0, -50.0, -50.0]]), *outputs[1:]]
    unknown = replace(known, states=np.array([[VISIBLE, UNKNOWN, ABSENT]], np.int8), scalars=known.scalars)
    wrong = [torch.tensor([[50.0, 50.0, -50.0]]), *outputs[1:]]
    assert float(objective.loss(sure, unknown, device)) == pytest.approx(float(objective.loss(wrong, unknown, device)))
    assert float(objective.loss(wrong, known, device)) > float(objective.loss(sure, known, device)) + 0.1


@pytest.mark.parametrize("name", ["joints_mse", "ohkm"])
def test_point_losses_leave_the_background_out(name: str) -> None:
    spec, codec = preset("touchline-tiny", channels=4), Codec((64, 64), stride=4)
    config = TrainingConfig(output=Path("x"), network=spec, loss=name)  # type: ignore[arg-type]
    batch = _batch(codec, states=[[VISIBLE, VISIBLE, UNKNOWN]], scalars=[[]])
    maps = torch.log_softmax(torch.rand(1, 4, 16, 16), dim=1)
    found = Objective(config, spec).loss([maps], batch, torch.device("cpu"))
    given = maps.exp()[:, :3], torch.from_numpy(batch.targets)[:, :3], torch.from_numpy(batch.masks)[:, :3]
    wanted = losses.joints_mse(*given) if name == "joints_mse" else losses.hardest_joints_mse(*given)
    assert float(found) == pytest.approx(float(wanted))


def test_direct_regression_has_the_squared_distance_in_shares_of_the_box() -> None:
    spec, codec = preset("deeppose-small", channels=4), Codec((64, 64), stride=4)
    batch = _batch(codec, states=[[VISIBLE, OCCLUDED, ABSENT]], scalars=[[]])
    objective = Objective(TrainingConfig(output=Path("x"), network=spec), spec)
    truth = torch.from_numpy(batch.places)
    sure = torch.tensor([[60.0, 60.0, -60.0]])
    off = truth + torch.tensor([[[0.1, 0.0], [0.0, 0.2], [9.0, 9.0]]])  # what is absent has no place
    assert float(objective.loss([sure, truth], batch, torch.device("cpu"))) == pytest.approx(0, abs=1e-6)
    assert float(objective.loss([sure, off], batch, torch.device("cpu"))) == pytest.approx((0.01 + 0.04) / 2)


def _set(folder: Path, **changes: object) -> TrainingSet:
    samples = [
        replace(sample, scalars={"cards": 1.0 + 50 * (number % 2)}, **changes)
        for number, sample in enumerate(toy_samples(8))
    ]
    names = NAMES
    return write_training_set(
        folder, scheme="toy", keypoints=names, mirror=range(len(names)), mirror_rules={}, samples=samples, settings={},
        scalars=[CARDS],
    )  # fmt: skip


@pytest.mark.parametrize("name", ["unet-small", "touchline-tiny", "deeppose-small"])
def test_one_command_trains_every_kind_and_its_network_is_kept_and_predicts(name: str, tmp_path: Path) -> None:
    found = _set(tmp_path / "set")
    small = {"levels": (4, 8, 8)} if name == "unet-small" else {}
    spec = preset(name, channels=7, **small)  # type: ignore[arg-type]
    config = TrainingConfig(
        output=tmp_path / "net.safetensors", network=spec, input_size=(80, 64), samples=16, batch=4, workers=0,
        loss="ohkm" if name == "touchline-tiny" else "cross_entropy",
    )  # fmt: skip
    train(config, [(found, 1.0)])
    predictor = Predictor.load(config.output, "cpu", way="plain")
    image = np.random.default_rng(0).integers(0, 256, (96, 160, 3), dtype=np.uint8)
    prediction = predictor.predict(image)
    assert prediction.names == found.keypoints
    if name != "deeppose-small":
        assert set(prediction.scalars) == {"cards"}
        assert 1 <= prediction.scalars["cards"] <= 52
        assert prediction.seen is not None
        assert ((prediction.seen >= 0) & (prediction.seen <= 1)).all()
    kept = Prediction.from_bytes(prediction.to_bytes())
    assert kept.scalars == prediction.scalars
    assert (kept.seen is None) == (prediction.seen is None)
    assert load(config.output).card.scalars == predictor.card.scalars


def test_a_card_with_other_numbers_than_its_network_is_refused() -> None:
    with pytest.raises(ValueError, match="scalars"):
        Card(_unet(), ("A", "B", "C"), (64, 64))
    card = Card(_unet(), ("A", "B", "C"), (64, 64), scalars=(CARDS,))
    assert Card.from_json(card.to_json()) == card


def test_a_file_without_the_new_words_is_read(tmp_path: Path) -> None:
    spec = preset("touchline-tiny", channels=4)
    card = Card(spec, ("A", "B", "C"), (64, 64))
    path = tmp_path / "net.safetensors"
    save(path, network(spec).state_dict(), card)
    assert load(path).card.scalars == ()


def test_a_region_has_the_inputs_aspect_and_the_boxs_middle() -> None:
    x, y, wide, high = region((10, 20, 40, 80), 0.75)
    assert wide / high == pytest.approx(0.75)
    assert (x + wide / 2, y + high / 2) == pytest.approx((30, 60))
    assert high == pytest.approx(100)
    with pytest.raises(ValueError, match="extent"):
        region((0, 0, 0, 5), 1.0)


@pytest.mark.parametrize("box", [(10.0, 12.0, 60.0, 40.0), (20.0, 30.0, 130.0, 70.0), (100.0, 60.0, 17.0, 9.0)])
def test_what_is_cut_out_lies_where_the_points_say(box: tuple[float, float, float, float]) -> None:
    part = region(box, 4 / 3)
    size = (96, 72)
    at = np.array([[box[0] + box[2] / 2, box[1] + box[3] / 2]])
    image: NDArray[np.uint8] = np.zeros((120, 160, 3), np.uint8)
    yy, xx = np.mgrid[0:120, 0:160]
    spread = max(1.5, part[2] / 30)
    image[:] = (255 * np.exp(-((xx - at[0, 0]) ** 2 + (yy - at[0, 1]) ** 2) / (2 * spread**2)))[..., None]
    seen = cut(image, part, size)[..., 0].astype(float)
    rows, columns = np.mgrid[0:72, 0:96]
    centre = np.array([(seen * columns).sum(), (seen * rows).sum()]) / seen.sum()
    assert centre == pytest.approx(part_from_image(at, part)[0] * size - 0.5, abs=0.35)
    assert image_from_part(part_from_image(at, part), part) == pytest.approx(at)


def test_a_sample_with_a_box_is_seen_in_it(tmp_path: Path) -> None:
    from model.augment import NO_AUGMENTATION
    from model.feed import Feed

    first = next(iter(toy_samples(1)))
    name, (x, y, _) = next(iter(first.points.items()))
    sample = Sample("a.jpg", first.size, {name: (x, y, VISIBLE)}, first.source, box=(x - 20, y - 10, 40, 20))
    found = write_training_set(
        tmp_path / "set", scheme="toy", keypoints=(name,), mirror=[0], mirror_rules={}, samples=[sample], settings={}
    )
    feed = Feed(
        [(found, 1.0)], split="train", codec=Codec((64, 64)), augmentation=NO_AUGMENTATION, seed=0, cache_bytes=1 << 20
    )
    batch = next(feed.batches(start=0, sizes=iter([(1, 1.0)]), workers=0))
    assert batch.places[0, 0] == pytest.approx([0.0, 0.0], abs=1e-6)
    assert batch.images.shape == (1, 64, 64, 3)


def test_samples_with_a_box_are_validated_in_it(tmp_path: Path) -> None:
    from model.validation import Validator

    samples = [
        replace(one, split="val", box=(point[0] - 18, point[1] - 14, 36, 28), points={"RED": point})
        for one in toy_samples(4)
        if (point := one.points["RED"])
    ]
    found = write_training_set(
        tmp_path / "set", scheme="toy", keypoints=("RED",), mirror=[0], mirror_rules={}, samples=samples, settings={}
    )
    codec = Codec((64, 64), stride=4)

    class Middle(torch.nn.Module):
        """Says that the point is in the middle of what it is shown."""

        spec = preset("deeppose-small", channels=2)

        def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
            return [torch.full((len(x), 1), 9.0), torch.zeros(len(x), 1, 2)]

    validator = Validator([(found, 1.0)], codec=codec, limit=10)
    score = validator.score(Middle(), lambda images: images.permute(0, 3, 1, 2).float())  # type: ignore[arg-type]
    assert score is not None
    assert score.median < 0.01


def test_numbers_are_fitted_to_the_network_as_it_has_become(tmp_path: Path) -> None:
    from model.finishing import fit_numbers

    codec = Codec((64, 64), stride=2)
    spec = _unet()
    torch.manual_seed(0)
    net = network(spec).eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    rng = np.random.default_rng(1)

    def view(known: float) -> Batch:
        batch = _batch(codec, states=[[VISIBLE] * 3] * 8, scalars=[[known]] * 8)
        images = rng.integers(0, 60, batch.images.shape, dtype=np.uint8)
        shares = rng.uniform(0.1, 0.9, (8, 1)).astype(np.float32)
        images[..., 0] = (255 * shares)[:, :, None]  # redder is more
        return replace(batch, images=images, scalars=np.where(np.isfinite(known), shares, np.nan).astype(np.float32))

    def prepare(images: torch.Tensor) -> torch.Tensor:
        return images.permute(0, 3, 1, 2).float() / 128 - 1

    assert np.isnan(fit_numbers(net, [view(np.nan)], prepare))
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    error = fit_numbers(net, [view(1.0) for _ in range(8)], prepare)
    changed = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert changed
    assert all(name.startswith("extras.count") for name in changed)
    assert error < 0.02  # of 0.2 for the middle of all


def test_numbers_may_follow_from_what_lies_beneath_the_points() -> None:
    narrow, wide = network(_unet()), network(_unet(beneath=True))
    before, after = narrow.state_dict()["extras.count.weight"], wide.state_dict()["extras.count.weight"]
    assert after.shape[1] == before.shape[1] + 3 * 8  # eight features beneath each of three points
    wide.train()
    _, numbers, _ = wide(torch.rand(2, 3, 64, 64))
    numbers.sum().backward()
    touched = {name for name, one in wide.named_parameters() if one.grad is not None and one.grad.abs().sum() > 0}
    assert touched
    assert all(name.startswith("extras.count") for name in touched)


def test_a_flip_test_takes_the_mean_of_what_is_said_beside_the_maps() -> None:
    card = Card(
        spec=_unet(), names=("left", "right", "middle"), input_size=(80, 64), mirror=(1, 0, 2), scalars=(CARDS,)
    )
    torch.manual_seed(3)
    checkpoint = Checkpoint(card, network(card.spec).state_dict(), "one")
    image = np.random.default_rng(0).integers(0, 255, (64, 80, 3), dtype=np.uint8)
    mirrored = np.ascontiguousarray(image[:, ::-1])
    once = Predictor.of(checkpoint, "cpu")
    both = Predictor.of(checkpoint, "cpu", flip_test="on").predict(image)
    seen, other = once.predict(image), once.predict(mirrored)
    assert seen.seen is not None
    assert other.seen is not None
    assert both.seen == pytest.approx((seen.seen + other.seen[[1, 0, 2]]) / 2, abs=1e-6)
    assert both.scalars["cards"] == pytest.approx((seen.scalars["cards"] + other.scalars["cards"]) / 2, abs=1e-5)


def test_a_training_stopped_while_its_numbers_are_fitted_goes_on_there(tmp_path: Path) -> None:
    found = _numbered(tmp_path / "set")
    spec = preset("unet-small", channels=7, levels=(4, 8, 8))
    config = TrainingConfig(
        output=tmp_path / "net.safetensors", network=spec, input_size=(80, 64), samples=16, batch=4, workers=0,
    )  # fmt: skip
    told: list[float] = []

    def fitting() -> bool:
        """Four steps of the network, then some views of the fit."""
        return len(told) > 6

    part = train(config, [(found, 1.0)], progress=lambda p: told.append(p.seconds_left), should_stop=fitting)
    assert (part.finished, part.samples) == (False, 16)
    assert config.state_path.exists()
    assert told[-1] > 0
    rest = train(config, [(found, 1.0)])
    assert (rest.finished, rest.samples) == (True, 16)
    assert not config.state_path.exists()


def _numbered(folder: Path) -> TrainingSet:
    samples = [replace(one, scalars={"cards": 5.0 + i % 40}) for i, one in enumerate(toy_samples(20))]
    return write_training_set(
        folder, scheme="toy", keypoints=NAMES, mirror=range(6), mirror_rules={}, samples=samples, settings={},
        scalars=[CARDS],
    )  # fmt: skip
