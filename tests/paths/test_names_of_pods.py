"""Names of single pods that do not exist: below which Service they would be, and what lacks (D7, D8)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.paths.views.whereabouts import ways_through
from tests import objects
from tests.conftest import state_of

HEADLESS = "{clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}"
SERVICE = objects.service(HEADLESS, "db")
OTHER = objects.service(HEADLESS, "peers")
CLIENT = objects.pod("client", "10.1.0.9", labels="{app: c}")


def pod(more: str = "", name: str = "db-0") -> str:
    return objects.pod(name, "10.1.0.8", labels="{app: db}", spec=more)


def stateful(named: str) -> str:
    return objects.workload("StatefulSet", f"replicas: 1{named}", "db", labels="{app: db}")


def ask(text: str, host: str) -> Trace:
    return trace(state_of(CLIENT + text), parse_request(f"tcp://{host}:5432", parse_vantage("pod:default/client")))


@pytest.mark.parametrize(
    ("text", "host", "says", "step"),
    [
        (SERVICE + stateful(""), "db-0.db", "StatefulSet db names no Service (serviceName)", "set serviceName"),
        (
            SERVICE + OTHER + stateful(", serviceName: peers"),
            "db-0.db",
            "below peers (serviceName)",
            "ask for db-0.peers",
        ),
        (SERVICE + stateful(", serviceName: peers"), "db-0.db", "a Service that does not exist", "create the headless"),
        (SERVICE + pod(), "db-0.db", "pod default/db-0 has no hostname and subdomain", "ask for the Service"),
        (SERVICE + pod("subdomain: db"), "db-0.db", "pod default/db-0 has no hostname:", "ask for the Service"),
        (
            SERVICE + OTHER + pod("hostname: db-0, subdomain: peers"),
            "db-0.db",
            "has its name below peers (subdomain)",
            "ask for db-0.peers",
        ),
        (
            SERVICE + pod("hostname: a, subdomain: gone", "x"),
            "a.db",
            "a Service that does not exist",
            "name the headless",
        ),
        (
            OTHER + stateful(", serviceName: db"),
            "db-0.db.default.svc.cluster.local",
            "StatefulSet default/db has its names below Service default/db (serviceName), which does not exist",
            "create the headless Service db in default",
        ),
        (
            OTHER + pod("hostname: a, subdomain: db", "x"),
            "a.db.default.svc.cluster.local",
            "Pod default/x has its names below Service default/db (subdomain), which does not exist",
            "create the headless Service db in default",
        ),
    ],
)
def test_why_a_pod_has_no_such_name(text: str, host: str, says: str, step: str) -> None:
    for asked in (host, f"{host}.default") if "cluster" not in host else (host,):
        found = ask(text, asked)
        # Two labels may be a name of the world outside, too.
        assert found.verdict == ("unknown" if asked.count(".") == 1 else "unreachable")
        last = found.hops[-1]
        assert says.lower() in last.says.lower()
        assert last.next.startswith(step)


def test_a_name_that_may_be_one_outside_is_explained_too() -> None:
    found = ask(OTHER + stateful(", serviceName: db"), "db-0.db.default")
    assert found.verdict == "unknown"
    assert "(serviceName), which does not exist" in found.hops[-1].says


def test_a_name_that_there_is() -> None:
    assert ask(SERVICE + pod("hostname: db-0, subdomain: db"), "db-0.db").verdict == "reachable"
    assert ask(SERVICE + pod(), "elsewhere.db.default").reason == "name-not-found", "nothing is called so"


def test_ways_through_the_address_of_a_node_are_its_node_ports_and_load_balancers_with_it() -> None:
    """A load balancer may have the address of a node (k3s, kube-vip, Docker Desktop)."""
    ports = "ports: [{port: 80, nodePort: 30080}]"
    status = "{loadBalancer: {ingress: [{ip: 192.0.2.11}]}}"
    text = objects.node("n1", "192.0.2.11") + objects.node("n2", "192.0.2.12")
    text += objects.service(f"{{type: LoadBalancer, clusterIP: 10.96.0.8, {ports}}}", "web", status=status)
    state = state_of(text)
    assert {way.entry.kind for way in ways_through(state, "192.0.2.11")} == {"load-balancer", "node-port"}
    assert {way.entry.kind for way in ways_through(state, "192.0.2.12")} == {"node-port"}
