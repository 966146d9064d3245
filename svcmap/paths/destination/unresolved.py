"""Names that a client does not get an address for: the cluster's DNS is down, set up otherwise, or not asked."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.addresses import address_of
from svcmap.model.components import DNS_SERVER
from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.workloads import PodSpec
from svcmap.paths.destination.pod_names import no_such_pod
from svcmap.paths.destination.resolver import FAILING, UNEVALUATED, Resolution
from svcmap.paths.known.configuration import dns_configuration, kubelet_configuration, unserved_domain
from svcmap.paths.known.emptiness import emptiness, is_undecided
from svcmap.paths.known.look_ups import dns_loop, endpoints_of, find_service
from svcmap.paths.known.name_servers import dns_service_at, is_name_server, local_cache, main_dns_service
from svcmap.paths.known.outside import NOBODY_OUTSIDE
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.walk import PODS, Walk
from svcmap.semantics.dns.names import is_below

DNS_NAMES = ("coredns", "kube-dns")
"""Beginnings of what the workloads of the cluster's DNS, and their pods, are called."""


def is_cluster_name(walk: Walk, host: str) -> bool:
    """Whether a name is one of the zone of the cluster."""
    return is_below(host.rstrip("."), walk.assumptions.dns.zone)


def is_down(walk: Walk, name_servers: Sequence[str]) -> Trace | None:
    """The finished trace of a client none of whose name servers answers (`down_hop`), or may (`nobody_hop`)."""
    if (nobody := nobody_hop(walk.state, name_servers)) is not None:
        return walk.unknown(nobody)
    hop = down_hop(walk.state, name_servers)
    if hop is None or hop.object is None:
        return None
    return walk.stop(hop, "dns-failure", lacks=PODS, within=hop.object.namespace)


def down_hop(state: ClusterState, name_servers: Sequence[str]) -> Hop | None:
    """Why name servers do not answer that are Services without an endpoint that does; None where one of them is
    something else, or where nobody can tell.
    """
    services = [dns_service_at(state, address) for address in name_servers]
    known = [service for service in services if service is not None]
    if not known or len(known) < len(services):
        return None
    if any(local_cache(state, address) for address in name_servers):
        return None
    for service in known:
        found = endpoints_of(state, service.name)
        expected = any(prediction.count != 0 for prediction in found.predictions)
        if any(e.ready or e.serving for e in found.endpoints) or expected or is_undecided(found):
            return None
        if not found.endpoints and not _has_dns_pods(state, service):
            return None  # files of one's own namespace may have the Service, and not the pods of kube-system
    first = known[0]
    reason, looped = emptiness(state, first), dns_loop(state)
    why = f" {looped[0].upper()}{looped[1:]}." if looped else ""
    return Hop(
        kind="dns",
        object=first.ref,
        address=f"{first.spec.cluster_ip}:53",
        rule="R1",
        says=f"No name resolves: Service {first.name}, which the client asks, has no endpoint that answers."
        f" {reason.says}{why}",
        next="forward to another server in the Corefile" if looped else reason.next,
    )


def _has_dns_pods(state: ClusterState, service: Service) -> bool:
    """Whether the source would have the pods behind the Service of the cluster's DNS: it is of a whole cluster, has an
    EndpointSlice of it, or pods or workloads that run such a server.
    """
    if state.is_of_cluster or endpoints_of(state, service.name).basis == "observed":
        return True
    if state.pods_with(service.name.namespace, service.spec.selector):
        return True
    made = [(item.name, item.template.spec) for item in state.workloads_by_namespace.get(service.name.namespace, ())]
    pods = [(pod.name, pod.spec) for pod in state.pods.values() if pod.metadata.namespace == service.name.namespace]
    return any(
        name.name.startswith(DNS_NAMES) or any(container.component == DNS_SERVER for container in spec.containers)
        for name, spec in (*made, *pods)
    )


def nobody_hop(state: ClusterState, name_servers: Sequence[str]) -> Hop | None:
    """R2: the first name server of a client, where that is an address that nothing in the source has, while the
    cluster's DNS is there with another one.
    """
    asked, main = next(iter(name_servers), ""), find_service(state, main_dns_service(state))
    known, kubelet = address_of(asked), kubelet_configuration(state)
    if (
        main is None
        or known is None
        or known.is_link_local
        or known.is_loopback
        or main.spec.cluster_ip in ("", "None")
    ):
        return None
    if kubelet is None or asked not in kubelet.says.cluster_dns or is_name_server(state, asked):
        return None
    if asked in state.services_by_address or asked in state.nodes_by_address:
        return None
    says = (
        f"The client asks {asked} for names (clusterDNS of {kubelet.ref}), an address that nothing in the source has:"
        f" Service {main.name}, the cluster's DNS, has {main.spec.cluster_ip}."
    )
    step = f"set clusterDNS to {main.spec.cluster_ip}, or give the Service the address {asked}"
    return Hop(kind="dns", object=kubelet.ref, address=asked, verdict="unknown", rule="R2", says=says, next=step)


def as_configured(walk: Walk, found: Resolution) -> Trace:
    """D10b: what another plugin than kubernetes makes of the name."""
    answer, name = found.answer, found.name
    known = dns_configuration(walk.state)
    ref = found.settings or (known.ref if known else None)
    if not answer.rcode:
        undecided = Undecided(object=ref, field="data.Corefile", could=answer.note) if ref else None
        walk.noted += [undecided] if undecided else []
        says = f"{answer.note[0].upper()}{answer.note[1:]}."
        return walk.unknown(Hop(kind="dns", object=ref, address=name, rule=UNEVALUATED, says=says))
    says = f"DNS answers {answer.rcode} for {name}: {answer.note or 'no plugin of the Corefile answers'}."
    step = f"correct the Corefile: {ref.kubectl('get')} -o yaml" if ref else "correct the Corefile"
    hop = Hop(kind="dns", object=ref, address=name, rule=UNEVALUATED, says=says, next=step)
    return walk.stop(hop, "dns-failure" if answer.rcode in FAILING else "name-not-found")


def asked_outside(walk: Walk, found: Resolution) -> Trace:
    """R4: a name before the one that the cluster has, of which only a server outside knows whether it exists."""
    says = f"For {found.unsure}, the name as it is tried first, DNS asks another server: where that has no such name,"
    says += f" {found.name} of the search list is answered with {', '.join(found.addresses[:3])}."
    step = f"ask for {found.name}. with a final dot"
    return walk.unknown(Hop(kind="dns", address=found.unsure, rule="R4", says=says, next=step))


def misnamed(walk: Walk, found: Resolution) -> Trace:
    """D10b: glibc (resolv/nss_dns) takes no record of another name than the one it asked for; musl takes any."""
    known = dns_configuration(walk.state)
    says = (
        f"DNS answers {found.name} with records of {found.misnamed}: a rewrite without `answer auto`, and glibc takes"
    )
    says += " no answer that is for another name."
    walk.assume("the pod's resolver is glibc: musl (Alpine) takes an answer for another name")
    hop = Hop(kind="dns", object=known.ref if known else None, address=found.name, rule=UNEVALUATED, says=says)
    return walk.stop(replace(hop, next="add `answer auto` to the rewrite rule of the Corefile"), "name-no-data")


def asks_others(walk: Walk, spec: PodSpec, name_servers: Sequence[str]) -> Trace:
    """R1: a pod whose own name server is not the cluster's, and a name that only that one has."""
    host, zone = walk.request.host, walk.assumptions.dns.zone
    says, step = others_say(walk.client.title, spec, name_servers)
    walk.assume(f"{others_of(name_servers)} does not serve {zone}" if is_cluster_name(walk, host) else NOBODY_OUTSIDE)
    hop = Hop(kind="dns", address=host, rule="R1", says=f"{host} is a name of the cluster, and {says}.", next=step)
    return walk.stop(hop, "name-not-found")


def others_of(name_servers: Sequence[str]) -> str:
    """Who is asked for names that is not the cluster's DNS."""
    return next(iter(name_servers), "the resolver of its node")


def others_say(client: str, spec: PodSpec, name_servers: Sequence[str]) -> tuple[str, str]:
    """R1: why a pod asks another server than the cluster's, as a sentence, and what to do about it."""
    policy, asked = spec.dns_policy or "ClusterFirst", others_of(name_servers)
    step = "set dnsPolicy ClusterFirst, or put the cluster's DNS first in dnsConfig.nameservers"
    why = f"dnsPolicy {policy}"
    if policy == "ClusterFirst" and spec.host_network:
        why, step = "hostNetwork with dnsPolicy ClusterFirst", "set dnsPolicy ClusterFirstWithHostNet"
    return f"{client} asks {asked} ({why}), not the cluster's DNS", step


def cannot_resolve(walk: Walk, tries: Sequence[str]) -> Trace:
    """A name of the cluster that the client cannot look up, or that does not exist."""
    host, client = walk.request.host, walk.client
    if asked := next((name for name in tries if "." in name and not is_cluster_name(walk, name)), None):
        says = f"DNS knows no {host} in the cluster; for {asked}, of the search list, it asks another server."
        gap, step = unserved_domain(walk.state, walk.assumptions)
        return walk.unknown(Hop(kind="dns", address=asked, rule="R4", says=f"{says} {gap}".rstrip(), next=step))
    if client.standing == "pod":
        walk.assume(NOBODY_OUTSIDE)
        says, step, rule = f"DNS answers NXDOMAIN for {host}: there is no such name.", "check the spelling", "D3"
        if elsewhere := _elsewhere(walk, host):
            meant = f"{elsewhere.name}.{elsewhere.namespace}"
            says, step = f"{says} Service {elsewhere} is in another namespace.", f"ask for {meant}"
            walk.suggest = meant
        elif why := no_such_pod(walk.state, host, client.namespace):
            says, step = f"{says} {why.says[0].upper()}{why.says[1:]}.", why.next
    elif client.standing == "node":
        says = f"{host} is a name of the cluster: a node asks its own resolver, which does not know it."
        step, rule = "use the cluster IP, or dnsPolicy ClusterFirstWithHostNet", "R1"
    else:
        says = f"{host} is a name of the cluster: a client outside cannot resolve it."
        step, rule = "use a public name or address", "D1"
    return walk.stop(Hop(kind="dns", address=host, rule=rule, says=says, next=step), "name-not-found")


def _elsewhere(walk: Walk, host: str) -> Name | None:
    """A Service of this name in another namespace, where the name is a bare one."""
    mine, wanted = walk.client.namespace, host.rstrip(".")
    return next((n for n in sorted(walk.state.services) if n.name == wanted and n.namespace != mine), None)
