"""Whether the kernel killed somebody for memory here."""

import contextlib
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def oom_kills() -> int:
    """How many processes of our control group the kernel has killed for memory so far; 0 if nobody counts."""
    group = dict(_groups())
    for file in (
        CGROUPS / group.get("", "/").lstrip("/") / "memory.events",  # version 2
        CGROUPS / "memory" / group.get("memory", "/").lstrip("/") / "memory.oom_control",  # version 1
        CGROUPS / "memory.events",  # in a container that sees its own group as the root
    ):
        with contextlib.suppress(OSError):
            for line in file.read_text().splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
    return 0


def _groups() -> list[tuple[str, str]]:
    """(controller, path) of every group that this process is in; version 2 has no controller's name."""
    with contextlib.suppress(OSError):
        lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        return [(name, path) for _, names, path in lines for name in names.split(",")]
    return []
