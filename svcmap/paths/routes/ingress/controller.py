"""The controller of an Ingress: the Service in front of it, and who its pods are to NetworkPolicies."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.connection import Party
from svcmap.model.core import Service
from svcmap.model.networking import Ingress
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.asking.client import Client, resolve
from svcmap.paths.asking.request import ANY_POD, Vantage
from svcmap.paths.known.look_ups import endpoints_of, served_by
from svcmap.paths.routes.ingress.running import front_of, runners

APART = ("Contour", "Kong")
"""Controllers whose proxies are other pods, or may be."""


def controller_service(state: ClusterState, ingress: Ingress) -> Service | None:
    """The Service in front of the controller: the one whose load balancer has the Ingress' address; where it has none,
    the one that leads to the controller's pods.
    """
    for item in ingress.status.load_balancer.ingress:
        if owners := state.services_by_address.get(item.ip or item.hostname):
            return state.services[owners[0][1]]
    return None if ingress.status.load_balancer.ingress else front_of(state, served_by(state, ingress))


def running_clients(state: ClusterState, ingress: Ingress) -> list[Client]:
    """The pods that proxy for an Ingress, by what they run; of those not in the source the workloads that make them."""
    served = served_by(state, ingress)
    if served.by is None or served.by.title in APART:
        return []
    found = runners(state, served)
    pods = [runner for runner in found if runner.ref.kind == "Pod"]
    return [resolve(state, Vantage(kind="workload", value=_named(runner.ref))) for runner in pods or found]


def _named(ref: ObjectRef) -> str:
    return f"{ref.namespace}/{ref.kind}/{ref.name}"


def controller_client(state: ClusterState, ingress: Ingress, outside: str = "") -> Client:
    """Who sends behind the controller of an Ingress: the pods of its Service where they are known, else some pod.

    Of several pods neither node nor address is said. `outside` names a load balancer that is no pod at all.
    """
    if outside:
        return Client(title=outside, standing="outside", party=Party(title=outside))
    front = controller_service(state, ingress)
    pods = [endpoint.pod for endpoint in endpoints_of(state, front.name).usable] if front else []
    known = [resolve(state, Vantage(kind="pod", value=str(pod))) for pod in pods if pod in state.pods]
    known = known or running_clients(state, ingress)
    if not known:
        anybody = resolve(state, ANY_POD)
        return replace(anybody, party=replace(anybody.party, may_be_host=True))
    first = known[0]
    if len(known) == 1:
        return first
    party = replace(first.party, pod=None, addresses=(), node="")
    return replace(first, title="the controller's pods", node=None, zone="", addresses=(), party=party)
