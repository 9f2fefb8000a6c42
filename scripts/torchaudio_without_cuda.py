"""Make torchaudio importable beside a torch without CUDA, then see that its transforms compute.

torchaudio's wheel links CUDA libraries. Its loader takes missing extension files as "extension absent", and
transforms, functional and models are Python on torch; so where torch has no CUDA those files are removed.
"""

import importlib.util
import math
import sys
from pathlib import Path

import torch


def remove_extensions() -> None:
    found = importlib.util.find_spec("torchaudio")
    if found is None or found.origin is None:
        sys.exit("torchaudio is not installed; call `make setup`")
    for library in (Path(found.origin).parent / "lib").glob("*.so"):
        library.unlink()


def check() -> None:
    """A sine's mel spectrogram is finite and not silent."""
    try:
        from torchaudio.transforms import MelSpectrogram  # noqa: PLC0415 - only importable by now
    except OSError as error:
        sys.exit(f"torchaudio cannot be loaded beside torch {torch.__version__}: {error}")
    sine = torch.sin(2 * math.pi * 440 * torch.arange(16_000) / 16_000)  # one second of A at 16 kHz
    mel = MelSpectrogram(sample_rate=16_000, n_mels=40)(sine)
    if not (mel.isfinite().all() and mel.max() > 0):
        sys.exit(f"MelSpectrogram of a sine is not finite and positive beside torch {torch.__version__}")


if __name__ == "__main__":
    if torch.version.cuda is None:
        remove_extensions()
    check()
