"""Pixels are those of the image, and of a scaled one what Pillow makes of it."""

import numpy as np
import pytest
from PIL import Image

from synib import spec
from synib.features.image import pixels
from tests.synib.features.examples import images


def test_an_image_of_the_size_asked_for_is_its_own_pixels() -> None:
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    mine = pixels(image, spec.Pixels(size=16))
    np.testing.assert_allclose(mine, image.transpose(2, 0, 1) / 255, atol=1e-7)


def test_the_middle_is_cut_out_of_the_longer_side() -> None:
    image = np.zeros((8, 20, 1), np.uint8)
    image[:, 6:14] = 255
    assert (pixels(image, spec.Pixels(size=8, channels=1)) == 1).all()


@pytest.mark.parametrize(("height", "width", "size"), [(60, 40, 16), (9, 14, 28), (33, 33, 32)])
def test_scaling_is_pillows(height: int, width: int, size: int) -> None:
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    scale = size / min(height, width)
    sides = round(width * scale), round(height * scale)
    scaled = np.asarray(Image.fromarray(image).resize(sides, Image.Resampling.BILINEAR)) / 255
    top, left = (scaled.shape[0] - size) // 2, (scaled.shape[1] - size) // 2
    expected = scaled[top : top + size, left : left + size].transpose(2, 0, 1)
    np.testing.assert_allclose(pixels(image, spec.Pixels(size=size)), expected, atol=1.5 / 255)


def test_grey_is_luminance_and_colours_of_grey_are_equal() -> None:
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    np.testing.assert_allclose(pixels(red, spec.Pixels(size=8, channels=1)), 0.299, atol=1e-6)
    grey = pixels(np.full((8, 8, 1), 51, np.uint8), spec.Pixels(size=8))
    np.testing.assert_allclose(grey, 0.2, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_image_has_the_shape_promised(channels: int) -> None:
    asked = spec.Pixels.model_validate({"size": 10, "channels": channels})
    for image in images():
        values = pixels(image, asked)
        assert values.shape == asked.shape()
        assert values.min() >= 0
        assert values.max() <= 1
