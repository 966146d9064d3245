"""Processes of the test cluster: none outlives the tests, not even where pytest itself is killed."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when the thread that started it ends."""
PATIENCE = 5.0
Process = subprocess.Popen[bytes]


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command: Sequence[str], log: Path, folder: Path) -> Process:
    """Start a command in a folder; what it says is added to a log."""
    return _starter.submit(_start, command, log, folder).result()


def _start(command: Sequence[str], log: Path, folder: Path) -> Process:
    with log.open("ab") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, cwd=folder, preexec_fn=_die_with_parent)  # noqa: PLW1509


_starter = ThreadPoolExecutor(1)
"""The parent that the kernel means is a thread: this one lives as long as pytest, a test's own may end before."""


def stop(processes: Iterable[Process]) -> None:
    """End all of them, by force where that takes long: an API server whose etcd is gone waits for a minute."""
    asked = list(processes)
    for process in asked:
        process.terminate()
    for process in asked:
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
