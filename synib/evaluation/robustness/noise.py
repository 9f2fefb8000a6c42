"""Noise in a modality and gaps within it, for a model that can be asked.

Noise is normal, in units of each coordinate's standard deviation in training, so that modalities of any scale
are disturbed alike. A gap is a block of neighbouring coordinates, or of time steps, of random place in each
example, which takes the training mean (MuteBench, arXiv 2605.15235, keeps gaps within a modality apart from
its absence). One draw is scaled to every level: the curve has the noise of one draw, not a new one at each
point.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from synib.evaluation.predictions import subset_name
from synib.evaluation.robustness.curves import Intervals, area, lowest
from synib.evaluation.synergy_subset.ties import of_label, top
from synib.information.proportions import several
from synib.report.robustness import NoiseCurve, NoiseReport
from synib.seeds import derive

Floats = NDArray[np.float64]

VERSION: Final = "noise_and_gaps/1"
Labels = NDArray[np.int64]
Inputs = dict[str, NDArray[np.floating[Any]]]
Ask = Callable[[Inputs], Floats]
"""Examples, (N, d) or (N, T, d) per modality, to probabilities (N, K)."""
Kind = Literal["noise", "gap"]

NOISE: Final = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
GAPS: Final = tuple(step / 10 for step in range(10))


@dataclass(frozen=True)
class Training:
    """What is known of each modality's coordinates from training examples: (d,) arrays."""

    mean: dict[str, Floats]
    deviation: dict[str, Floats]

    @classmethod
    def of(cls, x: Inputs) -> Self:
        """Over examples, and over time where there is time; what is missing (NaN) is left out, and of a
        coordinate that is always missing mean and deviation are 0."""
        there = {name: ~np.isnan(values) for name, values in x.items()}
        counts = {name: np.maximum(seen.sum(_examples(seen)), 1) for name, seen in there.items()}
        mean = {
            name: values.sum(_examples(values), np.float64, where=there[name]) / counts[name]
            for name, values in x.items()
        }
        square = {
            name: np.square(values - mean[name]).sum(_examples(values), where=there[name]) / counts[name]
            for name, values in x.items()
        }
        return cls(mean, {name: np.sqrt(values) for name, values in square.items()})


def _examples(values: NDArray[Any]) -> tuple[int, ...]:
    """All axes but the last."""
    return tuple(range(values.ndim - 1))


def noise_report(
    ask: Ask,
    x: Inputs,
    label: Labels,
    training: Training,
    *,
    seed: int,
    resamples: int = 1000,
    group: NDArray[Any] | None = None,
    noise: Sequence[float] = NOISE,
    gaps: Sequence[float] = GAPS,
) -> NoiseReport:
    """Every modality disturbed by itself, then all of them; the model is asked once per curve and level.

    Raises:
        ValueError: levels do not begin with 0 and rise.
    """
    _check(noise, gaps)
    intervals = Intervals(derive(seed, "noise", "resamples"), resamples, several(group))
    question = _Question(ask, x, label, training, seed)
    intact = question.heard(x)
    grids: dict[Kind, Sequence[float]] = {"noise": noise, "gap": gaps}
    together = [tuple(x)] if len(x) > 1 else []
    curves = [
        _curve(kind, levels, names, [intact, *question.disturbed(kind, levels[1:], names)], intervals)
        for kind, levels in grids.items()
        for names in [*((name,) for name in x), *together]
    ]
    return NoiseReport(curves=curves, n=len(label), seed=seed, version=VERSION, sentence=_sentence(curves))


def _check(*grids: Sequence[float]) -> None:
    for levels in grids:
        if len(levels) < 2 or levels[0] != 0 or any(b <= a for a, b in pairwise(levels)):
            raise ValueError(f"levels {list(levels)} must begin with 0 and rise, like {list(NOISE)}")


Heard = tuple[Floats, float]  # (N,) chance to be right, mean confidence


@dataclass(frozen=True)
class _Question:
    """A model, and the examples that it is asked about."""

    ask: Ask
    x: Inputs
    label: Labels
    training: Training
    seed: int

    def heard(self, x: Inputs) -> Heard:
        p = self.ask(x)
        return of_label(top(p), self.label), float(p.max(1).mean())

    def disturbed(self, kind: Kind, levels: Sequence[float], names: Sequence[str]) -> Iterator[Heard]:
        """What is said at every level."""
        for level in levels:
            yield self.heard(self.x | {name: self._disturb(kind, level, name) for name in names})

    def _disturb(self, kind: Kind, level: float, name: str) -> NDArray[np.floating[Any]]:
        rng = np.random.default_rng(derive(self.seed, kind, name))  # the same at every level
        if kind == "noise":
            return with_noise(self.x[name], level, self.training.deviation[name], rng)
        return with_gap(self.x[name], level, self.training.mean[name], rng)


def with_noise(
    values: NDArray[np.floating[Any]], level: float, deviation: Floats, rng: np.random.Generator
) -> NDArray[np.floating[Any]]:
    """Plus level · deviation · N(0, 1), in the dtype of the values. (N, …, d)"""
    noise = rng.standard_normal(values.shape, np.float32)
    return (values + level * deviation.astype(values.dtype) * noise).astype(values.dtype, copy=False)


def with_gap(
    values: NDArray[np.floating[Any]], share: float, mean: Floats, rng: np.random.Generator
) -> NDArray[np.floating[Any]]:
    """One block of the second axis, coordinates or time steps, by the training mean; what is missing stays.

    (N, L) or (N, T, d).
    """
    N, L = values.shape[:2]
    length = round(share * L)
    start = np.floor(rng.random(N) * (L - length + 1)).astype(np.int64)
    at = np.arange(L)
    gone = (at >= start[:, None]) & (at < start[:, None] + length)
    block = gone.reshape(N, L, *[1] * (values.ndim - 2)) & ~np.isnan(values)
    return np.where(block, mean.astype(values.dtype), values)


def _curve(
    kind: Kind, levels: Sequence[float], names: Sequence[str], heard: Sequence[Heard], intervals: Intervals
) -> NoiseCurve:
    columns = [right for right, _ in heard]
    *accuracy, whole = intervals.of([*columns, area(columns, levels)])
    worst = lowest(accuracy)
    return NoiseCurve(
        kind=kind,
        modalities=list(names),
        levels=list(levels),
        accuracy=accuracy,
        confidence=[confidence for _, confidence in heard],
        area=whole,
        worst=accuracy[worst],
        worst_level=levels[worst],
    )


def _sentence(curves: Sequence[NoiseCurve]) -> str:
    """The single modality whose disturbance costs most."""
    single = [curve for curve in curves if len(curve.modalities) == 1]
    worst = min(single, key=lambda curve: curve.area.value)
    of = f"{100 * worst.accuracy[0].value:.0f} % to {100 * worst.worst.value:.0f} %"
    name = subset_name(tuple(worst.modalities))
    unit = "standard deviations of noise" if worst.kind == "noise" else "of it missing in a block"
    level = f"{worst.worst_level:g}" if worst.kind == "noise" else f"{100 * worst.worst_level:.0f} %"
    return f"Disturbing {name} costs most: accuracy falls from {of} at {level} {unit}."
