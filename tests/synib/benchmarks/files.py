"""Small files in the formats of the benchmarks, with labels that can be read off their names."""

import csv
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

REAL = Path(os.environ.get("SYNIB_DATA") or "../shared/data")
EMOTIONS = ("NEU", "HAP", "SAD", "FEA", "DIS", "ANG")


def real(*parts: str) -> Path:
    """Real data, or the test is skipped."""
    path = REAL.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is not here; set $SYNIB_DATA to the folder of the real data")
    return path


def clip_names(actors: int, sentences: Sequence[str] = ("IEO", "DFA", "ITS")) -> list[str]:
    return [f"{1001 + a}_{s}_{e}_XX" for a in range(actors) for s in sentences for e in EMOTIONS]


def write_votes(folder: Path, clips: Iterable[str], seed: int = 0) -> None:
    """Ten votes a clip and channel, most of them for the intended emotion; ten more for who heard and saw."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    letters = "ADFHNS"
    with (folder / "tabulatedVotes.csv").open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(["", *letters, "fileName", "numResponses"])
        for channel in (1, 2, 3):
            for number, clip in enumerate(clips, 1):
                votes = rng.multinomial(3, np.full(6, 1 / 6))
                votes[letters.index(clip.split("_")[2][0])] += 7
                writer.writerow([str(100_000 * channel + number), *votes.tolist(), clip, 10])


def write_folds(path: Path, parts: dict[str, list[str]]) -> None:
    """As the authors': three empty lines, and entries that end in .wav-<n>."""
    folds = {
        str(fold): {
            name: [f"{clip}.wav-{n % 5}" for n, clip in enumerate(part)] for name, part in parts.items()
        }
        for fold in range(1, 6)
    }
    path.write_text("\n\n\n" + json.dumps(folds))


def write_mosi(folder: Path, train: Sequence[str], test: Sequence[str], standard: dict[str, str]) -> None:
    """Utterances <video>_<n> with labels 1 where n is odd, and features that say their row."""
    (folder / "features").mkdir(parents=True)
    (folder / "standard_split").mkdir()
    everything = sorted([*train, *test])
    label = {name: int(name.rpartition("_")[2]) % 2 for name in everything}

    def write(name: str, rows: Iterable[Sequence[object]]) -> None:
        with (folder / name).open("w", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)

    write("features/transcripts.csv", [[name, "WORDS", i, label[name]] for i, name in enumerate(everything)])
    for part, names in (("train", train), ("test", test)):
        widths = {"text": 4, "audio": 3, "video": 2}
        for modality, width in widths.items():
            rows = [[everything.index(name) + d / 10 for d in range(width)] for name in names]
            write(
                f"features/{modality}_{part}0.csv", [[*r, label[n]] for r, n in zip(rows, names, strict=True)]
            )
            if modality == "text":
                numbered = [[everything.index(n), *r] for r, n in zip(rows, names, strict=True)]
                write(f"features/text_{part}.csv", numbered)
    modes: list[Sequence[object]] = [
        ["id", "text", "label", "mode"],
        *([name, "words", 0.5, mode] for name, mode in standard.items()),
    ]
    write("standard_split/label.csv", modes)


def multibench(scores: dict[str, list[float]], seed: int = 0, *, steps: int = 6) -> dict[str, Any]:
    """What MultiBench pickles: the first two steps of each series are padding, zeros."""
    rng = np.random.default_rng(seed)
    parts = {}
    for part, labels in scores.items():
        N = len(labels)
        x = {name: rng.normal(size=(N, steps, d)) for name, d in (("vision", 3), ("audio", 2), ("text", 4))}
        for values in x.values():
            values[:, :2] = 0
        names = np.array([[f"video{part}{i}[{i}]"] for i in range(N)], object)
        parts[part] = x | {"labels": np.array(labels, np.float64).reshape(N, 1, 1), "id": names}
    return parts
