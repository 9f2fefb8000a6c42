"""A pretrained model of transformers as a function of texts, images or recordings: tokens and a summary.

transformers is imported when the first model is loaded: it takes seconds, and most runs need none. Weights
are read from safetensors, never from a pickle; code that lies beside them is never run; nothing is fetched.
"""

import os
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from synib.models.tokens import mean_of
from synib.spec.weights import About, ModelError, Pooling, Reads, weight_files

FEATURES: dict[Reads, str] = {
    "text": "get_text_features",
    "image": "get_image_features",
    "audio": "get_audio_features",
}
"""How a model of several towers says what one of them sees."""
IDLE = ("masked_spec_embed", "mask_token")
"""Weights that only a task of pretraining uses; without them a model is whole."""


class Read(NamedTuple):
    """What a model says of B examples."""

    tokens: Tensor
    """(B, T, d), of anything where ``seen`` is false."""
    seen: Tensor
    """(B, T), whether a token is one, and not padding."""
    summary: Tensor | None
    """(B, d'), the model's own, if it has learned one."""


class Tower(nn.Module):
    """The part of a pretrained model that reads one kind of thing, in single precision.

    Raises:
        ModelError: the folder has no such model, no safetensors, or not all of the weights.
    """

    def __init__(self, folder: Path, reads: Reads) -> None:
        super().__init__()
        self.about = About.of(folder, reads)
        self.model, missing = _load(folder)
        self.has_summary = self.about.both or not any("pooler" in name for name in missing)
        lacking = [name for name in missing if "pooler" not in name and not name.endswith(IDLE)]
        if lacking:
            raise ModelError(
                f"the weights in {folder.name} lack {len(lacking)} of the model's, {lacking[0]} for one; "
                "they are of another model than config.json says"
            )

    def forward(self, inputs: dict[str, Tensor]) -> Read:
        """``inputs``: what the model itself calls them; input_ids or pixel_values or input_values …"""
        if self.about.both:
            said = getattr(self.model, FEATURES[self.about.reads])(**inputs)
        else:
            said = self.model(**inputs)
        tokens: Tensor = said.last_hidden_state
        if tokens.ndim == 4:  # a map (B, d, H, W)
            tokens = tokens.flatten(2).mT
        seen = inputs.get("attention_mask") if self.about.reads == "text" else None
        if seen is None:
            seen = torch.ones(tokens.shape[:2], device=tokens.device)
        summary = getattr(said, "pooler_output", None) if self.has_summary else None
        return Read(tokens, seen.bool(), None if summary is None else summary.flatten(1))


def pool(read: Read, pooling: Pooling, reads: Reads) -> Tensor:
    """(B, d), or of pooling tokens (B, T, d), NaN for padding."""
    if pooling == "tokens":
        return read.tokens.masked_fill(~read.seen[..., None], torch.nan)
    if pooling == "mean" or (read.summary is None and reads == "audio"):
        return mean_of(read.tokens, read.seen)
    return read.tokens[:, 0] if read.summary is None else read.summary


def _load(folder: Path) -> tuple[Any, list[str]]:
    """The model and the names of its weights that were not in the files."""
    library = transformers()
    weight_files(folder)
    local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        config = library.AutoConfig.from_pretrained(folder, **local)
        for part in (config, *(getattr(config, name, None) for name in ("text_config", "vision_config"))):
            _quiet(part)
        model, about = library.AutoModel.from_pretrained(
            folder,
            config=config,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            **local,
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"the model in {folder.name} cannot be loaded: {error}") from None
    if getattr(config, "is_encoder_decoder", False):
        model = model.get_encoder()
    return model.float(), sorted(about["missing_keys"])


def _quiet(config: Any) -> None:
    """Without the random masks and skipped layers of some models' training, which draw from generators that
    nobody seeds."""
    for name, off in (("apply_spec_augment", False), ("layerdrop", 0.0), ("encoder_layerdrop", 0.0)):
        if hasattr(config, name):
            setattr(config, name, off)


def transformers() -> Any:
    """
    Raises:
        ImportError: it is not installed.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a trainer has the threads that it was given
    try:
        import transformers as library  # noqa: PLC0415 - seconds, and most runs need no pretrained model
    except ImportError as error:
        raise ImportError("pretrained models need transformers: pip install 'synib[encoders]'") from error
    said: Any = library.logging
    said.set_verbosity_error()
    said.disable_progress_bar()
    return library
