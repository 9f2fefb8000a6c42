"""What an owner of data should know before trusting a result on it, in sentences with numbers."""

from collections.abc import Iterator
from typing import Final

from synib.uploads.near import FEW
from synib.uploads.profile import Duplicates, ModalityProfile, Profile, Split

RARE: Final = 10
"""Examples of a class in a split, below which what is said of it is noise."""


def warnings(profile: Profile, unused: int) -> list[str]:
    """All there are, what matters most first."""
    return [
        *_groups(profile),
        *(_duplicate(profile, found) for found in profile.duplicates if _matters(profile, found)),
        *_classes(profile),
        *(sentence for modality in profile.modalities for sentence in _modality(profile, modality)),
        *_unused(profile, unused),
    ]


def _groups(profile: Profile) -> Iterator[str]:
    groups = profile.groups
    if groups and groups.leaking:
        yield (
            f"{groups.leaking:,} of {groups.count:,} groups are in more than one split (such as "
            f"{', '.join(groups.leaked[:3])}): what a model learns of them in training helps it in test."
        )


def _matters(profile: Profile, found: Duplicates) -> bool:
    """Of few numbers, many examples have the same."""
    for modality in profile.modalities:
        if modality.name == found.of and modality.shape is not None:
            size = 1
            for length in modality.shape:
                size *= length
            return size >= FEW
    return True


def _duplicate(profile: Profile, found: Duplicates) -> str:
    what = f"in {found.of} " if found.of else ""
    how = "the same as" if found.how == "exact" else "nearly the same as (or the same as)"
    earlier: dict[Split, str] = {"validation": "training", "test": "training or validation"}
    counts = [
        f"{found.counts[split]:,} of {profile.counts[split]:,} examples of {split} are {how} one of {before}"
        for split, before in earlier.items()
        if found.counts[split]
    ]
    twin, sentence = found.twins[0], what + " and ".join(counts)
    return f"{sentence[0].upper()}{sentence[1:]} (such as {twin.here} and {twin.there})."


def _classes(profile: Profile) -> Iterator[str]:
    train, test = profile.balance["train"], profile.balance["test"]
    for name, learnt, judged in zip(profile.classes, train, test, strict=True):
        if not learnt and judged:
            yield f"Class {name} has {judged:,} examples in test and none in training: nobody can know it."
    rare = [name for name, judged in zip(profile.classes, test, strict=True) if judged < RARE]
    if rare:
        shown = f"{', '.join(rare[:5])}{', …' if len(rare) > 5 else ''}"
        yield (
            f"{len(rare):,} of {len(profile.classes):,} classes have less than {RARE} examples in test "
            f"({shown}): what a report says of them is mostly chance."
        )
    if sum(judged > 0 for judged in test) == 1:
        yield "Test has one class only: every model that always says it is perfect there."


def _modality(profile: Profile, modality: ModalityProfile) -> Iterator[str]:
    lacking = sum(modality.missing.values())
    if lacking == profile.examples:
        yield f"No example has {modality.name}."
    elif lacking:
        yield f"{lacking:,} of {profile.examples:,} examples lack {modality.name}."
        full = [split for split, count in profile.counts.items() if modality.missing[split] == count]
        yield from (f"No example of {split} has {modality.name}." for split in full)
    values = modality.values
    if values and values.constants:
        shown = ", ".join(values.constant[:5])
        yield (
            f"{values.constants:,} numbers of {modality.name} are the same in every example ({shown}"
            f"{', …' if values.constants > 5 else ''}): they say nothing."
        )
    if len(modality.rates) > 1:
        rates = ", ".join(f"{rate:,}" for rate in modality.rates[:5])
        yield f"Recordings of {modality.name} have {len(modality.rates)} sampling rates ({rates} Hz)."


def _unused(profile: Profile, unused: int) -> Iterator[str]:
    if unused:
        yield (
            f"{unused:,} files of the archive are not named in its metadata and were left out (such as "
            f"{profile.unused[0]})."
        )
