"""How an image, a recording or a text becomes numbers: computed once, before training."""

import math
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from synib.spec.base import Spec, Width
from synib.spec.weights import WORDS, About, ModelError, Pooling, Reads, find

Rate = Annotated[int, Field(ge=1000, le=192_000)]
Duration = Annotated[float, Field(gt=0, le=600)]
ModelName = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[\w.~/-][\w.~/ -]*$")]
Layout = Literal["image", "steps"]


class Fault(NamedTuple):
    """What is wrong with a field."""

    field: str
    detail: str
    value: object


class Pixels(Spec):
    """An image as grey levels or colours from 0 to 1, (channels, size, size): its shorter side is brought to
    ``size`` (bilinear, antialiased), then the middle is cut out."""

    kind: Literal["pixels"] = "pixels"
    size: Annotated[int, Field(ge=4, le=1024)] = 64
    """Height and width in pixels."""
    channels: Literal[1, 3] = 3
    """3: red, green, blue. 1: luminance, .299 red + .587 green + .114 blue."""

    reads: Literal["image"] = "image"
    """Always images."""

    def faults(self) -> Iterator[Fault]:
        """None."""
        return iter(())

    def shape(self) -> tuple[int, ...]:
        """Of an example."""
        return (self.channels, self.size, self.size)


class Recording(Spec):
    """What kinds of features of a recording share: it is resampled, cut after ``seconds`` and, where it is
    shorter, followed by frames that are not there (NaN): the network leaves them out or takes the mean."""

    reads: Literal["audio"] = "audio"
    """Always recordings."""
    rate: Rate = 16_000
    """Samples per second to which recordings are brought."""
    seconds: Duration = 1.0
    """Length of every example in seconds; what a recording has beyond it is cut off."""

    @property
    def samples(self) -> int:
        """Of an example, at most."""
        return max(1, round(self.rate * self.seconds))


class Waveform(Recording):
    """A recording's samples themselves, from -1 to 1: (samples, 1)."""

    kind: Literal["waveform"] = "waveform"

    def faults(self) -> Iterator[Fault]:
        """None."""
        return iter(())

    def shape(self) -> tuple[int, ...]:
        """Of an example."""
        return (self.samples, 1)


class Spectrum(Recording):
    """What spectrograms share: Hann windows, frames centred on multiples of the hop, bands of the mel scale
    (HTK's triangles, up to half the rate), and the natural logarithm of the power in each plus 1e-6."""

    mels: Annotated[int, Field(ge=4, le=256)] = 64
    """Bands."""
    window: Annotated[float, Field(gt=0, le=1)] = 0.025
    """Length of a frame's window in seconds; its spectrum has the next power of two of points."""
    hop: Annotated[float, Field(gt=0, le=1)] = 0.010
    """From one frame to the next in seconds."""

    @property
    def window_samples(self) -> int:
        return max(2, round(self.rate * self.window))

    @property
    def hop_samples(self) -> int:
        return max(1, round(self.rate * self.hop))

    @property
    def points(self) -> int:
        """Of each spectrum: the power of two that the window fits in."""
        return 1 << (self.window_samples - 1).bit_length()

    @property
    def frames(self) -> int:
        """Of an example."""
        return 1 + self.samples // self.hop_samples

    def faults(self) -> Iterator[Fault]:
        """Bands so narrow that no frequency of the spectrum falls into one: it would say nothing."""
        if _every_band_hears(self.mels, self.rate, self.points):
            return
        fewer = (n for n in range(self.mels - 1, 0, -1) if _every_band_hears(n, self.rate, self.points))
        detail = (
            f"{self.mels} bands are finer than windows of {self.window:g} s can tell apart; use at most "
            f"{next(fewer, 0)}, or a longer window"
        )
        yield Fault("mels", detail, self.mels)


class LogMel(Spectrum):
    """A recording's log-mel spectrogram: Hann windows, frames centred on multiples of the hop, HTK's mel
    scale up to half the rate, natural logarithm of the power in each band plus 1e-6."""

    kind: Literal["log_mel"] = "log_mel"
    layout: Layout = "image"
    """image: (1, mels, frames), for cnn or a transformer of patches. steps: (frames, mels), for gru and
    transformer."""

    def shape(self) -> tuple[int, ...]:
        """Of an example."""
        return (1, self.mels, self.frames) if self.layout == "image" else (self.frames, self.mels)


class Mfcc(Spectrum):
    """A recording's mel-frequency cepstral coefficients: of each frame's log-mel bands the orthonormal cosine
    transform of type 2, its first ``coefficients``."""

    kind: Literal["mfcc"] = "mfcc"
    coefficients: Annotated[int, Field(ge=1, le=256)] = 20
    """How many are kept; at most mels."""
    layout: Layout = "steps"
    """steps: (frames, coefficients), for gru and transformer. image: (1, coefficients, frames), for cnn."""

    def faults(self) -> Iterator[Fault]:
        """As for the bands, and more coefficients than bands."""
        yield from super().faults()
        if self.coefficients > self.mels:
            detail = f"{self.mels} bands have no more than {self.mels} coefficients; use fewer, or more mels"
            yield Fault("coefficients", detail, self.coefficients)

    def shape(self) -> tuple[int, ...]:
        """Of an example."""
        kept = self.coefficients
        return (1, kept, self.frames) if self.layout == "image" else (self.frames, kept)


def _every_band_hears(mels: int, rate: int, points: int) -> bool:
    """Whether a frequency of the spectrum lies inside every triangle."""
    top = 2595 * math.log10(1 + rate / 2 / 700)
    edges = [700 * (10 ** (top * m / (mels + 1) / 2595) - 1) for m in range(mels + 2)]  # Hz
    step = rate / points
    return all(
        math.floor(low / step + 1e-9) + 1 < high / step - 1e-9
        for low, high in zip(edges, edges[2:], strict=False)
    )


class Tokens(Spec):
    """A text as the numbers of its tokens, for an encoder ``pretrained`` that is trained further:
    (max_length,), NaN after the end. Nothing can stand in for some of them: masks must be on latent."""

    kind: Literal["tokens"] = "tokens"
    reads: Literal["text"] = "text"
    """Always texts."""
    model: ModelName
    """Whose tokenizer: a folder below `$SYNIB_MODELS`, or a name that transformers has cached."""
    max_length: Annotated[int, Field(ge=2, le=8192)] = 64
    """Tokens at most, with those that begin and end a text; the rest is cut off."""

    def faults(self) -> Iterator[Fault]:
        """A model that is not here, reads no text or not so much of it."""
        if faults := list(model_faults(self.model, "text")):
            yield from faults
        elif folder := find(self.model):
            yield from too_long("max_length", self.max_length, About.of(folder, "text"))

    def shape(self) -> tuple[int, ...]:
        """Of an example."""
        return (self.max_length,)


class Pretrained(Spec):
    """What a pretrained model of transformers says of a text, an image or a recording, its weights frozen:
    BERT, DeBERTa, ViT, CLIP, wav2vec 2.0, … Computed once and kept (decision 0019).

    Weights are read from safetensors only, and code that comes with a model is never run.
    """

    kind: Literal["pretrained"] = "pretrained"
    model: ModelName
    """A folder below `$SYNIB_MODELS`, or a name that transformers has cached or, where `$SYNIB_DOWNLOAD` is
    1, may fetch. Of two towers, as CLIP has, the one that reads the modality."""
    pooling: Pooling = "mean"
    """mean: of all tokens, padding apart. pooled: the model's own summary, projected if it has towers; where
    it has none, the first token, of recordings the mean. tokens: all of them, (tokens, width), NaN for
    padding."""
    steps: Annotated[int, Field(ge=1, le=8192)] | None = None
    """Tokens at most, the rest is cut off: of a text 64 if null, else, with pooling tokens, all."""
    seconds: Duration = 10.0
    """Of a recording: what it has beyond is cut off."""
    width: Width | None = None
    """Of a token; needed only where the service cannot see the model's configuration."""
    reads: Reads | None = None
    """What the modality is; the data set says it."""

    @property
    def pads(self) -> bool:
        """Whether examples are tokens."""
        return self.pooling == "tokens"

    def faults(self) -> Iterator[Fault]:
        """A model that is not here, reads something else or does not say how wide it is."""
        try:
            about = self._about()
        except ModelError as error:
            yield Fault("model", str(error), self.model)
            return
        try:
            self.parameters()
        except ModelError as error:
            yield Fault("model", str(error), self.model)
        width = about.width(self.pooling) if about else None
        if about and self.width not in (None, width) and width:
            yield Fault("width", f"{self.model} has width {width}; leave it out", self.width)
        if about is None and self.width is None:
            detail = f"is not in $SYNIB_MODELS of this machine ({self.model}); put it there, or say its width"
            yield Fault("model", detail, self.model)
        elif width is None and self.width is None:
            yield Fault("width", f"the configuration of {self.model} does not say it; give it here", None)
        if self.pads and not self.longest():
            yield Fault("steps", f"how many tokens {self.model} gives is not known here; give a number", None)
        if about and self.reads == "text" and self.steps:
            yield from too_long("steps", self.steps, about)

    def shape(self) -> tuple[int, ...]:
        """Of an example.

        Raises:
            ModelError: it cannot be known; `faults` says why.
        """
        about, longest = self._about(), self.longest()
        width = self.width or (about.width(self.pooling) if about else None)
        if width is None or (self.pads and not longest):
            raise ModelError(f"{self.model} is not in $SYNIB_MODELS of this machine; put it there")
        return (longest or 1, width) if self.pads else (width,)

    def longest(self) -> int | None:
        """Tokens of an example at most, if that can be known here."""
        about = self._about()
        if self.steps:
            return self.steps
        if self.reads == "text":
            return min(WORDS, (about.longest if about else None) or WORDS)
        return about.steps(round(about.rate * self.seconds)) if about else None

    def parameters(self) -> int:
        """Numbers in the model's weights; 0 where it is not here."""
        about = self._about()
        return about.parameters() if about else 0

    def _about(self) -> About | None:
        folder = find(self.model)
        if self.reads is None:
            raise ModelError(f"say what {self.model} reads: image, audio or text")
        return About.of(folder, self.reads) if folder else None


def too_long(field: str, asked: int, about: About) -> Iterator[Fault]:
    """Of more tokens than a model has positions for."""
    if about.longest and asked > about.longest:
        yield Fault(field, f"the model reads no more than {about.longest} tokens", asked)


def model_faults(model: str, reads: Reads) -> Iterator[Fault]:
    """Of a model whose files must be here."""
    try:
        folder = find(model)
        if folder is None:
            detail = f"is not in $SYNIB_MODELS of this machine ({model}); put its folder there"
            yield Fault("model", detail, model)
        else:
            About.of(folder, reads)
    except ModelError as error:
        yield Fault("model", str(error), model)


Features = Annotated[Pixels | Waveform | LogMel | Mfcc | Tokens | Pretrained, Field(discriminator="kind")]
