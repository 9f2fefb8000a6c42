# ruff: noqa: E501 - a case a line
"""What goes in comes out, whatever file it came in."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synib import spec
from synib.data import Dataset
from synib.data.stored import open_folder, read_profile
from synib.uploads import FORMATS, convert, sniff
from tests.synib.uploads.making import (
    ARRAYS,
    GOOD,
    N,
    as_arrow,
    as_csv,
    as_npz,
    as_parquet,
    as_safetensors,
    as_tar,
    as_zip,
    made,
    media,
    packed,
    renamed,
    without,
)

NAMES = st.from_regex(r"[A-Za-z_][\w -]{0,5}", fullmatch=True).filter(
    lambda name: name.lower() not in ("joint", "label", "split", "group", "example_id")
)
WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=6
).filter(lambda text: text.strip() and text.lower() != "nan" and not text.startswith("["))
SPLITS = ("train", "validation", "test")


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Any table that may be: names, labels and ids of any script, modalities that rows lack."""
    modalities = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    rows, rng = draw(st.integers(6, 12)), np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    table: dict[str, Any] = {}
    gone = rng.random((rows, len(modalities))) < 0.2
    gone[gone.all(axis=1), 0] = False
    for place, name in enumerate(modalities):
        for column in draw(st.lists(WORDS, min_size=1, max_size=3, unique=True)):
            values = (rng.normal(size=rows) * 10.0 ** rng.integers(-30, 30)).astype(np.float32)
            table[f"{name}:{column}"] = [
                None if lost else float(v) for v, lost in zip(values, gone[:, place], strict=True)
            ]
    classes = draw(st.lists(WORDS, min_size=2, max_size=4, unique=True))
    table["label"] = [classes[i] for i in [0, 1, *rng.integers(0, len(classes), rows - 2)]]
    table["split"] = [*SPLITS, *rng.choice(SPLITS, rows - 3).tolist()]
    if draw(st.booleans()):
        table["example_id"] = draw(st.lists(WORDS, min_size=rows, max_size=rows, unique=True))
    if draw(st.booleans()):
        table["group"] = draw(st.lists(WORDS, min_size=rows, max_size=rows))
    return table


def written(table: dict[str, Any], kind: str) -> bytes:
    if kind == "csv":
        sink = pa.BufferOutputStream()
        pacsv.write_csv(pa.table(table), sink)
        return bytes(sink.getvalue())
    return as_parquet(table) if kind == "parquet" else as_arrow(table, "lz4")


@settings(max_examples=40, deadline=None)
@given(table=tables(), kind=st.sampled_from(["csv", "parquet", "arrow"]), data=st.data())
def test_a_table_comes_back_exactly_whatever_the_order_of_its_columns(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any], kind: str, data: st.DataObject
) -> None:
    shuffled = {name: table[name] for name in data.draw(st.permutations([*table]))}
    folder = tmp_path_factory.mktemp("table")
    profile = made(written(shuffled, kind), folder)
    dataset = open_folder(folder / "ready")
    rows = len(table["label"])
    assert set(dataset.x) == {name.partition(":")[0] for name in table if ":" in name}
    for modality in profile.modalities:
        expected = np.array([table[column] for column in modality.columns], np.float64).astype(np.float32).T
        np.testing.assert_array_equal(dataset.x[modality.name], expected)  # NaN equals NaN here
    assert np.array(dataset.classes)[dataset.y].tolist() == [_plain(label) for label in table["label"]]
    assert dataset.split.tolist() == table["split"]
    assert dataset.example_id.tolist() == table.get("example_id", [f"row-{i + 1}" for i in range(rows)])
    assert (dataset.group is None) == ("group" not in table)
    if dataset.group is not None:
        assert dataset.group.tolist() == table["group"]
    assert profile.digest == dataset.sha256()
    assert made(written(table, "parquet"), folder, name="again").digest == profile.digest


def _plain(label: str) -> str:
    whole, point, rest = label.partition(".")
    signless = whole.lstrip("+-")
    return whole if point and not rest.strip("0") and signless.isascii() and signless.isdigit() else label


def opened(content: bytes, folder: Path, name: str = "ready", **asked: Any) -> Dataset:
    made(content, folder, name=name, **asked)
    return open_folder(folder / name)


SAME = {
    "csv": lambda: as_csv(GOOD),
    "csv with a byte order mark": lambda: b"\xef\xbb\xbf" + as_csv(GOOD),
    "csv of Windows": lambda: as_csv(GOOD).replace(b"\n", b"\r\n"),
    "parquet": lambda: as_parquet(GOOD),
    "parquet of dictionaries": lambda: as_parquet({k: pa.array(v).dictionary_encode() if k[0] == "l" else v for k, v in GOOD.items()}),
    "parquet of float32": lambda: as_parquet({k: np.array(v, np.float32) if ":" in k else v for k, v in GOOD.items()}),
    "parquet in small groups": lambda: as_parquet(GOOD, row_group_size=5, compression="zstd"),
    "arrow": lambda: as_arrow(GOOD),
    "compressed arrow": lambda: as_arrow(GOOD, "zstd"),
    "arrow stream": lambda: as_arrow(GOOD, stream=True),
    "npz": lambda: as_npz(ARRAYS),
    "npz of bytes": lambda: as_npz(ARRAYS | {"label": np.char.encode(ARRAYS["label"])}),
    "npz, stored": lambda: as_npz(ARRAYS, compressed=False),
    "npz in columns": lambda: as_npz(ARRAYS | {"voice": np.asfortranarray(ARRAYS["voice"])}),
    "npz of float32": lambda: as_npz(ARRAYS | {"voice": ARRAYS["voice"].astype(np.float32)}),
    "npz of numbered splits": lambda: as_npz(ARRAYS | {"split": np.repeat([0, 1, 2], [6, 3, 3])}),
}  # fmt: skip


def test_the_digest_does_not_depend_on_the_container(tmp_path: Path) -> None:
    digests = {name: made(write(), tmp_path, name=name).digest for name, write in SAME.items()}
    assert len(set(digests.values())) == 1, digests


def test_safetensors_say_the_same_as_a_table_with_the_same_numbers(tmp_path: Path) -> None:
    codes = np.arange(N) % 3
    table = GOOD | {"label": [float(code) for code in codes]}  # 1.0 is class 1
    tensors = {
        "voice": ARRAYS["voice"],
        "face": ARRAYS["face"],
        "label": codes,
        "split": np.repeat([0, 1, 2], [6, 3, 3]),
    }
    assert (
        made(as_safetensors(tensors), tmp_path, name="a").digest
        == made(as_csv(table), tmp_path, name="b").digest
    )


def test_a_blocks_size_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = GOOD | {
        "said_text": [f"word {i % 5}" for i in range(N)],
        "example_id": [f"é{i}" * (i + 1) for i in range(N)],
    }
    whole = made(as_parquet(table), tmp_path, name="whole")
    for module, name in (("blocks", "VALUES"), ("blocks", "WORDS")):
        monkeypatch.setattr(f"synib.uploads.{module}.{name}", 2)
    monkeypatch.setattr("synib.data.hashing.BLOCK", 24)
    monkeypatch.setattr("synib.uploads.near.PART", 2)
    small = made(as_parquet(table), tmp_path, name="small")
    assert small.model_dump(exclude={"modalities"}) == whole.model_dump(exclude={"modalities"})
    for a, b in zip(small.modalities, whole.modalities, strict=True):
        assert a.model_dump(exclude={"values"}) == b.model_dump(exclude={"values"})
        if a.values and b.values:
            assert (a.values.least, a.values.most) == (b.values.least, b.values.most)
            assert [a.values.mean, a.values.spread] == pytest.approx([b.values.mean, b.values.spread])
    assert open_folder(tmp_path / "small").media["said"].read(4) == "word 4"


@pytest.mark.parametrize("change", ["voice:pitch", "label", "split", "example_id", "group"])
def test_the_digest_sees_every_change(tmp_path: Path, change: str) -> None:
    table = GOOD | {"example_id": [f"e{i}" for i in range(N)], "group": [f"g{i}" for i in range(N)]}
    other = {"voice:pitch": 0.5, "label": "no", "split": "test", "example_id": "x", "group": "x"}
    values = [*table[change]]
    values[1] = other[change]
    before, after = (
        made(as_csv(t), tmp_path, name=n).digest for n, t in (("a", table), ("b", table | {change: values}))
    )
    assert before != after


def test_columns_are_sorted_as_people_do(tmp_path: Path) -> None:
    table = without("voice:pitch", "voice:loud") | {f"voice:{i}": [float(i)] * N for i in (10, 2, 1)}
    assert opened(as_csv(table), tmp_path).x["voice"][0].tolist() == [1, 2, 10]
    assert read_profile(tmp_path / "ready").modalities[1].columns == ["voice:1", "voice:2", "voice:10"]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "9", "-1"], ("-1", "9", "10")),
        ([1.0, 0.0, 2.0], ("0", "1", "2")),
        ([True, False, True], ("false", "true")),
        (["x10", "x9", "X1"], ("X1", "x9", "x10")),
        (["01", "1", "2"], ("01", "1", "2")),
    ],
)
def test_classes_are_sorted_as_people_do(tmp_path: Path, labels: list[Any], classes: tuple[str, ...]) -> None:
    assert opened(as_parquet(GOOD | {"label": labels * 4}), tmp_path).classes == classes


def test_classes_may_be_given_in_an_order(tmp_path: Path) -> None:
    dataset = opened(as_csv(GOOD), tmp_path, classes=["yes", "maybe", "no", "never"])
    assert dataset.classes == ("yes", "maybe", "no", "never")
    assert dataset.y[:3].tolist() == [2, 0, 1]


def test_a_label_may_be_called_anything_and_columns_may_be_left_out(tmp_path: Path) -> None:
    table = renamed("label", "class")
    dataset = opened(as_csv(table | {"notes": ["x"] * N}), tmp_path, label="class", ignore=["notes"])
    assert dataset.classes == ("maybe", "no", "yes")


def test_words_in_a_table_are_a_modality(tmp_path: Path) -> None:
    sentences = ["It's", "fun, isn't it?", "It's", None] * 3
    table = without("face:smile") | {"said_text": sentences, "title": ["a"] * 11 + [None]}
    dataset = opened(as_parquet(table), tmp_path, text=["title"])
    assert dataset.modalities == ("voice", "said", "title")
    said = dataset.media["said"]
    assert said.index.tolist() == [0, 1, 0, -1] * 3
    assert [said.read(item) for item in range(2)] == sentences[:2]
    assert dataset.media["title"].index.tolist() == [0] * 11 + [-1]
    with pytest.raises(IndexError):
        said.read(2)


def test_the_end_of_a_series_is_nan_whether_a_length_says_it_or_nan(tmp_path: Path) -> None:
    lengths = np.array([5, 0, *[3] * 10])
    series = np.random.default_rng(0).normal(size=(N, 5, 2)).astype(np.float32)
    padded = np.where((np.arange(5) < lengths[:, None])[..., None], series, np.nan)
    a = opened(as_npz(ARRAYS | {"face": series, "face:length": lengths}), tmp_path, "a")
    b = opened(as_npz(ARRAYS | {"face": padded}), tmp_path, "b")
    np.testing.assert_array_equal(a.x["face"], padded)
    assert a.sha256() == b.sha256()
    face = read_profile(tmp_path / "a").modalities[0]
    assert face.missing == {"train": 1, "validation": 0, "test": 0}
    assert face.lengths is not None
    assert (face.lengths.least, face.lengths.median, face.lengths.most) == (3, 3, 5)
    assert face.values is not None
    assert face.values.mean == pytest.approx(np.nanmean(padded), abs=1e-6)


ARCHIVES = {
    "zip": lambda files: as_zip(packed(files)),
    "zip with jsonl": lambda files: as_zip(packed(files, "metadata.jsonl")),
    "tar": lambda files: as_tar(packed(files)),
    "tar in a folder": lambda files: as_tar({f"./data/{n}": c for n, c in packed(files, "metadata.jsonl").items()}),
    "tar of a Mac": lambda files: as_tar(packed(files) | {"._a.png": b"x", "__MACOSX/._b": b"y"}),
}  # fmt: skip


def test_media_come_back_exactly_whatever_the_archive(tmp_path: Path) -> None:
    files = media()
    files["rows"][1]["face_file_name"] = ""
    files["rows"][2]["face_file_name"] = "face/0.png"
    digests = {name: made(write(files), tmp_path, name=name).digest for name, write in ARCHIVES.items()}
    assert len(set(digests.values())) == 1, digests
    dataset = open_folder(tmp_path / "zip")
    assert dataset.sha256() == digests["zip"]
    assert dataset.modalities == ("sensor", "face", "said", "voice")
    face, voice = dataset.media["face"], dataset.media["voice"]
    assert face.index.tolist()[:5] == [0, -1, 0, 1, 2]
    assert face.path(1).read_bytes() == files["face/3.png"]  # type: ignore[attr-defined]
    assert face.read(1).shape == (24, 32, 3)
    assert voice.read(0).shape == (4000,)
    assert voice.rate(0) == 8000
    assert dataset.media["said"].read(3) == "sentence 3"
    assert dataset.x["sensor"][:, 0].tolist() == [*range(N)]


def test_words_may_stand_in_files_and_mean_the_same(tmp_path: Path) -> None:
    files = media()
    told = {**files, "rows": [{**row} for row in files["rows"]]}
    for i, row in enumerate(told["rows"]):
        del row["said_text"]
        row["said_file_name"] = f"said/{i}.txt"
        told[f"said/{i}.txt"] = f"sentence {i}".encode("utf-8-sig")
    assert (
        made(as_zip(packed(files)), tmp_path, name="a").digest
        == made(as_tar(packed(told)), tmp_path, name="b").digest
    )


def test_a_plain_file_name_is_a_modality(tmp_path: Path) -> None:
    files = {
        "rows": [
            {"file_name": f"face/{i}.png", "text": f"no {i}", "label": i % 2, "split": GOOD["split"][i]}
            for i in range(N)
        ]
    }
    archive = packed(files | {name: c for name, c in media().items() if name.startswith("face")})
    assert opened(as_zip(archive), tmp_path).modalities == ("file", "text")


def test_files_that_are_not_named_are_a_warning(tmp_path: Path) -> None:
    profile = made(as_zip(packed(media()) | {"notes/a.pdf": b"%PDF"}), tmp_path)
    assert profile.unused == ["notes/a.pdf"]
    assert any("1 files of the archive are not named" in warning for warning in profile.warnings)


def test_an_archive_is_told_from_an_npz_and_every_format_by_its_bytes(tmp_path: Path) -> None:
    known = {
        "csv": as_csv(GOOD), "parquet": as_parquet(GOOD), "arrow": as_arrow(GOOD), "npz": as_npz(ARRAYS),
        "safetensors": as_safetensors({"a": np.zeros(3)}), "tar": as_tar(packed(media(3))),
        "zip": as_zip(packed(media(3))),
    }  # fmt: skip
    assert tuple(known) == FORMATS
    for kind, content in known.items():
        (tmp_path / "misleading.png").write_bytes(content)
        assert sniff(tmp_path / "misleading.png") == kind


def test_progress_goes_from_none_to_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synib.uploads.media.PIECE", 5)
    (tmp_path / "source").write_bytes(as_zip(packed(media())))
    told: list[tuple[str, int, int]] = []
    convert(tmp_path / "source", tmp_path / "ready", spec.Upload(), lambda *said: told.append(said))
    reading = [(done, total) for doing, done, total in told if doing == "reading"]
    assert reading == [(5, 12), (10, 12), (12, 12)]
    assert [doing for doing, _, _ in told[:1]] == ["opening"]
    assert told[-1][0] == "comparing"


def test_a_profile_is_json_that_reads_back(tmp_path: Path) -> None:
    profile = made(as_zip(packed(media())), tmp_path)
    assert read_profile(tmp_path / "ready") == profile
    assert profile.media == {"face": "image", "said": "text", "voice": "audio"}
    assert profile.shapes == {"sensor": [1]}
    assert profile.examples == N
