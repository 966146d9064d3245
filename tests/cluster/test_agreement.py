"""svcmap's answers beside those of the real controllers, the real CoreDNS and the real API server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest
import yaml

from svcmap.model.facts import Endpoint
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.look_ups import ask_dns, endpoints_of
from svcmap.semantics.environment import service_variables, visible_services
from svcmap.semantics.service import with_defaults
from svcmap.semantics.validation import validate_service
from tests.cluster.agreement import Table
from tests.cluster.control_plane import ControlPlane
from tests.cluster.filling import LISTS, items
from tests.cluster.objects import NAMESPACE, SERVICES, Json
from tests.conftest import read, state_of
from tests.semantics.test_boundaries import EDGES
from tests.semantics.test_validation import GOOD, REFUSED, WARNED

pytestmark = pytest.mark.slow
NAMES = [service["metadata"]["name"] for service in SERVICES]


def dump(cluster: ControlPlane, place: Path, kinds: Iterable[str]) -> ClusterState:
    """What the API server has of some kinds, as `kubectl get -o json` writes it, read by svcmap."""
    found = [item for kind in kinds for item in items(cluster, kind)]
    file = place / "dump.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": found}))
    return read(file)


@pytest.fixture(scope="module")
def observed(filled: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> ClusterState:
    """Everything the API server has, its slices included."""
    return dump(filled, tmp_path_factory.mktemp("observed"), LISTS)


@pytest.fixture(scope="module")
def computed(filled: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> ClusterState:
    """The same without the slices: endpoints are worked out from the pods."""
    return dump(filled, tmp_path_factory.mktemp("computed"), [kind for kind in LISTS if kind != "endpointslices"])


def summary(state: ClusterState, name: str) -> list[str]:
    """Each endpoint with all that the controller decides about it."""

    def line(end: Endpoint) -> str:
        conditions = {"ready": end.ready, "serving": end.serving, "terminating": end.terminating}
        where = {"host": end.hostname, "node": end.node, "zone": end.zone, "hints": ",".join(sorted(end.zone_hints))}
        said = [
            end.address,
            str(end.pod),
            *sorted(map(str, end.ports)),
            *(name for name, is_so in conditions.items() if is_so),
        ]
        return " ".join([*said, *(f"{key}={value}" for key, value in where.items() if value)])

    return sorted(map(line, endpoints_of(state, Name(NAMESPACE, name)).endpoints))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "hand-made"])
def test_endpoints_worked_out_from_pods_are_those_of_the_controller(
    observed: ClusterState, computed: ClusterState, name: str, table: Table
) -> None:
    """E1-E16: once from the pods, once from the slices that the real controller made of them."""
    table.agree("endpoints, the real controllers", name, summary(computed, name), summary(observed, name))


QUESTIONS = [
    *((f"{name}.{NAMESPACE}.svc.cluster.local", type_) for name in NAMES for type_ in ("A", "AAAA", "SRV", "CNAME")),
    *((f"_http._tcp.{name}.{NAMESPACE}.svc.cluster.local", "SRV") for name in NAMES),
    ("first.named.shop.svc.cluster.local", "A"),
    ("second.named.shop.svc.cluster.local", "A"),
    ("10-244-1-6.named.shop.svc.cluster.local", "A"),
    ("10-244-1-1.headless.shop.svc.cluster.local", "A"),
    ("10-244-1-2.headless.shop.svc.cluster.local", "A"),
    ("10-244-1-2.early.shop.svc.cluster.local", "A"),
    ("10-244-1-1.shop.pod.cluster.local", "A"),
    ("1-2-3-4.nowhere.pod.cluster.local", "A"),
    ("nothing.shop.svc.cluster.local", "A"),
    ("plain.nowhere.svc.cluster.local", "A"),
    ("shop.svc.cluster.local", "A"),
    ("svc.cluster.local", "A"),
    ("cluster.local", "SOA"),
    ("kubernetes.default.svc.cluster.local", "A"),
    ("_https._tcp.kubernetes.default.svc.cluster.local", "SRV"),
    ("dns-version.cluster.local", "TXT"),
    ("1.1.244.10.in-addr.arpa", "PTR"),
    ("5.1.244.10.in-addr.arpa", "PTR"),
]


def asked(cluster: ControlPlane, name: str, type_: str) -> tuple[str, list[str], list[str]]:
    """(rcode, answers, additional) of the real CoreDNS; ttl and the serial of a SOA are left out."""
    query = dns.message.make_query(name, type_, use_edns=True, payload=4096)
    answer = dns.query.udp(query, "127.0.0.1", port=cluster.dns, timeout=5)
    return (
        dns.rcode.to_text(answer.rcode()),
        sorted(line for rrset in answer.answer for line in lines(rrset)),
        sorted(line for rrset in answer.additional for line in lines(rrset)),
    )


def lines(rrset: Any) -> Iterable[str]:
    type_ = dns.rdatatype.to_text(rrset.rdtype)
    for item in rrset:
        data = item.to_text() if type_ != "SOA" else f"{item.mname} {item.rname}"
        yield f"{str(rrset.name).rstrip('.').lower()} {type_} {data.lower()}"


def ours(state: ClusterState, name: str, type_: str) -> tuple[str, list[str], list[str]]:
    found = ask_dns(state, name, type_, settled(state).dns)

    def shown(record: Any) -> str:
        data = " ".join(record.data.split()[:2]) if record.type == "SOA" else record.data
        data = f'"{data}"' if record.type == "TXT" else data
        return f"{record.name.rstrip('.')} {record.type} {data}".lower().replace(
            f" {record.type.lower()} ", f" {record.type} ", 1
        )

    return found.rcode, sorted(map(shown, found.answers)), sorted(map(shown, found.additional))


@pytest.mark.parametrize(("name", "type_"), QUESTIONS)
def test_dns_answers_are_those_of_coredns(
    filled: ControlPlane, observed: ClusterState, name: str, type_: str, table: Table
) -> None:
    """D1-D19. The real server is asked for names of its own only: it has no other to ask."""
    filled.wait("CoreDNS' cache", lambda: bool(asked(filled, "two.shop.svc.cluster.local", "A")[1]))
    mine, real = ours(observed, name, type_), asked(filled, name, type_)
    if name.startswith("away") and type_ in ("A", "AAAA"):  # where the alias leads only a server outside can say
        assert mine[1] == ["away.shop.svc.cluster.local CNAME db.example.org."]
    else:
        table.agree("DNS, the real CoreDNS", f"{name} {type_}", mine, real)


SPECS = list(dict.fromkeys([*GOOD, *(spec for spec, _ in (*REFUSED, *WARNED, *EDGES))]))


@pytest.mark.parametrize("spec", SPECS)
def test_the_api_server_refuses_what_svcmap_says_it_refuses(filled: ControlPlane, spec: str, table: Table) -> None:
    """S1-S23: each Service of the tables, really created: a dry run allocates nothing and takes any node port."""
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: dry, namespace: {NAMESPACE}}}\nspec: {{{spec}}}\n"
    mine = [said for said in validate_service(next(iter(state_of(text).services.values()))) if said.level == "error"]
    path = f"/api/v1/namespaces/{NAMESPACE}/services"
    status, _ = filled.call("POST", path, yaml.safe_load(text))
    if status == 201:
        filled.call("DELETE", f"{path}/dry")
    table.agree(
        "validation, the real API server", spec, *("refused" if no else "taken" for no in (mine, status != 201))
    )


@pytest.mark.parametrize("service", SERVICES, ids=lambda item: item["metadata"]["name"])
def test_defaults_are_those_of_the_api_server(filled: ControlPlane, service: Json) -> None:
    """S1-S23: a Service as it was written with our defaults, and as the server stores it."""
    name = service["metadata"]["name"]
    written = with_defaults(state_of(json.dumps(service)).services[Name(NAMESPACE, name)]).spec
    _, stored = filled.call("GET", f"/api/v1/namespaces/{NAMESPACE}/services/{name}")
    theirs = state_of(json.dumps(stored)).services[Name(NAMESPACE, name)].spec
    for field in (
        *("type", "ip_families", "ip_family_policy", "session_affinity", "internal_traffic_policy"),
        *("external_traffic_policy", "allocate_load_balancer_node_ports", "publish_not_ready_addresses"),
    ):
        assert getattr(written, field) == getattr(theirs, field), field
    mine = [(p.name, p.port, p.protocol, p.target_port) for p in written.ports]
    assert mine == [(p.name, p.port, p.protocol, p.target_port) for p in theirs.ports]


@pytest.mark.parametrize("links", [True, False])
def test_the_environment_is_that_of_the_kubelet(
    filled: ControlPlane, observed: ClusterState, kubelet_environment: Callable[[Json], Json], links: bool, table: Table
) -> None:
    """V1-V5, with the kubelet's own function. Which Services a container hears of is one condition in it (V1)."""
    _, services = filled.call("GET", "/api/v1/services")
    heard = [item for item in services["items"] if hears(item["metadata"], links=links)]
    theirs = kubelet_environment({**services, "items": heard})
    ours: Json = {}
    for service in visible_services(observed.services.values(), NAMESPACE, links=links):
        ours |= service_variables(service)
    question = f"a pod of {NAMESPACE}{'' if links else ' with enableServiceLinks: false'}"
    table.agree("environment, the kubelet's code", question, dict(sorted(ours.items())), dict(sorted(theirs.items())))


def hears(metadata: Json, *, links: bool) -> bool:
    """pkg/kubelet/kubelet_pods.go, getServiceEnvVarMap."""
    where = (metadata["namespace"], metadata["name"])
    return where == ("default", "kubernetes") or (links and where[0] == NAMESPACE)
