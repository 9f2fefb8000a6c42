"""Whether a modality's features, encoder and augmentation fit each other and the data."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from synib.problems import Problem
from synib.spec.augment import Augmentation, Crop, Flip, Shift, SpecAugment, TokenDropout
from synib.spec.features import LogMel, Mfcc, Pixels, Tokens, Waveform, model_faults
from synib.spec.models import Cnn, Gru, Modality, PretrainedEncoder, Transformer
from synib.spec.natural import undecided
from synib.spec.weights import About, ModelError, Reads, find

Shape = tuple[int, ...]


def modality_problems(
    modality: Modality, shape: Shape | None, media: Reads | None, pointer: str
) -> list[Problem]:
    """Of a modality that is spelled out, by the shape of the data or the kind of its media."""
    features = modality.features
    if features is None and media:
        return [undecided(pointer)]
    if features is not None:
        if problems := list(_features(modality, media, pointer)):
            return problems
        shape = features.shape()
    assert shape is not None
    return [*_encoder(modality, shape, f"{pointer}/encoder"), *_augment(modality, shape, pointer)]


def _features(modality: Modality, media: Reads | None, pointer: str) -> Iterator[Problem]:
    features = modality.features
    assert features
    if media is None:
        detail = f"{features.kind} is for images, recordings or texts, and these are numbers; leave it out"
        yield Problem(f"{pointer}/features", detail, features.kind)
    elif features.reads != media:
        detail = f"{features.kind} reads {features.reads}, and this modality is {media}"
        yield Problem(f"{pointer}/features/kind", detail, features.kind)
    else:
        for field, detail, value in features.faults():
            yield Problem(f"{pointer}/features/{field}", detail, value)


def _encoder(modality: Modality, shape: Shape, pointer: str) -> list[Problem]:
    encoder = modality.encoder
    if isinstance(modality.features, Tokens) and not isinstance(encoder, PretrainedEncoder):
        detail = "tokens are numbers of words, which only an encoder pretrained reads; use it"
        return [Problem(f"{pointer}/kind", detail, encoder.kind)]
    match encoder:
        case Cnn():
            return _cnn(encoder, shape, pointer)
        case Transformer():
            return _transformer(encoder, shape, pointer)
        case Gru():
            return _gru(encoder, shape, pointer)
        case PretrainedEncoder():
            return list(_pretrained(encoder, modality, shape, pointer))
        case _:
            return []


def _gru(encoder: Gru, shape: Shape, pointer: str) -> list[Problem]:
    if len(shape) != 2:
        detail = f"reads steps × values and an example's shape is {shape}; use mlp or cnn"
        return [Problem(f"{pointer}/kind", detail, encoder.kind)]
    if encoder.bidirectional and encoder.features % 2:
        detail = "each direction has half of them: use an even number"
        return [Problem(f"{pointer}/features", detail, encoder.features)]
    return []


def _pretrained(
    encoder: PretrainedEncoder, modality: Modality, shape: Shape, pointer: str
) -> Iterator[Problem]:
    features = modality.features
    if not isinstance(features, Tokens | Pixels | Waveform):
        detail = "reads features of kind tokens, pixels or waveform, so that it is known what its input means"
        yield Problem(f"{pointer}/kind", detail, encoder.kind)
        return
    if isinstance(features, Tokens) and features.model != encoder.model:
        detail = f"has another vocabulary than {features.model}, whose tokens it would read; use one model"
        yield Problem(f"{pointer}/model", detail, encoder.model)
        return
    faults = list(model_faults(encoder.model, features.reads))
    yield from (Problem(f"{pointer}/{field}", detail, value) for field, detail, value in faults)
    folder = find(encoder.model) if not faults else None
    if folder is None:
        return
    about = About.of(folder, features.reads)
    try:
        about.parameters()
        encoder.latent_shape(shape)
    except ModelError as error:
        yield Problem(f"{pointer}/model", str(error), encoder.model)
    rate = about.preprocessing().get("sampling_rate")
    if isinstance(features, Waveform) and rate not in (None, features.rate):
        detail = f"the encoder {encoder.model} hears {rate} samples per second; use {rate}"
        yield Problem(f"{pointer.removesuffix('/encoder')}/features/rate", detail, features.rate)
    if isinstance(features, Pixels) and features.channels != about.tower.get("num_channels", 3):
        detail = f"the encoder {encoder.model} sees {about.tower.get('num_channels', 3)} channels"
        yield Problem(f"{pointer.removesuffix('/encoder')}/features/channels", detail, features.channels)
    side = about.tower.get("image_size")
    if isinstance(features, Pixels) and isinstance(side, int) and side != features.size:
        detail = f"the encoder {encoder.model} sees {side} × {side} pixels; use {side}"
        yield Problem(f"{pointer.removesuffix('/encoder')}/features/size", detail, features.size)


def _augment(modality: Modality, shape: Shape, pointer: str) -> Iterator[Problem]:
    for index, asked in enumerate(modality.augment):
        if detail := _unfit(asked, modality, shape):
            yield Problem(f"{pointer}/augment/{index}/kind", detail, asked.kind)


def _unfit(asked: Augmentation, modality: Modality, shape: Shape) -> str | None:
    """Why it cannot be done to examples of this shape."""
    tokens = isinstance(modality.features, Tokens)
    if tokens or isinstance(asked, TokenDropout):
        good = tokens and isinstance(asked, TokenDropout)
        return None if good else "of a text as tokens, token_dropout can be used, and of nothing else"
    sound = isinstance(modality.features, LogMel | Mfcc)
    if isinstance(asked, Crop | Flip) and (len(shape) != 3 or sound):
        return f"is for images, and an example is {'a spectrogram' if sound else f'of shape {shape}'}"
    if isinstance(asked, SpecAugment | Shift) and not (len(shape) == 2 or sound):
        return f"is for spectrograms and series, and an example's shape is {shape}"
    return None


def refused_on_input(method: Any, modalities: Mapping[str, Modality]) -> Iterator[Problem]:
    """Tokens are numbers of words: between two of them there is nothing, and no word stands in for any."""
    tokens = [name for name, modality in modalities.items() if isinstance(modality.features, Tokens)]
    mask = getattr(method, "mask", None)
    for field, chosen in (("mask/on", getattr(mask, "on", None)), ("on", getattr(method, "on", None))):
        if tokens and chosen == "input":
            detail = f"{tokens[0]} is read as numbers of words, for which nothing can stand in; use latent"
            yield Problem(field, detail, "input")


def _cnn(encoder: Cnn, shape: tuple[int, ...], pointer: str) -> list[Problem]:
    if len(shape) not in (2, 3):
        detail = f"reads channels × height × width or steps × values, not the shape {shape}; use mlp"
        return [Problem(f"{pointer}/kind", detail, encoder.kind)]
    layers, sides = len(encoder.channels), shape[1:] if len(shape) == 3 else shape[:1]
    if min(sides) < 2 ** (layers - 1):
        what = f"{sides[0]} × {sides[1]} pixels" if len(sides) == 2 else f"{sides[0]} steps"
        detail = f"{layers} layers halve {what} away; use fewer"
        return [Problem(f"{pointer}/channels", detail, layers)]
    return []


def _transformer(encoder: Transformer, shape: tuple[int, ...], pointer: str) -> list[Problem]:
    if len(shape) not in (2, 3):
        detail = f"reads steps × values or channels × height × width, not the shape {shape}; use mlp"
        return [Problem(f"{pointer}/kind", detail, encoder.kind)]
    problems = heads_problems(encoder.heads, "features", encoder.features, pointer)
    if len(shape) == 3 and (shape[1] % encoder.patch or shape[2] % encoder.patch):
        detail = (
            f"patches of {encoder.patch} × {encoder.patch} do not tile {shape[1]} × {shape[2]} pixels; "
            f"use {_divisors(math.gcd(*shape[1:]))}"
        )
        problems.append(Problem(f"{pointer}/patch", detail, encoder.patch))
    return problems


def heads_problems(heads: int, field: str, width: int, pointer: str) -> list[Problem]:
    """Attention heads share the width among them in equal parts."""
    if width % heads == 0:
        return []
    detail = f"{heads} heads cannot share {field} {width} in equal parts; use {_divisors(width)}"
    return [Problem(f"{pointer}/heads", detail, heads)]


def _divisors(number: int) -> str:
    """The smallest few, to choose from."""
    few = [str(one) for one in range(1, min(number, 64) + 1) if number % one == 0][:6]
    return " or ".join(filter(None, [", ".join(few[:-1]), few[-1]]))
