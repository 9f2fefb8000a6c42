"""The multimodal classifier whose parts an experiment chooses."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from synib import spec
from synib.models.chain import Chain, layers_of
from synib.models.parts import encoders, fusions, head
from synib.models.tokens import Pool
from synib.seeds import derive


class Moments(NamedTuple):
    """Mean and spread of one modality over examples, in its raw unit; both broadcast against one example."""

    mean: Tensor
    std: Tensor


Predict = Literal["fusion", "heads", "product"]


class MultimodalClassifier(nn.Module):
    """Raw inputs in, logits out: ``model(x) == model.fuse(model.encode(x))``.

    Raw values that are NaN are not there: no result depends on them, nor on how many there are beside a
    sequence's steps.

    Whatever is passed in is raw; only the model normalises, with the training moments that it keeps among its
    weights. So a mask that fills the mean fills the raw training mean, and one that fills zeros raw zeros.

    Args:
        experiment: resolved, so that every modality has its encoder.
        info: shapes and classes of the data.
        moments: of the training examples; without them, and where a modality is not to be normalised, inputs
            are taken as they are (weights loaded later bring their own).
        seed: the only thing that initial weights depend on; every part has its own stream, so that encoders
            and heads start the same whatever the fusion. The global generator is left as it was.
        predict: what the logits are. ``fusion``: the fusion's. ``heads``: the sum of the unimodal heads'.
            ``product``: the log-probabilities of both added up, a product of experts.
    """

    def __init__(
        self,
        experiment: spec.Experiment,
        info: spec.DataInfo,
        moments: Mapping[str, Moments] | None = None,
        *,
        seed: int = 0,
        predict: Predict = "fusion",
    ) -> None:
        super().__init__()
        self.predict = predict
        modalities = experiment.modalities
        features = {name: modality.encoder.features for name, modality in modalities.items()}
        self.modalities = tuple(modalities)
        self.words = frozenset(name for name, m in modalities.items() if isinstance(m.features, spec.Tokens))
        """Modalities whose values are numbers of words, which cannot be changed a little."""
        for name in modalities:
            as_it_is = (torch.zeros(()), torch.ones(()))
            mean, std = moments[name] if moments and modalities[name].normalize else as_it_is
            shape = info.shapes[name]
            self.register_buffer(f"mean_{name}", mean.expand(shape).clone())
            self.register_buffer(f"std_{name}", std.expand(shape).clone())
        classes, hidden = len(info.classes), experiment.unimodal_heads.hidden
        with torch.random.fork_rng(devices=[]):
            self.encoders, self.unimodal = nn.ModuleDict(), nn.ModuleDict()
            for name, modality in modalities.items():
                torch.default_generator.manual_seed(derive(seed, "weights", "encoder", name))
                self.encoders[name] = encoders[type(modality.encoder)](modality.encoder, info.shapes[name])
                torch.default_generator.manual_seed(derive(seed, "weights", "head", name))
                layers = head([features[name], *([hidden] if hidden else []), classes])
                gives_tokens = len(modality.encoder.latent_shape(info.shapes[name])) == 2
                self.unimodal[name] = nn.Sequential(Pool(), *layers) if gives_tokens else layers
            torch.default_generator.manual_seed(derive(seed, "weights", "fusion"))
            self.fusion = fusions[type(experiment.fusion)](experiment.fusion, features, classes)

    @property
    def moments(self) -> dict[str, Moments]:
        """Of the training examples, raw; each tensor has the shape of an example."""
        return {
            name: Moments(self.get_buffer(f"mean_{name}"), self.get_buffer(f"std_{name}"))
            for name in self.modalities
        }

    def normalize(self, x: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Raw {modality: (B, *shape)} to mean 0 and spread 1 over the training examples."""
        moments = self.moments
        return {name: (values - moments[name].mean) / moments[name].std for name, values in x.items()}

    def encode(self, x: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Raw {modality: (B, *shape)}, of all modalities or some, to {modality: (B, features)}, or tokens
        (B, T, features), NaN where a token is padding."""
        return {name: self.encoders[name](values) for name, values in self.normalize(x).items()}

    def fuse(self, z: Mapping[str, Tensor]) -> Tensor:
        """Representations of all modalities to logits (B, K), as ``predict`` says."""
        if self.predict == "heads":
            return torch.stack(list(self.heads(z).values())).sum(dim=0)
        logits: Tensor = self.fusion(z)
        if self.predict == "product":
            experts = [logits, *self.heads(z).values()]
            return torch.stack([log_softmax(expert, dim=-1) for expert in experts]).sum(dim=0)
        return logits

    def heads(self, z: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What each modality's representation says alone: {modality: logits (B, K)}."""
        return {name: self.unimodal[name](latent) for name, latent in z.items()}

    def chain(self, name: str, latent: bool) -> Chain | None:
        """A modality's own way to its head's logits, frozen, from its representation or from its raw values;
        none where it is more than linear layers with ReLU between them."""
        if latent:
            layers = layers_of([self.unimodal[name]])
            return Chain(layers) if layers else None
        layers = layers_of([self.encoders[name], self.unimodal[name]])
        return Chain(layers, *self.moments[name]) if layers else None

    def forward(self, x: Mapping[str, Tensor]) -> Tensor:
        """Raw {modality: (B, *shape)} to logits (B, K)."""
        return self.fuse(self.encode({name: x[name] for name in self.modalities}))


def moments_of(x: Mapping[str, NDArray[np.float32]]) -> dict[str, Moments]:
    """Moments of {modality: (N, *shape)}, of the values that are not NaN.

    A vector has a mean and a spread per coordinate, a sequence per value over all its steps, an image a mean
    per pixel and one spread. A coordinate that never varies has spread 1, so that it is normalised to 0 and
    not to noise.
    """
    return {name: _moments(values) for name, values in x.items()}


def _moments(values: NDArray[np.float32]) -> Moments:
    if values.ndim == 3:
        values = values.reshape(-1, values.shape[2])
    there = ~np.isnan(values)
    count = np.maximum(there.sum(axis=0), 1)
    mean = values.sum(axis=0, dtype=np.float64, where=there) / count
    std = np.sqrt(np.square(values - mean, where=there, out=np.zeros(values.shape)).sum(axis=0) / count)
    size = np.abs(mean)
    if values.ndim == 4:
        std, size = np.sqrt((std**2).mean()), size.max()
    std = np.where(std > np.finfo(np.float32).eps * size, std, 1.0)
    return Moments(torch.tensor(mean, dtype=torch.float32), torch.tensor(std, dtype=torch.float32))
