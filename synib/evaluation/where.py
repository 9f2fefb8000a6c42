"""On which test examples one method does better than another, and what other examples would have shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from synib.evaluation.groups import JOINT
from synib.evaluation.pairs import FEWEST, mean_over_seeds
from synib.report import Estimate, SourceReport, Where

Flags = NDArray[np.bool_]


class Right(NamedTuple):
    """Of one run's N test examples."""

    joint: Flags  # (N,) the joint prediction is right
    alone: Flags  # (N,) some single modality is, by its own head


def right(groups: Sequence[str], codes: ArrayLike) -> Right:
    """From the group codes of a run and the names that they point into."""
    who = [set(name.removeprefix("only_").split("+")) for name in groups]
    joint = np.array([name == "all_right" or JOINT in some for name, some in zip(groups, who, strict=True)])
    nobody = [{JOINT}, {"all_wrong"}]
    alone = np.array([some not in nobody for some in who])
    of = np.asarray(codes)
    return Right(joint[of], alone[of])


@dataclass(frozen=True)
class Examples:
    """Who is right on which example: every run that told, by method and seed."""

    runs: Mapping[str, Mapping[int, Right]]
    redrawn: bool = False
    """Whether every seed has test examples of its own."""

    def crossed(self, method: str, against: str) -> Estimate | None:
        """Difference in accuracy with an interval over seeds and examples.

        None below 3 shared seeds; none where seeds have examples of their own, and so their spread already.
        """
        shared = self._shared(method, against)
        if self.redrawn or len(shared) < FEWEST:
            return None
        return crossed_interval(np.array([self._difference(method, against, seed) for seed in shared]))

    def where(self, method: str, against: str) -> list[Where]:
        """The difference on the examples that no modality gets right alone, and on the others.

        The split is the same for both methods: by the heads of all runs on the same examples, an example
        belongs where most of them put it. One run's own heads would select what this run finds hard.
        """
        shared = self._shared(method, against)
        alone = {seed: self._alone(seed) for seed in shared}
        groups = {"together": {seed: ~known for seed, known in alone.items()}, "alone": alone}
        return [row for group, chosen in groups.items() if (row := self._row(method, against, group, chosen))]

    def _row(self, method: str, against: str, group: str, chosen: Mapping[int, Flags]) -> Where | None:
        seeds = [seed for seed, these in chosen.items() if these.any()]
        if not seeds:
            return None
        mine = [self.runs[method][seed].joint[chosen[seed]].mean() for seed in seeds]
        differences = [self._difference(method, against, seed)[chosen[seed]].mean() for seed in seeds]
        return Where(
            method=method,
            against=against,
            group=group,
            examples=round(float(np.mean([chosen[seed].sum() for seed in seeds]))),
            accuracy=float(np.mean(mine)),
            difference=mean_over_seeds(differences),
        )

    def _alone(self, seed: int) -> Flags:
        """(N,) some modality alone is right, by most of the runs on the same test examples as the seed's."""
        same = [
            run.alone
            for runs in self.runs.values()
            for other, run in runs.items()
            if other == seed or not self.redrawn
        ]
        return np.asarray(np.mean(same, 0) >= 0.5)

    def _shared(self, method: str, against: str) -> list[int]:
        return [seed for seed in self.runs.get(method, {}) if seed in self.runs.get(against, {})]

    def _difference(self, method: str, against: str, seed: int) -> NDArray[np.float64]:
        """(N,) of -1, 0 and 1."""
        return self.runs[method][seed].joint.astype(np.float64) - self.runs[against][seed].joint


SourcesOf = Mapping[str, Mapping[int, Mapping[str, SourceReport]]]  # by method, seed and source


def by_source(reports: SourcesOf, method: str, against: str) -> list[Where]:
    """The difference on the examples whose label is in one source, for every source."""
    mine, others = reports.get(method, {}), reports.get(against, {})
    shared = [seed for seed in mine if seed in others]
    found = []
    for source in mine[shared[0]] if shared else ():
        values = np.array([mine[seed][source].accuracy.value for seed in shared])
        differences = values - [others[seed][source].accuracy.value for seed in shared]
        found.append(
            Where(
                method=method,
                against=against,
                group=source,
                examples=round(float(np.mean([mine[seed][source].examples for seed in shared]))),
                accuracy=float(values.mean()),
                difference=mean_over_seeds(differences),
            )
        )
    return found


def crossed_interval(values: NDArray[np.float64], level: float = 0.95) -> Estimate:
    """Mean of S seeds × N examples and its interval when both would be drawn anew. (S, N)

    Two-way random effects, value = mean + seed + example + rest. The variance of the mean is
    Var(seed means) / S + Var(example means) / N - Var(rest) / (S N): the first two both hold the rest's
    share, so it is taken off once; the sum is never taken for less than either. Student's t with
    Satterthwaite's degrees of freedom (Searle, Casella & McCulloch 1992, chapter 4). The training examples
    are not drawn anew.
    """
    S, N = values.shape
    by_seed, by_example, mean = values.mean(1), values.mean(0), float(values.mean())
    rest = values - by_seed[:, None] - by_example + mean
    seeds, examples = by_seed.var(ddof=1) / S, by_example.var(ddof=1) / N
    residual = (rest**2).sum() / ((S - 1) * (N - 1)) / (S * N)
    variance = max(seeds + examples - residual, seeds, examples)
    freedom = variance**2 / (seeds**2 / (S - 1) + examples**2 / (N - 1)) if variance else 1.0
    half = float(special.stdtrit(max(1.0, freedom), (1 + level) / 2) * np.sqrt(variance))
    return Estimate(value=mean, low=mean - half, high=mean + half)
