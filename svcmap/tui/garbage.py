"""When Python looks for garbage while a person looks at the screen.

What was read stays for good, and what changes is freed without the collector (objects of the API form no cycles). So
collections are few and small, and the long ones happen only where a person waits anyway.
"""

from __future__ import annotations

import gc

YOUNG, MIDDLE, NEVER = 2_000, 2, 1_000_000
"""New containers until a collection, small collections until a middle one, and those until one of everything."""


def settle() -> None:
    """After the first picture: set aside what is there. Without it collections pause the UI for 60 ms and more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, NEVER)
    gc.enable()


def sweep() -> None:
    """Another cluster is on screen: collect all that is left of the one before."""
    gc.unfreeze()
    settle()
