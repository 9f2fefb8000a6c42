"""The sign of a product of noisy factors: graded confidence with an exact posterior."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import entr, expit

from synib import spec
from synib.data.dataset import Dataset, recipes, split_columns
from synib.seeds import derive

Floats = NDArray[np.float64]


@recipes(spec.GaussianXor)
def gaussian_xor(recipe: spec.GaussianXor) -> Dataset:
    """s_m = ±1 fair, x_m = mu s_m u_m + N(0, I), y = [product of s_m > 0].

    Given the signs' posteriors E[s_m|x_m] = tanh(mu <u_m, x_m>), p(y=1|x) = ½ (1 + product of E[s_m|x_m]).
    """
    rng = np.random.default_rng(derive(recipe.seed, "gaussian_xor"))
    N, k, d = recipe.examples, recipe.modalities, recipe.dims
    signs = rng.choice([-1, 1], (N, k))
    axes = rng.standard_normal((k, d))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    x, product = {}, np.ones(N)
    for m in range(k):
        values = rng.standard_normal((N, d), dtype=np.float32)
        values += np.outer(signs[:, m], recipe.mu * axes[m])
        product *= np.tanh(recipe.mu * (values @ axes[m]))
        x[f"x{m + 1}"] = values
    p_one = (1 + product) / 2
    split, example_id = split_columns(recipe.split.counts(N))
    return Dataset(
        x=x,
        y=(signs.prod(1) > 0).astype(np.int64),
        split=split,
        example_id=example_id,
        classes=recipe.info().classes,
        posterior=np.stack([1 - p_one, p_one], axis=1),
        synergy=synergy(recipe.mu, k),
    )


def synergy(mu: float, modalities: int) -> float:
    """I(X_1, …, X_k; Y) in bits; any k - 1 modalities know nothing of Y, so all of it is synergy.

    Half the log-odds of y = 1 is v = atanh(product of tanh(w_m)) with w_m = mu <u_m, x_m>, and the
    information g(v) = 1 - h(p) is even in each w_m, so that w_m = mu (mu + N(0, 1)) will do. One modality
    after another is averaged over by the trapezoid rule, which here converges faster than any power.
    """
    noise = np.linspace(-9.0, 9.0, 1201)
    weight = np.exp(-(noise**2) / 2)
    weight /= weight.sum()
    w = np.abs(mu * (mu + noise))
    v = np.linspace(0.0, 25.0, 1001)  # beyond 25 the label is certain to 1e-20
    g = _information(v)
    for _ in range(modalities - 1):
        spline = CubicSpline(v, g)
        g = spline(np.minimum(_combine(v[:, None], w), v[-1])) @ weight
    return float(CubicSpline(v, g)(np.minimum(w, v[-1])) @ weight)


def _information(v: Floats) -> Floats:
    """1 - h(p) in bits where p has log-odds 2 v."""
    p = expit(2 * v)
    information: Floats = 1 - (entr(p) + entr(1 - p)) / np.log(2)
    return information


def _combine(v: Floats, w: Floats) -> Floats:
    """atanh(tanh v · tanh w) without overflow."""
    total, difference = np.abs(v + w), np.abs(v - w)
    corrections = np.log1p(np.exp(-2 * total)) - np.log1p(np.exp(-2 * difference))
    combined: Floats = (total - difference + corrections) / 2
    return combined
