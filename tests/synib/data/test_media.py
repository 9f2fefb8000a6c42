"""Media are read as they were written; a data set with media selects and hashes like any other."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from synib.data import ArrayMedia, Dataset, FolderMedia
from synib.data.media import Kind

RNG = np.random.default_rng(0)


def folder(path: Path, kind: Kind, *names: str) -> FolderMedia:
    digests = np.array([hashlib.sha256((path / name).read_bytes()).hexdigest() for name in names])
    return FolderMedia(kind, path, np.array(names), digests, np.arange(len(names)))


def some_dataset(media: Any = None, **more: Any) -> Dataset:
    split = np.repeat(["train", "validation", "test"], 2)
    known = {
        "x": {"sensor": np.arange(12, dtype=np.float32).reshape(6, 2)},
        "y": np.array([0, 1] * 3),
        "split": split,
        "example_id": np.array([f"é{i}" for i in range(6)]),
        "classes": ("no", "yes"),
        "media": media or {"said": ArrayMedia.of("text", ["a", "b", "a", None, "c", "b"])},
        "group": np.array(list("aabbcc")),
    }
    return Dataset(**known | more)


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_is_read_as_it_was_written(tmp_path: Path, channels: int) -> None:
    pixels = RNG.integers(0, 256, (5, 7, channels), np.uint8)
    Image.fromarray(pixels.squeeze()).save(tmp_path / "a.png")
    read = folder(tmp_path, "image", "a.png").read(0)
    np.testing.assert_array_equal(read, pixels)
    assert read.dtype == np.uint8


def test_what_is_transparent_is_white_and_16_bits_are_cut_to_8(tmp_path: Path) -> None:
    clear = np.zeros((2, 2, 4), np.uint8)
    clear[0, 0] = [10, 20, 30, 255]
    Image.fromarray(clear).save(tmp_path / "clear.png")
    Image.fromarray(np.array([[0, 255], [256, 65535]], np.uint16)).save(tmp_path / "deep.png")
    media = folder(tmp_path, "image", "clear.png", "deep.png")
    shown = media.read(0)
    assert shown[0, 0].tolist() == [10, 20, 30]
    assert (shown.reshape(-1, 3)[1:] == 255).all()
    assert media.read(1)[..., 0].tolist() == [[0, 0], [1, 255]]


def test_an_image_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the first row is the right side
    pixels = np.array([[0, 50, 100], [150, 200, 250]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(folder(tmp_path, "image", "a.png").read(0)[..., 0], np.rot90(pixels, -1))


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_audio_is_the_mean_of_its_channels_at_its_own_rate(tmp_path: Path, ending: str) -> None:
    channels = RNG.integers(-(2**15), 2**15, (100, 2), np.int16)
    soundfile.write(tmp_path / f"a.{ending}", channels, 11_025)
    media = folder(tmp_path, "audio", f"a.{ending}")
    read = media.read(0)
    assert read.dtype == np.float32
    assert media.rate(0) == 11_025
    np.testing.assert_allclose(read, channels.mean(axis=1) / 2**15, atol=1e-7)  # full scale is 2^15


def test_a_text_is_read_without_a_byte_order_mark_and_hashed_like_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("naïve", "utf-8")
    (tmp_path / "b.txt").write_text("naïve", "utf-8-sig")
    media = folder(tmp_path, "text", "a.txt", "b.txt")
    assert media.read(0) == media.read(1) == "naïve"
    assert ArrayMedia.of("text", ["naïve"]).digests[0] == media.digests[0]


def test_only_audio_has_a_rate(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    for media in (folder(tmp_path, "text", "a.txt"), ArrayMedia.of("text", ["a"])):
        with pytest.raises(ValueError, match="text has no sampling rate; only audio has"):
            media.rate(0)
    assert ArrayMedia.of("audio", [np.zeros(3, np.float32)], rate=8000).rate(0) == 8000


def test_equal_values_are_one_item_and_a_missing_one_is_none() -> None:
    media = ArrayMedia.of("text", ["a", None, "b", "a"])
    assert media.index.tolist() == [0, -1, 1, 0]
    assert [media.read(item) for item in range(2)] == ["a", "b"]
    assert media.select(np.array([3, 1])).index.tolist() == [0, -1]


def test_digests_of_arrays_tell_shapes_types_and_rates_apart() -> None:
    zeros = np.zeros(4, np.float32)
    digests = [
        ArrayMedia("audio", [zeros], np.array([0]), rates=[8000]).digests[0],
        ArrayMedia("audio", [zeros], np.array([0]), rates=[16_000]).digests[0],
        ArrayMedia("image", [np.zeros((2, 2, 1), np.uint8)], np.array([0])).digests[0],
        ArrayMedia("image", [np.zeros((4, 1, 1), np.uint8)], np.array([0])).digests[0],
    ]
    assert len(set(digests)) == 4


def test_a_split_has_its_examples_media_and_groups() -> None:
    dataset = some_dataset()
    part = dataset.select("validation")
    assert part.modalities == dataset.modalities == ("sensor", "said")
    assert part.media["said"].index.tolist() == [0, -1]
    assert part.group is not None
    assert part.group.tolist() == ["b", "b"]
    assert part.x["sensor"].tolist() == [[4, 5], [6, 7]]


def test_the_hash_sees_items_gaps_kinds_and_groups_but_not_the_order_of_the_items() -> None:
    before = some_dataset().sha256()
    said = ["a", "b", "a", None, "c", "b"]
    turned = ArrayMedia("text", ["c", "b", "a"], np.array([2, 1, 2, -1, 0, 1]))
    assert some_dataset({"said": turned}).sha256() == before
    others: list[Dataset] = [
        some_dataset({"said": ArrayMedia.of("text", [*said[:5], "c"])}),
        some_dataset({"said": ArrayMedia.of("text", [*said[:5], None])}),
        some_dataset({"heard": ArrayMedia.of("text", said)}),
        replace(some_dataset(), group=np.array(list("aabbcd"))),
        replace(some_dataset(), group=None),
    ]
    assert len({before, *(other.sha256() for other in others)}) == 6


def test_the_hash_does_not_depend_on_how_much_is_read_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = some_dataset(example_id=np.array(["a", "bb", "é" * 9, "c", "d", "e"]))
    whole = dataset.sha256()
    monkeypatch.setattr("synib.data.hashing.BLOCK", 1)
    assert dataset.sha256() == whole
