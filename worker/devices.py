"""Which GPU a trainer may see; decided without torch."""

import os
from pathlib import Path


def visible_devices(queue: str, slot: int) -> dict[str, str]:
    """For a trainer's environment: each slot of a GPU worker sees one of this machine's GPUs, others none."""
    if queue != "train.gpu":
        return {"CUDA_VISIBLE_DEVICES": ""}
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    here = chosen.split(",") if chosen else [str(n) for n, _ in enumerate(Path("/dev").glob("nvidia[0-9]*"))]
    return {"CUDA_VISIBLE_DEVICES": here[slot % len(here)]} if here else {}
