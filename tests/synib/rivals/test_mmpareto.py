"""MMPareto finds a direction that serves both losses."""

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import cross_entropy

from synib import spec
from synib.objectives.rivals.mmpareto import MmPareto, least_norm, reconciled
from tests.synib.rivals.toys import Toy, batch


def vector(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_conflicting_gradients_meet_where_their_mixture_is_shortest() -> None:
    # (1, 0) and (-1, 1): shares 3/5 and 2/5 give (.2, .4). Doubled it is (.4, .8), .894427 long; the sum
    # (0, 1) is longer, so it is stretched to length 1: (.447214, .894427).
    torch.testing.assert_close(least_norm(vector(1, 0), vector(-1, 1)), vector(0.2, 0.4))
    found = reconciled(vector(1, 0), vector(-1, 1))
    torch.testing.assert_close(found, vector(0.447214, 0.894427), atol=1e-6, rtol=0)


def test_a_mixture_longer_than_the_sum_is_not_shortened() -> None:
    # (1, .1) and (-1, .1): halves give (0, .1), doubled (0, .2), which is the sum.
    torch.testing.assert_close(reconciled(vector(1, 0.1), vector(-1, 0.1)), vector(0, 0.2))


@pytest.mark.parametrize("own", [vector(1, 1), vector(0, 3), vector(0, 0)])
def test_gradients_that_agree_are_added(own: Tensor) -> None:
    torch.testing.assert_close(reconciled(vector(1, 0), own), vector(1, 0) + own)


def test_exactly_opposed_gradients_move_nothing() -> None:
    assert reconciled(vector(1, 1), vector(-2, -2)).abs().max().item() == 0
    assert reconciled(vector(0, 0), vector(0, 0)).abs().max().item() == 0


numbers = st.floats(-5, 5, width=32)
gradients = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=6)


@given(gradients)
def test_the_result_ascends_neither_loss_and_is_no_shorter_than_the_sum(
    pairs: list[tuple[float, float]],
) -> None:
    joint, own = (vector(*column) for column in zip(*pairs, strict=True))
    found = reconciled(joint, own)
    scale = 1 + (joint.norm() + own.norm()).item() ** 2
    assert (found @ joint).item() >= -1e-9 * scale
    assert (found @ own).item() >= -1e-9 * scale
    assume(found.norm() > 0)
    assert found.norm().item() >= (joint + own).norm().item() * (1 - 1e-9)


@pytest.mark.parametrize("modalities", ["ab", "abc"])
def test_encoders_get_the_reconciled_gradient_and_the_rest_the_sum(modalities: str) -> None:
    model, (x, y) = Toy(modalities), batch(modalities)
    objective = MmPareto(spec.MmPareto(gamma=1.5))
    losses = objective(model, x, y)
    objective.backward(model, losses)
    found = {name: p.grad for name, p in model.named_parameters()}

    z = model.encode(x)
    joint = cross_entropy(model.fuse(z), y)
    own = {name: cross_entropy(logits, y) for name, logits in model.heads(z).items()}
    torch.testing.assert_close(losses.total, joint + sum(own.values()))
    total = joint + torch.stack(list(own.values())).sum()
    for name, parameter in model.named_parameters():
        if name.startswith("encoders"):
            modality = name.split(".")[1]
            pair = [
                torch.autograd.grad(loss, parameter, retain_graph=True)[0] for loss in (joint, own[modality])
            ]
            expected = 1.5 * reconciled(pair[0].flatten(), pair[1].flatten()).view_as(parameter)
        else:
            (expected,) = torch.autograd.grad(total, parameter, retain_graph=True)
        torch.testing.assert_close(found[name], expected, msg=name)
