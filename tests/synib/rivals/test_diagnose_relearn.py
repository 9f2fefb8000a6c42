"""Diagnosing and re-learning: purity, gap, and the way back."""

import numpy as np
import pytest
import torch
from torch import Tensor

from synib import spec
from synib.objectives.objective import Examples
from synib.objectives.rivals.diagnose_relearn import DiagnoseRelearn, purity
from tests.synib.rivals.toys import Toy


def test_purity_is_the_share_of_the_commonest_label() -> None:
    # Two far clusters of three, labels 0 0 1 and 1 1 1: (2 + 3) / 6.
    z = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]])
    assert purity(z, np.array([0, 0, 1, 1, 1, 1]), classes=2) == pytest.approx(5 / 6)
    assert purity(z, np.array([0, 0, 0, 1, 1, 1]), classes=2) == 1


def test_units_count_alike_whatever_their_scale() -> None:
    # The second unit is a thousand times smaller and tells the label, the first is noise of little spread.
    noise = np.linspace(0, 1, 40) ** 3
    z = np.stack([1000 * noise[np.random.default_rng(0).permutation(40)], np.arange(40) % 2], axis=1)
    assert purity(z, np.arange(40) % 2, classes=2) == 1


def test_representations_that_are_all_one_point_have_the_base_rate_for_purity() -> None:
    assert purity(np.zeros((8, 3)), np.array([0] * 6 + [1] * 2), classes=2) == 0.75


SEEN = torch.tensor([[-1.0, 0], [-1, 0], [1, 0], [1, 0]])
TELLS, MIXED = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])


def examples(a: Tensor, b: Tensor, y: Tensor) -> Examples:
    return Examples({"a": a, "b": b}, y)


def objective(**settings: float) -> DiagnoseRelearn:
    return DiagnoseRelearn(spec.DiagnoseRelearn.model_validate(settings), classes=2)


def test_an_overfitted_encoder_goes_back_and_the_other_stays() -> None:
    # a: purity 1 in training, 1/2 in validation: gap .5, tanh(3 · .5) = .905148, so 2 becomes .189703.
    # b: its values order the labels in both, so its gap is 0 although a's is not.
    model, method = Toy(), objective(every=2)
    for encoder in model.encoders.values():
        torch.nn.init.zeros_(encoder.weight)
    train = examples(SEEN, SEEN, TELLS)
    validation = examples(SEEN, SEEN[[0, 2, 1, 3]], MIXED)
    method.begin(model, train, validation)
    rest = {n: p.detach().clone() for n, p in model.named_parameters() if not n.startswith("encoders")}
    with torch.no_grad():
        for encoder in model.encoders.values():
            encoder.weight.copy_(torch.full((2, 2), 2.0))
    assert method.diagnosis(model, train, validation) == {"a": pytest.approx(0.5), "b": pytest.approx(0)}
    method.end_epoch(model, 2, train, validation)
    torch.testing.assert_close(
        model.encoders["a"].weight.detach(), torch.full((2, 2), 0.189703), atol=1e-5, rtol=0
    )
    assert torch.equal(model.encoders["b"].weight, torch.full((2, 2), 2.0))
    assert all(torch.equal(model.get_parameter(name), before) for name, before in rest.items())


@pytest.mark.parametrize(
    ("epoch", "acts"), [(1, False), (2, False), (3, True), (4, False), (6, True), (9, False)]
)
def test_a_diagnosis_comes_every_n_epochs_and_so_many_times(epoch: int, acts: bool) -> None:
    model, method = Toy(), objective(every=3, times=2)
    train, validation = examples(SEEN, SEEN, TELLS), examples(SEEN, SEEN, MIXED)
    method.begin(model, train, validation)
    with torch.no_grad():
        model.encoders["a"].weight.add_(1)
    before = model.encoders["a"].weight.detach().clone()
    method.end_epoch(model, epoch, train, validation)
    assert torch.equal(model.encoders["a"].weight, before) != acts
