"""The commands on a real API server: the same answers live and from a snapshot, with few requests and few rights."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from svcmap.cli import main
from svcmap.model.config_maps import BY_NAME
from tests.cluster import build
from tests.cluster.conftest import BUILD, needs
from tests.cluster.control_plane import ControlPlane
from tests.cluster.filling import bind, create
from tests.cluster.objects import NAMESPACE, SERVICES
from tests.conftest import FIXTURES, ROOT

pytestmark = pytest.mark.slow
Run = Callable[..., tuple[int, str, str]]
NAMES = [item["metadata"]["name"] for item in SERVICES]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line; gives its exit code, stdout and stderr."""

    def runs(*words: str) -> tuple[int, str, str]:
        code = main(words)
        out = capsys.readouterr()
        return code, out.out, out.err

    return runs


@pytest.fixture(scope="module")
def kubeconfig(filled: ControlPlane) -> str:
    return filled.kubeconfig()


@pytest.fixture(scope="module")
def snapshot(kubeconfig: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("snapshot") / "cluster.json"
    assert main(["snapshot", "-o", str(path), "--kubeconfig", kubeconfig]) == 0
    return str(path)


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(method, URL) of every request of a session, in the client library itself."""
    from kubernetes.client.rest import RESTClientObject

    seen: list[tuple[str, str]] = []
    original: Any = RESTClientObject.request

    def request(self: Any, method: str, url: str, **more: Any) -> Any:
        seen.append((method, url))
        return original(self, method, url, **more)

    monkeypatch.setattr(RESTClientObject, "request", request)
    return seen


def same(live: str, saved: str) -> None:
    """Two documents that differ in their source only."""
    one, other = (json.loads(text) for text in (live, saved))
    for document in (one, other):
        document.pop("source", None)
    assert one == other


QUESTIONS = [
    ("list",),
    *(("show", f"{NAMESPACE}/{name}") for name in NAMES),
    *(("trace", f"http://{name}.{NAMESPACE}", "--from", "namespace:default") for name in NAMES),
    *(("trace", f"http://{name}.{NAMESPACE}", "--from", f"pod:{NAMESPACE}/ready-1") for name in ("plain", "named")),
    ("trace", "http://shop.example.com/"),
    ("trace", "http://x.example/"),
    ("trace", "tcp://10.244.1.5:8080", "--from", "10.244.1.1"),
    ("trace", "tcp://10.244.9.9:8080", "--from", "namespace:default"),
    ("trace", "10.244.1.1"),
    *(("dig", f"{name}.{NAMESPACE}.svc.cluster.local") for name in NAMES),
    ("dig", "plain", "--from", f"pod:{NAMESPACE}/ready-1"),
]


@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
def test_live_and_from_a_snapshot_the_answers_are_the_same(
    words: tuple[str, ...], kubeconfig: str, snapshot: str, run: Run
) -> None:
    live = run(*words, "-o", "json", "--kubeconfig", kubeconfig)
    saved = run(*words, "-o", "json", "-f", snapshot)
    assert live[0] == saved[0], (live[2], saved[2])
    if live[1] or saved[1]:
        same(live[1], saved[1])
    else:
        assert live[2].replace("in test", "") == saved[2].replace(f"in {snapshot}", "")


def test_a_snapshot_holds_no_more_than_svcmap_reads(snapshot: str) -> None:
    text = Path(snapshot).read_text()
    for word in ("managedFields", "last-applied", '"env"', "Secret"):
        assert word not in text
    kinds = json.loads(text)["objects"]
    assert len([pod for pod in kinds["Pod"] if pod["metadata"]["namespace"] == NAMESPACE]) == 8


def test_without_pods_a_snapshot_does_not_say_that_there_are_none(kubeconfig: str, tmp_path: Path, run: Run) -> None:
    path = str(tmp_path / "small.json.gz")
    assert run("snapshot", "--no-pods", "-o", path, "--kubeconfig", kubeconfig)[0] == 0
    code, out, _ = run("trace", "tcp://10.244.9.9:80", "--from", "namespace:default", "-f", path, "-o", "json")
    found = json.loads(out)
    assert (code, found["verdict"]) == (3, "unknown")
    assert found["hops"][-1]["needs"] == ["the pod with address 10.244.9.9"]


def collections(requests: list[tuple[str, str]]) -> Counter[str]:
    """The lists that were asked for; of ConfigMaps each is one object."""
    asked = [urlsplit(url) for _, url in requests]
    names = [parse_qs(url.query).get("fieldSelector", [""])[0] if "configmaps" in url.path else "" for url in asked]
    return Counter(f"{url.path} {name}".strip() for url, name in zip(asked, names, strict=True))


def test_one_list_for_each_kind_and_no_pods(kubeconfig: str, requests: list[tuple[str, str]], run: Run) -> None:
    assert run("show", f"{NAMESPACE}/alias", "--kubeconfig", kubeconfig)[0] == 0
    found = collections(requests)
    assert set(found.values()) == {1}
    assert {path for path in found if "pods" in path or "secrets" in path} == set()
    assert len(found) == 12 + len(BY_NAME), sorted(found)
    assert all("fieldSelector" in url for _, url in requests if "configmaps" in url)
    assert {method for method, _ in requests} == {"GET"}


def test_the_pods_of_the_service_that_is_shown_are_listed_once(
    kubeconfig: str, requests: list[tuple[str, str]], run: Run
) -> None:
    assert run("show", f"{NAMESPACE}/plain", "--kubeconfig", kubeconfig)[0] == 0
    pods = [url for _, url in requests if "/pods" in url]
    assert [urlsplit(url).path for url in pods] == [f"/api/v1/namespaces/{NAMESPACE}/pods"]
    assert "labelSelector=app%3Dweb" in pods[0]


# -- rights -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def viewer(filled: ControlPlane) -> str:
    """A user who has exactly the rights that the README asks for."""
    blocks = (ROOT / "README.md").read_text().split("```yaml\n")[1:]
    role = next(r for r in (yaml.safe_load(b.split("```")[0]) for b in blocks) if r.get("kind") == "ClusterRole")
    status, answer = filled.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", role)
    assert status in (201, 409), answer
    bind(filled, "ClusterRole", role["metadata"]["name"], "viewer")
    return filled.kubeconfig("viewer")


@pytest.fixture(scope="module")
def narrow(filled: ControlPlane) -> str:
    """A user who may look at Services, slices and pods of one namespace only."""
    rules = [
        {"apiGroups": [""], "resources": ["services", "pods"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list", "watch"]},
    ]
    body = {"metadata": {"name": "narrow"}, "rules": rules}
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/roles"
    assert filled.call("POST", path, body)[0] in (201, 409)
    bind(filled, "Role", "narrow", "narrow", NAMESPACE)
    return filled.kubeconfig("narrow", NAMESPACE)


@pytest.mark.parametrize(
    "words", [("list",), ("show", f"{NAMESPACE}/plain"), ("trace", "http://shop.example.com/")], ids=" ".join
)
def test_the_minimal_cluster_role_is_enough(words: tuple[str, ...], viewer: str, kubeconfig: str, run: Run) -> None:
    mine, all_of_it = (run(*words, "-o", "json", "--kubeconfig", path) for path in (viewer, kubeconfig))
    assert mine[2] == all_of_it[2]
    same(mine[1], all_of_it[1])


def test_acting_as_somebody_one_has_their_rights(kubeconfig: str, narrow: str, run: Run) -> None:
    acting = run("list", "-o", "json", "--kubeconfig", kubeconfig, "--as", "narrow", "-n", NAMESPACE)
    own = run("list", "-o", "json", "--kubeconfig", narrow, "-n", NAMESPACE)
    assert acting[0] == own[0] == 3
    same(acting[1], own[1])


def test_what_may_not_be_listed_is_named_and_nothing_is_taken_for_absent(narrow: str, run: Run) -> None:
    code, out, _ = run("list", "-o", "json", "--kubeconfig", narrow)
    document = json.loads(out)
    assert code == 3
    assert {item["name"] for item in document["items"]} == set(NAMES) | {"idle"}
    issues = {issue["resource"]: issue["reason"] for issue in document["loadIssues"]}
    assert issues["services"].endswith(f"read in {NAMESPACE} only")
    assert {"networkpolicies", "ingresses", "nodes", "namespaces"} <= issues.keys()
    web = next(item for item in document["items"] if item["name"] == "plain")
    assert web["endpoints"] == {"ready": 2, "total": 3, "basis": "observed"}
    code, out, _ = run(
        "trace", f"http://plain.{NAMESPACE}", "--from", f"namespace:{NAMESPACE}", "-o", "json", "--kubeconfig", narrow
    )
    found = json.loads(out)
    assert (code, found["verdict"]) == (3, "unknown")
    assert "NetworkPolicies of namespace shop could not be read" in found["hops"][-1]["says"]


def test_who_may_list_no_service_at_all_is_told_so(filled: ControlPlane, run: Run) -> None:
    code, out, err = run("list", "--kubeconfig", filled.kubeconfig("stranger"))
    assert (code, out) == (2, "")
    assert err.startswith("svcmap: test: stranger may not list services, neither in the cluster nor in default")
    assert err.count("\n") == 1


def test_a_connection_that_does_not_work_is_one_line(filled: ControlPlane, tmp_path: Path, run: Run) -> None:
    other = tmp_path / "other.crt"
    other.write_text((filled.place / "certs" / "apiserver.crt").read_text())
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"certificate-authority": None}, "is not trusted"),
        ({"tls-server-name": "elsewhere.example"}, "is for another name"),
        ({"server": "https://127.0.0.1:1"}, "connection refused"),
        ({"server": f"http://127.0.0.1:{filled.api}"}, "400"),
        ({"server": "https://name.invalid"}, "host name"),
        ({"proxy-url": "http://127.0.0.1:1"}, "connection refused"),
        ({"certificate-authority": "/nowhere/ca.crt"}, "No such file"),
    ]
    for cluster, says in wrong:
        code, out, err = run("list", "--kubeconfig", filled.kubeconfig(**cluster), "--request-timeout", "5s")
        assert (code, out) == (2, ""), cluster
        assert says in err, (cluster, err)
        assert err.count("\n") == 1, err


def test_tls_is_verified_unless_the_kubeconfig_says_not_to(filled: ControlPlane, run: Run) -> None:
    path = filled.kubeconfig("tester", "default", **{"certificate-authority": None, "insecure-skip-tls-verify": True})
    assert run("list", "--kubeconfig", path)[0] == 0
    path = filled.kubeconfig(**{"tls-server-name": "kubernetes"})
    code, _, err = run("list", "--kubeconfig", path)
    assert code == 0, err


def test_a_refused_token_is_one_line(filled: ControlPlane, tmp_path: Path, run: Run) -> None:
    config = json.loads(Path(filled.kubeconfig()).read_text())
    config["users"][0]["user"]["token"] = "wrong"
    path = tmp_path / "config"
    path.write_text(json.dumps(config))
    code, _, err = run("list", "--kubeconfig", str(path))
    assert code == 2
    assert err == "svcmap: test: the API server refuses the credentials of user tester (401 Unauthorized)\n"


CRD = "apiextensions.k8s.io/v1"


def custom(group: str, version: str, plural: str, kind: str, *, namespaced: bool = True) -> dict[str, Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    approved = {"api-approved.kubernetes.io": "unapproved, a stand-in for tests"}
    return {
        "apiVersion": CRD,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "annotations": approved},
        "spec": {
            "group": group,
            "scope": "Namespaced" if namespaced else "Cluster",
            "names": {"plural": plural, "kind": kind, "singular": kind.lower()},
            "versions": [
                {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}},
            ],
        },
    }


def test_gateway_api_is_read_where_the_server_has_it(
    filled: ControlPlane, kubeconfig: str, requests: list[tuple[str, str]], run: Run
) -> None:
    group = "gateway.networking.k8s.io"
    for plural, kind in (("gateways", "Gateway"), ("httproutes", "HTTPRoute")):
        definition = custom(group, "v1", plural, kind)
        path = f"/apis/{CRD}/customresourcedefinitions"
        assert filled.call("POST", path, definition)[0] == 201
    filled.wait("the custom resources", lambda: filled.call("GET", f"/apis/{group}/v1/httproutes")[0] == 200)
    entry = {"name": "http", "port": 80, "protocol": "HTTP"}
    filled.wait(
        "the routes' storage",
        lambda: (
            filled.call(
                "POST",
                f"/apis/{group}/v1/namespaces/{NAMESPACE}/gateways",
                {
                    "apiVersion": f"{group}/v1",
                    "kind": "Gateway",
                    "metadata": {"name": "edge", "namespace": NAMESPACE},
                    "spec": {"gatewayClassName": "x", "listeners": [entry]},
                },
            )[0]
            in (201, 409)
        ),
    )
    rule = {"backendRefs": [{"name": "plain", "port": 80}]}
    create(
        filled,
        {
            "apiVersion": f"{group}/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "web", "namespace": NAMESPACE},
            "spec": {"parentRefs": [{"name": "edge"}], "hostnames": ["gw.example"], "rules": [rule]},
        },
    )

    def ways_in() -> list[str]:
        """The entries of a Service. What a server has learnt is in its discovery document a moment later."""
        requests.clear()
        code, out, err = run("list", "-o", "json", "--kubeconfig", kubeconfig)
        assert code == 0, err
        found: list[str] = next(item for item in json.loads(out)["items"] if item["name"] == "plain")["entries"]
        return found

    filled.wait("the route among the ways in", lambda: "gateway" in ways_in())
    assert {path for path in collections(requests) if group in path} == {
        f"/apis/{group}/v1/gateways",
        f"/apis/{group}/v1/httproutes",
    }


def test_what_other_apis_name_is_read_where_the_server_has_them(
    filled: ControlPlane, kubeconfig: str, viewer: str, requests: list[tuple[str, str]], run: Run, tmp_path: Path
) -> None:
    """A host of a VirtualService is not denied; whoever may not list them is told so."""
    group = "networking.istio.io"
    definition = custom(group, "v1", "virtualservices", "VirtualService")
    assert filled.call("POST", f"/apis/{CRD}/customresourcedefinitions", definition)[0] == 201
    path = f"/apis/{group}/v1/namespaces/{NAMESPACE}/virtualservices"
    filled.wait("the custom resource", lambda: filled.call("GET", path)[0] == 200)
    spec = {"hosts": ["mesh.example"], "http": [{"route": [{"destination": {"host": "plain"}}]}], "token": "TOPSECRET"}
    mesh = {"apiVersion": f"{group}/v1", "kind": "VirtualService", "metadata": {"name": "mesh"}, "spec": spec}
    filled.wait("its storage", lambda: filled.call("POST", path, mesh)[0] in (201, 409))

    def asked(path: str, host: str) -> tuple[int, str]:
        code, out, _ = run("trace", f"http://{host}/", "--kubeconfig", path)
        return code, out

    filled.wait("the host", lambda: "VirtualService" in asked(kubeconfig, "mesh.example")[1])
    for config in (kubeconfig, viewer):
        code, out = asked(config, "mesh.example")
        assert (code, "spec.hosts[0]" in out) == (3, True), out
    requests.clear()
    assert run("snapshot", "-o", str(tmp_path / "saved.json"), "--kubeconfig", kubeconfig)[0] == 0
    saved = (tmp_path / "saved.json").read_text()
    assert "mesh.example" in saved
    assert "TOPSECRET" not in saved
    assert [path for path in collections(requests) if group in path] == [f"/apis/{group}/v1/virtualservices"]


def test_policies_of_administrators_are_read_where_the_server_has_them(
    filled: ControlPlane, kubeconfig: str, requests: list[tuple[str, str]], run: Run
) -> None:
    """With the definition of upstream: what the fixture says is also what an API server takes."""
    needs(build.missing("network-policy-api.crds"), BUILD)
    group = "policy.networking.k8s.io"
    definitions = yaml.safe_load_all(build.component("network-policy-api.crds").read_text())
    for definition in filter(None, definitions):
        assert filled.call("POST", f"/apis/{CRD}/customresourcedefinitions", definition)[0] == 201
    of_tiers = yaml.safe_load_all((FIXTURES / "policies" / "tiers.yaml").read_text())
    policies = [item for item in of_tiers if item["kind"] == "ClusterNetworkPolicy"]
    path = f"/apis/{group}/v1alpha2/clusternetworkpolicies"
    filled.wait("the custom resource", lambda: filled.call("GET", path)[0] == 200)
    filled.wait("its storage", lambda: filled.call("POST", path, policies[0])[0] in (201, 409))
    for item in policies[1:]:
        create(filled, item)
    everybody: dict[str, Any] = {"namespaces": {}}
    shut = {"action": "Deny", "from": [everybody]}
    spec = {"tier": "Admin", "priority": 1, "subject": everybody, "ingress": [shut]}
    create(filled, {**policies[0], "metadata": {"name": "shut"}, "spec": spec})

    def verdict() -> str:
        requests.clear()
        asked = ("trace", f"http://plain.{NAMESPACE}", "--from", f"pod:{NAMESPACE}/ready-1")
        code, out, err = run(*asked, "-o", "json", "--kubeconfig", kubeconfig)
        assert code in (0, 1), err
        return str(json.loads(out)["reason"])

    filled.wait("the policy that forbids it", lambda: verdict() == "network-policy")
    assert path in collections(requests)
    for item in (*policies, {**policies[0], "metadata": {"name": "shut"}}):
        filled.call("DELETE", f"{path}/{item['metadata']['name']}")
    filled.wait("it is gone again", lambda: verdict() == "None")


def test_credentials_that_the_server_does_not_know_are_no_lack_of_rights(
    filled: ControlPlane, run: Run, tmp_path: Path
) -> None:
    """An API server takes what it cannot read (a user name and a password, since 1.19) for an anonymous request."""
    config = json.loads(Path(filled.kubeconfig()).read_text())
    config["users"][0]["user"] = {"username": "tester", "password": "secret-word"}
    path = tmp_path / "config"
    path.write_text(json.dumps(config))
    code, out, err = run("list", "--kubeconfig", str(path))
    assert (code, out) == (2, "")
    assert "does not know the credentials of user tester" in err
    assert "secret-word" not in err
    assert err.count("\n") == 1
