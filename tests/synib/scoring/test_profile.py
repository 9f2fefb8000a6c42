"""An input is called out of the profile when it lies farther out than every validation example."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synib.models import moments_of
from synib.scoring.profile import Profile
from tests.synib.scoring.kits import made, scorer


def profile(x: np.ndarray) -> Profile:
    return Profile.of(x, moments_of({"m": x})["m"])


def test_distances_of_a_hand_worked_case() -> None:
    known = profile(np.array([[0, 10], [4, 10]], np.float32))  # mean 2 and 10, spread 2 and (constant) 1
    asked = np.array([[4, 10], [8, 10], [2, 13], [np.nan, 9]], np.float32)
    farthest, at = known.farthest(asked)
    assert farthest == pytest.approx([0, 2, 3, 1])  # (8 - 4) / 2, 13 - 10, 10 - 9
    assert at[1:].tolist() == [0, 1, 1]
    # root mean squares of (1, 0), (3, 0), (0, 3), and of -1 alone
    assert known.distance(asked) == pytest.approx([0.5**0.5, 4.5**0.5, 4.5**0.5, 1])


def test_a_series_has_one_range_for_all_its_steps_and_an_image_one_a_pixel() -> None:
    series = np.zeros((2, 3, 1), np.float32)
    series[0, 2] = 5
    asked = np.zeros((1, 3, 1), np.float32)
    asked[0, 0] = 5
    assert profile(series).farthest(asked)[0] == [0]
    images = series.reshape(2, 1, 3, 1)
    assert profile(images).farthest(asked.reshape(1, 1, 3, 1))[0][0] > 1


def test_exchangeable_examples_are_rarely_warned_of() -> None:
    # P(farther than all of n others) = 1 / (n + 1) for each distance, whatever the distribution.
    rng = np.random.default_rng(0)
    n, warned = 19, 0
    known = profile(rng.standard_t(3, (400, 4)).astype(np.float32))
    for _ in range(2_000):
        x = rng.standard_t(3, (n + 1, 4)).astype(np.float32)
        warned += bool(known.distance(x[:1])[0] > known.limits(x[1:]).distance)
    assert warned / 2_000 == pytest.approx(1 / (n + 1), abs=0.02)  # four standard errors


@settings(deadline=None)  # the first call trains a model
@given(st.floats(3, 1e6), st.sampled_from(["x1", "x2"]))
def test_another_unit_is_warned_of_by_how_much_and_where(times: float, name: str) -> None:
    kit, _, data, _ = made()
    x = data.x[name][data.split == "validation"]
    far = x[[np.abs(x).sum(1).argmax()]] * np.float32(times)
    distance = kit.profiles[name].distance(far)[0]
    assert distance > kit.card.profile[name].distance
    mean, std = kit.profiles[name].mean, kit.profiles[name].std
    assert distance == pytest.approx(np.sqrt((((far.astype(float) - mean) / std) ** 2).mean()))


def test_the_warning_names_the_value_and_its_range(tmp_path) -> None:
    data = made()[2].select("validation")
    one = scorer(tmp_path)
    assert one.score(data.x).warnings == ()  # they are what the limits are made of
    x = {name: values[:3].copy() for name, values in data.x.items()}
    x["x2"][1, 2] = 1e4
    outside, distance = one.score(x).warnings
    assert (outside.example, outside.modality, outside.kind) == (1, "x2", "outside")
    low, high = (getattr(one.kit.profiles["x2"], part)[2] for part in ("low", "high"))
    assert outside.detail == f"x2[2] is 1e+04; in training it lies between {low:.4g} and {high:.4g}"
    assert outside.by == pytest.approx((1e4 - high) / one.kit.profiles["x2"].std[2], rel=1e-6)
    assert (distance.kind, distance.example) == ("distance", 1)
