"""A pretrained model inside the network: it says what it says elsewhere, and learns if it may."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from synib import spec
from synib.counting import encoder_parameters
from synib.data import Dataset
from synib.evaluation.evaluate import evaluate
from synib.features import Extractor, prepare
from synib.models.pretrained import PretrainedEncoder
from synib.models.tower import Tower
from synib.problems import SpecError
from synib.spec import parse_experiment
from synib.training import Interrupted, Trained, train
from synib.training.state import State
from tests.synib.features.examples import TEXTS, asked, dataset, images, sounds
from tests.synib.features.models import build

Built = Callable[[str], Path]
READ: dict[str, tuple[spec.Features, Any]] = {
    "bert": (spec.Tokens(model="x", max_length=9), TEXTS),
    "deberta": (spec.Tokens(model="x", max_length=9), TEXTS),
    "clip": (spec.Tokens(model="x", max_length=9), TEXTS),
    "vit": (spec.Pixels(size=12), [one[:12, :12] for one in images()]),
    "wav2vec2": (spec.Waveform(rate=8000, seconds=0.1), sounds((800, 800, 800))),
}
ANY = pytest.mark.parametrize("kind", READ)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("models")
    return lambda kind: folder / kind if (folder / kind).exists() else build(kind, folder)


def read(kind: str, folder: Path) -> Tensor:
    """Examples as the encoder gets them."""
    features, items = READ[kind]
    if isinstance(features, spec.Tokens):
        features = features.model_copy(update={"model": str(folder)})
    return torch.from_numpy(Extractor(spec.Modality(features=features))(items))


def encoder(folder: Path, x: Tensor, **fields: Any) -> PretrainedEncoder:
    settings = spec.PretrainedEncoder.model_validate({"model": str(folder), "features": 6, **fields})
    return PretrainedEncoder(settings, tuple(x.shape[1:]))


@ANY
@pytest.mark.parametrize("pooling", ["mean", "pooled"])
@torch.no_grad()
def test_it_says_what_the_frozen_features_say(kind: str, pooling: Any, built: Built) -> None:
    folder, (features, items) = built(kind), READ[kind]
    x = read(kind, folder)
    network = encoder(folder, x, pooling=pooling).eval()
    frozen = spec.Pretrained(model=str(folder), pooling=pooling, reads=features.reads, seconds=0.1, steps=9)
    expected = torch.from_numpy(Extractor(spec.Modality(features=frozen))(items))
    torch.testing.assert_close(network(x), network.project(expected), atol=1e-5, rtol=1e-4)


@ANY
@pytest.mark.parametrize("pooling", ["mean", "tokens"])
def test_the_spec_knows_shape_and_parameters(kind: str, pooling: Any, built: Built) -> None:
    x = read(kind, built(kind))
    network = encoder(built(kind), x, pooling=pooling).eval()
    shape = tuple(x.shape[1:])
    assert network(x).shape[1:] == network.asked.latent_shape(shape)
    counted = encoder_parameters(network.asked, shape)
    trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
    other = 0
    if kind == "clip":  # the other tower is there, untouched, and not counted
        other = sum(
            p.numel() for name, p in network.named_parameters() if ".vision" in name or "visual" in name
        )
        other += 1  # the temperature of its contrast
    assert counted == trained - other


@ANY
def test_gradients_reach_the_model_only_if_it_is_trained(kind: str, built: Built) -> None:
    x = read(kind, built(kind))
    for trained in (True, False):
        network = encoder(built(kind), x, trained=trained).train()
        network(x).square().sum().backward()
        reached = [p.grad is not None and bool(p.grad.any()) for p in network.tower.parameters()]
        assert any(reached) is trained
        assert network.tower.training is trained


@pytest.mark.parametrize("kind", ["bert", "deberta", "clip"])
@torch.no_grad()
def test_padding_and_neighbours_change_nothing(kind: str, built: Built) -> None:
    x = read(kind, built(kind))
    network = encoder(built(kind), x, pooling="tokens").eval()
    x[1] = torch.nan  # lacks the modality
    together = network(x)
    longer = torch.nn.functional.pad(x, (0, 4), value=torch.nan)
    wide = encoder(built(kind), longer, pooling="tokens").eval()
    wide.load_state_dict(network.state_dict())
    torch.testing.assert_close(wide(longer)[:, :9], together, equal_nan=True, atol=1e-5, rtol=1e-4)
    alone = torch.cat([network(x[row : row + 1]) for row in range(len(x))])
    torch.testing.assert_close(alone, together, equal_nan=True, atol=1e-5, rtol=1e-4)
    lengths = (~x.isnan()).sum(1).clamp(min=1)  # where nothing is there, one token stands in
    assert torch.equal((~together.isnan().all(2)).sum(1), lengths)


# --------------------------------------------------------------------------------------------- in training

WORDS = ["a cat sat", "the dog ran", "a dog sat", "the cat ran on the mat"]


def pairs(count: int = 150) -> Dataset:
    """The label is whether the picture is bright, but for a dog's, where it is whether it is dark."""
    rng = np.random.default_rng(0)
    said, bright = rng.integers(0, 4, count), rng.integers(0, 2, count)
    seen = [rng.integers(128 * b, 128 + 128 * b, (12, 12, 1), dtype=np.uint8) for b in bright]
    made = dataset(read=("text", [WORDS[n] for n in said]), seen=("image", list(seen)))
    made.y[:] = bright ^ np.isin(said, (1, 2))
    return made


def experiment(folder: Path, encoder: dict[str, Any] | None = None, **fields: Any) -> spec.Experiment:
    one = {"features": {"kind": "tokens", "model": str(folder), "max_length": 9}}
    one["encoder"] = {"kind": "pretrained", "model": str(folder), "features": 8} | (encoder or {})
    other = {
        "features": {"kind": "pixels", "size": 6, "channels": 1},
        "encoder": {"kind": "mlp", "hidden": []},
    }
    settings: dict[str, Any] = {
        "modalities": {"read": one, "seen": other},
        "training": {"epochs": 2, "batch_size": 16, "lr": 0.01, "early_stopping": None},
        "evaluation": {"donors": 2, "resamples": 100},
        **fields,
    }
    return parse_experiment(asked({"read": "text", "seen": "image"}, 150, **settings))


def state_of(trained: Trained) -> dict[str, Tensor]:
    return trained.model.state_dict()


def test_words_and_pictures_are_trained_resumed_and_questioned_like_any_other(
    built: Built, tmp_path: Path
) -> None:
    method = {"kind": "synib", "mask": {"kind": "random", "on": "latent", "fill": "shuffle"}}
    plan = experiment(built("bert"), {"dropout": 0.1}, methods=[method])
    data = prepare(pairs(), plan, tmp_path / "features")
    trained = train(plan, 0, 0, data)
    answers = iter([False] * 4 + [True])
    with pytest.raises(Interrupted):
        train(plan, 0, 0, data, checkpoint=tmp_path / "c", should_stop=lambda: next(answers))
    resumed = train(plan, 0, 0, data, checkpoint=tmp_path / "c")
    kept = state_of(trained)
    assert all(torch.equal(kept[name], value) for name, value in state_of(resumed).items())
    report, table = evaluate(trained, data, plan, 0, 0)
    assert report.noise is not None
    assert {tuple(curve.modalities) for curve in report.noise.curves} == {("seen",)}  # words have no noise
    assert np.isfinite(table.information).all()
    assert len(table) == 50


def test_the_models_own_weights_move_by_their_own_step_size(built: Built) -> None:
    # Adam's first step is lr · sign of the gradient: .01 for the rest, .01 · lr_factor for the model.
    plan = experiment(
        built("bert"), {"lr_factor": 0.1}, training={"batch_size": 32, "lr": 0.01, "weight_decay": 0.0}
    )
    state = State(plan, 0, 0, prepare(pairs(), plan), "cpu")
    before = {name: value.clone() for name, value in state.model.named_parameters()}
    rows = next(iter(state.batches_left("cpu")))
    losses = state.objective(
        state.model, {name: x[rows] for name, x in state.train.x.items()}, state.train.y[rows]
    )
    state.objective.backward(state.model, losses)
    state.optimizer.step()
    moved: dict[bool, float] = {True: 0.0, False: 0.0}
    for name, value in state.model.named_parameters():
        own = ".tower." in name
        moved[own] = max(moved[own], (value - before[name]).abs().max().item())
    assert moved[False] == pytest.approx(0.01, rel=1e-3)
    assert moved[True] == pytest.approx(0.001, rel=1e-2)


def test_a_frozen_model_stays_as_it_was_loaded(built: Built) -> None:
    plan = experiment(built("bert"), {"trained": False})
    trained = train(plan, 0, 0, prepare(pairs(), plan))
    loaded = Tower(built("bert"), "text").state_dict()
    mine = trained.model.get_submodule("encoders.read.tower").state_dict()
    assert all(torch.equal(mine[name], value) for name, value in loaded.items())


def test_data_without_numbers_are_told_what_to_do(built: Built) -> None:
    with pytest.raises(ValueError, match=r"read: no numbers .*synib.features.prepare"):
        train(experiment(built("bert")), 0, 0, pairs())


@pytest.mark.parametrize(
    ("kind", "features", "pointer", "says"),
    [
        ("wav2vec2", {"kind": "waveform", "rate": 16_000}, "features/rate", "hears 8000 samples per second"),
        ("vit", {"kind": "pixels", "size": 16}, "features/size", "sees 12 × 12 pixels; use 12"),
        ("vit", {"kind": "pixels", "size": 12, "channels": 1}, "features/channels", "sees 3 channels"),
        ("bert", {"kind": "pixels", "size": 12}, "encoder/model", "does not read image"),
    ],
)
def test_features_must_be_those_that_the_model_was_taught_with(
    kind: str, features: dict[str, Any], pointer: str, says: str, built: Built
) -> None:
    one = {"features": features, "encoder": {"kind": "pretrained", "model": str(built(kind))}}
    media = {"one": "audio" if kind == "wav2vec2" else "image", "other": "image"}
    with pytest.raises(SpecError) as error:
        parse_experiment(asked(media, modalities={"one": one, "other": {}}))
    (problem,) = error.value.problems
    assert problem.pointer == f"/modalities/one/{pointer}"
    assert says in problem.detail
