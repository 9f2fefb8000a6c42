"""The process that trains and evaluates one run: ``python -m worker.trainer RUN_ID``, its lease on stdin.

Ends with a code of `worker.exits`. SIGTERM: save and leave. SIGUSR1: write all stacks to the log.
"""

import faulthandler
import json
import logging
import os
import signal
import sys
import threading
import time

from worker import exits, logs
from worker.processes import end_with

log = logging.getLogger("worker.trainer")


def main(run_id: str) -> int:
    """Do the run; the exit code."""
    orders = json.load(sys.stdin)
    end_with(orders["parent"])
    # Until training starts there is nothing to save.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(exits.INTERRUPTED))
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    logs.configure()

    began = time.monotonic()
    import torch  # noqa: PLC0415 - seconds; whoever waits for us must not wait for it

    imported = time.monotonic()
    from worker.execution import Execution, explain  # noqa: PLC0415 - imports the rest

    log.info(
        "imported",
        extra={"torch": f"{imported - began:.2f}", "rest": f"{time.monotonic() - imported:.2f}",
               "version": torch.__version__},
    )  # fmt: skip
    stop = threading.Event()
    execution = Execution.of(run_id, orders["token"], stop)
    try:
        execution.run(before_training=lambda: signal.signal(signal.SIGTERM, lambda *_: stop.set()))
    except Exception as error:
        return explain(error, execution.files)
    return exits.DONE


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stdout.flush()
    os._exit(code)  # everything is written, and taking torch apart takes seconds
