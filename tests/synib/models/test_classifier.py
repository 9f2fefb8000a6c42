"""Parts of a model are what its spec says, and start alike for all that is compared."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor
from torch.nn.functional import unfold

from synib import spec
from synib.data import load
from synib.evaluation.evaluate import evaluate
from synib.models import MultimodalClassifier
from synib.models.parts import encoders, fusions
from synib.models.transformer import TransformerEncoder
from synib.objectives import build
from synib.problems import SpecError
from synib.spec import parse_experiment
from synib.training import Interrupted, train
from tests.synib.models.networks import FUSIONS, TRANSFORMER, model

DIGITS = {"kind": "paired_digits", "examples": 200}
ENCODERS = {"mlp", "cnn", "transformer", "gru", "pretrained"}
MIXED = {"left": {"encoder": TRANSFORMER}, "right": {"encoder": {"kind": "cnn", "channels": [4]}}}


def weights(net: MultimodalClassifier, part: str) -> dict[str, Tensor]:
    return {name: value for name, value in net.state_dict().items() if name.startswith(part)}


def test_every_spec_has_its_network() -> None:
    union = TypeAdapter[spec.Fusion](spec.Fusion).json_schema()["discriminator"]["mapping"]
    assert set(union) == set(FUSIONS)
    assert {kind.model_fields["kind"].default for kind in fusions} == set(FUSIONS)
    assert {kind.model_fields["kind"].default for kind in encoders} == ENCODERS


@pytest.mark.parametrize("asked", FUSIONS.values(), ids=FUSIONS)
def test_encoders_and_heads_start_the_same_whatever_the_fusion(asked: dict[str, Any]) -> None:
    shapes = {"words": (4, 3), "age": (3,)}
    one, other = model(FUSIONS["concat"], shapes, seed=5), model(asked, shapes, seed=5)
    for part in ("encoders", "unimodal"):
        mine, theirs = weights(one, part), weights(other, part)
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_a_modality_starts_the_same_whoever_is_beside_it_and_unlike_the_others() -> None:
    two = model(FUSIONS["concat"], {"a": (3,), "b": (3,)})
    three = model(FUSIONS["concat"], {"b": (3,), "c": (3,), "a": (3,)})
    for name in ("encoders.a.1.weight", "unimodal.b.0.weight"):
        assert torch.equal(two.state_dict()[name], three.state_dict()[name])
    assert not torch.equal(*(two.state_dict()[f"encoders.{name}.1.weight"] for name in "ab"))


def test_a_head_starts_the_same_whatever_the_encoder_beneath() -> None:
    one, other = (
        model(FUSIONS["concat"], {"a": (3,), "b": (3,)}, {"kind": "mlp", "hidden": hidden, "features": 5})
        for hidden in ([], [7])
    )
    for part in ("unimodal", "fusion"):
        mine, theirs = weights(one, part), weights(other, part)
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.parametrize(
    ("asked", "shape"),
    [
        ({"kind": "mlp", "features": 7}, (5,)),
        ({"kind": "mlp", "features": 7}, (5, 2)),
        ({"kind": "cnn", "channels": [3, 4], "features": 7}, (2, 8, 6)),
        ({"kind": "cnn", "channels": [3, 4], "features": 7}, (9, 2)),
        ({"kind": "gru", "features": 8}, (5, 3)),
        ({"kind": "gru", "features": 8, "layers": 2, "bidirectional": True}, (5, 3)),
        ({"kind": "transformer", "features": 8, "heads": 2}, (5, 3)),
        ({"kind": "transformer", "features": 8, "heads": 2, "patch": 2, "layers": 0}, (3, 8, 6)),
    ],
)
def test_a_spec_knows_the_shape_of_its_encoders_representation(
    asked: dict[str, Any], shape: tuple[int, ...]
) -> None:
    encoder = TypeAdapter[spec.Encoder](spec.Encoder).validate_python(asked)
    network = encoders[type(encoder)](encoder, shape)
    assert network(torch.randn(2, *shape)).shape == (2, *encoder.latent_shape(shape))


def test_an_images_tokens_are_its_square_patches_row_by_row() -> None:
    encoder = TransformerEncoder(spec.Transformer(patch=2), (3, 4, 6))
    image = torch.arange(3 * 4 * 6.0).reshape(1, 3, 4, 6)
    torch.testing.assert_close(encoder._patches(image), unfold(image, 2, stride=2).transpose(1, 2))


def test_a_transformer_without_layers_leaves_each_token_to_itself() -> None:
    x = torch.randn(1, 4, 3)
    other = x.clone()
    other[:, 0] += 1
    for layers, alone in ((0, True), (1, False)):
        encoder = TransformerEncoder(spec.Transformer(features=8, heads=2, layers=layers), (4, 3))
        assert torch.allclose(encoder(x)[:, 1:], encoder(other)[:, 1:]) is alone


@pytest.mark.parametrize("asked", FUSIONS.values(), ids=FUSIONS)
def test_any_objective_trains_any_fusion_of_any_encoders(asked: dict[str, Any]) -> None:
    methods = [
        {"kind": "vanilla"},
        {"kind": "synib", "mask": {"kind": "random", "fill": "noise", "draws": 2}},
        {"kind": "synib", "name": "latent", "mask": {"kind": "random", "fill": "shuffle", "on": "latent"}},
        {"kind": "synib", "name": "token", "mask": {"kind": "full", "fill": "token", "on": "latent"}},
        {"kind": "synib", "name": "learned", "mask": {"kind": "learned", "steps": 2, "solver": "path"}},
        {"kind": "modality_dropout"},
    ]
    experiment = parse_experiment(
        {"dataset": DIGITS, "modalities": MIXED, "fusion": asked, "methods": methods}
    )
    info = experiment.dataset.info()
    net = MultimodalClassifier(experiment, info)
    g = torch.Generator().manual_seed(0)
    x = {name: torch.randn(8, *shape, generator=g) for name, shape in info.shapes.items()}
    for method in experiment.methods:
        net.zero_grad()
        objective = build(method, experiment, info)
        losses = objective(net, x, torch.arange(8) % 2, generator=g)
        objective.backward(net, losses)
        assert losses.total.isfinite()
        assert all(p.grad is None or p.grad.isfinite().all() for p in net.parameters())


@pytest.mark.parametrize("kind", ["late_sum", "mult", "mbt"])
def test_a_model_of_tokens_is_trained_resumed_and_questioned_like_any_other(
    kind: str, tmp_path: Path
) -> None:
    experiment = parse_experiment(
        {
            "dataset": DIGITS,
            "modalities": MIXED,
            "fusion": FUSIONS[kind] | {"dropout": 0.1},
            "methods": [{"kind": "synib"}],
            "training": {"epochs": 2, "batch_size": 60, "lr": 0.01},
        }
    )
    dataset = load(experiment.dataset)
    trained = train(experiment, 0, 0, dataset)
    answers = iter([False] * 3 + [True])
    with pytest.raises(Interrupted):
        train(experiment, 0, 0, dataset, checkpoint=tmp_path / "c", should_stop=lambda: next(answers))
    resumed = train(experiment, 0, 0, dataset, checkpoint=tmp_path / "c")
    kept = trained.model.state_dict()
    assert all(torch.equal(kept[name], value) for name, value in resumed.model.state_dict().items())
    _, table = evaluate(trained, dataset, experiment, 0, 0)
    assert np.isfinite(table.information).all()
    if kind == "late_sum":
        assert abs(table.interaction).max() < 1e-5  # additive, and seen to be


@pytest.mark.parametrize(
    ("fields", "pointer", "says"),
    [
        ({"fusion": {"kind": "mult", "width": 10, "heads": 4}}, "/fusion/heads", "use 1, 2, 5 or 10"),
        ({"fusion": {"kind": "mbt", "width": 10, "heads": 4}}, "/fusion/heads", "cannot share width 10"),
        ({"fusion": {"kind": "mbt", "layers": 1}}, "/fusion/layers", "at least 2"),
        ({"fusion": {"kind": "mtb"}}, "/fusion/kind", "did you mean mbt?"),
        ({"fusion": {"hidden": 8}}, "/fusion", "say its kind"),
        (
            {"modalities": {"left": {"encoder": TRANSFORMER | {"patch": 3}}, "right": {}}},
            "/modalities/left/encoder/patch",
            "do not tile 8 × 8 pixels; use 1, 2, 4 or 8",
        ),
        (
            {"modalities": {"left": {"encoder": TRANSFORMER | {"heads": 3}}, "right": {}}},
            "/modalities/left/encoder/heads",
            "3 heads cannot share features 8",
        ),
        (
            {
                "dataset": {"kind": "noisy_xor"},
                "modalities": {"x1": {}, "x2": {"encoder": {"kind": "transformer"}}},
            },
            "/modalities/x2/encoder/kind",
            "not the shape (1,); use mlp",
        ),
    ],
)
def test_a_network_that_cannot_be_is_refused_with_what_could(
    fields: dict[str, Any], pointer: str, says: str
) -> None:
    with pytest.raises(SpecError) as error:
        parse_experiment({"dataset": DIGITS, "methods": [{"kind": "vanilla"}]} | fields)
    (problem,) = error.value.problems
    assert problem.pointer == pointer
    assert says in problem.detail
