"""An archive of media is scored row by row as the same examples are otherwise, or told what is wrong."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synib import spec
from synib.data import Dataset
from synib.problems import TableError
from synib.scoring import Scored, Scorer
from synib.scoring.files import score_file
from synib.scoring.report import report_on
from synib.scoring.scored import together
from synib.uploads import Limits
from tests.synib.features.models import build
from tests.synib.scoring.media_kits import N, archive, made, png, wav
from tests.synib.uploads.making import as_tar, as_zip, packed

ABSOLUTE = 1e-6
Ready = tuple[Scorer, Dataset]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """A model of pictures and a meter, and its data as the network takes them."""
    return _loaded(tmp_path_factory.mktemp("seen"))


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """One that reads words, too."""
    return _loaded(tmp_path_factory.mktemp("read"), str(build("bert", tmp_path_factory.mktemp("models"))))


def _loaded(folder: Path, words: str | None = None) -> Ready:
    kit, model, data = made(words)
    kit.save(folder, model)
    return Scorer.load(folder), data


@pytest.fixture
def score(tmp_path: Path) -> Iterator[Callable[..., tuple[list[str], Scored]]]:
    """Scores an archive; nothing of it is left in the scratch folder but what was written there."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def scored(scorer: Scorer, content: bytes, limits: Limits | None = None, **asked: Any) -> Any:
        (tmp_path / "source").write_bytes(content)
        found = spec.Scoring.model_validate(asked)
        parts = list(score_file(scorer, tmp_path / "source", scratch, found, limits or Limits()))
        return [one for part in parts for one in part.example_id], together([part.scored for part in parts])

    yield scored
    assert {path.name for path in scratch.iterdir()} <= {"item", "metadata"}
    assert {path.name for path in tmp_path.iterdir()} == {"scratch", "source"}


def same(found: Scored, expected: Scored) -> None:
    for name in ("joint_p", "subset_p", "interaction", "information", "synergy"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=ABSOLUTE, nan_ok=True)
    assert found.label.tolist() == expected.label.tolist()
    assert found.present.tolist() == expected.present.tolist()


@pytest.mark.parametrize("pack", [as_tar, as_zip])
@pytest.mark.parametrize("metadata", ["metadata.csv", "metadata.jsonl"])
@pytest.mark.parametrize("words", ["files", "cells"])
def test_rows_of_an_archive_are_scored_as_the_same_examples_elsewhere(
    read: Ready, score: Any, pack: Callable[[Mapping[str, bytes]], bytes], metadata: str, words: str
) -> None:
    scorer, data = read
    files = packed(archive(words=words), metadata) | {"left/over.bin": b"nobody asks for it"}
    ids, found = score(scorer, pack(files))
    assert ids == [str(i) for i in range(N)]
    same(found, scorer.score({name: data.x[name] for name in scorer.modalities}, ["even", "odd"] * (N // 2)))
    report, _ = report_on(scorer.card, found, ids, "") or pytest.fail("there are labels")
    assert report.examples == N


def test_more_rows_than_are_read_at_a_time_keep_their_order_and_ids(seen: Ready, score: Any) -> None:
    scorer, data = seen
    files = archive()
    files["rows"] = [row | {"example_id": f"e{i}"} for i, row in enumerate(files["rows"] * 4)]
    ids, found = score(scorer, as_tar(packed(files)))
    assert ids == [f"e{i}" for i in range(4 * N)]
    times = {name: np.concatenate([data.x[name]] * 4) for name in scorer.modalities}
    same(found, scorer.score(times, ["even", "odd"] * (2 * N)))


def test_a_missing_item_is_withheld_and_without_labels_there_is_no_report(seen: Ready, score: Any) -> None:
    scorer, data = seen
    files = archive(label=False)
    files["rows"][1]["picture_file_name"] = ""
    files["rows"][2] |= {"meter:0": "", "meter:1": ""}
    ids, found = score(scorer, as_zip(packed(files)))
    x = {name: data.x[name].copy() for name in scorer.modalities}
    x["picture"][1], x["meter"][2] = np.nan, np.nan
    same(found, scorer.score(x))
    assert found.present[:3].sum(1).tolist() == [2, 1, 1]
    assert report_on(scorer.card, found, ids, "") is None


def changed(row: int = 3, more: Mapping[str, bytes] | None = None, **values: str) -> bytes:
    """The archive, with one row and some files changed; a cell of `meter` is written `meter_0`."""
    files = archive()
    files["rows"][row] |= {name.replace("meter_", "meter:"): value for name, value in values.items()}
    return as_tar(packed(files | (more or {})))


PICTURE = np.full((5, 6, 3), 7, np.uint8)


@pytest.mark.parametrize(
    ("content", "pointer", "said"),
    [
        (changed(picture_file_name="seen/33.pgn"), "/file/picture_file_name",
         "row 4: seen/33.pgn is not in the archive (did you mean seen/33.png?); add it or leave"),
        (changed(picture_file_name="../../etc/passwd"), "/file/picture_file_name", "is not in the archive"),
        (changed(picture_file_name="a.wav", more={"a.wav": wav(np.zeros(99))}), "/file/picture_file_name",
         "row 4: a.wav is a WAV recording; here the model reads images, PNG or JPEG"),
        (changed(picture_file_name="a.txt", more={"a.txt": b"hello"}), "/file/picture_file_name",
         "row 4: a.txt is a UTF-8 text; here the model reads images"),
        (changed(picture_file_name="a.png", more={"a.png": png(PICTURE)[:50]}), "/file/picture_file_name",
         "row 4: a.png cannot be decoded"),
        (changed(picture_file_name="a.png", more={"a.png": b"GIF89a" * 9}), "/file/picture_file_name",
         "row 4: a.png is called a PNG image by its name, but is something else"),
        (changed(picture_file_name="a.png", more={"a.png": b""}), "/file/picture_file_name",
         "row 4: a.png is empty"),
        (changed(picture_file_name="a.gif", more={"a.gif": b"GIF89a"}), "/file/picture_file_name",
         "row 4: a.gif ends with none of .png, .jpg"),
        (changed(picture_file_name="", meter_0="", meter_1=""), "/file",
         "row 4: has no modality at all; leave the row out"),
        (changed(label="maybe"), "/file/label", "row 4: 'maybe' is none of the model's classes even, odd"),
        (as_zip({"a.png": png(PICTURE)}), "/file", "the archive has no metadata.csv or metadata.jsonl"),
        (as_zip(packed(archive()) | {"../a.png": b"x"}), "/file/..~1a.png", "leads out of the archive"),
        (as_zip(packed(archive()) | {"seen/1.PNG": b"x"}), "/file/seen~11.PNG", "differ in case only"),
        (as_zip(packed(archive()))[:-40], "/file", "no whole zip archive"),
        (as_tar(packed(archive()))[:-10_000], "/file/seen~134.png", "cut off"),
        (as_zip(packed(archive()) | {"bomb.png": bytes(2**23)}), "/file/bomb.png", "times when"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_archive_is_told_with_row_and_file(
    seen: Ready, score: Any, content: bytes, pointer: str, said: str
) -> None:
    with pytest.raises(TableError) as refused:
        score(seen[0], content)
    [problem] = refused.value.problems
    assert problem.pointer == pointer
    assert said in problem.detail


def test_every_bad_file_of_a_piece_is_told_at_once_with_its_rows(seen: Ready, score: Any) -> None:
    files = archive()
    for row in (2, 5, 9):
        files["rows"][row]["picture_file_name"] = f"gone/{row}.png"
    files["rows"][7]["label"] = "maybe"
    with pytest.raises(TableError) as refused:
        score(seen[0], as_tar(packed(files)))
    details = [problem.detail for problem in refused.value.problems]
    assert len(details) == 2
    assert any(detail.startswith("rows 3, 6, 10: gone/2.png is not in the archive") for detail in details)


@pytest.mark.parametrize(
    ("column", "name", "content", "said"),
    [
        ("picture_file_name", "a.txt", b"hello", "the model does not read picture as text"),
        ("meter_file_name", "a.png", png(PICTURE), r"takes meter as numbers, \(2,\) an example, and"),
        ("smell_file_name", "a.png", png(PICTURE), "the model has no modality 'smell'"),
    ],
)  # fmt: skip
def test_a_modality_that_the_model_does_not_read_from_files_is_refused(
    seen: Ready, score: Any, column: str, name: str, content: bytes, said: str
) -> None:
    rows = [{"picture_file_name": "b.png"} | {column: name, "other:0": 1} for _ in range(3)]
    if column == "meter_file_name":
        rows = [{"picture_file_name": "b.png", column: name}] * 3
    with pytest.raises(TableError, match=said):
        score(seen[0], as_tar(packed({"rows": rows, name: content, "b.png": png(PICTURE)})))


def test_words_that_are_pictures_are_refused_by_row(read: Ready, score: Any) -> None:
    files = archive(words="files") | {"a.png": png(PICTURE)}
    for row in files["rows"]:
        row["words_file_name"] = "a.png"
    with pytest.raises(TableError, match=r"a.png is a PNG image; here the model reads texts"):
        score(read[0], as_tar(packed(files)))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(files=10), "more than 10 files"),
        (Limits(unpacked=2_000), "unpacks to more than"),
        (Limits(file=400), "a file may have"),
        (Limits(pixels=100), r"pixels; at most 100 are taken"),
    ],
)
def test_the_limits_of_uploads_hold_here_too(seen: Ready, score: Any, limits: Limits, said: str) -> None:
    with pytest.raises(TableError, match=said):
        score(seen[0], as_zip(packed(archive())), limits)


def test_a_hostile_name_in_the_metadata_is_told_without_what_no_database_can_hold(
    seen: Ready, score: Any
) -> None:
    files = archive()
    files["rows"][0]["picture_file_name"] = "a\0b.png"
    with pytest.raises(TableError) as refused:
        score(seen[0], as_tar(packed(files, "metadata.jsonl")))
    [problem] = refused.value.problems
    assert "\0" not in problem.pointer + problem.detail + str(problem.value)
