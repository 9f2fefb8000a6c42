"""How many numbers a network's parts have: trainable ones, and those kept for the gradient. Free of torch.

Parameters are exact. Activations are those of one example, a list entry for each tensor that is kept.
"""

import math
from collections.abc import Mapping
from itertools import pairwise

from synib import spec

Shape = tuple[int, ...]

# ------------------------------------------------------------------------------------------- parameters


def encoder_parameters(encoder: spec.Encoder, shape: Shape) -> int:
    match encoder:
        case spec.Mlp():
            return linear([math.prod(shape), *encoder.hidden, encoder.features])
        case spec.Cnn():
            channels, kernel = (shape[0], 9) if len(shape) == 3 else (shape[1], 3)
            convolutions = sum((kernel * i + 1) * o for i, o in pairwise([channels, *encoder.channels]))
            return convolutions + linear([math.prod(_feature_maps(encoder, shape)[-1]), encoder.features])
        case spec.Transformer():
            T, width = encoder.latent_shape(shape)
            values = shape[1] if len(shape) == 2 else shape[0] * encoder.patch**2
            return linear([values, width]) + T * width + _transformer(width, encoder.layers)
        case spec.Gru():
            state = encoder.features // (1 + encoder.bidirectional)
            reads = [shape[1], *[encoder.features] * (encoder.layers - 1)]
            gates = sum(3 * (inputs * state + state * state + 2 * state) for inputs in reads)
            return gates * (1 + encoder.bidirectional)
        case spec.PretrainedEncoder():
            about = encoder.about(shape)
            own = about.parameters() if encoder.trained else 0
            return own + linear([about.width(encoder.pooling) or 0, encoder.features])


def head_parameters(heads: spec.UnimodalHeads, features: int, classes: int) -> int:
    return linear(_through(features, heads.hidden, classes))


def fusion_parameters(fusion: spec.Fusion, features: Mapping[str, int], classes: int) -> int:
    """``features``: width of each modality's representation."""
    widths, k = list(features.values()), len(features)
    total = sum(widths)
    match fusion:
        case spec.Concat():
            count = linear([total, *[fusion.hidden] * fusion.layers, classes])
        case spec.LateSum():
            count = sum(linear(_through(d, fusion.hidden, classes)) for d in widths)
        case spec.Gated():
            said = sum(linear([d, fusion.hidden]) for d in widths)
            count = said + linear([total, (k - 1) * fusion.hidden]) + linear([fusion.hidden, classes])
        case spec.Film():
            modulated = sum(linear([d, fusion.hidden]) for d in widths)
            conditions = sum(linear([total - d, 2 * fusion.hidden]) for d in widths)
            count = modulated + conditions + linear([k * fusion.hidden, classes])
        case spec.LowRank():
            factors = sum(linear([d, fusion.rank * fusion.hidden]) for d in widths)
            count = factors + linear([fusion.hidden, classes])
        case spec.Mult():
            gathered, joined = (k - 1) * fusion.width, k * (k - 1) * fusion.width
            projected = sum(linear([d, fusion.width]) for d in widths)
            cross = k * (k - 1) * _transformer(fusion.width, fusion.layers)
            among = k * _transformer(gathered, fusion.self_layers)
            count = projected + cross + among + linear([joined, joined, joined]) + linear([joined, classes])
        case spec.Mbt():
            width = fusion.width
            projected = sum(linear([d, width]) for d in widths)
            layers = k * (_transformer(width, fusion.layers) - 2 * width)  # one layer norm for all, below
            count = projected + (k + fusion.bottlenecks + 2) * width + layers + linear([width, classes])
    return count


def linear(widths: list[int]) -> int:
    """Of linear layers from each width to the next."""
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(widths))


def _through(inputs: int, hidden: int, outputs: int) -> list[int]:
    return [inputs, *([hidden] if hidden else []), outputs]


def _transformer(width: int, layers: int) -> int:
    """Of layers with two layer norms, four square matrices and a feed-forward part; a layer norm follows."""
    layer = 2 * 2 * width + 4 * linear([width, width]) + linear([width, 4 * width, width])
    return layers * layer + 2 * width


def _feature_maps(encoder: spec.Cnn, shape: Shape) -> list[tuple[int, int]]:
    """(channels, pixels or steps) after each convolution; pooling halves sides before all but the first."""
    sides = shape[1:] if len(shape) == 3 else shape[:1]
    return [
        (channels, math.prod(side >> depth for side in sides))
        for depth, channels in enumerate(encoder.channels)
    ]


# ------------------------------------------------------------------------------------------ activations


def encoder_activations(encoder: spec.Encoder, shape: Shape) -> list[int]:
    raw = 4 * math.prod(shape)  # drawn, filled, joined, normalised
    match encoder:
        case spec.Mlp():
            return [raw, *encoder.hidden, encoder.features]
        case spec.Cnn():
            maps = [channels * pixels for channels, pixels in _feature_maps(encoder, shape)]
            return [raw, *(2 * count for count in maps), encoder.features]  # and where each maximum was
        case spec.Transformer():
            T, width = encoder.latent_shape(shape)
            layer = _attention(T, T, width, encoder.heads)
            return [raw, *[T * width] * 3, *layer * encoder.layers]  # projected, with positions, for readers
        case spec.Gru():
            return [raw, *[6 * shape[0] * encoder.features] * encoder.layers]  # three gates, state, and more
        case spec.PretrainedEncoder():
            return [raw, *_pretrained_activations(encoder, shape), encoder.features]


def _pretrained_activations(encoder: spec.PretrainedEncoder, shape: Shape) -> list[int]:
    """As of a transformer of the size that its configuration says, whatever else it is."""
    about = encoder.about(shape)
    T = shape[0] if about.reads == "text" else about.steps(shape[0]) or 1
    width, heads = about.width("mean") or 1, int(about.tower.get("num_attention_heads", 1))
    layers = int(about.tower.get("num_hidden_layers", 1))
    layer = _attention(T, T, width, heads)
    return [T * width] * 2 + (layer * layers if encoder.trained else [max(layer)])


def head_activations(heads: spec.UnimodalHeads, classes: int) -> list[int]:
    return [heads.hidden, classes]


def fusion_activations(fusion: spec.Fusion, latents: Mapping[str, Shape], classes: int) -> list[int]:
    """``latents``: shape of each modality's representation, a vector or tokens."""
    widths, k = [latent[-1] for latent in latents.values()], len(latents)
    lengths = [latent[0] if len(latent) == 2 else 1 for latent in latents.values()]
    read = [math.prod(latent) for latent in latents.values()]
    match fusion:
        case spec.Concat():
            kept = [*read, sum(widths), *[fusion.hidden] * fusion.layers, classes]
        case spec.LateSum():
            kept = [*read, *[fusion.hidden, classes] * k]
        case spec.Gated():
            kept = [*read, sum(widths), *[fusion.hidden] * (4 * k), classes]
        case spec.Film():
            kept = [*read, *[sum(widths)] * k, *[fusion.hidden] * (5 * k), classes]
        case spec.LowRank():
            kept = [*read, *[fusion.rank * fusion.hidden] * (2 * k + 1), fusion.hidden, classes]
        case spec.Mult():
            kept = [*read, *(T * fusion.width for T in lengths)]
            for a, S in enumerate(lengths):
                for b, T in enumerate(lengths):
                    if a != b:
                        kept += _attention(S, T, fusion.width, fusion.heads) * fusion.layers
                gathered = (k - 1) * fusion.width
                kept += [S * gathered, *_attention(S, S, gathered, fusion.heads) * fusion.self_layers]
            kept = [*kept, *[k * (k - 1) * fusion.width] * 4, classes]
        case spec.Mbt():
            kept = list(read)
            for T in lengths:
                S = 1 + T + fusion.bottlenecks
                layer = [S * fusion.width, *_attention(S, S, fusion.width, fusion.heads)]
                kept += layer * fusion.layers
            kept = [*kept, *[fusion.width] * k, classes]
    return kept


def _attention(S: int, T: int, width: int, heads: int) -> list[int]:
    """Of a transformer layer with queries from S tokens and keys and values from T.

    Two layer norms (the source's too, where it is another), query, key, value, what is mixed and what is
    added to the stream; one S × T map a head, which some devices make anew; the feed-forward part.
    """
    stream = [S * width] * 6 + [T * width] * 2 + ([T * width] if S != T else [])
    return [*stream, heads * S * T, *[4 * S * width] * 2, S * width]
