"""Files of examples are scored row by row as the same examples are otherwise, and labels make a report."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save

from synib import spec
from synib.problems import TableError
from synib.scoring import Scored, Scorer, files
from synib.scoring.files import score_file
from synib.scoring.report import report_on
from synib.scoring.scored import together
from synib.uploads import Limits
from tests.synib.scoring.kits import folder_of, made
from tests.synib.uploads.making import as_tar, as_zip

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


def as_arrow(path: Path, given: dict[str, np.ndarray]) -> Path:
    whole = pa.table({name: pa.array(values) for name, values in given.items()})
    with pa.ipc.new_file(str(path), whole.schema) as writer:
        writer.write_table(whole)
    return path


def as_safetensors(path: Path, given: dict[str, np.ndarray]) -> Path:
    """It holds numbers only: no ids."""
    arrays = dict(np.load(as_npz(path, given)))
    if "label" in arrays:
        arrays["label"] = arrays["label"].astype(np.int64)
    arrays.pop("example_id", None)
    path.write_bytes(save({name: np.ascontiguousarray(values) for name, values in arrays.items()}))
    return path


def as_metadata(path: Path, given: dict[str, np.ndarray]) -> Path:
    path.write_bytes(as_tar({"metadata.csv": as_csv(path, given).read_bytes()}))
    return path


def as_zipped_lines(path: Path, given: dict[str, np.ndarray]) -> Path:
    rows = [
        dict(zip(given, row, strict=True)) for row in zip(*(v.tolist() for v in given.values()), strict=True)
    ]
    path.write_bytes(as_zip({"metadata.jsonl": "\n".join(map(json.dumps, rows)).encode()}))
    return path


FORMATS = [as_csv, as_parquet, as_arrow, as_npz, as_safetensors, as_metadata, as_zipped_lines]


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    return Scorer.load(folder_of(tmp_path_factory.mktemp("model")))


def scored(scorer: Scorer, source: Path, **asked: object) -> tuple[list[str], Scored]:
    scratch = source.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    parts = list(score_file(scorer, source, scratch, spec.Scoring.model_validate(asked), Limits()))
    return [one for part in parts for one in part.example_id], together([part.scored for part in parts])


@pytest.mark.parametrize("write", [one for one in FORMATS if one is not as_safetensors])
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
        (lambda c: {n: v for n, v in c.items() if n != "label"}, {"label": "label"}, "label is missing"),
        (lambda c: {n if n != "label" else "labels": v for n, v in c.items()}, {},
         "looks like the label; say so with label, or leave it out with ignore"),
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


@pytest.mark.parametrize("write", FORMATS)
@pytest.mark.parametrize("without", [("label",), ("example_id",), ("label", "example_id")])
def test_a_file_needs_neither_labels_nor_ids(
    scorer: Scorer, tmp_path: Path, write: Write, without: tuple[str, ...]
) -> None:
    data = made()[2].select("test")
    given = {name: values for name, values in columns().items() if name not in without}
    for asked in ({}, {"label": None}):
        ids, found = scored(scorer, write(tmp_path / "file", given), **asked)
        kept = "clip-{}" if "example_id" in given and write is not as_safetensors else "{}"
        assert ids == [kept.format(i) for i in range(len(data))]
        label = [data.classes[y] for y in data.y] if "label" in given else None
        expected = scorer.score(data.x, label)
        assert found.joint_p == pytest.approx(expected.joint_p, abs=1e-6)
        assert found.label.tolist() == expected.label.tolist()


@pytest.mark.parametrize("write", FORMATS)
def test_labels_are_left_out_where_they_are_to_be_ignored_and_needed_where_they_are_named(
    scorer: Scorer, tmp_path: Path, write: Write
) -> None:
    _, found = scored(scorer, write(tmp_path / "file", columns()), ignore=["label"])
    assert (found.label == -1).all()
    with pytest.raises(TableError, match="the column colour is missing"):
        scored(scorer, write(tmp_path / "file", columns()), label="colour", ignore=["label"])


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
