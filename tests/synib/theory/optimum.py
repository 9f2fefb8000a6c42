"""What one prediction q does best where an input occurs both intact and withheld."""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.special import wrightomega, xlogy

from tests.synib.theory.joints import kl

Floats = NDArray[np.float64]


def loss(q: Floats, p: Floats, r: Floats, a: float) -> float:
    """CE(p, q) + a KL(q ‖ r) at one input."""
    return float(-xlogy(p, q).sum() + a * kl(q, r))


def best(p: Floats, r: Floats, a: float) -> Floats:
    """The q (K,) that minimises :func:`loss`: log q = log r - k + omega(k + log(p / a r)), where omega(t)
    solves w + log w = t and the number k makes q sum to 1."""
    if a == 0:
        return p
    with np.errstate(divide="ignore"):
        offset = np.log(p / (a * r))

    def q(k: float) -> Floats:
        w = wrightomega(k + offset)
        return np.asarray(np.where(p > 0, p / (a * np.where(w > 0, w, 1)), r * np.exp(-k)))

    # k = 1/a - KL(q ‖ r), and KL(q ‖ r) is between 0 and KL(p ‖ r).
    slack = 1e-9 * (1 + 1 / a)
    low, high = 1 / a - float(kl(p, r)) - slack, 1 / a + slack

    def excess(k: float) -> float:
        return float(q(k).sum()) - 1

    found = q(optimize.brentq(excess, low, high, xtol=1e-15, rtol=8.9e-16))
    return np.asarray(found / found.sum())


def undone(q: Floats, r: Floats, a: float) -> Floats:
    """The p whose best q this is: p = q (1 + a (log(q / r) - KL(q ‖ r)))."""
    return np.asarray(q * (1 + a * (np.log(q / r) - kl(q, r)[..., None])))


def by_descent(p: Floats, r: Floats, a: float) -> Floats:
    """The same q by a general minimiser over logits, ignorant of the formula."""

    def softmax(logits: Floats) -> Floats:
        exp = np.exp(logits - logits.max())
        return np.asarray(exp / exp.sum())

    def value(logits: Floats) -> float:
        return loss(softmax(logits), p, r, a)

    return softmax(optimize.minimize(value, np.log(r), tol=1e-12).x)
