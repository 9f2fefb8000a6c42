# ruff: noqa: E501 - a case a line
"""A profile says what is there: counted by hand, compared with NumPy, and twins that were planted are found."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from synib.uploads import Profile, near
from synib.uploads.lookalikes import lookalikes
from synib.uploads.numbers import Moments
from tests.synib.uploads.making import (
    GOOD,
    N,
    as_csv,
    as_npz,
    as_parquet,
    as_zip,
    image,
    made,
    media,
    packed,
    recording,
)

RNG = np.random.default_rng(1)
SPLIT = np.repeat(["train", "validation", "test"], [60, 20, 20])


def some(**arrays: Any) -> bytes:
    """100 examples of 20 and 10 numbers."""
    known = {
        "a": RNG.normal(size=(100, 20)),
        "b": RNG.normal(size=(100, 10)),
        "label": np.arange(100) % 2,
        "split": SPLIT,
    }
    return as_npz(known | arrays)


def found(profile: Profile, of: str, how: str) -> tuple[int, int]:
    """Of validation and of test."""
    counts = [d.counts for d in profile.duplicates if (d.of, d.how) == (of, how)]
    return (counts[0]["validation"], counts[0]["test"]) if counts else (0, 0)


def test_counts_balance_and_gaps_are_those_of_the_table(tmp_path: Path) -> None:
    table = {k: list(v) for k, v in GOOD.items()}
    for row in (0, 1, 9):
        table["face:smile"][row] = None
    profile = made(as_parquet(table), tmp_path)
    assert profile.counts == {"train": 6, "validation": 3, "test": 3}
    assert profile.classes == ["maybe", "no", "yes"]
    assert profile.balance == {"train": [2, 2, 2], "validation": [1, 1, 1], "test": [1, 1, 1]}
    assert profile.modalities[0].missing == {"train": 2, "validation": 0, "test": 1}
    assert "3 of 12 examples lack face." in profile.warnings
    assert not profile.drawn


def test_values_are_measured_as_numpy_does_over_all_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    values = RNG.normal(1e6, 3, (1000, 4))
    moments = Moments()
    for part in np.split(values, [1, 1, 300, 999]):
        moments.add(part)
    np.testing.assert_allclose(moments.mean, values.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.spread, values.std(axis=0), rtol=1e-9)
    assert (moments.least == values.min(axis=0)).all()
    assert (moments.most == values.max(axis=0)).all()


def test_constant_columns_are_named(tmp_path: Path) -> None:
    profile = made(as_csv(GOOD | {"face:still": [3.5] * N}), tmp_path)
    face = profile.modalities[0].values
    assert face is not None
    assert (face.constant, face.constants) == (["face:still"], 1)
    assert any("(face:still): they say nothing" in warning for warning in profile.warnings)


def test_without_twins_none_are_found(tmp_path: Path) -> None:
    assert made(some(), tmp_path).duplicates == []


def test_copies_across_splits_are_found_in_each_modality_and_as_a_whole(tmp_path: Path) -> None:
    a, b = RNG.normal(size=(100, 20)), RNG.normal(size=(100, 10))
    a[60:64], b[60:62] = a[:4], b[:2]  # four of validation; two of them whole
    a[90], b[90] = a[61], b[61]  # one of test is one of validation, which is one of training
    a[5] = a[4]  # within training: no leak
    profile = made(some(a=a, b=b), tmp_path)
    assert found(profile, "", "exact") == (2, 1)
    assert found(profile, "a", "exact") == (4, 1)
    assert found(profile, "b", "exact") == (2, 1)
    twins = next(d for d in profile.duplicates if not d.of).twins
    assert [(t.here, t.there) for t in twins] == [
        ("row-61", "row-1"),
        ("row-62", "row-2"),
        ("row-91", "row-2"),
    ]
    assert any(
        w.startswith("2 of 20 examples of validation are the same as one of training")
        for w in profile.warnings
    )


@pytest.mark.parametrize(("noise", "least"), [(1e-4, 38), (1e-3, 36), (1.0, 0)])
def test_rows_with_a_little_noise_are_near_and_others_are_not(
    tmp_path: Path, noise: float, least: int
) -> None:
    # At 10^-3 of the spread one table of eight cells misses about 6 %, both miss less than 1 %.
    a, b = RNG.normal(size=(100, 20)), RNG.normal(size=(100, 10))
    for values in (a, b):
        values[60:] = values[:40] + noise * RNG.normal(size=values[:40].shape)
    profile = made(some(a=a, b=b), tmp_path)
    assert found(profile, "a", "exact") == (0, 0)
    for of in ("a", ""):
        assert sum(found(profile, of, "near")) >= least
        assert (sum(found(profile, of, "near")) == 0) == (least == 0)


def test_units_of_a_column_do_not_matter_to_what_is_near(tmp_path: Path) -> None:
    a = RNG.normal(size=(100, 20)) * 10.0 ** np.arange(-10, 10)
    a[60:] = a[:40] * (1 + 1e-4 * RNG.normal(size=(40, 20)))
    assert sum(found(made(some(a=a), tmp_path), "a", "near")) >= 38


def test_of_few_numbers_none_is_near_and_equal_ones_are_no_warning(tmp_path: Path) -> None:
    profile = made(some(b=RNG.integers(0, 2, (100, 2))), tmp_path)
    assert found(profile, "b", "exact") == (20, 20)
    assert found(profile, "b", "near") == (0, 0)
    assert not [warning for warning in profile.warnings if "same as" in warning]


def jpeg(content: bytes, quality: int) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(content)).save(file, "jpeg", quality=quality)
    return file.getvalue()


def resized(content: bytes) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(content)).resize((64, 48), Image.Resampling.BICUBIC).save(file, "png")
    return file.getvalue()


def softer(content: bytes, kind: str) -> bytes:
    samples, rate = soundfile.read(io.BytesIO(content))
    file = io.BytesIO()
    soundfile.write(file, 0.5 * samples, rate, format=kind)
    return file.getvalue()


def test_images_that_were_saved_again_look_alike(tmp_path: Path) -> None:
    files = media()
    pictures = [image(i, size=(96, 128)) for i in range(N)]
    files |= {f"face/{i}.png": picture for i, picture in enumerate(pictures)}
    again = {"face/a.jpg": jpeg(pictures[0], 85), "face/b.png": resized(pictures[1])}
    for row, (name, content) in enumerate(again.items(), 9):
        files[name], files["rows"][row]["face_file_name"] = content, name
    profile = made(as_zip(packed(files)), tmp_path)
    assert found(profile, "face", "exact") == (0, 0)
    assert found(profile, "face", "near") == (0, 2)
    assert any(w.startswith("In face 2 of 3 examples of test are nearly the same") for w in profile.warnings)


def test_recordings_that_were_made_softer_sound_alike(tmp_path: Path) -> None:
    files = media()
    files["voice/a.flac"], files["rows"][9]["voice_file_name"] = softer(recording(0), "FLAC"), "voice/a.flac"
    profile = made(as_zip(packed(files)), tmp_path)
    assert found(profile, "voice", "near") == (0, 1)
    assert found(profile, "voice", "exact") == found(profile, "face", "near") == (0, 0)


def test_texts_that_differ_in_case_and_punctuation_are_near(tmp_path: Path) -> None:
    said = [f"sentence number {i}" for i in range(N)]
    said[6], said[9], said[10] = (
        "Sentence  NUMBER 0!",
        said[1],
        "“Sentence” number ２",
    )  # the last is a wide 2
    profile = made(as_csv(GOOD | {"said_text": said}), tmp_path)
    assert found(profile, "said", "exact") == (0, 1)
    assert found(profile, "said", "near") == (1, 2)


def test_of_many_random_pictures_none_look_alike_and_noisy_copies_do() -> None:
    thumbs = RNG.integers(0, 256, (2000, 16, 16)).astype(np.uint8)
    thumbs[1000:1500] = np.clip(thumbs[:500].astype(int) + RNG.integers(-2, 3, (500, 16, 16)), 0, 255)
    group = lookalikes(thumbs)
    assert (group[1000:1500] == np.arange(500)).mean() > 0.95
    rest = np.r_[500:1000, 1500:2000]
    assert (group[rest] == rest).all()


def test_hashes_of_rows_differ_as_rows_do() -> None:
    rows = np.unique(RNG.integers(0, 2, (20_000, 40)).astype(np.float32), axis=0)
    assert len(np.unique(near.exact_hashes(rows))) == len(rows)  # of ones and zeros, whose bits are few


def test_a_group_in_several_splits_is_a_warning_with_its_name(tmp_path: Path) -> None:
    profile = made(as_csv(GOOD | {"group": ["ann"] * 3 + ["bob"] * 5 + ["cyd"] * 4}), tmp_path)
    assert profile.groups is not None
    assert profile.groups.model_dump() == {"count": 3, "largest": 5, "leaking": 2, "leaked": ["bob", "cyd"]}
    assert profile.warnings[0].startswith("2 of 3 groups are in more than one split (such as bob, cyd)")


def test_groups_that_the_split_is_drawn_for_do_not_leak(tmp_path: Path) -> None:
    table = {name: values * 10 for name, values in GOOD.items() if name != "split"}
    profile = made(as_csv(table | {"group": [f"g{i // 6}" for i in range(120)]}), tmp_path)
    assert profile.drawn
    assert profile.groups is not None
    assert profile.groups.leaking == 0


def test_a_class_that_is_not_in_training_is_a_warning(tmp_path: Path) -> None:
    profile = made(as_csv(GOOD | {"label": ["a", "b"] * 5 + ["c", "c"]}), tmp_path)
    assert "Class c has 2 examples in test and none in training: nobody can know it." in profile.warnings


def test_sizes_and_rates_of_media_are_told(tmp_path: Path) -> None:
    files = media()
    files["face/2.png"], files["voice/2.wav"] = image(2, size=(48, 10)), recording(2, rate=16_000)
    profile = made(as_zip(packed(files)), tmp_path)
    face, said, _, voice = profile.modalities
    assert face.heights is not None
    assert face.widths is not None
    assert (face.heights.least, face.heights.most, face.widths.least, face.widths.most) == (24, 48, 10, 32)
    assert voice.rates == [8000, 16_000]
    assert voice.lengths is not None
    assert (voice.lengths.least, voice.lengths.most) == (0.5, 0.5)
    assert said.lengths is not None
    assert (said.lengths.least, said.lengths.most, said.lengths.unit) == (10, 11, "characters")
    assert (face.items, said.items, voice.items) == (N, N, N)
    assert any("2 sampling rates (8,000, 16,000 Hz)" in warning for warning in profile.warnings)
