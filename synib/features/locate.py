"""The folder of a pretrained model, fetched by name only where that is allowed."""

import os
from pathlib import Path
from typing import Any

from synib.spec.weights import KNOWN, ModelError, find


def folder_of(model: str) -> Path:
    """Of a model on this machine or, where ``SYNIB_DOWNLOAD`` is 1, fetched: its safetensors and texts only.

    Raises:
        ModelError: there is none.
    """
    if folder := find(model):
        return folder
    if os.environ.get("SYNIB_DOWNLOAD", "").lower() not in ("1", "true", "yes", "on"):
        raise ModelError(
            f"{model} is not on this machine; put its folder into $SYNIB_MODELS, or set SYNIB_DOWNLOAD=1 to "
            "let transformers fetch it"
        )
    try:
        import huggingface_hub as hub  # noqa: PLC0415 - comes with transformers

        snapshot: Any = hub.snapshot_download(model, allow_patterns=list(KNOWN))
    except Exception as error:
        raise ModelError(f"{model} cannot be fetched: {error}") from None
    return Path(snapshot)
