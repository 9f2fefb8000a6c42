"""Files of examples are scored row by row as the same examples are otherwise, and labels make a report."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synib import spec
from synib.problems import TableError
from synib.scoring import Scored, Scorer, files
from synib.scoring.files import score_file
from synib.scoring.report import report_on
from synib.scoring.scored import together
from synib.uploads import Limits
from tests.synib.scoring.kits import folder_of, made

Write = Callable[[Path, dict[str, np.ndarray]], Path]


def columns() -> dict[str, np.ndarray]:
    """The test examples as a table has them."""
    data = made()[2].select("test")
    found = {f"{m}:{i}": values[:, i] for m, values in data.x.items() for i in range(values.shape[1])}
    return {
        "example_id": np.array([f"clip-{i}" for i in range(len(data))]),
        "label": np.array([data.classes[y] for y in data.y]),
        **found,
    }


def as_csv(path: Path, given: dict[str, np.ndarray]) -> Path:
    lines = [",".join(given), *(",".join(map(str, row)) for row in zip(*given.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return path


def as_parquet(path: Path, given: dict[str, np.ndarray]) -> Path:
    pq.write_table(pa.table({name: pa.array(values) for name, values in given.items()}), path)
    return path


def as_npz(path: Path, given: dict[str, np.ndarray]) -> Path:
    arrays = {name: values for name, values in given.items() if ":" not in name}
    for modality in ("x1", "x2"):
        parts = [values for name, values in given.items() if name.startswith(f"{modality}:")]
        if parts:
            arrays[modality] = np.stack(parts, axis=1)
    with path.open("wb") as file:
        np.savez(file, **arrays)
    return path


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    return Scorer.load(folder_of(tmp_path_factory.mktemp("model")))


def scored(scorer: Scorer, source: Path, **asked: object) -> tuple[list[str], Scored]:
    scratch = source.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    parts = list(score_file(scorer, source, scratch, spec.Scoring.model_validate(asked), Limits()))
    return [one for part in parts for one in part.example_id], together([part.scored for part in parts])


@pytest.mark.parametrize("write", [as_csv, as_parquet, as_npz])
def test_a_row_of_a_file_is_scored_as_the_same_example_elsewhere(
    scorer: Scorer, tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "AT_ONCE", 7)
    data = made()[2].select("test")
    ids, found = scored(scorer, write(tmp_path / "file", columns()))
    assert ids == [f"clip-{i}" for i in range(len(data))]
    expected = scorer.score(data.x, [data.classes[y] for y in data.y])
    assert found.subset_p == pytest.approx(expected.subset_p, abs=1e-6)
    assert found.synergy == pytest.approx(expected.synergy, abs=1e-5)
    assert [one.example for one in found.warnings] == [one.example for one in expected.warnings]


def test_what_a_row_lacks_is_withheld_and_what_has_no_label_needs_none(
    scorer: Scorer, tmp_path: Path
) -> None:
    given = columns()
    del given["label"]
    table = as_csv(tmp_path / "file", given)
    lines = table.read_text().splitlines()
    cells = lines[3].split(",")
    lines[3] = ",".join([*cells[:4], "", "", ""])  # the third row has no x2
    table.write_text("\n".join(lines) + "\n")
    ids, found = scored(scorer, table, label=None)
    assert ids[2] == "clip-2"
    assert found.present.sum(0).tolist() == [len(ids), len(ids) - 1]
    assert (found.label == -1).all()
    assert report_on(scorer.card, found, ids, "") is None


@pytest.mark.parametrize(
    ("change", "asked", "said"),
    [
        (lambda c: {**c, "x3:0": c["x1:0"]}, {}, "the model has no modality 'x3'; it has x1, x2"),
        (lambda c: {n: v for n, v in c.items() if n != "x2:1"}, {}, r"is of shape \(2,\); the model takes"),
        (lambda c: {n: v for n, v in c.items() if n != "label"}, {}, "the column label is missing"),
        (lambda c: c | {"label": np.where(np.arange(len(c["label"])) == 4, "maybe", c["label"])}, {},
         "row 5: 'maybe' is none of the model's classes 0, 1"),
        (lambda c: c | {"note": c["label"]}, {}, "note"),
        (lambda c: c, {"label": "colour"}, "colour"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_of_the_model_is_refused(
    scorer: Scorer, tmp_path: Path, change: Callable[..., dict[str, np.ndarray]], asked: dict, said: str
) -> None:
    with pytest.raises(TableError, match=said):
        scored(scorer, as_csv(tmp_path / "file", change(columns())), **asked)


def test_an_archive_is_refused_with_what_to_send(scorer: Scorer, tmp_path: Path) -> None:
    import tarfile

    (tmp_path / "a.txt").write_text("x")
    with tarfile.open(tmp_path / "file", "w") as tar:
        tar.add(tmp_path / "a.txt", "a.txt")
    with pytest.raises(TableError, match="send a table, or arrays of features"):
        scored(scorer, tmp_path / "file")


def test_the_report_on_the_test_examples_is_that_of_the_run_but_for_donors(
    scorer: Scorer, tmp_path: Path
) -> None:
    _, _, _, table = made()
    ids, found = scored(scorer, as_csv(tmp_path / "file", columns()))
    report, records = report_on(scorer.card, found, ids, "abc") or pytest.fail("there are labels")
    worth = scorer.card.worth
    assert report.examples == worth.examples
    assert report.joint.accuracy.value == pytest.approx(worth.accuracy.value)
    assert report.joint.ece == pytest.approx(worth.ece, abs=1e-4)
    assert report.base_rate == scorer.card.base_rate
    assert records.label.tolist() == table.label.tolist()
    assert records.information[:, -1] == pytest.approx(table.information[:, -1], abs=1e-4)
    assert {one.modality: one.by for one in report.alone} == {
        one.modality: one.by for one in scorer.card.alone
    }
    assert report.provenance.data_sha256 == "abc"
    assert set(records.split.tolist()) == {"new"}


def test_examples_that_cannot_be_judged_are_left_out_and_counted(scorer: Scorer) -> None:
    data = made()[2].select("test")
    x = {name: values[:50].copy() for name, values in data.x.items()}
    x["x2"][:3] = np.nan
    label = [data.classes[y] if i > 4 else None for i, y in enumerate(data.y[:50])]
    ids = [str(i) for i in range(50)]
    report, records = report_on(scorer.card, scorer.score(x, label), ids, "") or pytest.fail("none")
    assert (report.examples, len(records)) == (45, 45)
    assert report.notes[0].startswith("5 examples lack a label or a modality")
