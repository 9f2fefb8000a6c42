"""Reports on anybody's predictions: what each split is for, what is no answer, what comes out alike."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synib import spec
from synib.evaluation.analyse import NothingToReport, analyse
from synib.evaluation.enough import GROUPS, OTHERS, ROWS, too_little
from synib.evaluation.origin import predictions_sha256
from synib.evaluation.predictions import Predictions
from synib.report import Estimate, Provenance, Report

NOWHERE = Provenance(version="0", data_sha256="0", spec_sha256="0", seed=0, python="3")
ASKED = spec.Analysis(resamples=200)
SINGLES = (("voice",), ("face",))
ALL = ("voice", "face")


def table(rows: int = 400, seed: int = 0, **changes: object) -> Predictions:
    """Calibrated forecasts of three classes: face tells more than voice, both together most."""
    rng = np.random.default_rng(seed)
    logits = {
        subset: rng.normal(0, spread, (rows, 3)) for subset, spread in zip(SINGLES, (0.8, 1.5), strict=True)
    }
    joint = logits[SINGLES[0]] + logits[SINGLES[1]] + rng.normal(0, 1.0, (rows, 3))
    p = np.exp(joint) / np.exp(joint).sum(1, keepdims=True)
    label = np.array([rng.choice(3, p=row) for row in p])
    odds = {
        subset: np.exp(0.7 * values) for subset, values in logits.items()
    }  # the other's share averages out
    made = Predictions(
        modalities=ALL,
        classes=("ANG", "HAP", "SAD"),
        label=label,
        p={subset: values / values.sum(1, keepdims=True) for subset, values in odds.items()} | {ALL: p},
        base=np.full(3, 1 / 3),
        example_id=np.array([f"clip {i}" for i in range(rows)]),
    )
    return replace(made, **changes)


def told(predictions: Predictions, asked: spec.Analysis = ASKED) -> Report:
    return analyse(predictions, asked, provenance=NOWHERE)[0]


def splits(*parts: tuple[str, int]) -> np.ndarray:
    return np.concatenate([np.full(count, name) for name, count in parts])


# ------------------------------------------------------------------------------- what rows are for


def test_a_table_without_splits_is_reported_as_a_whole_with_its_own_base_rate():
    predictions = table()
    report = told(predictions)
    assert report.examples == 400
    assert report.base_rate == pytest.approx(np.bincount(predictions.label) / 400)
    assert report.calibration.method == "none"
    assert "No row is of split validation" in str(report.calibration.note)
    assert any("the base rate is that of the reported rows" in note for note in report.notes)


def test_a_model_that_is_always_right_is_not_shown_to_be_always_right():
    # Wilson 1927: of n right of n, n / (n + z²) at least. A resample would say 1 to 1.
    predictions = table()
    p = np.full((400, 3), 0.05)
    p[np.arange(400), predictions.label] = 0.9
    report = told(replace(predictions, p=predictions.p | {ALL: p}))
    accuracy = report.joint.accuracy
    assert (accuracy.value, accuracy.high) == (1, 1)
    assert accuracy.low == pytest.approx(400 / (400 + stats.norm.ppf(0.975) ** 2))


def test_train_rows_tell_the_base_rate_validation_rows_the_temperature_and_neither_is_reported():
    predictions = table(600, split=splits(("train", 100), ("validation", 200), ("test", 300)))
    report, examples = analyse(predictions, ASKED, provenance=NOWHERE)
    assert report.examples == len(examples) == 300
    assert set(examples.split) == {"test"}
    assert report.base_rate == pytest.approx(np.bincount(predictions.label[:100], minlength=3) / 100)
    assert report.calibration.method == "temperature"
    assert not any("base rate" in note for note in report.notes)


def test_each_subset_gets_a_temperature_of_its_own():
    # Voice is four times too sure (its logits are multiplied), the others are as sure as they should be.
    honest = table(4000, split=splits(("validation", 2000), ("test", 2000)))
    odds = honest.alone("voice") ** 4
    sure = replace(honest, p=honest.p | {("voice",): odds / odds.sum(1, keepdims=True)})
    plain, mended = told(honest), told(sure)
    assert mended.by_subset["voice"].nll == pytest.approx(plain.by_subset["voice"].nll, abs=0.02)
    assert mended.calibration.temperature == pytest.approx(plain.calibration.temperature)
    left = told(sure, ASKED.model_copy(update={"calibration": "none"}))
    assert left.by_subset["voice"].nll > plain.by_subset["voice"].nll + 0.5
    assert left.calibration.method == "none"


def test_a_table_of_nothing_but_training_rows_has_nothing_to_report():
    with pytest.raises(NothingToReport, match="split test"):
        told(table(100, split=splits(("train", 60), ("validation", 40))))


# ------------------------------------------------------------------------------------- what it says


def test_given_predictions_stand_for_themselves_and_fill_the_heads_columns():
    predictions = table()
    report, examples = analyse(predictions, ASKED, provenance=NOWHERE)
    assert [one.by for one in report.alone] == ["given", "given"]
    for m, name in enumerate(ALL):
        assert np.array_equal(examples.head_predicted[:, m], predictions.alone(name).argmax(1))
        assert examples.head_p_true[:, m] == pytest.approx(predictions.p_true((name,)), abs=1e-6)


def test_a_modality_that_says_less_than_the_base_rate_gives_way_to_it():
    # Sure and wrong half of the time: as it stands it would make the combination worth more than there is.
    predictions = table()
    wild = np.full((400, 3), 0.005)
    wild[np.arange(400), np.random.default_rng(1).integers(0, 3, 400)] = 0.99
    report = told(replace(predictions, p=predictions.p | {("voice",): wild}))
    assert {one.modality: one.by for one in report.alone} == {"voice": "base rate", "face": "given"}
    assert report.synergy.estimate.value <= report.joint.information.value + 1e-9


def test_interaction_has_the_base_rate_for_the_empty_subset():
    predictions = table()
    _, examples = analyse(predictions, ASKED, provenance=NOWHERE)
    base, rows = np.bincount(predictions.label) / 400, np.arange(400)
    c = predictions.joint.argmax(1)
    by_hand = predictions.joint[rows, c] - (
        predictions.alone("voice")[rows, c] + predictions.alone("face")[rows, c] - base[c]
    )
    assert examples.interaction == pytest.approx(by_hand, abs=1e-6)


def test_every_section_that_needs_no_model_is_there_and_those_that_do_are_not():
    report = told(table())
    for section in (report.measures, report.agreement, report.subset, report.calibration_by_subset,
                    report.removal, report.missing, report.games):  # fmt: skip
        assert section is not None
    assert report.noise is None
    assert report.games is not None
    assert "emap_gap" in report.games.missing


def test_measures_have_all_that_is_needed_to_believe_them():
    report = told(table())
    names = {(one.name, one.method) for one in report.measures or ()}
    assert {("synergy", "broja"), ("synergy", "mmi"), ("synergy", "at_least")} <= names
    for one in report.measures or ():
        assert one.low is not None
        assert one.n == 400
        assert one.null is not None or one.note
    assert set(report.provenance.estimators.values()) == {one.version for one in report.measures or ()}
    assert set(report.provenance.solvers.values()) == {"solved"}


def test_a_report_survives_json_and_an_old_one_has_no_sections():
    report = told(table())
    assert Report.model_validate_json(report.model_dump_json()) == report
    optional = ("measures", "agreement", "subset", "calibration_by_subset", "removal", "missing", "noise",
                "games", "notes", "too_little")  # fmt: skip
    stored = report.model_dump(mode="json", exclude=set(optional))
    assert all(not getattr(Report.model_validate(stored), name) for name in optional)


def test_the_same_table_and_seed_give_the_same_report_bit_for_bit():
    first, second = (told(table()).model_dump_json() for _ in range(2))
    assert first == second
    other = told(table(), ASKED.model_copy(update={"seed": 1}))
    assert other.model_dump_json() != first


def test_groups_widen_intervals_unless_they_are_ignored():
    # 40 speakers, each clip ten times: 400 rows that are worth 40.
    clips = table(40)
    copies = replace(clips.take(np.repeat(np.arange(40), 10)), example_id=np.arange(400).astype(str))
    spoken = replace(copies, group=np.repeat(np.arange(40), 10).astype(str))

    def width(report: Report) -> float:
        low, high = report.joint.information.low, report.joint.information.high
        assert low is not None
        assert high is not None
        return high - low

    together, ignored = told(spoken), told(spoken, ASKED.model_copy(update={"groups": "ignored"}))
    assert width(together) / width(ignored) == pytest.approx(np.sqrt(10), rel=0.2)
    assert width(ignored) == pytest.approx(width(told(copies)))


def test_each_modality_is_told_against_everything_example_by_example():
    predictions = table()
    joint = predictions.p[ALL].argmax(1) == predictions.label
    for alone in told(predictions).alone:
        own = predictions.p[alone.modality,].argmax(1) == predictions.label
        only_joint, only_alone = int((joint & ~own).sum()), int((own & ~joint).sum())
        assert alone.discordant
        assert (alone.discordant.only_joint, alone.discordant.only_alone) == (only_joint, only_alone)
        expected = stats.binomtest(only_joint, only_joint + only_alone).pvalue
        assert alone.discordant.p == pytest.approx(expected)


def test_examples_of_one_group_are_no_independent_coins():
    grouped = table(group=(np.arange(400) % 40).astype(str))
    assert all(alone.discordant and alone.discordant.p is None for alone in told(grouped).alone)


# --------------------------------------------------------------------------------------- too little


def balanced(rows: int, others: int | None = None, groups: int | None = None) -> Predictions:
    label = np.zeros(rows, np.int64)
    label[: rows // 2 if others is None else others] = 1
    group = None if groups is None else (np.arange(rows) % groups).astype(str)
    return table(rows, label=label, group=group)


@pytest.mark.parametrize(
    ("predictions", "why"),
    [
        (balanced(12), "12 rows"),
        (balanced(ROWS - 1), f"{ROWS} are the fewest"),
        (balanced(200, others=0), "every label is 'ANG'"),
        (balanced(200, others=OTHERS - 1), f"only {OTHERS - 1} of 200 rows"),
        (balanced(200, groups=GROUPS - 1), f"of {GROUPS - 1} groups"),
        (balanced(200, groups=1), "of 1 group"),
        (balanced(1, others=1), "1 row"),
    ],
)
def test_too_little_data_is_answered_in_words_and_with_no_number_that_looks_like_a_finding(predictions, why):
    report, examples = analyse(predictions, ASKED, provenance=NOWHERE)
    assert why in str(report.too_little)
    assert report.synergy.sentence == report.too_little
    assert not report.synergy.found
    assert report.synergy.estimate == Estimate(value=0, low=0, high=np.log2(3))  # all that is possible
    assert report.agreement is not None
    assert (report.agreement.verdict, report.agreement.voices) == ("red", [])
    assert report.measures is report.subset is report.games is None
    for seen in report.by_subset.values():
        assert seen.accuracy.low is seen.information.low is None
    assert len(examples) == len(predictions)


@pytest.mark.parametrize(
    "predictions", [balanced(ROWS), balanced(200, others=OTHERS), balanced(200, groups=GROUPS)]
)
def test_the_bounds_themselves_are_enough(predictions):
    assert too_little(predictions) is None
    assert told(predictions).measures


def test_groups_that_are_too_few_are_enough_where_they_are_ignored():
    report = told(balanced(200, groups=2), ASKED.model_copy(update={"groups": "ignored"}))
    assert report.too_little is None


# --------------------------------------------------------------------------------------- where from


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["label", "example_id", "p", "split"]), st.integers(0, 49))
def test_the_hash_of_a_table_tells_every_change_and_nothing_else(what, row):
    made = table(50, split=splits(("test", 50)))
    assert predictions_sha256(made) == predictions_sha256(table(50, split=splits(("test", 50))))
    if what == "p":
        p = {subset: values.copy() for subset, values in made.p.items()}
        p[ALL][row] = p[ALL][row][::-1]
        changed = replace(made, p=p)
    else:
        column = getattr(made, what).copy()
        column[row] = (column[row] + 1) % 3 if what == "label" else "other"
        changed = replace(made, **{what: column})
    assert predictions_sha256(changed) != predictions_sha256(made)


def test_the_hash_does_not_depend_on_the_order_in_which_subsets_came():
    made = table(50)
    turned = replace(made, p=dict(reversed(made.p.items())))
    assert predictions_sha256(turned) == predictions_sha256(made)
