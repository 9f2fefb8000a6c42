"""The profile of a data set: each modality, what is alike across splits, and warnings in sentences."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synib.data.dataset import SPLITS
from synib.data.hashing import Hasher, stored_blocks
from synib.uploads import near, splitting
from synib.uploads.blocks import Reader
from synib.uploads.building import Built, Writer
from synib.uploads.files import FileWriter
from synib.uploads.formats import Format
from synib.uploads.numbers import NumberWriter
from synib.uploads.profile import Duplicates, Groups, ModalityProfile, Profile, Split, Spread, Twin, Values
from synib.uploads.warnings import warnings
from synib.uploads.words import WordWriter

SHOWN: Final = 5
NAMES: Final = 20
COLUMNS: Final = 1000
PIECE: Final = 65_536
"""Rows that are looked at at a time."""
LATER: Final[tuple[Split, ...]] = ("validation", "test")


def measure(
    built: Built, kind: Format, reader: Reader, scratch: Path, on_progress: Callable[[str, int, int], None]
) -> Profile:
    """The profile, also written into the folder; what must lie on the disk meanwhile is in ``scratch``."""
    digest, alike = Hasher(built.classes), {}
    numbers = [name for name, writer in built.writers.items() if isinstance(writer, NumberWriter)]
    media = [name for name in built.writers if name not in numbers]
    for done, name in enumerate([*sorted(numbers), *sorted(media)]):
        on_progress("comparing", done, len(built.writers))
        alike[name] = _hash(name, built.writers[name], digest, scratch)
    _hash_columns(built, digest)
    profile = Profile(
        digest=digest.hexdigest(),
        format=kind,
        classes=list(built.classes),
        counts=_counts(np.ones(len(built.y), bool), built.split),
        balance=_balance(built),
        drawn=built.drawn,
        modalities=[_modality(name, writer, built.split) for name, writer in built.writers.items()],
        groups=_groups(built),
        duplicates=list(_duplicates(alike, built, scratch)),
        unused=reader.unused()[:NAMES],
        warnings=[],
    )
    profile = profile.model_copy(update={"warnings": warnings(profile, len(reader.unused()))})
    built.folder.profile.write_text(profile.model_dump_json(indent=1))
    built.about.forget()
    return profile


def _hash(name: str, writer: Writer, digest: Hasher, scratch: Path) -> near.Alike:
    """Feed a modality to the data set's hash and, in the same reading, to those that find what is alike."""
    exact, tables = scratch / f"{name}.exact", [scratch / f"{name}.near{t}" for t in range(near.TABLES)]
    if not isinstance(writer, NumberWriter):
        index = writer.index
        if isinstance(writer, WordWriter):
            digest.item_parts(name, "text", len(index), writer.digests())
        else:
            digest.items(name, writer.kind, writer.digests, index)
        groups = np.append(np.asarray(writer.alike, np.uint64), np.uint64(0))
        index.astype(np.uint64).tofile(exact)
        groups[index].tofile(tables[0])
        return near.Alike(exact, tables[:1], index >= 0)
    D = int(np.prod(writer.shape))
    known = D >= near.FEW and writer.moments.count
    cells = near.Cells(np.asarray(writer.moments.mean), writer.moments.spread, D) if known else None

    def seen() -> Iterator[NDArray[np.float32]]:
        with ExitStack() as opened:
            first, *others = [opened.enter_context(path.open("wb")) for path in (exact, *tables)]
            for part in writer.parts():
                rows = part.reshape(len(part), -1)
                near.exact_hashes(rows).tofile(first)
                for file, hashes in zip(
                    others, cells.hashes(rows) if cells else [], strict=cells is not None
                ):
                    hashes.tofile(file)
                yield part

    digest.parts(f"x:{name}", np.dtype("<f4"), (writer.rows, *writer.shape), seen())
    return near.Alike(exact, tables if cells else [exact], ~writer.missing)


def _hash_columns(built: Built, digest: Hasher) -> None:
    digest.array("y", built.y)
    N, known = len(built.y), np.array(SPLITS)
    digest.text_parts("split", N, lambda: (known[built.split[i : i + PIECE]] for i in range(0, N, PIECE)))
    for name in ("example_id", "group"):
        path = built.folder.column(name)
        if path.exists():
            digest.text_parts(name, N, partial(stored_blocks, path))


def _counts(rows: NDArray[np.bool_], split: NDArray[np.int8]) -> dict[Split, int]:
    counts = np.bincount(split[rows], minlength=len(SPLITS))
    return {"train": int(counts[0]), "validation": int(counts[1]), "test": int(counts[2])}


def _balance(built: Built) -> dict[Split, list[int]]:
    K = len(built.classes)
    counts = np.bincount(built.split.astype(np.int64) * K + built.y, minlength=3 * K).reshape(3, K).tolist()
    return {"train": counts[0], "validation": counts[1], "test": counts[2]}


def _modality(name: str, writer: Writer, split: NDArray[np.int8]) -> ModalityProfile:
    missing = _counts(writer.missing, split)
    if isinstance(writer, WordWriter):
        lengths = _spread(writer.lengths, "characters")
        return ModalityProfile(name=name, kind="text", missing=missing, items=writer.items, lengths=lengths)
    if isinstance(writer, FileWriter):
        return ModalityProfile(
            name=name, kind=writer.kind, missing=missing, items=len(writer.digests), **writer.sizes()
        )
    steps = writer.lengths
    return ModalityProfile(
        name=name,
        kind="numbers",
        shape=list(writer.shape),
        columns=list(writer.columns[:COLUMNS]),
        missing=missing,
        values=_values(writer),
        lengths=None if steps is None else _spread(steps[~writer.missing], "steps"),
    )


def _values(writer: NumberWriter) -> Values | None:
    moments = writer.moments
    if not moments.count:
        return None
    constant = np.flatnonzero(moments.least == moments.most)
    names = [writer.columns[i] if writer.columns else str(i) for i in constant[:NAMES]]
    return Values(
        least=float(np.min(moments.least)),
        most=float(np.max(moments.most)),
        mean=float(np.mean(moments.mean)),
        spread=float(np.sqrt(np.mean(moments.spread**2))),
        constant=names,
        constants=len(constant),
    )


def _spread(amounts: "NDArray[np.int32] | list[int]", unit: str) -> Spread | None:
    if not len(amounts):
        return None
    return Spread(
        least=float(np.min(amounts)), median=float(np.median(amounts)), most=float(np.max(amounts)), unit=unit
    )


def _groups(built: Built) -> Groups | None:
    if built.group is None:
        return None
    leaking = splitting.leaking(built.split, built.group)
    leaked = [built.about.name_of_group(int(np.argmax(built.group == code))) for code in leaking[:SHOWN]]
    sizes = np.bincount(built.group)
    return Groups(count=len(sizes), largest=int(sizes.max()), leaking=len(leaking), leaked=leaked)


def _duplicates(alike: dict[str, near.Alike], built: Built, scratch: Path) -> Iterator[Duplicates]:
    """Of whole examples, then of each modality: exact ones, and near ones where there are more of these."""
    ids = np.load(built.folder.column("example_id"), mmap_mode="r")
    for of, part in {"": near.together([*alike.values()], scratch), **alike}.items():
        exact = dict(near.crossing(near.load(part.exact), part.present, built.split))
        more = dict(exact)
        for path in part.near:
            for row, other in near.crossing(near.load(path), part.present, built.split):
                more.setdefault(row, other)
        pairs: tuple[tuple[str, dict[int, int]], ...] = (("exact", exact), ("near", more))
        for how, found in pairs:
            if not found or (how == "near" and len(found) == len(exact)):
                continue
            counts = _counts(np.isin(np.arange(len(built.split)), [*found]), built.split)
            first = [row for row in sorted(found) if how == "exact" or row not in exact][:SHOWN]
            twins = [Twin(here=str(ids[row]), there=str(ids[found[row]])) for row in first]
            yield Duplicates(
                of=of,
                how="exact" if how == "exact" else "near",
                counts={split: counts[split] for split in LATER},
                twins=twins,
            )
