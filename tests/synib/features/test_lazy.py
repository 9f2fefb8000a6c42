"""Nobody pays for transformers and torchaudio who does not use them."""

import subprocess
import sys

HEAVY = {"transformers", "torchaudio", "PIL", "soundfile", "huggingface_hub", "tokenizers"}
CODE = f"""
import pkgutil, sys
from importlib import import_module
for module in pkgutil.walk_packages(import_module("synib").__path__, "synib."):
    import_module(module.name)
import worker.execution
print({HEAVY!r} & set(sys.modules))
"""


def test_a_process_that_has_imported_all_of_the_library_has_none_of_them() -> None:
    # A worker keeps such a process, from which every trainer is forked.
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "set()", done.stderr
