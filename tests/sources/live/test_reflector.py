"""Lists by pages and watches, and everything that can go wrong with them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from svcmap.errors import SourceError
from svcmap.model.feed import Update
from svcmap.model.group_kinds import NAMESPACE, NODE, SERVICE
from svcmap.model.refs import Name
from svcmap.sources.live import following, reflector
from svcmap.sources.live.api import transport, watching
from svcmap.sources.live.api.events import Events
from svcmap.sources.live.api.failures import RefusedError, UnreachableError
from svcmap.sources.live.api.listing import Listing, Scope, list_objects
from svcmap.sources.live.api.resources import picture, resource_of
from svcmap.sources.live.api.transport import Transport
from svcmap.sources.live.auth.credentials import Credentials, Impersonation
from svcmap.sources.live.auth.kubeconfig import Chosen
from svcmap.sources.live.backoff import Backoff
from svcmap.sources.live.following import Following
from svcmap.sources.live.reflector import Key, Reflector
from svcmap.sources.live.session import Session, Target
from svcmap.sources.live.store import Store
from tests.sources.live.fake_api import Answer, FakeApi, Query, fake_api, listing, no_groups, status

SERVICES = resource_of(SERVICE)


def service(name: str, version: str = "1", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop", "resourceVersion": version}, "spec": spec}


def connect(fake: FakeApi, folder: Path, **target: Any) -> Transport:
    return Session(Target(kubeconfig=fake.kubeconfig(folder), **target)).transport


def answering(answer: Callable[[Query, Any], Answer]) -> Callable[[str, Query, Any], Answer]:
    """`answer` for the Services, and an API server without any further group."""
    return lambda path, query, headers: no_groups() if path == "/apis" else answer(query, headers)


def names(found: Listing) -> list[str]:
    return sorted(name.name for name in found.objects)


def test_a_list_is_read_page_by_page(tmp_path: Path) -> None:
    def answer(query: Query, _: Any) -> Answer:
        assert query["limit"] == "500"
        return listing([service("b")], "7") if query.get("continue") == "next" else listing([service("a")], "7", "next")

    with fake_api(answering(answer)) as fake:
        found = list_objects(connect(fake, tmp_path), SERVICES)
    assert (names(found), found.resource_version) == (["a", "b"], "7")
    assert found.objects[Name("shop", "a")].ref == SERVICE.ref("shop", "a")


def test_an_expired_continue_token_starts_the_list_again_in_one_piece(tmp_path: Path) -> None:
    def answer(query: Query, _: Any) -> Answer:
        if query.get("continue"):
            return status(410, "Expired", "the provided continue parameter is too old")
        return listing([service("a")], "7", "old") if "limit" in query else listing([service("b")], "9")

    with fake_api(answering(answer)) as fake:
        found = list_objects(connect(fake, tmp_path), SERVICES)
    assert (names(found), found.resource_version) == (["b"], "9")


def test_nulls_and_odd_objects_cost_themselves_only(tmp_path: Path) -> None:
    items = [
        service("a", ports=None, selector=None),
        service("b", ports=7),
        {
            **service("c"),
            "metadata": {
                "name": "c",
                "namespace": "shop",
                "creationTimestamp": None,
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "yes"},
            },
        },
    ]
    with fake_api(answering(lambda query, _: listing(items))) as fake:
        found = list_objects(connect(fake, tmp_path), SERVICES)
    assert names(found) == ["a", "c"]
    assert found.unreadable[0][0] == Name("shop", "b")
    assert found.objects[Name("shop", "c")].metadata.annotations == {"kept": "yes"}


def test_a_server_that_is_busy_is_asked_again_when_it_says(tmp_path: Path) -> None:
    answers = [(429, {}, {"Retry-After": "3"}), (503, {}, {"Retry-After": "2"}), listing([service("a")])]
    with fake_api(answering(lambda query, _: answers.pop(0))) as fake:
        connection = connect(fake, tmp_path)
        waited: list[float] = []
        connection.sleep = waited.append
        assert names(list_objects(connection, SERVICES)) == ["a"]
    assert [round(seconds) for seconds in waited] == [3, 2]


def test_a_failure_that_names_no_time_is_not_asked_again(tmp_path: Path) -> None:
    with fake_api(answering(lambda query, _: status(500, "InternalError", "etcd is\nsick"))) as fake:
        with pytest.raises(RefusedError, match=r"^etcd is sick$"):
            list_objects(connect(fake, tmp_path), SERVICES)
        assert len(fake.requests) == 2


def test_a_401_is_asked_once_more_with_fresh_credentials(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old")

    def answer(query: Query, headers: Any) -> Answer:
        if headers["Authorization"] == "Bearer old":
            token.write_text("new")
            return status(401, "Unauthorized")
        return listing([service("a")])

    with fake_api(answering(answer)) as fake:
        path = fake.kubeconfig(tmp_path, {"tokenFile": str(token)})
        connection = Session(Target(kubeconfig=path)).transport
        assert names(list_objects(connection, SERVICES)) == ["a"]


def test_each_group_that_is_impersonated_has_a_line_of_its_own(tmp_path: Path) -> None:
    with fake_api(lambda path, query, headers: no_groups()) as fake:
        connect(fake, tmp_path, as_user="bob", as_groups=("a", "b"))
        headers = {key.lower(): value for key, value in fake.requests[0][3].items()}
    assert headers["impersonate-user"] == ["bob"]
    assert headers["impersonate-group"] == ["a", "b"]
    assert headers["authorization"] == ["Bearer t"]


def test_an_old_server_is_asked_group_by_group(tmp_path: Path) -> None:
    group = "gateway.networking.k8s.io"
    groups = {"groups": [{"name": group, "versions": [{"version": "v1"}, {"version": "v1beta1"}]}, {"name": "other"}]}
    route = {"name": "httproutes", "kind": "HTTPRoute", "namespaced": True, "verbs": ["list", "watch", "get"]}

    def answer(path: str, query: Query, headers: Any) -> Answer:
        if path == "/apis":
            return 200, {"kind": "APIGroupList", **groups}, {}
        return 200, {"resources": [route, {**route, "name": "httproutes/status"}]}, {}

    with fake_api(answer) as fake:
        found = [item for item in picture(connect(fake, tmp_path)) if item.group == group]
    assert [(item.plural, item.version) for item in found] == [("httproutes", "v1")]


class Log:
    """A sink that remembers, and can be waited for. As the real one it reads what came a while after."""

    def __init__(self) -> None:
        self.unread: list[Events] = []
        self.said: list[tuple[str, Any]] = []
        self.news = threading.Condition()

    def _say(self, what: str, about: Any) -> None:
        with self.news:
            self.said.append((what, about))
            self.news.notify_all()

    def replaced(self, key: Key, listing: Listing) -> None:
        self._say("replaced", names(listing))

    def came(self, key: Key, events: Events) -> None:
        self.unread.append(events)
        threading.Timer(0.3, self.ended, [key]).start()

    def ended(self, key: Key) -> None:
        while self.unread:
            for item, gone in self.unread.pop(0).read():
                self._say("gone" if gone else "changed", item.metadata.name)

    def denied(self, key: Key, error: RefusedError) -> None:
        self._say("denied", error.status)

    def connected(self, key: Key) -> None:
        self._say("connected", None)

    def lost(self, key: Key, reason: str) -> None:
        self._say("lost", reason)

    def until(self, *wanted: str) -> list[tuple[str, Any]]:
        """What was said, once these words came in this order."""

        def came() -> bool:
            words = iter(what for what, _ in self.said)
            return all(word in words for word in wanted)

        with self.news:
            assert self.news.wait_for(came, 20), self.said
            return list(self.said)


def event(kind: str, item: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": item}).encode() + b"\n"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "wait", lambda self: 0.01)


class Script:
    """Lists, and then watches that give these lines one after another; the last one is held open."""

    def __init__(self, *watches: bytes | Answer) -> None:
        self.watches, self.lists = list(watches), 0
        self.watched: list[str] = []
        self.hold = threading.Event()

    def __call__(self, query: Query, headers: Any) -> Answer:
        if query.get("watch") != "1":
            self.lists += 1
            return listing([service("a")], str(self.lists * 10))
        self.watched.append(query["resourceVersion"])
        if self.watches:
            found = self.watches.pop(0)
            return found if isinstance(found, tuple) else (200, found, {})
        self.hold.wait(20)
        return 200, b"", {}


def watch(fake: FakeApi, folder: Path, script: Script, *wanted: str) -> list[tuple[str, Any]]:
    log = Log()
    running = Reflector(connect(fake, folder), Key(SERVICES, Scope()), log)
    running.start()
    try:
        return log.until(*wanted)
    finally:
        running.stop()
        script.hold.set()
        running.join(20)
        assert not running.is_alive()


def test_a_watch_goes_on_from_where_it_was(tmp_path: Path, quick: None) -> None:
    bookmark = event("BOOKMARK", {"kind": "Service", "metadata": {"resourceVersion": "15"}})
    script = Script(event("ADDED", service("b", "11")) + bookmark, event("DELETED", service("b", "16")))
    with fake_api(answering(script)) as fake:
        said = watch(fake, tmp_path, script, "replaced", "changed", "gone")
    assert [what for what, _ in said[:5]] == ["replaced", "connected", "changed", "connected", "gone"]
    assert (script.lists, script.watched[:2]) == (1, ["10", "15"])
    assert {query["allowWatchBookmarks"] for _, _, query, _ in fake.requests if "watch" in query} == {"true"}


@pytest.mark.parametrize(
    "gone",
    [
        event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}),
        status(410, "Gone", "too old resource version"),
    ],
    ids=["in the stream", "at once"],
)
def test_what_the_server_has_forgotten_is_listed_again(gone: bytes | Answer, tmp_path: Path, quick: None) -> None:
    script = Script(gone)
    with fake_api(answering(script)) as fake:
        said = watch(fake, tmp_path, script, "replaced", "replaced")
    assert "lost" not in {what for what, _ in said}
    assert script.lists == 2


def test_what_came_before_an_error_has_happened(tmp_path: Path, quick: None) -> None:
    error = event("ERROR", {"kind": "Status", "code": 500, "message": "no"})
    script = Script(event("ADDED", service("b", "11")) + error, event("ADDED", service("c", "12")))
    with fake_api(answering(script)) as fake:
        said = watch(fake, tmp_path, script, "changed", "lost", "changed")
    assert [about for what, about in said if what == "changed"] == ["b", "c"]
    assert (script.lists, script.watched[:2]) == (1, ["10", "11"])


def test_a_connection_that_breaks_is_opened_again_without_a_list(tmp_path: Path, quick: None) -> None:
    line = event("ADDED", service("b", "11"))
    broken: Answer = (200, line, {"Content-Length": str(len(line) + 100)})
    script = Script(broken)

    def answer(query: Query, headers: Any) -> Answer:
        return script(query, headers)

    with fake_api(answering(answer)) as fake:
        original = fake.serve

        def serve(handler: Any) -> None:
            original(handler)
            if "watch=1" in handler.path:
                handler.close_connection = True

        fake.serve = serve  # type: ignore[method-assign]
        said = watch(fake, tmp_path, script, "changed", "lost")
        assert "connection closed in the middle" in dict(said)["lost"]
    assert script.lists == 1


def test_a_connection_that_has_gone_silent_is_given_up(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half-open: nobody sends anything any more, and nobody says so."""
    monkeypatch.setattr(watching, "QUIET", 0.3)
    script = Script()
    with fake_api(answering(script)) as fake:
        said = watch(fake, tmp_path, script, "replaced", "lost", "lost")
    assert "no answer in time" in dict(said)["lost"]
    assert (script.lists, script.watched[:2]) == (1, ["10", "10"])


def test_what_may_not_be_read_is_said_at_once_and_what_could_be_only_when_it_lasts(tmp_path: Path, quick: None) -> None:
    denied = status(403, "Forbidden", "services is forbidden")
    with fake_api(answering(lambda query, _: denied)) as fake:
        said = watch(fake, tmp_path, Script(), "denied")
    assert said == [("denied", 403)]
    script = Script(b"", denied, denied, b"")
    with fake_api(answering(script)) as fake:
        said = watch(fake, tmp_path, script, "connected", "lost", "lost", "connected")
    assert "denied" not in {what for what, _ in said}


def test_waits_grow_and_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    backoff = Backoff()
    waits = [backoff.wait() for _ in range(8)]
    for base, wait in zip((0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0), waits, strict=True):
        assert base <= wait <= 2 * base
    backoff._last = time.monotonic() - 121
    assert backoff.wait() <= 1.6


def test_a_server_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECT_TIME", 1.0)
    with fake_api(lambda path, query, headers: no_groups()) as fake:
        connection = connect(fake, tmp_path)
    connection.close()
    with pytest.raises(UnreachableError, match="connection refused") as raised:
        list_objects(connection, SERVICES)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        ("http://me:secret@127.0.0.1:9", r"\(through proxy-url http://127.0.0.1:9\)"),
        ("127.0.0.1:9", r"\(through proxy-url http://127.0.0.1:9\)"),
        ("http://[::1", "cannot reach http://api.invalid"),
    ],
)
def test_a_proxy_that_does_not_answer_is_named_without_its_password(
    proxy: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "CONNECT_TIME", 1.0)
    cluster = {"server": "http://api.invalid", "proxy-url": proxy}
    chosen = Chosen("ctx", cluster, {"token": "t"}, "u", "default", ("ctx",))
    with pytest.raises((UnreachableError, SourceError), match=says) as raised:
        list_objects(Transport(chosen, Credentials(chosen), Impersonation()), SERVICES)
    assert "secret" not in str(raised.value)


def test_what_may_be_listed_and_not_watched_is_listed_now_and_then(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reflector, "SLOWLY", 0.05)
    denied = status(403, "Forbidden", "may not watch")
    script = Script(*[denied] * 50)
    with fake_api(answering(script)) as fake:
        said = watch(fake, tmp_path, script, "replaced", "replaced", "replaced")
    assert "denied" not in {what for what, _ in said}
    assert script.lists <= 5


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"ADDED","object":{"metadata":"x"}}\n',
        b'{"type":"ADDED","object":{"metadata":{"name":"\xff"}}}\n',
        b'{"type":"ADDED","object":' + b'{"a":' * 100_000 + b"\n",
        b'{"type":"ADDED"}\n',
    ],
    ids=["a text for an object", "no UTF-8", "nested without end", "nothing"],
)
def test_one_odd_event_costs_its_watch_at_most(tmp_path: Path, quick: None, line: bytes) -> None:
    script = Script(line, event("ADDED", service("b", "11")))
    with fake_api(answering(script)) as fake:
        said = watch(fake, tmp_path, script, "changed")
    assert ("changed", "b") in said


def test_an_answer_that_makes_no_sense_does_not_end_it(tmp_path: Path, quick: None) -> None:
    script = Script(b"<html>\n", event("ADDED", service("b", "11")))
    with fake_api(answering(script)) as fake:
        said = watch(fake, tmp_path, script, "lost", "changed")
    assert "is no event" in dict(said)["lost"]


def test_one_list_that_fails_while_others_work_is_named_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    session = SimpleNamespace(transport=None, resources=[], namespaces=())
    followed = Following(session, Store("test"), lambda update: None, None)  # type: ignore[arg-type]
    keys = [Key(resource_of(kind), Scope()) for kind in (SERVICE, NAMESPACE, NODE)]
    followed.reflectors = dict.fromkeys(keys)  # type: ignore[assignment]
    followed.lost(keys[1], "500")
    assert followed.connection()[0::3] == ("live", "")
    monkeypatch.setattr(following, "PATIENCE", 0.0)
    assert followed.connection()[0::3] == ("live", "namespaces: 500")
    followed.connected(keys[1])
    assert followed.connection()[0::3] == ("live", "")
    followed.lost(keys[0], "500")
    assert followed.connection()[0::3] == ("reconnecting", "500")


@pytest.mark.parametrize(
    ("line", "lists", "status_"),
    [
        (event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}), 2, "live"),
        (event("ERROR", {"kind": "Status", "code": 500, "message": "no"}), 1, "reconnecting"),
        (b"<html>\n", 1, "reconnecting"),
    ],
    ids=["410", "500", "nonsense"],
)
def test_what_ends_a_watch_is_known_before_the_next_is_opened(
    tmp_path: Path, line: bytes, lists: int, status_: str
) -> None:
    """With the sink of the product, which reads lines later than they come. Patience is that of the product too."""
    script = Script(*[line] * (1 if lists == 2 else 50))
    with fake_api(answering(script)) as fake:
        transport_ = connect(fake, tmp_path)
        session = SimpleNamespace(transport=transport_, resources=[SERVICES], namespaces=("default",))
        store = Store("test")
        store.put(SERVICES, "", list_objects(transport_, SERVICES))
        told: list[Update] = []
        followed = Following(session, store, told.append, None)  # type: ignore[arg-type]
        followed.start()
        try:
            end = time.monotonic() + 10
            while not (script.lists >= lists and followed.connection().status == status_) and time.monotonic() < end:
                time.sleep(0.05)
            assert (script.lists, followed.connection().status) == (lists, status_)
            assert len(script.watched) <= 4
        finally:
            followed.stop()
            script.hold.set()
