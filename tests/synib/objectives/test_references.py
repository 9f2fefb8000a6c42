"""What a prediction without a modality should fall back to."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from synib import SynIB, spec
from synib.models import MultimodalClassifier
from synib.objectives import Examples
from synib.objectives.references import divergence
from tests.synib.examples import experiment
from tests.synib.objectives.batches import generator

B = 48


def model_and_batch(k: int = 2) -> tuple[MultimodalClassifier, dict[str, Tensor], Tensor]:
    plan = experiment(dataset={"kind": "gaussian_xor", "examples": 300, "dims": 3, "modalities": k})
    info = plan.dataset.info()
    x = {name: torch.randn(B, 3, generator=generator()) for name in info.shapes}
    return MultimodalClassifier(plan, info), x, (torch.arange(B) % 3 == 0).long()


def penalty(reference: str, model: Any, x: dict[str, Tensor], y: Tensor, **settings: Any) -> float:
    objective = SynIB(1.0, spec.FullMask(fill="zero"), reference, **settings)
    objective.begin(model, Examples(x, y), Examples(x, y))
    return objective(model, x, y).penalty.item()


def withheld(model: MultimodalClassifier, x: dict[str, Tensor], *names: str) -> Tensor:
    return model({name: torch.zeros_like(v) if name in names else v for name, v in x.items()})


def test_the_class_prior_is_counted_on_training_labels() -> None:
    model, x, y = model_and_batch()
    r = torch.tensor([2 / 3, 1 / 3]).log()
    expected = sum(divergence(withheld(model, x, name), r).mean().item() for name in x) / 2
    assert penalty("class_prior", model, x, y) == pytest.approx(expected, rel=1e-5)


def test_a_class_that_training_lacks_leaves_the_divergence_finite() -> None:
    model, x, _ = model_and_batch()
    assert math.isfinite(penalty("class_prior", model, x, torch.zeros(B, dtype=torch.long)))


def test_the_gaussian_reference_is_half_the_squared_logits() -> None:
    # By hand: logits (2, -1) are KL(N((2, -1), I) || N(0, I)) = (4 + 1) / 2 = 2.5 nats away.
    constant = torch.tensor([2.0, -1.0])
    x = {"a": torch.randn(4, 2), "b": torch.randn(4, 2)}
    objective = SynIB(1.0, spec.FullMask(fill="zero"), "gaussian")
    assert objective(lambda x: constant.expand(len(x["a"]), 2), x, torch.zeros(4).long()).penalty == 2.5


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("withhold", ["one", "all_but_one"])
def test_the_unimodal_reference_is_what_the_seen_modalities_say_alone(k: int, withhold: Any) -> None:
    model, x, y = model_and_batch(k)
    alone = {name: logits.softmax(1) for name, logits in model.heads(model.encode(x)).items()}
    total = 0.0
    for name in x:
        rest = [other for other in x if other != name]
        gone, seen = (rest, [name]) if withhold == "all_but_one" else ([name], rest)
        r = torch.stack([alone[one] for one in seen]).mean(0).log()
        total += divergence(withheld(model, x, *gone), r).mean().item() / k
    assert penalty("unimodal", model, x, y, withhold=withhold) == pytest.approx(total, rel=1e-4)


def test_the_unimodal_reference_never_sees_the_withheld_modality() -> None:
    model, x, y = model_and_batch()
    objective = SynIB(1.0, spec.FullMask(fill="zero"), "unimodal", modality_weights={"x2": 0.0})
    objective.begin(model, Examples(x, y), Examples(x, y))
    before = objective(model, x, y).penalty.item()  # x1 withheld; x2 seen
    other = x | {"x1": torch.randn(B, 3)}
    assert objective(model, other, y).penalty.item() == pytest.approx(before, rel=1e-6)
    assert objective(model, x | {"x2": torch.randn(B, 3)}, y).penalty.item() != before


def test_the_teacher_follows_by_its_decay_takes_no_gradient_and_is_kept_in_the_state() -> None:
    model, x, y = model_and_batch()
    objective = SynIB(1.0, spec.FullMask(), "unimodal", decay=0.9)
    objective.begin(model, Examples(x, y), Examples(x, y))
    before = [p.clone() for p in objective.reference.teacher.parameters()]
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    objective.after_step(model)
    for old, new in zip(before, objective.reference.teacher.parameters(), strict=True):
        torch.testing.assert_close(new, old + 0.1)
        assert not new.requires_grad
    assert any("teacher" in name for name in objective.state_dict())


@pytest.mark.parametrize("reference", ["class_prior", "unimodal"])
def test_a_reference_that_must_begin_says_so(reference: str) -> None:
    model, x, y = model_and_batch()
    with pytest.raises(ValueError, match=r"objective\.begin"):
        SynIB(1.0, reference=reference)(model, x, y)
    with pytest.raises(ValueError, match="use uniform, class_prior"):
        SynIB(1.0, reference="flat")


def test_the_divergence_is_from_prediction_to_reference_for_every_categorical_reference() -> None:
    # q = (.9, .1), r = (.5, .5) or (.25, .75): KL(q || r) = .3681 or .9513; backwards .5108 or 1.1910.
    q = torch.log(torch.tensor([[0.9, 0.1]]))
    x, y = {"a": torch.zeros(4, 1), "b": torch.zeros(4, 1)}, torch.tensor([0, 1, 1, 1])

    class Constant(nn.Module):
        def forward(self, x: dict[str, Tensor]) -> Tensor:
            return q.expand(len(x["a"]), 2)

    for reference, expected in (("uniform", 0.3681), ("class_prior", 0.9513)):
        assert penalty(reference, Constant(), x, y) == pytest.approx(expected, abs=1e-4)


def test_modality_weights_multiply_their_own_terms_and_warm_up_rises_to_one() -> None:
    model, x, y = model_and_batch()
    both = penalty("uniform", model, x, y)
    first = penalty("uniform", model, x, y, modality_weights={"x2": 0.0})
    second = penalty("uniform", model, x, y, modality_weights={"x1": 0.0})
    assert first + second == pytest.approx(both, rel=1e-5)
    tripled = penalty("uniform", model, x, y, modality_weights={"x1": 3.0, "x2": 0.0})
    assert tripled == pytest.approx(3 * first, rel=1e-5)
    objective = SynIB(1.0, spec.FullMask(fill="zero"), warm_up=4)
    rises = []
    for epoch in range(6):
        objective.begin_epoch(epoch)
        rises.append(objective(model, x, y).penalty.item() / both)
    assert rises == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1], rel=1e-5)
