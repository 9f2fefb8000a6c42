"""What a modality is taken to mean where it leaves things out."""

from typing import Any

from synib.problems import Problem, SpecError
from synib.spec.features import Features, LogMel, Mfcc, Pixels, Pretrained, Tokens, Waveform
from synib.spec.models import Cnn, Encoder, Mlp, Modality, PretrainedEncoder, Transformer
from synib.spec.weights import ModelError, Reads


def spelled_out(asked: Modality | None, shape: tuple[int, ...] | None, media: Reads | None) -> Modality:
    """The modality with its features and encoder.

    An array has no features: images get a cnn, sequences a transformer, the rest an mlp, if nothing at all is
    said of them. What is written is kept as it is.
    """
    said: set[str] = asked.model_fields_set if asked else set()
    modality, change = asked or Modality(), dict[str, Any]()
    features = modality.features or natural_features(media)
    if isinstance(features, Pretrained) and features.reads is None and media:
        features = features.model_copy(update={"reads": media})
    if features is not modality.features:
        change["features"] = features
    if "encoder" not in said and (features or asked is None):
        change["encoder"] = natural_encoder(features, shape)
    if isinstance(change.get("encoder", modality.encoder), PretrainedEncoder):
        change["normalize"] = False
    return modality.model_copy(update=change)


def natural_features(media: Reads | None) -> Features | None:
    """Of a text none: which model reads it best depends on its language."""
    match media:
        case "image":
            return Pixels()
        case "audio":
            return LogMel()
        case _:
            return None


def natural_encoder(features: Features | None, shape: tuple[int, ...] | None) -> Encoder:
    """The one that suits features, or else an array's shape."""
    match features:
        case None:
            natural: dict[int, Encoder] = {2: Transformer(), 3: Cnn()}
            return natural.get(len(shape or ()), Mlp())
        case Pixels() | Waveform():
            return Cnn()
        case LogMel() | Mfcc():
            return Cnn() if features.layout == "image" else Transformer()
        case Tokens():
            return PretrainedEncoder(model=features.model)
        case Pretrained():
            return Transformer() if features.pooling == "tokens" else Mlp()


def input_shape(modality: Modality, shape: tuple[int, ...] | None, pointer: str) -> tuple[int, ...]:
    """Of an example as the network sees it, of a modality that is spelled out.

    Raises:
        SpecError: it cannot be known.
    """
    if modality.features is None and shape is None:
        raise SpecError([undecided(pointer)])
    if modality.features is None:
        assert shape is not None
        return shape
    try:
        return modality.features.shape()
    except ModelError as error:
        raise SpecError([Problem(f"{pointer}/features/model", str(error))]) from None


def undecided(pointer: str) -> Problem:
    """Of a text whose features nobody has chosen."""
    detail = (
        "is text; say how it is read: features {kind: pretrained, model: …}, or {kind: tokens, model: …} to "
        "train the model further"
    )
    return Problem(f"{pointer}/features", detail)
