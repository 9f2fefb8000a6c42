"""How much of the label needs modalities together, from raw features: the recommended pipeline.

Posteriors of every modality and of all together are fitted by softmax regression on smooth functions and
their products (:mod:`.anova`), with learned penalties (:mod:`.softmax`), on the same folds (:mod:`.folds`);
their union is BROJA's (:mod:`.union`). Where it was measured: docs/studies/estimators.md.

Limits. Interactions are of two modalities, smooth, and among the leading functions of each: what needs three
at once, or sharp edges in many dimensions, is not seen and counts as absent; values are lower bounds as far
as the fitted joint posterior is not the true one.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from synib.information.posterior.anova import design, smooth
from synib.information.posterior.believing import POWER, Quantity, measures
from synib.information.posterior.folds import Folds
from synib.information.posterior.quantities import Told, Versions, quantities
from synib.information.posterior.redrawn import InformationTest, Redrawn, SynergyTest
from synib.information.posterior.refitted import spreads
from synib.report import Measure, Null
from synib.seeds import derive

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Subset = tuple[str, ...]

VERSIONS: Final = Versions(
    information="posterior/2",
    broja="posterior_broja/2",
    bounds="posterior_bounds/2",
    note="of posteriors fitted to these examples: smooth, interactions of two modalities",
)


def estimate(
    x: Mapping[str, ArrayLike],
    label: ArrayLike,
    *,
    seed: int,
    resamples: int = 1000,
    draws: int = 199,
    group: NDArray[Any] | None = None,
) -> list[Measure]:
    """Information of each modality and of all, BROJA's parts and the bounds of synergy, in bits.

    Args:
        x: two modalities or more, (N,) or (N, d) numbers each.
        label: (N,) anything that can be compared.
        seed: of folds, resamples and redrawn labels.
        resamples: of the intervals.
        draws: of the nulls that fit everything anew, which is what takes the time.
        group: (N,) examples of a group are held out and resampled together.

    Raises:
        ValueError: fewer than two modalities or classes, lengths that differ, or values that are not finite.
    """
    told, columns = fitted(x, label, seed=seed, group=group)
    tested = [_tested(quantity, told, columns, draws, seed) for quantity in believed(told, x, seed, group)]
    return measures(tested, seed, resamples, group)


def believed(
    told: Told, x: Mapping[str, ArrayLike], seed: int, group: NDArray[Any] | None = None
) -> list[Quantity]:
    """What is said of the modalities, with the spread that it has when all is fitted anew.

    Examples alone show too little of it: with 500, intervals without it cover 92 to 93 %.
    """
    label = told.folds.label

    def without(keep: NDArray[np.bool_]) -> dict[tuple[str, str], float]:
        some = {name: np.asarray(columns)[keep] for name, columns in x.items()}
        again, _ = fitted(some, label[keep], seed=seed, group=None if group is None else group[keep])
        return {(one.name, one.method): float(one.values.mean()) for one in quantities(again)}

    found = spreads(without, label, np.random.default_rng(derive(seed, "refitted")), group)
    return [replace(one, refitted=found.get((one.name, one.method))) for one in quantities(told)]


def fitted(
    x: Mapping[str, ArrayLike], label: ArrayLike, *, seed: int, group: NDArray[Any] | None = None
) -> tuple[Told, dict[Subset, Floats]]:
    """Posteriors of each modality, of all but one and of all, with the columns that each was fitted on."""
    values = {name: _matrix(name, columns) for name, columns in x.items()}
    classes, codes = np.unique(np.asarray(label), return_inverse=True)
    codes = codes.astype(np.int64)
    _check(values, codes, len(classes))
    functions = smooth(values, len(classes), derive(seed, "landmarks"))
    designs = {
        subset: design({name: functions[name] for name in subset}) for subset in _subsets(tuple(values))
    }
    folds = Folds.of(codes, len(classes), derive(seed, "folds"), group)
    posteriors = {subset: folds.posterior(of.x, of.groups) for subset, of in designs.items()}
    told = Told.of(tuple(values), posteriors, folds, VERSIONS)
    return told, {subset: of.x for subset, of in designs.items()}


def _tested(
    quantity: Quantity, told: Told, columns: Mapping[Subset, Floats], draws: int, seed: int
) -> Quantity:
    """With a null that fits everything anew, for what has one; the rest keeps its sign flips."""
    rng, folds = np.random.default_rng(derive(seed, "null", quantity.name)), told.folds
    kind, _, subset = quantity.name.partition(":")
    if kind == "information":
        test = InformationTest(columns[tuple(subset.split("+"))], folds.classes)
        return _with(quantity, test.permuted(folds.label, rng, draws), "labels permuted")
    if quantity.name == "synergy" and quantity.method == "broja":
        first, second = (columns[(name,)] for name in told.names)
        both = SynergyTest(first, second, columns[told.names], folds.classes)
        null = told.without_synergy()
        how = "labels redrawn from the best forecast without synergy"
        return _with(quantity, both.redrawn(folds.label, null, rng, draws), how)
    return quantity


def _with(quantity: Quantity, found: Redrawn, how: str) -> Quantity:
    N = len(quantity.values)
    null = Null(
        mean=float(found.drawn.mean()),
        q95=float(np.quantile(found.drawn, 0.95)),
        p=found.p,
        draws=len(found.drawn),
        method=f"{how}; of the uncorrected gain of one penalised step, {found.observed:.4f} bits here",
    )
    return replace(
        quantity,
        null=null,
        detectable=_detectable(found, N, POWER),
        at_most=_detectable(found, N, 0.975) if null.p >= 0.05 else None,
    )


KEPT: Final = 0.85
"""Share of a truth that the test's one penalised step finds: .82 to .87 of .005 to .03 bits."""


def _detectable(found: Redrawn, N: int, power: float) -> float:
    """The smallest truth S, bits, whose gain lies above the null's 95 % quantile with that probability.

    The gain is KEPT S and the null's mean, with variance 2 S / (N ln 2), as in :func:`.believing.detectable`,
    and that of the null: KEPT S - needed = z sqrt(2 S / (N ln 2) + v), of which this is the larger root.
    """
    needed = float(np.quantile(found.drawn, 0.95) - found.drawn.mean())
    z2 = float(ndtri(power)) ** 2
    a, b = KEPT**2, KEPT * needed + z2 / (N * np.log(2))
    c = needed**2 - z2 * float(found.drawn.var())
    return float((b + np.sqrt(max(0.0, b**2 - a * c))) / a)


def _subsets(names: Subset) -> list[Subset]:
    """Singles, all but one, all."""
    rest = [] if len(names) == 2 else list(combinations(names, len(names) - 1))
    return [*((name,) for name in names), *rest, names]


def _matrix(name: str, columns: ArrayLike) -> Floats:
    values = np.asarray(columns, np.float64)
    if values.ndim not in (1, 2):
        raise ValueError(f"{name} has shape {values.shape}; give one row of numbers per example")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} has values that are not finite; fill or drop those examples")
    return values.reshape(len(values), -1)


def _check(x: Mapping[str, Floats], label: Labels, classes: int) -> None:
    if len(x) < 2:
        raise ValueError(f"synergy needs two modalities; here are {len(x)}")
    if classes < 2:
        raise ValueError("all labels are of one class; there is no information to measure")
    for name, values in x.items():
        if len(values) != len(label):
            raise ValueError(f"{name} has {len(values)} rows, but there are {len(label)} labels")
