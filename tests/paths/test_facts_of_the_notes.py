"""The user's own observations in real clusters, each one a question to the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from svcmap.model.assumptions import Assumptions, DNSAssumptions
from svcmap.model.group_kinds import INGRESS
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import ANY_POD, INTERNET, Vantage, parse_request
from svcmap.paths.entries import traced_entries
from svcmap.paths.known.look_ups import ask_dns, endpoints_of, find_service
from svcmap.paths.trace import parse_via, trace
from svcmap.paths.views.names import name_rows
from svcmap.semantics.environment import service_variables
from svcmap.semantics.service import shown_as
from svcmap.semantics.service_proxy import source_allowed
from tests.conftest import SHARED, read

FACTS = SHARED / "notes" / "facts"
ZONES = ("cluster.local", "in-addr.arpa", "ip6.arpa")
Case = dict[str, Any]


def cases(*kinds: str) -> list[Any]:
    if not (FACTS / "cases.json").exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="the user's notes are not beside this checkout"))]
    found = json.loads((FACTS / "cases.json").read_text())["cases"]
    return [pytest.param(case, id=case["id"]) for case in found if case["kind"] in kinds]


def cluster(case: Case) -> ClusterState:
    folder: Path = FACTS / case["snapshot"]
    return read(*(path for path in (folder / "cluster.yaml", folder / "slices") if path.exists()))


def is_masked(case: Case) -> bool:
    return any(mark in json.dumps(case["in"]) for mark in ("www.www", "xxx.xxx", "yyy.yyy", "zzz.zzz"))


def endpoints(state: ClusterState, service: str) -> list[str]:
    found = endpoints_of(state, Name(*service.split("/"))).endpoints
    return sorted(f"{e.address}:{e.ports[0].port}" for e in found)


@pytest.mark.parametrize("case", cases("dns"))
def test_dns(case: Case) -> None:
    state, expect = cluster(case), case["expect"]
    options = DNSAssumptions(zones=ZONES, ttl=expect.get("ttl", 30), pods="insecure")
    answer = ask_dns(state, case["in"]["name"], case["in"]["type"], options)
    assert answer.rcode == expect["status"]
    assert all(record.ttl == options.ttl for record in answer.answers)
    if case["in"]["type"] == "SRV":
        got: list[Any] = [{"port": int(r.data.split()[2]), "target": r.data.split()[3]} for r in answer.answers]
    else:
        got = [record.data for record in answer.answers]
    assert sorted(got, key=str) == sorted(expect["answers"], key=str)


@pytest.mark.parametrize("case", cases("env"))
def test_environment(case: Case) -> None:
    state, expect = cluster(case), case["expect"]
    service = find_service(state, Name(*case["in"]["service"].split("/")))
    assert service is not None
    assert service_variables(service) == expect["env"]


@pytest.mark.parametrize("case", cases("endpoints"))
def test_endpoints(case: Case) -> None:
    state, expect, service = cluster(case), case["expect"], case["in"]["service"]
    found = endpoints_of(state, Name(*service.split("/"))).endpoints
    if "addresses" in expect:
        assert sorted(e.address for e in found) == expect["addresses"]
        assert sorted(e.pod.name for e in found if e.pod) == expect["target_pods"]
    else:
        assert endpoints(state, service) == sorted(expect["endpoints"])
    if "env" in expect:
        external = find_service(state, Name(*service.split("/")))
        assert external is not None
        assert (service_variables(external), external.spec.ports, external.spec.cluster_ip) == ({}, (), "")
    if expect.get("outside_cluster"):
        assert [e.pod for e in found] == [None, None]
        assert all(e.ready for e in found)


@pytest.mark.parametrize("case", cases("service"))
def test_service(case: Case) -> None:
    state, expect = cluster(case), case["expect"]
    service = find_service(state, Name(*case["in"]["service"].split("/")))
    assert service is not None
    spec = service.spec
    port = spec.ports[0] if spec.ports else None
    got = {
        "type": spec.type,
        "ip": spec.cluster_ip,
        "clusterIP": spec.cluster_ip or None,
        "clusterIP_after": spec.cluster_ip,
        "externalName": spec.external_name,
        "externalIPs": list(spec.external_ips),
        "selector": ",".join(f"{k}={v}" for k, v in spec.selector.items()) or None,
        "sessionAffinity": spec.session_affinity,
        "externalTrafficPolicy": spec.external_traffic_policy,
        "port": f"{port.name or '<unset>'} {port.port}/{port.protocol}" if port else None,
        "targetPort": f"{port.target_port}/{port.protocol}" if port else None,
        "nodePort": f"{port.name} {port.node_port}/{port.protocol}" if port else None,
        "endpoints": endpoints(state, case["in"]["service"]),
        "loadBalancerIngress": [i.ip for i in service.status.load_balancer.ingress],
    }
    checked = expect.keys() & got.keys()
    assert checked
    for key in checked:
        wanted = sorted(expect[key]) if key == "endpoints" else expect[key]
        assert got[key] == wanted, key


@pytest.mark.parametrize("case", cases("reach"))
def test_reach(case: Case) -> None:
    if is_masked(case):
        pytest.skip("the address is masked in the notes")
    state, expect, asked = cluster(case), case["expect"], case["in"]
    inside = asked["from"] == "pod in cluster"
    outside = Vantage(kind="ip", value="10.138.0.200") if "same network" in asked["from"] else INTERNET
    request = parse_request(asked["url"], ANY_POD if inside else outside, headers=asked.get("headers"))
    got = trace(state, request, Assumptions(dns=DNSAssumptions(zones=ZONES, ttl=30)))
    assert (got.verdict == "reachable") == expect["ok"], got.hops[-1].says
    if "pods_one_of" in expect:
        assert sorted(e.pod.name for e in got.endpoints if e.pod) == sorted(expect["pods_one_of"])
    if "one_of_targets" in expect:
        assert sorted(f"{e.address}:{e.ports[0].port}" for e in got.endpoints) == sorted(expect["one_of_targets"])
    assert got.hops[-1].verdict == ("ok" if expect["ok"] else "stop")


@pytest.mark.parametrize("case", cases("route"))
def test_route(case: Case) -> None:
    state, expect, asked = cluster(case), case["expect"], case["in"]
    url = f"{asked.get('scheme', 'http')}://{asked['host']}{asked['path']}"
    got = trace(state, parse_request(url, via=parse_via("ingress:default/sample-ingress")))
    assert str(got.service) == expect["service"]
    assert got.verdict == "reachable"
    if "servicePort" in expect:
        assert got.place.number == expect["servicePort"]
        assert [e.pod.name for e in got.endpoints if e.pod] == [expect["pod"]]


@pytest.mark.parametrize("case", cases("entries"))
def test_entries(case: Case) -> None:
    state, expect = cluster(case), case["expect"]
    name = Name(*case["in"]["service"].split("/"))
    service = find_service(state, name)
    assert service is not None
    by_kind = {t.entry.kind: t for t in traced_entries(state, name)}
    port = service.spec.ports[0]
    assert [f"{service.spec.cluster_ip}:{port.port}"] == expect["in_cluster"]
    assert by_kind["cluster-ip"].traces[0][1].verdict == "reachable"
    if "every_node_port" in expect:
        hop = next(h for h in by_kind["node-port"].traces[0][1].hops if h.kind == "node-port")
        assert hop.address.endswith(f":{expect['every_node_port']}")
    if "node_count" in expect:
        assert len(state.nodes) == expect["node_count"]
    if "ingress" in expect:
        assert by_kind["ingress"].entry.object == INGRESS.ref(*expect["ingress"].split("/"))
    if "node_external" in expect:
        external = [t.entry.address for t in traced_entries(state, name) if t.entry.kind == "external-ip"]
        assert external == [item["ip"] for item in expect["node_external"]]
        assert not {item["ip"] for item in expect["not_listed_nodes"]} & set(external)
        assert "node-port" not in by_kind


@pytest.mark.parametrize("case", cases("path"))
def test_path(case: Case) -> None:
    state = cluster(case)
    traced = next(t for t in traced_entries(state, Name("default", "sample-lb")) if t.entry.kind == "load-balancer")
    hops = [hop for hop in traced.traces[0][1].hops if hop.kind != "client"]
    lb, node, service, pods = case["expect"]["path"]
    assert hops[0].address == lb
    assert hops[1].address.rpartition(":")[2] == node.rpartition(":")[2]
    assert hops[2].address == service
    addresses = [e.address for e in traced.traces[0][1].endpoints]
    assert f"{{{','.join(sorted(addresses))}}}:80" == pods


@pytest.mark.parametrize("case", cases("dns-names"))
def test_names_that_lead_to_a_service(case: Case) -> None:
    rows = name_rows(cluster(case), Name("default", "sample-clusterip"))
    assert rows[0].name == case["expect"]["fqdn"]
    short = {row.name: row.works_from for row in rows if row.type == "search"}
    assert short == {"sample-clusterip.default": "cluster", "sample-clusterip": "namespace"}


@pytest.mark.parametrize("case", cases("headless", "exposure", "ingress"))
def test_the_rest(case: Case) -> None:
    state, expect = cluster(case), case["expect"]
    match case["kind"]:
        case "headless":
            service = find_service(state, Name("default", "sample-headless"))
            assert service is not None
            assert shown_as(service) == "Headless"
            names = [row for row in name_rows(state, service.name) if row.endpoint]
            assert [row.data for row in names] == [("10.1.0.88",), ("10.1.0.89",), ("10.1.0.90",)]
        case "exposure":
            service = state.services[Name("default", "sample-lb")]
            assert expect["sourceRanges"] == ["0.0.0.0/0"]
            assert source_allowed(service.spec.load_balancer_source_ranges, "203.0.113.9")
        case "ingress":
            rules = [
                {
                    "host": t.entry.host,
                    "path": t.entry.rule.removeprefix(t.entry.host),
                    "backend": f"{name.name}:{t.traces[0][1].place.number}",
                }
                for name in state.services
                for t in traced_entries(state, name)
                if t.entry.kind == "ingress" and t.entry.host
            ]
            assert rules == expect["rules"]


def test_the_old_form_of_an_ingress_reads_the_same(shared: Any) -> None:
    folder = shared("notes/facts/s10-gke-ingress")
    text = (folder / "cluster.yaml").read_text()
    documents = [d for d in text.split("\n---\n") if "kind: Ingress\n" not in d]
    old = (folder / "legacy" / "ingress-extensions-v1beta1.yaml").read_text()
    from tests.conftest import state_of

    state = state_of("\n---\n".join([*documents, old]))
    got = trace(
        state, parse_request("http://sample.example.com/path2/x", via=parse_via("ingress:default/sample-ingress"))
    )
    assert str(got.service) == "default/sample-ingress-svc-2"
    other = trace(state, parse_request("http://other.example.com/", via=parse_via("ingress:default/sample-ingress")))
    assert (str(other.service), other.proxied.via) == ("default/sample-ingress-default", "defaultBackend")
