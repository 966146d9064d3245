"""What a watch says, however it arrives: in one piece, event by event, or cut anywhere."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcmap.model.group_kinds import ENDPOINT_SLICE
from svcmap.sources.live.api import watching
from svcmap.sources.live.api.events import FEW, Events
from svcmap.sources.live.api.failures import RefusedError
from svcmap.sources.live.api.listing import Scope
from svcmap.sources.live.api.resources import resource_of
from svcmap.sources.live.api.watching import Watch
from svcmap.sources.live.session import Session, Target
from tests.sources.live.fake_api import fake_api, no_groups

SLICES = resource_of(ENDPOINT_SLICE)
MANY = 2 * FEW + 10
BOOKMARK = {"kind": "EndpointSlice", "metadata": {"resourceVersion": "900"}}
EXPIRED = {"kind": "Status", "metadata": {}, "code": 410, "reason": "Expired"}


def event(type_: str, item: dict[str, Any]) -> bytes:
    return json.dumps({"type": type_, "object": item}).encode() + b"\n"


def slice_(name: str, version: int, **fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop", "resourceVersion": str(version)}, **fields}


def added(count: int) -> list[bytes]:
    return [event("ADDED", slice_(f"s{number}", 100 + number)) for number in range(count)]


def arrived(*pieces: bytes) -> tuple[Events, list[str]]:
    """The events of these pieces, and what changed: +name, -name."""
    failed: list[bool] = []
    events = Events(SLICES, "10", lambda: failed.append(True))
    for piece in pieces:
        events.arrived(piece)
    changes = [("-" if gone else "+") + item.metadata.name for item, gone in events.read()]
    assert bool(failed) is (events.failure is not None)
    return events, changes


def test_many_are_read_and_the_place_of_the_last_is_known() -> None:
    last = event("DELETED", slice_("s3", 700)) + event("BOOKMARK", BOOKMARK)
    events, changes = arrived(*added(MANY), last)
    assert changes == [f"+s{number}" for number in range(MANY)] + ["-s3"]
    assert (events.version, events.count, events.failure) == ("900", MANY + 2, None)


def test_what_has_not_ended_yet_waits_for_the_rest_of_it() -> None:
    first, second, third = added(3)
    events, changes = arrived(first, second + third[:20])
    assert (changes, events.version) == (["+s0", "+s1"], "101")
    events.arrived(third[20:])
    assert ([item.metadata.name for item, _ in events.read()], events.version) == (["s2"], "102")


def test_an_error_ends_it_and_what_came_before_counts() -> None:
    events, changes = arrived(*added(3), event("ERROR", EXPIRED), *added(1))
    assert (changes, events.version) == (["+s0", "+s1", "+s2"], "102")
    assert isinstance(events.failure, RefusedError)
    assert events.failure.has_expired
    events.arrived(event("ADDED", slice_("late", 999)))
    assert (events.read(), events.version) == ([], "102")


def test_an_odd_object_costs_itself_only() -> None:
    odd = event("MODIFIED", slice_("odd", 300, endpoints="many"))
    events, changes = arrived(*added(2), odd, b"\n \r\n", event("ADDED", slice_("last", 302)), b"\n")
    assert changes == ["+s0", "+s1", "+last"]
    assert [(name.name, "endpoints" in reason) for name, reason in events.unreadable] == [("odd", True)]
    assert events.version == "302"


@pytest.mark.parametrize(
    ("first", "then", "left"),
    [
        (event("DELETED", slice_("x", 1, ports=5)), event("ADDED", slice_("x", 400)), []),
        (event("MODIFIED", slice_("x", 1, ports=5)), event("MODIFIED", slice_("x", 400)), []),
        (event("MODIFIED", slice_("x", 1, ports=5)), event("DELETED", slice_("x", 400)), []),
        (event("MODIFIED", slice_("x", 1)), event("MODIFIED", slice_("x", 400, ports=5)), ["x"]),
    ],
    ids=["gone and back", "mended", "mended and gone", "broken"],
)
@pytest.mark.parametrize("between", [0, MANY])
def test_the_last_event_of_an_object_counts(first: bytes, then: bytes, left: list[str], between: int) -> None:
    events, _ = arrived(first, *added(between), then)
    assert [name.name for name, _ in events.unreadable] == left


def test_an_event_that_cannot_be_read_ends_its_watch_only() -> None:
    deep = b'{"type":"ADDED","object":{"x":' + b"[" * 5000 + b"]" * 5000 + b"}}\n"
    events, changes = arrived(*added(2), deep)
    assert (changes, events.version) == (["+s0", "+s1"], "101")
    assert "an event that makes no sense" in str(events.failure)


def test_a_null_is_an_absent_field() -> None:
    empty = event("MODIFIED", slice_("empty", 301, endpoints=None, ports=[{"name": None, "port": 80}]))
    events, changes = arrived(*added(2), empty)
    assert (changes, events.unreadable, events.version) == (["+s0", "+s1", "+empty"], [], "301")
    none = Events(SLICES, "10", lambda: None)
    none.arrived(event("ADDED", slice_("empty", 1)) + event("ADDED", slice_("empty", 1, endpoints=None, ports=None)))
    (without, _), (with_nulls, _) = none.read()
    assert without == with_nulls


TYPES = st.sampled_from(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR", "NEW"])
ITEMS = st.sampled_from(
    [slice_("a", 1), slice_("b", 2, endpoints=None), slice_("c", 3, ports=5), slice_("c", 4), BOOKMARK, EXPIRED]
)


@given(st.lists(st.builds(event, TYPES, ITEMS), max_size=12), st.integers(1, 200))
def test_together_they_say_what_each_says_alone(lines: list[bytes], size: int) -> None:
    said = b"".join(lines)
    together, changes = arrived(*(said[at : at + size] for at in range(0, len(said), size)))
    alone = Events(SLICES, "10", lambda: None)
    each: list[str] = []
    for line in lines:
        alone.arrived(line)
        each += [("-" if gone else "+") + item.metadata.name for item, gone in alone.read()]
    assert (changes, together.version, together.count) == (each, alone.version, alone.count)
    assert (together.unreadable, str(together.failure)) == (alone.unreadable, str(alone.failure))


def chunked(pieces: list[bytes]) -> bytes:
    return b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in [*pieces, b""])


@contextmanager
def watched(folder: Path, said: bytes, pieces: list[bytes] | None) -> Iterator[Watch]:
    """A watch of a server that says this, in chunks or with its length, and ends."""
    body, headers = (said, {}) if pieces is None else (chunked(pieces), {"Transfer-Encoding": "chunked"})
    with fake_api(lambda path, query, _: (200, body, headers) if "watch" in query else no_groups()) as fake:
        yield Watch(Session(Target(kubeconfig=fake.kubeconfig(folder))).transport, SLICES, Scope(), "10")


@pytest.mark.parametrize("size", [0, 1, 100, 100_000], ids=lambda size: f"chunks of {size}" if size else "no chunks")
def test_a_watch_gives_what_the_server_sends(size: int, tmp_path: Path) -> None:
    said = b"".join(added(20))
    pieces = [said[at : at + size] for at in range(0, len(said), size)] if size else None
    with watched(tmp_path, said, pieces) as watch:
        assert b"".join(watch) == said
    assert [item.metadata.name for item, _ in watch.events.read()] == [f"s{number}" for number in range(20)]


def test_a_slow_reader_does_not_fall_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the time in which events are taken as they come is over before the first of them is."""
    slept: list[float] = []
    sleep = time.sleep
    monkeypatch.setattr(watching, "TAKE", -1.0)
    monkeypatch.setattr(watching, "time", SimpleNamespace(monotonic=time.monotonic, sleep=slept.append))
    lines = [event("ADDED", slice_(f"s{number}", number, padding="x" * 2000)) for number in range(400)]
    with watched(tmp_path, b"".join(lines), lines) as watch:
        sleep(0.2)  # until all of it is there
        assert list(watch) == lines
    assert len(slept) < 40


def test_an_event_that_ends_it_ends_the_reading(tmp_path: Path) -> None:
    lines = [*added(1), event("ERROR", EXPIRED), *added(50)]
    with watched(tmp_path, b"".join(lines), lines) as watch:
        pieces = iter(watch)
        assert [next(pieces), next(pieces)] == lines[:2]
        watch.events.read()
        assert list(pieces) == []
