"""The garbage collector kept out of the way: of imports, which make nothing but what stays, and of the hot paths."""

from __future__ import annotations

import gc


def pause_collector() -> None:
    """Collect nothing while a program imports what it needs: looking for garbage takes an eighth of that time."""
    gc.disable()


def settle_collector() -> None:
    """Keep what is imported out of the collector's way: it costs a refresh an eighth of its time otherwise.

    For programs, once, after their imports.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    gc.enable()
