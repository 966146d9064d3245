"""The terminal UI on ten thousand Services, in a terminal: what it costs while nothing happens, and in a storm of events."""

from __future__ import annotations

import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.loading import pages
from tests.bench.result import Result
from tests.bench.timing import Terminal
from tests.conftest import ROOT

SVCMAP = str(Path(sys.executable).parent / "svcmap")
RATE = 1_000
"""Events a second, of Services and EndpointSlices."""
SETTLED, STORM = 8.0, 20.0
"""Seconds until the first picture has come to rest, and for which a storm is watched."""
KEYS = 60
STORED = (
    "deployments",
    "ingresses",
    "namespaces",
    "networkpolicies",
    "nodes",
    "services",
    "statefulsets",
    "httproutes",
)
PAUSE = 0.010
"""Seconds for which a collection of garbage may hold a key up."""
WATCH_COLLECTIONS = """import gc, os, time
started = [0.0]
def watch(phase, info):
    if phase == "start":
        started[0] = time.thread_time()
    else:
        with open(os.environ["COLLECTIONS"], "a") as log:
            log.write(f"{time.time()} {time.thread_time() - started[0]}\\n")
gc.callbacks.append(watch)
"""
"""A sitecustomize: notes how long each collection of garbage held everything up."""


class Watched:
    """svcmap on a replayed cluster."""

    def __init__(self, terminal: Terminal, log: Path, port: int) -> None:
        self.terminal, self.log, self.port = terminal, log, port

    def progress(self) -> dict[str, int]:
        """How many events the server had to send by now (due), and how many it could (sent)."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/progress") as answer:
            return json.load(answer)  # type: ignore[no-any-return]

    def drain(self, seconds: float) -> None:
        """Let it paint for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.terminal.fd], [], [], min(left, 0.05))[0]:
                os.read(self.terminal.fd, 65536)

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.terminal.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Resident bytes."""
        pages_ = int(Path(f"/proc/{self.terminal.pid}/statm").read_text().split()[1])
        return pages_ * os.sysconf("SC_PAGE_SIZE")

    def keys(self) -> list[float]:
        """Seconds from a cursor key to the first byte, many times."""
        taken = []
        for number in range(KEYS):
            taken.append(self.terminal.key(b"j" if number % 2 else b"k"))
            self.drain(0.05)
        return sorted(taken)

    def longest_collection(self, since: float) -> float:
        """Seconds of the longest collection of garbage after a time of day."""
        lines = (line.split() for line in self.log.read_text().splitlines())
        return max((float(length) for at, length in lines if float(at) > since), default=0.0)


@contextmanager
def watched(folder: Path, rate: int, plurals: Sequence[str] = (), until: bytes = b"SERVICE") -> Iterator[Watched]:
    """svcmap in a terminal, on a server that replays a folder."""
    command = [sys.executable, "-m", "tests.bench.replay", str(folder), str(rate), *plurals]
    with tempfile.TemporaryDirectory() as place:
        server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        log, config = Path(place, "collections"), Path(place, "config")
        log.touch()
        Path(place, "sitecustomize.py").write_text(WATCH_COLLECTIONS)
        config.write_text(json.dumps(_kubeconfig(port := int(server.stdout.readline()))))
        terminal = Terminal([SVCMAP, "--kubeconfig", str(config)], {"PYTHONPATH": place, "COLLECTIONS": str(log)})
        try:
            terminal.until(until, 90.0)
            found = Watched(terminal, log, port)
            found.drain(SETTLED)
            yield found
        finally:
            terminal.close()
            server.kill()
            server.wait()


def _kubeconfig(port: int) -> object:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "replay", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "replay", "user": {"token": "none"}}],
        "contexts": [{"name": "replay", "context": {"cluster": "replay", "user": "replay"}}],
        "current-context": "replay",
    }


def in_a_storm(folder: Path) -> Iterator[Result]:
    """What a thousand events a second cost: the processor beside json.loads of the same events, keys, collections."""
    with watched(folder, 0) as idle:
        keys = idle.keys()
    with watched(folder, RATE) as storm:
        since, used, start = time.time(), storm.processor_seconds(), time.monotonic()
        storm.drain(STORM)
        share = (storm.processor_seconds() - used) / (time.monotonic() - start)
        events = storm.progress()
        stormy = storm.keys()
        longest = storm.longest_collection(since)
    plain = RATE * _json_seconds(folder)
    yield Result(
        f"a storm of {RATE} events a second / json.loads of them", share / plain, 4.0, f"{share:.1%} of a core"
    )
    says = f"{events['sent']:,} of {events['due']:,}"
    yield Result("events that were due / that were taken", events["due"] / max(1, events["sent"]), 1.1, says)
    p95, other = stormy[int(KEYS * 0.95)], keys[int(KEYS * 0.95)]
    says = f"{p95 * 1e3:.1f} ms against {other * 1e3:.1f} ms, medians {_medians(stormy, keys)}"
    yield Result("a key's p95 in the storm / while nothing happens", p95 / other, 4.0, says)
    yield Result("the longest collection in the storm / 10 ms", longest / PAUSE, 1.0, f"{longest * 1e3:.1f} ms")


def memory(folder: Path) -> Iterator[Result]:
    """What the slices take, and what everything takes, beside the bytes of the slices."""
    size = sum(map(len, pages(folder, "endpointslices")))
    taken = {}
    for what, plurals in {"empty": ["-"], "without": STORED, "all": (*STORED, "endpointslices")}.items():
        with watched(folder, 0, plurals, b"live") as app:
            taken[what] = app.memory()
    slices, everything = taken["all"] - taken["without"], taken["all"] - taken["empty"]
    megabytes = {what: f"{taken[what] / 1e6:.0f} MB" for what in taken}
    says = f"{megabytes['all']} against {megabytes['without']} without slices; slices of {size / 1e6:.0f} MB"
    yield Result("memory of EndpointSlices / their JSON", slices / size, 1.0, says)
    says = f"{megabytes['all']} against {megabytes['empty']}"
    yield Result("memory of a whole cluster over the empty app / JSON of its slices", everything / size, None, says)


def _json_seconds(folder: Path) -> float:
    """Seconds that json.loads takes for an event, on average."""
    found = []
    for plural in ("services", "endpointslices"):
        body = pages(folder, plural)[0]
        count = len(json.loads(body)["items"])
        start = time.perf_counter()
        for _ in range(20):
            json.loads(body)
        found.append((time.perf_counter() - start) / 20 / count)
    return statistics.mean(found)


def _medians(*times: list[float]) -> str:
    return " and ".join(f"{statistics.median(each) * 1e3:.1f} ms" for each in times)
