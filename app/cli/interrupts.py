"""Ctrl-C while modules are imported: an extension module may swallow KeyboardInterrupt as it initialises.

Cython's does, and the command then goes on as if nothing had been pressed. So until a command has imported
what it needs, the signal itself ends the process, which holds nothing yet that would have to be put away.
"""

import signal


def end_at_once() -> None:
    """From now on an interrupt ends the process, unless who started it had interrupts ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_again() -> None:
    """From now on an interrupt is a KeyboardInterrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
