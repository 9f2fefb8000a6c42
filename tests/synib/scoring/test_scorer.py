"""A model is asked about new examples as the evaluation asks it, and each answer is that example's own."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synib.report import Worth
from synib.report.base import Estimate
from synib.report.card import Card, ProfileLimits, Standing
from synib.scoring import Kit, Scored, Scorer
from synib.scoring.folder import CARD, DONORS
from synib.scoring.profile import Profile
from synib.scoring.scorer import NotLikeThat
from synib.training import CorruptCheckpoint
from tests.synib.evaluation.oracles import AND, RDN, XOR, Oracle, Outcomes
from tests.synib.scoring.kits import examples, folder_of, made, scorer

POOL = 60  # examples that are put together in all ways
NUMBERS = ("joint_p", "subset_p", "subset_entropy", "head_p", "interaction", "information", "redundant",
           "unique", "synergy")  # fmt: skip


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    return scorer(tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    return scorer(tmp_path_factory.mktemp("three"), "three")


def oracle(outcomes: Outcomes) -> Scorer:
    """The exact posterior, with one donor of each pair of values: all of the population, in equal parts."""
    pairs = np.array([pair[:2] for pair in outcomes], np.float32)
    model = Oracle(outcomes)
    donors = {name: torch.from_numpy(pairs[:, [m]]) for m, name in enumerate(model.names)}
    none = Estimate(value=0.0, low=None, high=None)
    card = Card.model_construct(
        shapes={name: [1] for name in model.names},
        classes=["0", "1"],
        base_rate=[0.5, 0.5],
        donors=len(pairs),
        temperature=1.0,
        head_temperatures=dict.fromkeys(model.names, 1.0),
        alone=[Standing(modality=name, by="withholding") for name in model.names],
        profile={name: ProfileLimits(examples=9, outside=0.0, distance=9.0) for name in model.names},
        worth=Worth(examples=0, accuracy=none, ece=0, synergy=none, found=False, sentence=""),
    )
    whole = Profile(*(np.array([v], np.float32) for v in (0, 1, 0.5, 0.5)))
    return Scorer(model, Kit(card, donors, dict.fromkeys(model.names, whole)))


# ------------------------------------------------------------------------ what the numbers are


@pytest.mark.parametrize(
    ("outcomes", "left", "interaction"),
    [
        (XOR, 0.5, 0.5),  # 1 - (1/2 + 1/2 - 1/2)
        (AND, 0.5, 0.25),  # of (1, 1): 1 - (1/2 + 1/2 - 1/4)
    ],
)
def test_closed_forms_of_gates(outcomes: Outcomes, left: float, interaction: float) -> None:
    ones = np.ones((1, 1), np.float32)
    scored = oracle(outcomes).score({"left": ones, "right": ones})
    label = 0 if outcomes is XOR else 1
    assert scored.predicted.tolist() == [label]
    assert scored.subset_p[0, 0, label] == pytest.approx(left, abs=1e-6)
    assert scored.interaction[0] == pytest.approx(interaction, abs=1e-6)


def test_of_xor_all_information_is_synergy_and_of_rdn_none() -> None:
    x = {name: np.array([[0], [1]], np.float32) for name in ("left", "right")}
    xor = oracle(XOR).score(x, ["0", "0"])
    assert xor.synergy == pytest.approx([1, 1], abs=1e-5)
    assert xor.redundant == pytest.approx([0, 0], abs=1e-5)
    rdn = oracle(RDN).score(x, ["0", "1"])
    # One of two donors disagrees with what is seen, and the model is undecided about such a pair: 3/4.
    assert rdn.subset_p[[0, 1], 0, [0, 1]] == pytest.approx([0.75, 0.75], abs=1e-6)
    assert rdn.redundant == pytest.approx([np.log2(0.75 / 0.5)] * 2, abs=1e-5)


def test_joint_and_heads_are_those_of_the_run_s_own_records(tmp_path: Path) -> None:
    _, _, data, table = made()
    test = data.select("test")
    scored = Scorer.load(folder_of(tmp_path)).score(test.x, [data.classes[y] for y in test.y])
    assert scored.joint_p.max(1) == pytest.approx(table.confidence, abs=1e-5)
    assert scored.head_p.max(2) == pytest.approx(table.head_confidence, abs=1e-5)
    assert scored.information[:, -1] == pytest.approx(table.information[:, -1], abs=1e-4)
    assert (scored.predicted == table.predicted).all()


def test_withholding_is_the_mean_over_the_donors_one_by_one(two: Scorer) -> None:
    _, model, data, _ = made()
    [row] = np.flatnonzero(data.split == "test")[:1]
    expected = []
    for donor in range(two.card.donors):
        x = {
            "x1": torch.from_numpy(data.x["x1"][[row]]).double(),
            "x2": two.kit.donors["x2"][[donor]].double(),
        }
        with torch.no_grad():
            logits = two.model.fuse(two.model.encode(x))  # type: ignore[arg-type]
        expected.append(torch.softmax(logits / two.card.temperature, -1))
    scored = two.score(examples(data, [row]))
    assert scored.subset_p[0, 0] == pytest.approx(torch.cat(expected).mean(0).numpy(), abs=1e-12)
    assert model.model.training is False


def test_parts_sum_to_the_joint_information(two: Scorer, three: Scorer) -> None:
    for one, kind in ((two, "two"), (three, "three")):
        data = made(kind)[2].select("test")
        scored = one.score(data.x, [data.classes[y] for y in data.y])
        parts = scored.redundant + scored.unique.sum(1) + scored.synergy
        assert parts == pytest.approx(scored.information[:, -1], abs=1e-9)
        true = scored.joint_p[np.arange(len(data)), data.y]
        base = np.array(one.card.base_rate)[data.y]
        assert scored.information[:, -1] == pytest.approx(np.log2(np.maximum(true, 1e-9) / base), abs=1e-9)


# ------------------------------------------------------------- whatever the batch they travelled in


@pytest.fixture(scope="module")
def known(two: Scorer, three: Scorer) -> dict[str, Scored]:
    """All examples at once, some of them without one of their modalities."""
    found = {}
    for kind, one in (("two", two), ("three", three)):
        x, label = mixed(kind)
        found[kind] = one.score(x, label)
    return found


def mixed(kind: str) -> tuple[dict[str, np.ndarray], list[str | None]]:
    data = made(kind)[2].select("test")
    x = {name: values[:POOL].copy() for name, values in data.x.items()}
    for place, name in enumerate(x):
        x[name][place :: 4 + place] = np.nan
    alive = ~np.all([np.isnan(v).reshape(len(v), -1).all(1) for v in x.values()], axis=0)
    x = {name: values[alive] for name, values in x.items()}
    label = [data.classes[y] if y and i % 3 else None for i, y in enumerate(data.y[:POOL][alive])]
    return x, label


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.integers(0, 40), min_size=1, max_size=70), kind=st.sampled_from(["two", "three"]))
def test_an_example_gets_the_same_answer_in_any_company(
    rows: list[int], kind: str, two: Scorer, three: Scorer, known: dict[str, Scored]
) -> None:
    x, label = mixed(kind)
    one = two if kind == "two" else three
    scored = one.score({name: values[rows] for name, values in x.items()}, [label[row] for row in rows])
    for name in NUMBERS:
        expected = getattr(known[kind], name)[rows]
        assert getattr(scored, name) == pytest.approx(expected, abs=1e-9, nan_ok=True), name
    warned = {(w.example, w.modality, w.kind, w.detail) for w in scored.warnings}
    before = [(w.example, w.modality, w.kind, w.detail) for w in known[kind].warnings]
    assert warned == {(i, *w[1:]) for i, row in enumerate(rows) for w in before if w[0] == row}


def test_taking_some_of_the_answers_keeps_their_warnings(known: dict[str, Scored]) -> None:
    whole = known["two"]
    part = whole.take(slice(7, 19))
    assert len(part) == 12
    assert list(part.records()) == list(whole.records())[7:19]


# ---------------------------------------------------------------------------- what is not there


def test_a_modality_that_is_not_there_is_withheld(two: Scorer) -> None:
    data = made()[2].select("test")
    whole = two.score({name: values[:5] for name, values in data.x.items()})
    half = two.score({"x1": data.x["x1"][:5]})
    assert half.joint_p == pytest.approx(whole.subset_p[:, 0], abs=1e-12)
    assert half.subset_p[:, 0] == pytest.approx(whole.subset_p[:, 0], abs=1e-12)
    assert np.isnan(half.subset_p[:, 1:]).all()
    assert np.isnan(half.interaction).all()
    record = next(iter(half.records()))
    assert record["withheld"] == ["x2"]
    assert [*record["subsets"]] == ["x1"]
    assert [*record["heads"]] == ["x1"]
    assert record["interaction"] is record["synergy"] is record["unique"] is None


def test_of_three_modalities_two_still_interact(three: Scorer) -> None:
    data = made("three")[2].select("test")
    names = three.modalities
    x = {name: data.x[name][:4] for name in names[:2]}
    scored = three.score(x, [data.classes[y] for y in data.y[:4]])
    pair = scored.subset_p[:, scored.subsets.index(names[:2])]
    assert scored.joint_p == pytest.approx(pair, abs=1e-12)
    assert np.isfinite(scored.interaction).all()
    assert np.isfinite(scored.information[:, scored.subsets.index(names[:2])]).all()
    assert np.isnan(scored.synergy).all()


def test_a_value_that_is_not_there_is_the_model_s_business(two: Scorer) -> None:
    data = made()[2].select("test")
    x = {name: values[:1].copy() for name, values in data.x.items()}
    x["x1"][0, 0] = np.nan
    assert two.score(x).present.all()
    assert np.isfinite(two.score(x).subset_p).all()


# --------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("x", "label", "said"),
    [
        ({"x1": np.zeros((2, 3)), "x9": np.zeros((2, 3))}, None, "no modality 'x9'; it has x1, x2"),
        ({"x1": np.zeros((2, 4))}, None, r"x1 is \(2, 4\); the model takes \(2, 3\)"),
        ({"x1": np.zeros((2, 3)), "x2": np.zeros((1, 3))}, None, r"x2 is \(1, 3\)"),
        ({"x1": np.full((2, 3), np.inf)}, None, "x1 has infinite values"),
        ({"x1": np.full((2, 3), np.nan)}, None, "example 0 has no modality at all"),
        ({}, None, "there is no example"),
        ({"x1": np.zeros((1, 3))}, ["maybe"], "'maybe' is none of the classes 0, 1"),
        ({"x1": np.zeros((1, 3))}, ["0", "1"], "1 examples and 2 labels"),
    ],
)
def test_what_the_model_cannot_take_is_refused(
    two: Scorer, x: dict[str, np.ndarray], label: list[str] | None, said: str
) -> None:
    with pytest.raises(NotLikeThat, match=said):
        two.score(x, label)


def test_a_damaged_folder_is_not_read(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    content = bytearray((folder / DONORS).read_bytes())
    content[-1] ^= 1
    (folder / DONORS).write_bytes(content)
    with pytest.raises(CorruptCheckpoint, match="hash differs"):
        Scorer.load(folder)
    (folder / CARD).unlink()
    with pytest.raises(FileNotFoundError):
        Scorer.load(folder)
