"""A run on disk: tensors and JSON in one safetensors file, replaced in one stroke, never a pickle."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor


class CheckpointMismatch(ValueError):
    """The checkpoint belongs to another run."""


class CorruptCheckpoint(ValueError):
    """The file is not what was written."""


def write(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Replace ``path`` so that, whenever the machine stops, it holds the old content or the new one."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = json.dumps(about)
    # One key: safetensors writes several in any order, and equal weights shall be equal files.
    metadata = {"run": json.dumps({"about": text, "sha256": _sha256(tensors, text)})}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        save_file(tensors, temporary, metadata)
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def read(path: Path, device: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and what was said about them.

    Raises:
        CorruptCheckpoint: if a byte is missing or differs.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = json.loads((file.metadata() or {}).get("run", "{}"))
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise CorruptCheckpoint(f"{path} is no checkpoint ({error}); delete it to start over") from None
    if metadata.get("sha256") != _sha256(tensors, metadata.get("about", "")):
        raise CorruptCheckpoint(f"{path} is not what was written (hash differs); delete it to start over")
    tensors = {name: tensor.to(device, copy=True) for name, tensor in tensors.items()}
    return tensors, json.loads(metadata["about"])


def belongs(path: Path, about: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    """See that a checkpoint is of this very run.

    Raises:
        CheckpointMismatch: it is not.
    """
    for name, value in identity.items():
        if about[name] != value:
            raise CheckpointMismatch(
                f"{path} is of another run: its {name} is {about[name]}, this run's is {value}; "
                "use another path, or delete it to start over"
            )


def part(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors under ``name/``, without that prefix."""
    prefix = f"{name}/"
    return {key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)}


def _sha256(tensors: Mapping[str, Tensor], about: str) -> str:
    digest = hashlib.sha256(about.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\x1e".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def _sync(path: Path) -> None:
    """Wait until a file, or a directory's list of names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
