# ruff: noqa: E501 - a case a line
"""What is broken or hostile is refused with its place and what would be right, and leaves nothing behind."""

import io
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synib import spec
from synib.uploads import Limits, TableError, convert
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
    changed,
    image,
    made,
    media,
    packed,
    recording,
    renamed,
    safetensors_of,
    without,
)

NUMBERS = {name: ARRAYS[name] for name in ("voice", "face")}
CODES = {"label": np.arange(N) % 3, "split": np.repeat([0, 1, 2], [6, 3, 3])}


def refused(content: bytes, folder: Path, limits: Limits | None = None, **asked: Any) -> TableError:
    before = sorted(folder.iterdir())
    with pytest.raises(TableError) as caught:
        made(content, folder, limits, **asked)
    source = folder / "ready.source"
    assert sorted(folder.iterdir()) == sorted([*before, source])  # the folder and its scratch are gone
    assert 1 <= len(caught.value.problems) <= 20
    for problem in caught.value.problems:
        assert problem.pointer.startswith("/file")
        assert problem.detail
        (problem.pointer + problem.detail + str(problem.value)).encode()
        assert "\0" not in problem.pointer + problem.detail + str(problem.value)
    return caught.value


def without_file(name: str) -> dict[str, Any]:
    return {known: content for known, content in packed(media()).items() if known != name}


def with_file(name: str, content: bytes) -> bytes:
    return as_zip(packed(media()) | {name: content})


def with_row(**values: Any) -> bytes:
    """The archive, its fourth row changed."""
    files = media()
    files["rows"][3] |= values
    return as_zip(packed(files))


def link(name: str, kind: bytes, to: str = "/etc/passwd") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return as_tar(packed(media()), info)


def zip_link() -> bytes:
    info = zipfile.ZipInfo("face/evil.png")
    info.external_attr = 0o120777 << 16
    file = io.BytesIO(as_zip(packed(media())))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    return file.getvalue()


def encrypted() -> bytes:
    """A flag in both headers of the first file says so."""
    content = bytearray(as_zip(packed(media())))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def overlapping() -> bytes:
    """Two entries of the directory that mean the same bytes."""
    files = packed(media())
    content = bytearray(as_zip(files | {"zz.png": image()}))
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 4)
    content[second + 42 : second + 46] = struct.pack("<I", 4)
    return bytes(content)


def twice(name: str = "face/1.png") -> bytes:
    file = io.BytesIO(as_zip(packed(media())))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, b"again")
    return file.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A header that promises a picture of any size, and nothing behind it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + b"\0\0\0\x09IDAT"
    )


def long_header() -> bytes:
    """A tar's header for a name of 8 MiB."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 8 * 2**20
    return info.tobuf(tarfile.GNU_FORMAT) + b"a" * info.size + as_tar(packed(media()))


def lying_wav() -> bytes:
    content = bytearray(recording())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", 10**6)
    return bytes(content)


def nan_wav() -> bytes:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, np.array([0, np.nan, 0.5], np.float32), 8000, format="WAV", subtype="FLOAT")
    return file.getvalue()


def flat_npz(**arrays: Any) -> bytes:
    return as_npz(ARRAYS | arrays)


def npz_of(members: dict[str, bytes]) -> bytes:
    return as_zip({f"{name}.npy": content for name, content in members.items()})


def npy(values: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, values, **options)
    return file.getvalue()


def lying_npy() -> dict[str, bytes]:
    members = {name: npy(values) for name, values in ARRAYS.items()}
    return members | {"voice": members["voice"].replace(b"(12, 2)", b"(13, 2)")}


def tensors(**changes: Any) -> bytes:
    """One array whose header says what the test wants."""
    about = {"dtype": "F32", "shape": [N, 2], "data_offsets": [0, 8 * N]} | changes
    return safetensors_of({"voice": about}, bytes(8 * N))


TABLES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "an empty file": (lambda: b"", "/file", "is empty"),
    "a pickle": (lambda: pickle.dumps(GOOD), "/file", "Python pickle"),
    "a gzip": (lambda: b"\x1f\x8b" + bytes(30), "/file", "gzip"),
    "an HDF5 file": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(30), "/file", "HDF5"),
    "bytes that are nothing": (lambda: b"\x07\0\x03\0" * 20, "/file", "none of csv"),
    "JSON": (lambda: b'{"label": [1, 2]}\n', "/file", "is JSON"),
    "a line of names only": (lambda: b"voice:a,face:b,label\n", "/file", "no rows"),
    "Parquet without rows": (lambda: as_parquet({k: v[:0] for k, v in GOOD.items()}), "/file", "no rows"),
    "semicolons": (lambda: as_csv(GOOD).replace(b",", b";"), "/file", "separate them by commas"),
    "UTF-16": (lambda: as_csv(GOOD).decode().encode("utf-16"), "/file", "UTF-16"),
    "Latin-1": (lambda: as_csv(changed("label", 4, "né")).decode().encode("latin-1"), "/file", "line 6 is not"),
    "an unbalanced quote": (lambda: as_csv(changed("label", 2, '"no')), "/file", "row"),
    "a row too short": (lambda: as_csv(GOOD).replace(b"2.0,0.25,", b"2.0,"), "/file", "row 3: has 4 values"),
    "a word among numbers": (lambda: as_csv(changed("voice:loud", 4, "loud")), "/file/voice:loud", "row 5: 'loud'"),
    "a decimal comma": (lambda: as_csv(changed("voice:loud", 4, '"0,5"')), "/file/voice:loud", "'0,5' is no number"),
    "infinity": (lambda: as_csv(changed("voice:loud", 1, "inf")), "/file/voice:loud", "row 2: is infinite"),
    "beyond float32": (lambda: as_csv(changed("voice:loud", 1, "1e39")), "/file/voice:loud", "beyond ± 3.4e38"),
    "half a modality": (lambda: as_csv(changed("voice:loud", 1, "")), "/file/voice:loud", "leave all of voice empty"),
    "an empty row": (lambda: as_parquet({k: [None if ":" in k else v[0], *v[1:]] for k, v in GOOD.items()}),
                     "/file", "row 1: has no modality"),
    "no label": (lambda: as_csv(without("label")), "/file/label", "column label is missing"),
    "a label called otherwise": (lambda: as_csv(renamed("label", "labels")), "/file/label", "did you mean labels?"),
    "a NaN label": (lambda: as_parquet(GOOD | {"label": [float("nan"), *map(float, range(11))]}),
                    "/file/label", "row 1: is empty or NaN"),
    "a missing label": (lambda: as_csv(changed("label", 7, "")), "/file/label", "row 8: is empty"),
    "one class": (lambda: as_csv(GOOD | {"label": ["yes"] * N}), "/file/label", "every label is 'yes'"),
    "a real-valued target": (lambda: as_csv(GOOD | {"label": [i / 7 for i in range(N)]}), "/file/label", "regression"),
    "several label columns": (lambda: as_csv(GOOD | {"label_2": ["a"] * N}), "/file/label_2", "several labels"),
    "a label that is a list": (lambda: as_parquet(GOOD | {"label": [["a", "b"]] * N}), "/file/label", "is a list"),
    "a list in text": (lambda: as_parquet(changed("label", 3, "[0, 1]")), "/file/label", "row 4: is a list"),
    "no modality": (lambda: as_csv(without("voice:pitch", "voice:loud", "face:smile")), "/file", "no modality"),
    "one modality": (lambda: as_csv(without("face:smile")), "/file", "one modality (voice)"),
    "six modalities": (lambda: as_csv(GOOD | {f"m{i}:x": [0] * N for i in range(4)}), "/file", "are 6 modalities"),
    "a reserved name": (lambda: as_csv(renamed("face:smile", "joint:x")), "/file/joint", "rename the modality"),
    "a name that is a path": (lambda: as_csv(renamed("face:smile", "../../x:a")), "/file/..~1..~1x", "letters"),
    "an unknown column": (lambda: as_csv(GOOD | {"notes": ["x"] * N}), "/file/notes", "leave it out with ignore"),
    "a column twice": (lambda: as_csv(GOOD).replace(b"voice:pitch", b"voice:loud", 1), "/file/voice:loud", "2 times"),
    "a wrong split": (lambda: as_csv(changed("split", 0, "val")), "/file/split", "did you mean validation?"),
    "an empty test split": (lambda: as_csv(GOOD | {"split": ["train", "validation"] * 6}), "/file/split", "is in test"),
    "an id twice": (lambda: as_csv(GOOD | {"example_id": ["a", "b", "a", *range(9)]}),
                    "/file/example_id", "row 3: 'a' stands in row 1"),
    "an id that is empty": (lambda: as_csv(GOOD | {"example_id": ["", *range(11)]}), "/file/example_id", "row 1: is empty"),
    "a group that is empty": (lambda: as_csv(GOOD | {"group": ["", *range(11)]}), "/file/group", "row 1: is empty"),
    "a text with NUL": (lambda: as_parquet(GOOD | {"example_id": ["a\0", *map(str, range(11))]}),
                        "/file/example_id", "NUL"),
    "words as numbers": (lambda: as_parquet(GOOD | {"voice:loud": ["x"] * N}), "/file/voice:loud", "is of type string"),
    "a timestamp as id": (lambda: as_parquet(GOOD | {"example_id": pa.array(range(N), pa.timestamp("s"))}),
                          "/file/example_id", "is of type timestamp"),
    "a truncated Parquet": (lambda: as_parquet(GOOD)[:-40], "/file", "no whole Parquet file"),
    "a damaged Parquet": (lambda: as_parquet(GOOD)[:4] + b"\xff" * 90 + as_parquet(GOOD)[94:], "/file", "Parquet"),
    "a truncated Arrow": (lambda: as_arrow(GOOD)[:-40], "/file", "no whole Arrow file"),
    "a truncated Arrow stream": (lambda: as_arrow(GOOD, stream=True)[:-60], "/file", "no whole Arrow file"),
    "few groups": (lambda: as_csv(without("split") | {"group": ["a", "b"] * 6}), "/file/group", "there are 2 groups"),
    "too few to split": (lambda: as_csv({k: v[:2] for k, v in without("split").items()}), "/file", "too few"),
}  # fmt: skip

FILES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "an object array": (lambda: npz_of({"voice": npy(np.array([{}] * N), allow_pickle=True)}), "/file/voice", "objects"),
    "a pickle in an NPZ": (lambda: npz_of({"voice": pickle.dumps([1])}), "/file/voice", "no whole NPZ"),
    "a truncated NPZ": (lambda: as_npz(ARRAYS)[:-30], "/file", "no whole NPZ"),
    "an array cut off": (lambda: npz_of({"voice": npy(ARRAYS["voice"])[:-8]}), "/file/voice", "is cut off"),
    "a shape that lies": (lambda: npz_of(lying_npy()), "/file/voice", "is cut off, or says another size"),
    "ragged arrays": (lambda: flat_npz(face=np.zeros((11, 1))), "/file/face", "has 11 examples; label has 12"),
    "one dimension": (lambda: flat_npz(face=np.zeros(N)), "/file/face", "(N, d) for features"),
    "four dimensions": (lambda: flat_npz(face=np.zeros((N, 2, 2, 2))), "/file/face", "images as files"),
    "complex numbers": (lambda: flat_npz(face=np.zeros((N, 1), complex)), "/file/face", "complex128"),
    "one-hot labels": (lambda: flat_npz(label=np.eye(N, dtype=int)), "/file/label", "one-hot rows"),
    "a length beyond the end": (lambda: flat_npz(face=np.zeros((N, 5, 2)), **{"face:length": np.arange(N)}),
                                "/file/face:length", "rows 7, 8, 9 and 3 more: 6 is no length"),
    "a negative length": (lambda: flat_npz(face=np.zeros((N, 5, 2)), **{"face:length": np.full(N, -1)}),
                          "/file/face:length", "-1 is no length"),
    "lengths of nothing": (lambda: flat_npz(**{"nose:length": np.zeros(N, int)}), "/file/nose:length", "no array nose"),
    "lengths of features": (lambda: flat_npz(**{"voice:length": np.zeros(N, int)}), "/file/voice:length", "not (N, T, d)"),
    "a gap in a series": (lambda: flat_npz(face=np.where(np.arange(5)[:, None] == 2, [np.nan, 1], np.ones((N, 5, 2)))),
                          "/file/face", "is empty or NaN"),
    "a tensor of a strange type": (lambda: tensors(dtype="BF16"), "/file/voice", "is of type BF16"),
    "a tensor's shape that lies": (lambda: tensors(shape=[N, 3]), "/file/voice", "says the shape (12, 3)"),
    "a negative shape": (lambda: tensors(shape=[-1, 2]), "/file/voice", "natural numbers"),
    "offsets that leave a gap": (lambda: safetensors_of(
        {"voice": {"dtype": "F32", "shape": [2, 2], "data_offsets": [4, 20]}}, bytes(20)), "/file/voice", "a gap"),
    "offsets that overlap": (lambda: safetensors_of(
        {name: {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]} for name in ("voice", "face")}, bytes(16)),
        "/file/face", "overlaps another"),
    "a truncated safetensors": (lambda: as_safetensors(NUMBERS | CODES)[:-8], "/file", "it was cut off"),
    "a header that is too long": (lambda: struct.pack("<Q", 2**39) + b'{"a": 1}', "/file", "header says"),
    "a header that is no JSON": (lambda: struct.pack("<Q", 8) + b'{"a": 1)', "/file", "no JSON"),
    "a number that is no split": (lambda: as_safetensors(NUMBERS | CODES | {"split": np.arange(N)}), "/file/split", "'3'"),
    "a truncated zip": (lambda: as_zip(packed(media()))[:-200], "/file", "no whole zip"),
    "a truncated tar": (lambda: as_tar(packed(media()))[:9000], "/file/voice~10.wav", "cut off"),
    "a tar without its end": (lambda: as_tar(packed(media()))[: -20 * 512], "/file/voice~111.wav", "cut off"),
    "no metadata": (lambda: as_zip(without_file("metadata.csv")), "/file", "no metadata.csv or metadata.jsonl"),
    "two metadata": (lambda: with_file("metadata.jsonl", b"{}"), "/file/metadata.jsonl", "2 files of metadata"),
    "a way out of a zip": (lambda: with_file("../../evil.png", image()), "/file/..~1..~1evil.png", "by .."),
    "a way out of a tar": (lambda: as_tar(packed(media()) | {"a/../../b.png": b""}), "/file/a~1..~1..~1b.png", "by .."),
    "an absolute path": (lambda: as_tar(packed(media()) | {"/tmp/evil.png": b""}), "/file/~1tmp~1evil.png", "absolute"),
    "a drive letter": (lambda: with_file("C:evil.png", image()), "/file/C:evil.png", "absolute"),
    "a backslash": (lambda: as_tar(packed(media()) | {"a\\b.png": b""}), "/file/a\\b.png", "backslash"),
    "a name that is no UTF-8": (lambda: as_tar(packed(media()) | {"\udcff.png": b""}), "/file/\\udcff.png", "UTF-8"),
    "a symbolic link": (lambda: link("face/0.png", tarfile.SYMTYPE), "/file/face~10.png", "symbolic link"),
    "a hard link": (lambda: link("evil.png", tarfile.LNKTYPE, "face/0.png"), "/file/evil.png", "hard link"),
    "a device": (lambda: link("evil.png", tarfile.CHRTYPE), "/file/evil.png", "a device"),
    "a pipe": (lambda: link("evil.png", tarfile.FIFOTYPE), "/file/evil.png", "a pipe"),
    "a symbolic link in a zip": (zip_link, "/file/face~1evil.png", "symbolic link"),
    "a header of a tar that is a bomb": (long_header, "/file", "longer than 1 MiB"),
    "an encrypted zip": (encrypted, "/file/face~10.png", "encrypted"),
    "a zip bomb": (lambda: with_file("zeros.txt", bytes(2**22)), "/file/zeros.txt", "times when it is unpacked"),
    "a zip of overlaps": (overlapping, "/file/voice~10.wav", "begins within another"),
    "a zip in a zip": (lambda: as_zip(packed(media()) | {"face/3.png": as_zip({"a": b"b"})}),
                       "/file/face_file_name", "row 4: face/3.png is called a PNG image"),
    "a file twice": (twice, "/file/face~11.png", "twice"),
    "names that differ in case": (lambda: with_file("Face/1.PNG", image()), "/file/Face~11.PNG", "in case only"),
    "a file that is not there": (lambda: as_zip(without_file("face/3.png")), "/file/face_file_name", "row 4: face/3.png is not"),
    "metadata as a modality": (lambda: with_row(face_file_name="metadata.csv"), "/file/face_file_name", "not in the archive"),
    "a file of no kind": (lambda: as_zip(packed(media()) | {"metadata.csv": packed(media())["metadata.csv"].replace(
        b"face/3.png", b"face/3.gif"), "face/3.gif": b"GIF89a"}), "/file/face_file_name", "ends with none of"),
    "a JPEG called PNG": (lambda: as_zip(packed(media()) | {"face/3.png": image(3, "jpeg")}),
                          "/file/face_file_name", "is a JPEG image"),
    "a truncated PNG": (lambda: as_zip(packed(media()) | {"face/3.png": image(3)[:-300]}), "/file/face_file_name", "decoded"),
    "an image that is a bomb": (lambda: as_zip(packed(media()) | {"face/3.png": huge_png(60_000, 60_000)}),
                                "/file/face_file_name", "far more than 50,000,000 pixels"),
    "a truncated WAV": (lambda: as_zip(packed(media()) | {"voice/3.wav": recording(3)[:-100]}),
                        "/file/voice_file_name", "100 bytes of samples are missing"),
    "a WAV that lies": (lambda: as_zip(packed(media()) | {"voice/3.wav": lying_wav()}), "/file/voice_file_name", "lies"),
    "a WAV with NaN": (lambda: as_zip(packed(media()) | {"voice/3.wav": nan_wav()}), "/file/voice_file_name", "NaN"),
    "an empty file of media": (lambda: as_zip(packed(media()) | {"voice/3.wav": b""}), "/file/voice_file_name", "is empty"),
    "kinds mixed": (lambda: with_row(face_file_name="voice/3.wav"), "/file/face_file_name", "is a WAV recording, those"),
    "metadata that is no JSON": (lambda: as_zip(without_file("metadata.csv") | {"metadata.jsonl": b"{]\n"}), "/file", "line 1"),
    "a key twice": (lambda: as_zip(without_file("metadata.csv") | {"metadata.jsonl": b'{"a": 1, "a": 2}'}), "/file", "twice"),
    "a list in JSON": (lambda: as_zip(without_file("metadata.csv") | {
        "metadata.jsonl": b'{"a_text": "b", "c_text": "d", "label": ["x", "y"]}'}), "/file/label", "several labels"),
    "half a surrogate pair": (lambda: as_zip(without_file("metadata.csv") | {
        "metadata.jsonl": b'{"a_text": "\\ud800", "c_text": "d", "label": "x"}'}), "/file", "surrogate"),
    "a word as a number in JSON": (lambda: as_zip(without_file("metadata.csv") | {
        "metadata.jsonl": b'{"a:x": "loud", "c_text": "d", "label": "x"}'}), "/file/a:x", "is no number"),
}  # fmt: skip


@pytest.mark.parametrize("case", [*TABLES, *FILES])
def test_it_is_refused_where_it_is_wrong_and_nothing_is_left(tmp_path: Path, case: str) -> None:
    content, pointer, detail = (TABLES | FILES)[case]
    error = refused(content(), tmp_path)
    assert [p for p in error.problems if p.pointer == pointer and detail in p.detail], error.problems


def test_there_are_more_than_forty_kinds() -> None:
    assert len(TABLES) + len(FILES) > 100
    assert not set(TABLES) & set(FILES)


def test_rows_that_are_wrong_are_named_with_what_they_hold_and_the_rest_is_counted(tmp_path: Path) -> None:
    table = GOOD | {"face:smile": ["x", *GOOD["face:smile"][1:8], "y", "z", "a", "b"]}
    (problem,) = refused(as_csv(table), tmp_path).problems
    assert problem.pointer == "/file/face:smile"
    assert problem.detail == "rows 1, 9, 10 and 2 more: 'x' is no number; write it like 0.25"
    assert problem.value == "x"


def test_twenty_problems_are_told_and_the_others_counted(tmp_path: Path) -> None:
    problems = refused(as_csv(GOOD | {f"odd{i}": ["x"] * N for i in range(50)}), tmp_path).problems
    assert len(problems) == 20
    assert problems[-1].detail.endswith("(and 30 more problems)")


def test_one_file_tells_all_its_faults_at_once(tmp_path: Path) -> None:
    table = as_csv(changed("voice:loud", 1, "inf") | {"split": ["dev"] * N, "example_id": [""] * N})
    error = refused(table, tmp_path)
    assert {p.pointer for p in error.problems} == {"/file/voice:loud", "/file/split", "/file/example_id"}


LIMITS = {
    "rows of CSV": (as_csv(GOOD), Limits(rows=5), "more than 5 rows"),
    "rows of Parquet": (as_parquet(GOOD), Limits(rows=5), "has 12 rows; use at most 5"),
    "rows of Arrow": (as_arrow(GOOD), Limits(rows=5), "has 12 rows; use at most 5"),
    "examples of NPZ": (as_npz(ARRAYS), Limits(rows=5), "there are 12 examples; use at most 5"),
    "columns": (as_csv(GOOD), Limits(columns=4), "there are 5 columns; use at most 4"),
    "classes": (as_csv(GOOD), Limits(classes=2), "more than 2 different labels"),
    "targets": (as_csv(GOOD | {"label": [i / 7 for i in range(N)]}), Limits(classes=4), "regression"),
    "numbers": (flat_npz(face=np.zeros((N, 30, 2))), Limits(values=50), "60 numbers an example"),
    "unpacked Parquet": (as_parquet(GOOD), Limits(unpacked=64), "unpacks to"),
    "unpacked NPZ": (as_npz(ARRAYS), Limits(unpacked=64), "takes more than"),
    "a compressed batch": (
        as_arrow({k: v * 200 for k, v in GOOD.items()}, "zstd"), Limits(batch=4096), "a batch unpacks to"
    ),
    "a dictionary": (
        as_arrow(GOOD | {"label": pa.array(["a" * 9000, "b"] * 6).dictionary_encode()}, "lz4"),
        Limits(batch=4096), "a batch unpacks to",
    ),
    "files": (as_zip(packed(media())), Limits(files=20), "more than 20 files"),
    "files of a tar": (as_tar(packed(media())), Limits(files=20), "more than 20 files"),
    "a file": (as_zip(packed(media())), Limits(file=5000), "a file may have"),
    "metadata": (as_zip(packed(media())), Limits(metadata=100), "a file may have"),
    "unpacked zip": (as_zip(packed(media())), Limits(unpacked=9000), "unpacks to more than"),
    "unpacked tar": (as_tar(packed(media())), Limits(unpacked=9000), "unpacks to more than"),
    "pixels": (as_zip(packed(media())), Limits(pixels=700), "32 × 24 pixels; at most 700"),
    "seconds": (as_zip(packed(media())), Limits(seconds=0), "lasts 0 s; at most 0 s"),
    "characters": (as_zip(packed(media())), Limits(characters=5), "longer than 5 characters"),
    "characters of a dictionary": (
        as_parquet(GOOD | {"said_text": ["x" * 50] * N}), Limits(characters=5), "more than 5 characters"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LIMITS)
def test_what_is_too_large_is_refused_with_the_number(tmp_path: Path, case: str) -> None:
    content, limits, detail = LIMITS[case]
    assert detail in str(refused(content, tmp_path, limits))


def test_an_npz_that_grows_too_much_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synib.uploads.arrays.INFLATED", 2**20)
    content = as_npz(ARRAYS | {"face": np.zeros((N, 20_000))})  # 1.8 MiB of zeros
    assert "times when it is unpacked; at most 200 are taken" in str(refused(content, tmp_path))


@pytest.mark.parametrize(
    ("asked", "pointer", "detail"),
    [
        ({"ignore": ["nothing"]}, "/file/nothing", "is named in ignore, and is not there"),
        ({"text": ["vioce"]}, "/file/vioce", "is named in text, and is not there"),
        ({"label": "labl"}, "/file/labl", "the column labl is missing (did you mean label?"),
        ({"classes": ["no", "yes"]}, "/file/label", "rows 3 and 3 more"),
        (
            {"classes": ["no", "yes", "maybee"]},
            "/file/label",
            "'maybe' is none of the classes no, yes, maybee (did",
        ),
    ],
)
def test_what_is_asked_for_must_be_there(tmp_path: Path, asked: Any, pointer: str, detail: str) -> None:
    error = refused(as_csv(GOOD), tmp_path, **asked)
    assert [p for p in error.problems if p.pointer == pointer and detail in p.detail], error.problems


def test_a_group_in_two_splits_is_refused_where_that_is_asked_for(tmp_path: Path) -> None:
    table = as_csv(GOOD | {"group": ["a"] * 4 + ["b"] * 8})
    (problem,) = refused(table, tmp_path, leakage="refuse").problems
    assert problem.pointer == "/file/group"
    assert problem.detail == "'b' is in more than one split; keep its examples in one"


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damage_anywhere_is_refused_or_read_but_never_falls_over(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = data.draw(st.sampled_from(WHOLE))
    kind = data.draw(st.sampled_from(["cut", "flip", "insert"]))
    at = data.draw(st.integers(0, len(whole) - 1))
    some = data.draw(st.binary(min_size=1, max_size=8))
    damaged = {
        "cut": whole[:at],
        "flip": whole[:at] + some + whole[at + len(some) :],
        "insert": whole[:at] + some + whole[at:],
    }
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "source").write_bytes(damaged[kind])
    refusal = None
    try:
        assert convert(folder / "source", folder / "ready").examples
    except TableError as error:
        refusal = error
    assert refusal is None or all(problem.detail for problem in refusal.problems)
    assert (folder / "ready").exists() == (refusal is None)
    assert not (folder / "ready.partial").exists()


WHOLE = [
    as_csv(GOOD), as_parquet(GOOD), as_arrow(GOOD), as_arrow(GOOD, "lz4"), as_arrow(GOOD, stream=True),
    as_npz(ARRAYS), as_npz(ARRAYS, compressed=False), as_safetensors(NUMBERS | CODES),
    as_zip(packed(media(3))), as_tar(packed(media(3), "metadata.jsonl")),
]  # fmt: skip


def test_what_stops_it_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(doing: str, done: int, total: int) -> None:
        if doing == "comparing":
            raise KeyboardInterrupt

    (tmp_path / "source").write_bytes(as_zip(packed(media())))
    with pytest.raises(KeyboardInterrupt):
        convert(tmp_path / "source", tmp_path / "ready", spec.Upload(), stop)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    made(as_csv(GOOD), tmp_path)
    with pytest.raises(FileExistsError):
        made(as_csv(GOOD), tmp_path)


def test_a_text_after_a_file_that_is_not_there_is_told_as_one(tmp_path: Path) -> None:
    files = media()
    files["rows"][0]["face_file_name"], files["rows"][1]["face_file_name"] = "gone.png", "face.txt"
    error = refused(as_zip(packed(files | {"face.txt": b"a face"})), tmp_path)
    details = [problem.detail for problem in error.problems]
    assert any("row 2: face.txt is a text, and those before it are none" in detail for detail in details)
