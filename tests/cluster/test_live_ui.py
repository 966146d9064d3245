"""The terminal UI on a real API server: its rows follow what happens, and it survives what happens to the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from svcmap.model.refs import Name
from svcmap.sources.live import backoff
from svcmap.sources.live.api.failures import RefusedError
from svcmap.sources.live.cluster import ClusterSource
from svcmap.sources.live.reflector import Reflector
from svcmap.sources.live.session import Target
from svcmap.tui.app import SvcmapApp
from svcmap.tui.screens.main import MainScreen
from tests.cluster.control_plane import ControlPlane
from tests.cluster.filling import bind, create, path_of, report
from tests.cluster.objects import Json, pod, running, service

pytestmark = pytest.mark.slow
PLACE = "watched"
PATIENCE = 40.0
Seen = list[tuple[str, float]]


def placed(item: Json) -> Json:
    return {**item, "metadata": {**item["metadata"], "namespace": PLACE}}


WEB = placed(service("web", selector={"app": "web"}, ports=[{"name": "http", "port": 80, "targetPort": "web"}]))


@pytest.fixture(scope="module")
def watched(filled: ControlPlane) -> ControlPlane:
    """A namespace of its own, with one Service and one pod."""
    create(filled, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PLACE}})
    create(filled, WEB)
    add_pod(filled, "web-0", "10.244.3.1")
    return filled


def add_pod(cluster: ControlPlane, name: str, address: str, app: str = "web") -> None:
    create(cluster, placed(pod(name, "n1", app)))
    report(cluster, name, running(address), PLACE)


def delete(cluster: ControlPlane, item: Json) -> None:
    assert cluster.call("DELETE", f"{path_of(item, with_name=True)}?gracePeriodSeconds=0")[0] == 200


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    """What happened and how long the row took, printed at the end."""
    times: Seen = []
    yield times
    print("\n\nfrom the event to the row, seconds")
    for what, seconds in times:
        print(f"  {what:<40} {seconds:6.2f}")


@asynccontextmanager
async def following(
    cluster: ControlPlane, opened: str = "web", user: str = "tester"
) -> AsyncIterator[tuple[MainScreen, Pilot[None]]]:
    source = ClusterSource(Target(kubeconfig=cluster.kubeconfig(user, PLACE)))
    app = SvcmapApp(source, source.load(), opened=Name(PLACE, opened))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.5)
        try:
            yield app.main, pilot
        finally:
            source.close()


async def until(pilot: Pilot[None], what: str, true: Callable[[], bool], seen: Seen | None = None) -> None:
    """Wait until the screen shows it."""
    start = time.monotonic()
    while not true():
        await pilot.pause(0.05)
        assert time.monotonic() - start < PATIENCE, what
    if seen is not None:
        seen.append((what, time.monotonic() - start))


def ready(screen: MainScreen, name: str = "web") -> str:
    """The READY cell of a Service's row."""
    row = screen.services.book.rows.get(Name(PLACE, name))
    return row.row.cells[3].text if row else "-"


def problems(screen: MainScreen) -> set[str]:
    """What is found of the open Service."""
    return {finding.id for finding in screen.standing.findings} if screen.standing else set()


def named(screen: MainScreen) -> set[str | None]:
    """The resources that the screen says could not be read."""
    return {issue.resource for issue in screen.state.issues}


def endpoints(screen: MainScreen) -> list[str]:
    table = screen.panes.table("endpoints")
    return [row.key for row in table.rows if table.marks.get(row.key) != "−"]


async def test_rows_follow_what_happens(watched: ControlPlane, seen: Seen) -> None:
    async with following(watched) as (screen, pilot):
        await until(pilot, "the first picture", lambda: ready(screen) == "1/1")
        await pilot.press("2", "l", "l")
        chosen = screen.selection
        add_pod(watched, "web-1", "10.244.3.2")
        await until(pilot, "a pod is added", lambda: ready(screen) == "2/2", seen)
        await until(pilot, "its endpoint", lambda: len(endpoints(screen)) == 2, seen)
        assert screen.services.table.marks.get(f"{PLACE}/web") == "*"
        report(watched, "web-1", running("10.244.3.2", ready=False), PLACE)
        await until(pilot, "a pod is not ready", lambda: ready(screen) == "1/2", seen)
        assert screen.selection == chosen
        assert screen.focused is screen.path.canvas
        delete(watched, placed(pod("web-1", "n1")))
        await until(pilot, "a pod is deleted", lambda: ready(screen) == "1/1", seen)
        patch = {"spec": {"selector": {"app": "nobody"}}}
        assert watched.call("PATCH", path_of(WEB, with_name=True), patch, patch=True)[0] == 200
        await until(pilot, "the selector is edited", lambda: ready(screen) == "0/0", seen)
        await until(pilot, "the problem", lambda: "selector-no-match" in problems(screen), seen)
        back = {"spec": {"selector": {"app": "web"}}}
        assert watched.call("PATCH", path_of(WEB, with_name=True), back, patch=True)[0] == 200
        await until(pilot, "the selector is right again", lambda: ready(screen) == "1/1", seen)
        assert screen.live.feed is not None
        assert screen.live.feed.connection().status == "live"


async def test_a_deleted_service_keeps_its_last_picture(watched: ControlPlane, seen: Seen) -> None:
    other = placed(service("short", selector={"app": "web"}, ports=[{"port": 80, "targetPort": "web"}]))
    create(watched, other)
    async with following(watched, "short") as (screen, pilot):
        await until(pilot, "the first picture", lambda: screen.view is not None)
        await pilot.press("2")
        delete(watched, other)
        await until(pilot, "a Service is deleted", lambda: screen.live.deleted_at is not None, seen)
        await pilot.pause(1.1)
        assert screen.name_open == Name(PLACE, "short")
        assert "deleted" in screen.path.notice
        await pilot.press("escape")
        assert screen.name_open != Name(PLACE, "short")


async def test_a_pause_holds_updates_back(watched: ControlPlane) -> None:
    async with following(watched) as (screen, pilot):
        await until(pilot, "the first picture", lambda: ready(screen) == "1/1")
        await pilot.press("2", "full_stop")
        assert screen.source_status.word.startswith("paused")
        add_pod(watched, "web-2", "10.244.3.3")
        await pilot.pause(1.5)
        assert ready(screen) == "1/1"
        await pilot.press("full_stop")
        await until(pilot, "what came meanwhile", lambda: ready(screen) == "2/2")
        delete(watched, placed(pod("web-2", "n1")))
        await until(pilot, "and what comes", lambda: ready(screen) == "1/1")


@pytest.fixture
def expired(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The resources whose watch was answered 410."""
    found: list[str] = []
    original = Reflector._refused

    def refused(self: Reflector, error: RefusedError) -> None:
        if error.has_expired:
            found.append(self.key.resource.plural)
        original(self, error)

    monkeypatch.setattr(Reflector, "_refused", refused)
    return found


async def test_it_survives_the_api_server_being_killed_and_what_etcd_has_forgotten(
    watched: ControlPlane, seen: Seen, monkeypatch: pytest.MonkeyPatch, expired: list[str]
) -> None:
    """The history that the watches would go on from is compacted: 410, so everything is listed again."""
    monkeypatch.setattr(backoff, "LONGEST", 2.0)
    async with following(watched) as (screen, pilot):
        await until(pilot, "the first picture", lambda: ready(screen) == "1/1")
        add_pod(watched, "web-3", "10.244.3.4")
        await until(pilot, "a pod more", lambda: ready(screen) == "2/2")
        watched.stop_api()
        await until(pilot, "the loss is shown", lambda: screen.source_status.word.startswith("reconnecting"), seen)
        assert ready(screen) == "2/2"
        assert not expired
        watched.compact()
        await asyncio.to_thread(watched.start_api)
        delete(watched, placed(pod("web-3", "n1")))
        await until(pilot, "live again", lambda: screen.source_status.word == "live", seen)
        await until(pilot, "what happened since, after a 410", lambda: ready(screen) == "1/1", seen)
        assert expired
        add_pod(watched, "web-3", "10.244.3.4")
        await until(pilot, "it goes on", lambda: ready(screen) == "2/2", seen)
        delete(watched, placed(pod("web-3", "n1")))
        await until(pilot, "and on", lambda: ready(screen) == "1/1")


async def test_a_token_that_is_revoked_is_said_and_nothing_is_asked_without(
    watched: ControlPlane, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "LONGEST", 2.0)
    body = {"metadata": {"name": "everything"}, "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
    watched.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", body)
    bind(watched, "ClusterRole", "everything", "nobody")
    async with following(watched, user="nobody") as (screen, pilot):
        await until(pilot, "the first picture", lambda: ready(screen) == "1/1")
        watched.stop_api()
        kept = watched.users.pop("nobody")
        await asyncio.to_thread(watched.start_api)
        assert screen.live.feed is not None
        live = screen.live.feed
        refused = "refuses the credentials of user nobody"
        await until(pilot, "the refusal is said", lambda: refused in live.connection().reason, seen)
        assert screen.source_status.word.startswith("reconnecting")
        watched.stop_api()
        watched.users["nobody"] = kept
        await asyncio.to_thread(watched.start_api)
        await until(pilot, "live again", lambda: screen.source_status.word == "live", seen)
    watched.call("DELETE", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/everything")


async def test_rights_that_are_taken_away_are_named(
    watched: ControlPlane, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may not be read any more is unknown, not absent."""
    monkeypatch.setattr(backoff, "LONGEST", 2.0)
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]
    role = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    watched.call("POST", role, {"metadata": {"name": "reader"}, "rules": rules})
    bind(watched, "ClusterRole", "reader", "nobody")
    async with following(watched, user="nobody") as (screen, pilot):
        await until(pilot, "the first picture", lambda: ready(screen) == "1/1")
        less = [{"apiGroups": [""], "resources": ["services", "nodes"], "verbs": ["get", "list", "watch"]}]
        assert watched.call("PATCH", f"{role}/reader", {"rules": less}, patch=True)[0] == 200
        # A watch that is open stays open when rights change: a server that restarts ends them all.
        watched.stop_api()
        await asyncio.to_thread(watched.start_api)
        await until(pilot, "the lack is named", lambda: screen.source_status.word.startswith("partial"), seen)
        await until(pilot, "endpoints are unknown", lambda: ready(screen).startswith("?"), seen)
        gone = {"endpointslices", "networkpolicies", "ingresses", "deployments"}
        await until(pilot, "all that is gone is named", lambda: gone <= named(screen), seen)
        await until(pilot, "what is left is not", lambda: not {"services", "nodes"} & named(screen), seen)
