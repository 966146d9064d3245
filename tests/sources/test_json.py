"""JSON is decoded as JSON: as kubectl reads it, with every line in its place, and the same as YAML has it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from svcmap.model.group_kinds import INGRESS, POD, SECRET, SERVICE
from svcmap.model.kinds import tally
from svcmap.model.refs import Location, Name
from svcmap.model.state import ClusterState
from svcmap.sources.base import Gathering
from svcmap.sources.manifests import read_text
from tests.conftest import state_of

Json = dict[str, Any]


def made(kind: str, name: str, api_version: str = "v1", namespace: str = "shop", **more: Any) -> Json:
    """An object as an API server writes it."""
    place = {"namespace": namespace} if namespace else {}
    metadata: Json = {"name": name, **place, "uid": f"uid-{name}", "creationTimestamp": "2026-01-01T00:00:00Z"}
    metadata["managedFields"] = [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more}


def service(name: str, **spec: Any) -> Json:
    return made("Service", name, spec={"ports": [{"port": 80, "targetPort": "http"}], "type": "ClusterIP", **spec})


def slice_(name: str) -> Json:
    return made(
        "EndpointSlice",
        name,
        "discovery.k8s.io/v1",
        addressType="IPv4",
        endpoints=[{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}],
        ports=None,
    )


def deployment(name: str) -> Json:
    template = {"metadata": {"creationTimestamp": None, "labels": {"app": name}}, "spec": {"containers": []}}
    return made("Deployment", name, "apps/v1", spec={"replicas": 1, "template": template})


OBJECTS = [
    service("a"),
    service("b", selector={"app": "x"}),
    slice_("s"),
    deployment("d"),
    made("Pod", "p", spec={"containers": []}, status={"podIP": "10.0.0.1"}),
    made("Node", "n", namespace="", status={"addresses": []}),
    made("Secret", "t", data={"password": "c2VjcmV0"}),
    made("ConfigMap", "coredns", namespace="kube-system", data={"Corefile": ".:53 {\n}\n"}),
    made("ConfigMap", "other", data={"a": "b"}),
    made("Role", "r", "rbac.authorization.k8s.io/v1"),
    made("Gateway", "g", "networking.istio.io/v1"),
    made("CiliumNetworkPolicy", "c", "cilium.io/v2"),
]


def listed(items: list[Json], kind: str = "List", api_version: str = "v1") -> Json:
    """As kubectl writes it: its keys in alphabetical order."""
    return {"apiVersion": api_version, "items": items, "kind": kind, "metadata": {"resourceVersion": ""}}


def as_yaml(text: str) -> ClusterState:
    """The state of the same JSON by the way of YAML."""
    return state_of(f"# YAML\n{text}")


def same(one: ClusterState, other: ClusterState) -> None:
    assert one.objects == other.objects
    assert tally(one.skipped) == tally(other.skipped)
    assert (sorted(one.custom), one.foreign_policies) == (sorted(other.custom), other.foreign_policies)
    assert [issue.reason for issue in one.issues] == [issue.reason for issue in other.issues]


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize(
    "document",
    [
        *OBJECTS,
        listed(OBJECTS),
        listed([service(f"s{i}") for i in range(5)]),
        listed([slice_(f"s{i}") for i in range(5)]),
        listed([deployment(f"s{i}") for i in range(5)]),
        listed([]),
        listed([listed([service("inner")]), service("outer")]),
        {**listed([service("a")]), "items": None},
        {"apiVersion": "v1", "kind": "ServiceList", "items": [{"metadata": service("a")["metadata"], "spec": {}}]},
        {"apiVersion": "v1", "kind": "ServiceList", "items": [{"metadata": {"name": "by-hand"}}, service("a")]},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "by-hand"}, "spec": {"ports": [{"port": 80.0}]}},
        service("slip", targetport="http"),
        listed([service("fine"), service("slip", targetport="http"), service("odd", type="Nodeport")]),
        listed([service("fine"), service("wrong", ports="80"), made("Service", "", spec={})]),
        {"spec": {"ports": []}},
        {"items": [1, 2]},
        {},
    ],
)
def test_json_is_what_its_yaml_is(document: Json, indent: int | None) -> None:
    text = json.dumps(document, indent=indent)
    same(state_of(text), as_yaml(text))


@pytest.mark.parametrize("indent", [None, 4])
def test_every_object_has_its_line_and_its_fields_their_places(indent: int | None) -> None:
    text = json.dumps(listed(OBJECTS), indent=indent)
    found, wanted = state_of(text), as_yaml(text)
    for kind in (SERVICE, POD, SECRET):
        for name in wanted.objects[kind]:
            for path in ((), ("metadata", "name"), ("spec",)):
                ours, theirs = (state.locate(kind.ref(*name), path) for state in (found, wanted))
                assert ours is not None
                assert theirs is not None
                assert (ours.line + 1, ours.column) == (theirs.line, theirs.column)
    assert json.loads(found.excerpt(SERVICE.ref("shop", "b")) or "") == OBJECTS[1]


def test_a_stream_of_objects_is_read_one_by_one() -> None:
    text = "\n".join(json.dumps(item, indent=1) for item in OBJECTS[:3]) + json.dumps(service("last"))
    state = state_of(text)
    assert {name.name for name in state.services} == {"a", "b", "last"}
    assert not state.issues
    for name in ("a", "b", "last"):
        place = state.locate(SERVICE.ref("shop", name), ("metadata", "name"))
        assert place is not None
        assert f'"name": "{name}"' in text.split("\n")[place.line - 1]


def test_yaml_may_come_behind_json() -> None:
    first = json.dumps(service("a"), indent=2)
    text = f"{first}\n---\nkind: Service\napiVersion: v1\nmetadata: {{name: b}}\n---\n{json.dumps(service('c'))}\n"
    state = state_of(text)
    assert {name.name for name in state.services} == {"a", "b", "c"}
    line = len(first.split("\n"))
    assert state.locate(SERVICE.ref("default", "b"), ()) == Location("test.yaml", line + 2)
    assert state.locate(SERVICE.ref("shop", "c"), ()) == Location("test.yaml", line + 6)


def test_what_comes_behind_a_stream_and_is_no_json_is_named() -> None:
    text = f"{json.dumps(service('a'))}\n{json.dumps(service('b'))}\nkind: Service\n"
    state = state_of(text)
    assert len(state.services) == 2
    (issue,) = state.issues
    assert "behind 2 JSON objects" in issue.reason
    assert (issue.line, issue.lost) == (3, True)


@pytest.mark.parametrize(
    ("text", "says", "lost"),
    [
        (json.dumps([service("a"), service("b")]), "kubectl refuses it", True),
        ('["a", 1]', "not a Kubernetes object: a list", False),
        ("[a, b]", "not a Kubernetes object: a list", False),
    ],
)
def test_an_array_is_no_object(text: str, says: str, lost: bool) -> None:
    state = state_of(text)
    assert not state.services
    (issue,) = state.issues
    assert says in issue.reason
    assert (issue.line, issue.lost) == (1, lost)


def test_keys_that_are_given_twice_are_named_where_a_person_wrote_them() -> None:
    text = '{"apiVersion": "v1", "kind": "Service",\n "metadata": {"name": "x"},\n "metadata": {"name": "y"}}'
    state = state_of(text)
    assert list(state.services) == [Name("default", "y")]
    (issue,) = state.issues
    assert 'key "metadata" is given twice (first in line 2)' in issue.reason
    assert (issue.line, issue.column) == (3, 2)


@pytest.mark.parametrize(
    "text",
    [
        '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"',
        '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x",},}',
        "{apiVersion: v1, kind: Service, metadata: {name: x}}",
        "{{ template }}",
        "{" * 2000,
        '{"a": "\udcff"}',
        "{",
        "[",
    ],
)
def test_what_only_begins_like_json_is_yaml_or_named_as_that(text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    ours, theirs = Gathering(), Gathering()
    read_text("test.yaml", data, ours)
    read_text("test.yaml", b"# YAML\n" + data, theirs)
    assert ours.objects == theirs.objects
    assert len(ours.issues) == len(theirs.issues)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_do(end: str) -> None:
    text = json.dumps(listed([service("a"), service("b", targetport=1)]), indent=1).replace("\n", end)
    gathering = Gathering()
    read_text("test.json", text.encode(), gathering)
    place = gathering.state("x").locate(SERVICE.ref("shop", "b"), ("spec", "targetport"))
    assert place is not None
    lines = re.split("\r\n|\r|\n", text)
    assert lines[place.line - 1][place.column - 1 :].startswith('"targetport"')


def test_secrets_are_not_kept_and_ingresses_are_looked_through() -> None:
    ingress = made("Ingress", "i", "networking.k8s.io/v1", spec={"Rules": []})
    state = state_of(json.dumps(listed([OBJECTS[6], ingress])))
    assert "c2VjcmV0" not in repr(state.objects[SECRET])
    assert Name("shop", "i") in state.objects[INGRESS]
    assert "did you mean spec.rules" in state.issues[0].reason


def test_a_dump_is_read_as_quickly_as_its_structs_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a time but a way: what an API server wrote is never read as plain data, nor composed as YAML."""
    from svcmap import exact_yaml
    from svcmap.sources import json_text

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(json_text, "_read_plain", never)
    monkeypatch.setattr(exact_yaml, "load", never)
    state = state_of(json.dumps(listed([item for item in OBJECTS if "cilium" not in item["apiVersion"]][:-1], "List")))
    assert len(state.services) == 2
    assert len(state_of(json.dumps(listed([deployment(str(i)) for i in range(3)]))).workloads) == 3


def state_and_issues(data: bytes) -> tuple[ClusterState, list[str]]:
    gathering = Gathering()
    read_text("a.json", data, gathering)
    return gathering.state("a"), [f"{issue.place}: {issue.reason}" for issue in gathering.issues]


def test_a_byte_that_is_no_utf_8_is_named_as_in_yaml() -> None:
    data = json.dumps(service("a")).encode().replace(b'"a"', b'"caf\xe9"')
    _, issues = state_and_issues(data)
    assert issues == ["a.json:1:66: byte 0xe9 is not UTF-8: save the file as UTF-8"]


def test_a_number_that_no_machine_has_is_left_out() -> None:
    data = json.dumps(service("a")).encode().replace(b"80", b"8" * 5_000)
    state, issues = state_and_issues(data)
    assert not state.services[Name("shop", "a")].spec.ports
    assert "spec.ports[0].port must be a whole number" in issues[0]


def test_a_list_in_a_list_is_read_as_kubectl_flattens_it() -> None:
    inner = {"apiVersion": "v1", "kind": "List", "items": [service("a")]}
    typed = {"apiVersion": "v1", "kind": "ServiceList", "items": [service("b")]}
    outer = {"apiVersion": "v1", "kind": "List", "items": [inner, typed, service("c")]}
    state, issues = state_and_issues(json.dumps(outer).encode())
    assert (sorted(name.name for name in state.services), issues) == (["a", "b", "c"], [])
