"""Folders, files and standard input: what is read, what is skipped, and what becomes an issue."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from svcmap.errors import SourceError
from svcmap.model import group_kinds
from svcmap.model.kinds import tally
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from tests.conftest import read, state_of

SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 80}}], selector: {{app: a}}}}\n"
)


def service(name: str) -> str:
    return SERVICE.format(name=name)


def names(state: ClusterState) -> set[str]:
    return {str(name) for name in state.services}


def reasons(state: ClusterState) -> str:
    return "\n".join(f"{issue.place}: {issue.reason}" for issue in state.issues)


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.replace("\n", "\r").encode(),
    ],
    ids=["utf-8", "bom and crlf", "utf-16", "utf-16 without a mark", "cr only"],
)
def test_encodings_read_the_same(tmp_path: Path, encode: object) -> None:
    (tmp_path / "a.yaml").write_bytes(encode(service("web")))  # type: ignore[operator]
    state = read(tmp_path)
    assert names(state) == {"default/web"}
    assert state.services[Name("default", "web")].spec.selector == {"app": "a"}
    assert not state.issues


def test_one_broken_document_costs_only_itself() -> None:
    state = state_of(service("one") + "---\nkind: [\n---\n" + service("two"))
    assert names(state) == {"default/one", "default/two"}
    (issue,) = state.issues
    assert (issue.file, issue.line, issue.lost) == ("test.yaml", 7, True)


def test_lists_typed_lists_and_their_lines() -> None:
    state = state_of(
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: a}\n"
        "---\napiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: b}\n"
    )
    assert names(state) == {"default/a", "default/b"}
    assert state.locate(group_kinds.SERVICE.ref("default", "a"), ()) == ("test.yaml", 4, 0)
    assert state.locate(group_kinds.SERVICE.ref("default", "b"), ("metadata", "name")) == ("test.yaml", 11, 14)
    assert state.excerpt(group_kinds.SERVICE.ref("default", "b")) == "metadata: {name: b}"


def test_json_and_kyaml(tmp_path: Path) -> None:
    (tmp_path / "a.JSON").write_text(
        '{"apiVersion":"v1","kind":"Service","metadata":{"name":"js","labels":{"x":"\\ud83d\\ude00"}}}'
    )
    (tmp_path / "b.yaml").write_text(
        '---\n{\n  apiVersion: "v1",\n  kind: "Service",\n  metadata: {\n    name: "ky",\n  },\n}\n'
    )
    assert names(read(tmp_path)) == {"default/js", "default/ky"}


@pytest.mark.parametrize(("key", "written"), [("namespace", "y"), ("namespace", "123"), ("name", "on")])
def test_a_name_that_yaml_reads_as_something_else_is_said(key: str, written: str) -> None:
    metadata = {"name": "web", "namespace": "shop", key: written}
    text = ", ".join(f"{k}: {v}" for k, v in metadata.items())
    state = state_of(f"apiVersion: v1\nkind: Service\nmetadata: {{{text}}}\nspec: {{ports: [{{port: 80}}]}}\n")
    assert not state.services
    assert f'metadata.{key} must be text: quote it ("{written}")' in reasons(state)


def test_a_field_of_the_wrong_type_costs_that_field() -> None:
    state = state_of(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec:\n  selector: {app: on, id: 007}\n  ports:\n  - port: eighty\n    targetPort: 8080\n  externalIPs: 10.0.0.1\n"
    )
    spec = state.services[Name("default", "web")].spec
    assert spec.selector == {"app": "on", "id": "007"}
    assert not spec.ports, "a port without a number is none: its default would be taken for a fact"
    assert spec.external_ips == ()
    text = reasons(state)
    assert (
        "test.yaml:5:14: Service/default/web: spec.selector.app: on is read as true or false, not text: quote it"
        in text
    )
    assert "test.yaml:7:5: Service/default/web: spec.ports[0].port must be a whole number, not 'eighty'" in text
    assert "test.yaml:9:3: Service/default/web: spec.externalIPs must be a list" in text


def test_a_number_where_text_has_to_be_does_not_widen_a_rule() -> None:
    state = state_of(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\n"
        "spec:\n  rules:\n  - host: 0x10\n    http: {paths: [{path: 5, pathType: [Prefix]}]}\n"
    )
    (rule,) = state.ingresses[Name("default", "i")].spec.rules
    assert rule.http is not None
    assert (rule.host, rule.http.paths[0].path, rule.http.paths[0].path_type) == ("0x10", "5", "")
    text = reasons(state)
    assert "test.yaml:6:5: Ingress/default/i: spec.rules[0].host: 0x10 is read as a number, not text: quote it" in text
    assert "spec.rules[0].http.paths[0].pathType must be text, not a list; the field is left out" in text


def test_a_number_behind_a_null_and_one_from_an_anchor_are_text_too() -> None:
    state = state_of(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\n"
        "spec: {tls: [{hosts: [null, 5]}], rules: [null, {host: 6}]}\n---\n"
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: j}\nx: &r {host: 7}\n"
        "spec: {rules: [{<<: *r}]}\n"
    )
    first, second = (state.ingresses[Name("default", name)].spec for name in "ij")
    assert first.tls[0].hosts == ("5",)
    assert [rule.host for rule in (*first.rules, *second.rules)] == ["6", "7"]


def test_nulls_are_absent_fields() -> None:
    state = state_of(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: null}\nspec: {selector: , ports: null}\n"
    )
    assert names(state) == {"default/a"}
    assert not state.issues


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("ClusterIP: None", "did you mean spec.clusterIP?"),
        ("type: NodePort  // the kind", "`//` does not start a comment"),
    ],
)
def test_slips_are_named(field: str, says: str) -> None:
    state = state_of(f"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec:\n  {field}\n")
    assert says in reasons(state)
    assert state.services[Name("default", "a")].spec.cluster_ip == ""


def test_a_spec_field_at_the_top_is_named() -> None:
    state = state_of("apiVersion: v1\nkind: Service\nmetadata: {name: a}\ntype: LoadBalancer\nspec: {}\n")
    assert "test.yaml:4:1: Service/default/a: unknown field type; did you mean spec.type?" in reasons(state)


@pytest.mark.parametrize(
    ("text", "says", "place"),
    [
        ("apiVersion: v1\nkind:\u00a0Service\nmetadata:\n\u00a0 name: x\n", "NO-BREAK SPACE", "test.yaml:2:6"),
        ("a: 1\nspec:\n\tx: 1\n", "tab in the indentation", "test.yaml:3:1"),
        ("kind: {{ .Values.kind }}\nx: - y\n", "template", "test.yaml:1:7"),
        ("ip: ***.***.***.***\n", "masked address", "test.yaml:1:5"),
        ("ips:    // these\n- 10.0.0.1\nx: [\n", "`//`", "test.yaml:1:9"),
    ],
)
def test_the_real_cause_of_a_parse_error_is_named(text: str, says: str, place: str) -> None:
    (issue,) = state_of(text).issues
    assert says in issue.reason
    assert issue.place == place


def test_other_kinds_are_counted_and_kinds_of_other_groups_are_other_kinds() -> None:
    state = state_of(
        "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: kn}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\n"
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\n---\napiVersion: example1\n"
        + service("x")[15:]
    )
    assert names(state) == {"default/x"}
    assert tally(state.skipped) == {"ConfigMap": 1, "Gateway.networking.istio.io": 1, "Service.serving.knative.dev": 1}
    assert not state.gateways


def test_a_port_without_a_readable_number_is_left_out_and_named() -> None:
    state = state_of(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - {name: a, port: null}\n"
        "  - {name: b, targetPort: 80}\n  - {name: c, port: 80, targetPort: [80]}\n  - {name: d, port: 82}\n"
    )
    (port,) = state.services[Name("default", "web")].spec.ports
    assert (port.name, port.port) == ("d", 82)
    assert [(issue.line, " ".join(issue.reason.split()[1:5])) for issue in state.issues] == [
        (6, "spec.ports[0] has no port,"),
        (7, "spec.ports[1] has no port,"),
        (8, "spec.ports[2].targetPort must be a"),
    ]
    assert all(issue.lost for issue in state.issues)


def test_secrets_keep_their_name_only() -> None:
    state = state_of(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {a: b}}\ndata: {password: aGVsbG8=}\n"
    )
    assert "aGVsbG8" not in repr(state.objects)


def test_the_same_object_twice_keeps_the_last_and_names_both(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(service("web"))
    (tmp_path / "b.yaml").write_text("\n" + service("web").replace("80", "81"))
    state = read(tmp_path)
    assert state.services[Name("default", "web")].spec.ports[0].port == 81
    (issue,) = state.issues
    assert "a.yaml:1" in issue.reason
    assert "b.yaml:2" in issue.reason
    assert not issue.lost


def test_a_namespace_is_given_to_objects_that_have_none(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        service("web") + "---\n" + service("db").replace("name: db", "name: db, namespace: data")
    )
    assert names(read(tmp_path, namespace="shop")) == {"shop/web", "data/db"}


def test_folders_links_and_hidden_files(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "sub.yaml").mkdir(parents=True)
    (root / ".hidden").mkdir()
    (root / "sub.yaml" / "in.YML").write_text(service("inside"))
    (root / ".hidden" / "h.yaml").write_text(service("hidden"))
    (root / "notes.md").write_text(service("markdown"))
    (tmp_path / "outside.yaml").write_text(service("outside"))
    (root / "again.yaml").symlink_to(root / "sub.yaml" / "in.YML")
    (root / "out.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "dangling.yaml").symlink_to(root / "nowhere")
    (root / "loop").symlink_to(root)
    state = read(root)
    assert names(state) == {"default/inside"}
    assert len(state.issues) == 2
    assert "leads out of the folder" in reasons(state)
    assert "leads nowhere" in reasons(state)


def test_a_file_given_by_name_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "no-extension").write_text(service("web"))
    assert names(read(tmp_path / "no-extension")) == {"default/web"}


def test_charts_and_kustomize_inputs_are_explained_once(tmp_path: Path) -> None:
    for folder in ("chart/templates", "base", "overlay/dev"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "s.yaml").write_text(service("partial"))
    (tmp_path / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: c\n")
    (tmp_path / "base" / "kustomization.yaml").write_text("resources: [s.yaml]\n")
    (tmp_path / "overlay" / "dev" / "kustomization.yaml").write_text("resources: [../../base]\n")
    state = read(tmp_path)
    assert not state.services
    text = reasons(state)
    assert text.count("Helm chart") == 1
    assert text.count("kustomize inputs (2 folders)") == 1
    assert len(state.issues) == 2


def test_paths_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        read(tmp_path / "nothing")
    with pytest.raises(SourceError, match="no YAML or JSON files"):
        read(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission_denied_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(service("web"))
    (tmp_path / "a.yaml").chmod(0)
    with pytest.raises(SourceError, match="permission denied"):
        read(tmp_path / "a.yaml")


def test_a_binary_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "b.yaml").write_text(service("web"))
    state = read(tmp_path)
    assert names(state) == {"default/web"}
    assert "binary" in reasons(state)


def test_bytes_that_are_not_utf_8_cost_their_document() -> None:
    from svcmap.sources.base import Gathering
    from svcmap.sources.manifests import read_text

    gathering = Gathering()
    read_text("t.yaml", service("one").encode() + b"---\n# caf\xe9\n" + service("two").encode(), gathering)
    state = gathering.state("t")
    assert names(state) == {"default/one"}
    assert reasons(state) == "t.yaml:6:6: byte 0xe9 is not UTF-8: save the file as UTF-8"


@pytest.mark.parametrize("kind", ["List", "ServiceList"])
def test_large_lists_are_read_item_by_item(kind: str) -> None:
    head = "apiVersion: v1\nkind: Service\n" if kind == "List" else ""
    item = (
        head
        + "metadata:\n  name: s%d\n  annotations:\n    text: |\n      - no item\n      "
        + "x" * 2000
        + "\nspec:\n  ports:\n  - port: 80\n"
    )
    items = "".join("- " + (item % i).replace("\n", "\n  ").rstrip(" ") for i in range(600))
    broken = "- metadata: [\n"
    text = f"apiVersion: v1\nitems:\n{items}{broken}kind: {kind}\nmetadata: {{resourceVersion: ''}}\n"
    state = state_of(text)
    assert len(state.services) == 600
    assert state.services[Name("default", "s599")].spec.ports[0].port == 80
    place = state.locate(group_kinds.SERVICE.ref("default", "s7"), ("spec", "ports", 0, "port"))
    assert place is not None
    assert text.split("\n")[place.line - 1].strip() == "- port: 80"
    (issue,) = state.issues
    assert text.split("\n")[issue.line - 1].startswith(("- metadata", "kind"))
