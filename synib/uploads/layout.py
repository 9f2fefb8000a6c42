"""What the names of columns or arrays say: which modalities there are, of what, and where the rest is."""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from synib import spec
from synib.tables.layout import NAME, RESERVED, text_problem
from synib.uploads.faults import RowFaults
from synib.uploads.limits import Limits

ABOUT: Final = ("example_id", "split", "group")
"""Columns that may be there beside the label."""
FILE: Final = "file_name"
"""Column of an archive's metadata with a modality's files, also as `<modality>_file_name`."""
TEXT: Final = "text"
"""Column with a modality's words, also as `<modality>_text`."""
LENGTH: Final = "length"
LABELS: Final = re.compile(r"labels?[ _:.-]?\w*", re.IGNORECASE)
FEWEST: Final = 2
SHAPES: Final = "<modality>:<name> for numbers (voice:pitch)"


@dataclass(frozen=True)
class Layout:
    """Modalities by what they are of; each in one place only."""

    label: str | None
    """Column with the class of each example; None where there is none, and none is needed."""
    about: tuple[str, ...]
    """Those of `ABOUT` that are there."""
    numbers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By modality its columns, sorted as people do: mfcc:2 before mfcc:10."""
    words: dict[str, str] = field(default_factory=dict)
    """By modality its column of texts."""
    files: dict[str, str] = field(default_factory=dict)
    """By modality its column of names of files."""

    @property
    def modalities(self) -> tuple[str, ...]:
        """Sorted, so that the order of columns means nothing."""
        return tuple(sorted([*self.numbers, *self.words, *self.files], key=natural))

    @property
    def texts(self) -> tuple[str, ...]:
        """Every column that is read as text."""
        label = () if self.label is None else (self.label,)
        return (*label, *self.about, *self.words.values(), *self.files.values())


def understand(
    names: Sequence[str],
    asked: spec.Upload,
    faults: RowFaults,
    limits: Limits,
    archive: bool = False,
    labelled: bool = True,
) -> Layout | None:
    """The layout of a table's columns, or of an ``archive``'s metadata; None, with the reasons in
    ``faults``, if it has none. ``labelled``: whether there must be a label."""
    _check_columns(names, faults, limits)
    label = label_of(names, asked, labelled)
    numbers: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    files: dict[str, str] = {}
    for name in dict.fromkeys(names):
        if name in (asked.label, *ABOUT, *asked.ignore):
            continue
        modality, colon, rest = name.partition(":")
        if name in asked.text:
            _claim(words, name, name, faults)
        elif colon and modality and rest:
            numbers.setdefault(modality, []).append(name)
        elif archive and (of := _stem(name, FILE)) is not None:
            _claim(files, of or "file", name, faults)
        elif (of := _stem(name, TEXT)) is not None:
            _claim(words, of or TEXT, name, faults)
        else:
            faults.add(name, unknown(name, asked, label, archive), name)
    check_names(names, asked, label, faults)
    _claimed_twice(numbers, words, files, faults)
    check_modalities([*numbers, *words, *files], faults, limits)
    if faults:
        return None
    ordered = {modality: tuple(sorted(columns, key=natural)) for modality, columns in numbers.items()}
    return Layout(label, tuple(name for name in ABOUT if name in names), ordered, words, files)


def label_of(names: Sequence[str], asked: spec.Upload, labelled: bool) -> str | None:
    """The label's column; None where it is not there, or left out, and need not be."""
    there = asked.label in names and asked.label not in asked.ignore
    return asked.label if labelled or there else None


def check_names(names: Sequence[str], asked: spec.Upload, label: str | None, faults: RowFaults) -> None:
    """Whether the label is there, and what the upload names is."""
    if label is not None and label not in names:
        like = [name for name in names if LABELS.fullmatch(name)]
        hint = f" (did you mean {like[0]}? say so with label)" if like else ""
        faults.add(label, f"the column {label} is missing{hint}")
    for what, named in (("text", asked.text), ("ignore", asked.ignore)):
        for name in named:
            if name not in names:
                hint = did_you_mean(name, names)
                faults.add(name, f"is named in {what}, and is not there{hint}", name)


def check_modalities(modalities: Sequence[str], faults: RowFaults, limits: Limits) -> None:
    """Whether their names can stand in a report, and there are enough."""
    for modality in dict.fromkeys(modalities):
        if not NAME.fullmatch(modality):
            detail = "a modality's name is 1 to 64 letters, digits, blanks, _ and -; it begins with no sign"
            faults.add(modality, detail, modality)
        elif modality == RESERVED:
            faults.add(modality, f"{RESERVED!r} is what all together are called; rename the modality")
    found = [*dict.fromkeys(modalities)]
    if len(found) < FEWEST:
        have = f"is one modality ({found[0]})" if found else "is no modality"
        faults.add("", f"there {have}; use {FEWEST} to {limits.modalities}, each named as in {SHAPES}")
    elif len(found) > limits.modalities:
        shown = f"{', '.join(found[:8])}{', …' if len(found) > 8 else ''}"
        faults.add("", f"there are {len(found)} modalities ({shown}); use {FEWEST} to {limits.modalities}")


def unknown(name: str, asked: spec.Upload, label: str | None, archive: bool = False) -> str:
    """Why a column is refused."""
    known = {word.lower(): word for word in (asked.label, *ABOUT)}
    if name.strip().lower() in known:
        return f"is no column of ours; {known[name.strip().lower()]} is written so"
    if LABELS.fullmatch(name) and label is None:
        return "looks like the label; say so with label, or leave it out with ignore"
    if LABELS.fullmatch(name):
        return (
            f"looks like another label beside {label}: an example has one class, several labels are "
            f"not supported; leave it out with ignore"
        )
    ways = [SHAPES, "<modality>_text for words"] + ["<modality>_file_name for files"] * archive
    return f"is no column of ours; use {', '.join(ways)}, or leave it out with ignore"


def natural(text: str) -> list[tuple[bool, int, str]]:
    """A key that sorts numbers inside texts by value: x2 before x10."""
    parts = re.split(r"(\d+)", text)
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts if part]


def did_you_mean(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f" (did you mean {close[0]}?)" if close else ""


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _stem(name: str, ending: str) -> str | None:
    """``voice`` of ``voice_text``, nothing of ``text``; None of any other name."""
    if name == ending:
        return ""
    stem = name.removesuffix(f"_{ending}")
    return stem if stem and stem != name else None


def _claim(places: dict[str, str], modality: str, column: str, faults: RowFaults) -> None:
    if modality in places:
        faults.add(column, f"the modality {modality!r} is in {places[modality]} already; name it otherwise")
    else:
        places[modality] = column


def _claimed_twice(
    numbers: Mapping[str, Sequence[str]],
    words: Mapping[str, str],
    files: Mapping[str, str],
    faults: RowFaults,
) -> None:
    for modality, times in Counter([*numbers, *words, *files]).items():
        if times > 1:
            others = [of[modality] for of in (words, files) if modality in of]
            held = listed([*numbers.get(modality, [])[:1], *others])
            faults.add(others[0], f"the modality {modality!r} is in {held}; give each its own name")


def _check_columns(names: Sequence[str], faults: RowFaults, limits: Limits) -> None:
    if len(names) > limits.columns:
        faults.add("", f"there are {len(names):,} columns; use at most {limits.columns:,}")
    for name in names:
        if problem := text_problem(name):
            faults.add(name, f"the name of the column {name[:40]!r} {problem}")
    for name, times in Counter(names).items():
        if times > 1:
            faults.add(name, f"the column {name!r} is there {times} times; keep one", name)
