"""A request by name: the client's resolver, the cluster's DNS, or a name of the world outside."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.addresses import canonical
from svcmap.model.assumptions import GLIBC
from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.workloads import PodSpec
from svcmap.paths.destination.by_address import to_address
from svcmap.paths.destination.hidden import is_hidden
from svcmap.paths.destination.pod_names import why_unnamed
from svcmap.paths.destination.public_names import to_public_name
from svcmap.paths.destination.resolver import UNEVALUATED, Resolution, look_up, pod_resolv_conf
from svcmap.paths.destination.unresolved import (
    as_configured,
    asked_outside,
    asks_others,
    cannot_resolve,
    is_cluster_name,
    is_down,
    misnamed,
)
from svcmap.paths.known.emptiness import emptiness
from svcmap.paths.known.look_ups import ask_dns, endpoints_of, find_service
from svcmap.paths.known.outside import NOBODY_OUTSIDE, is_nobodys
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.packets.headless import direct_to_endpoints
from svcmap.paths.packets.service import to_service_address
from svcmap.paths.policies.dns import dns_is_cut
from svcmap.paths.policies.egress import cannot_leave
from svcmap.paths.policies.mesh import note_routing
from svcmap.paths.walk import Walk
from svcmap.semantics.dns.names import service_of
from svcmap.semantics.service import find_port


def by_name(walk: Walk) -> Trace:
    """Look the name up as the client would, and follow the answer."""
    request = walk.request
    via_node = bool(request.via)
    tries: tuple[str, ...] = ()
    if (written := _written(walk)) is not None:
        return written
    if walk.client.standing == "pod" or (walk.client.spec is not None) or via_node:
        spec = walk.client.spec or PodSpec()
        conf = pod_resolv_conf(spec, walk.client.namespace, walk.assumptions)
        only_v6 = bool(walk.client.addresses) and all(":" in ip for ip in walk.client.addresses)
        found = look_up(walk.state, request.host, conf, walk.assumptions, prefer="AAAA" if only_v6 else "A")
        if not found.outside:
            tries = found.tries
            if stop := is_down(walk, conf.nameservers) or dns_is_cut(walk, conf.nameservers):
                return stop
            if found.unsure:
                return asked_outside(walk, found)
            if found.misnamed and walk.assumptions.libc == GLIBC:
                return misnamed(walk, found)
            if found.answer.rcode not in ("", "NOERROR") and (hidden := is_hidden(walk, tries)) is not None:
                return hidden
            is_empty = found.answer.rcode == "NOERROR" and found.answer.rule != UNEVALUATED
            if found.answer.service is not None or found.addresses or is_empty:
                return _follow(walk, found)
            if found.answer.rule == UNEVALUATED:
                return as_configured(walk, found)
        elif walk.client.spec is not None and _is_of_cluster(walk, request.host):
            return asks_others(walk, spec, conf.nameservers)
    bare = "." not in request.host.rstrip(".") and walk.client.standing != "outside"
    if bare or is_cluster_name(walk, request.host):
        return cannot_resolve(walk, tries if bare else ())
    return to_public_name(walk)


def _is_of_cluster(walk: Walk, host: str) -> bool:
    """Whether the cluster's DNS alone has a name: one of its zone, or one of which nobody outside has it."""
    return is_cluster_name(walk, host) or is_nobodys(walk.state, host.rstrip("."))


def _written(walk: Walk) -> Trace | None:
    """A name that the pod has in its own /etc/hosts (hostAliases, R1): DNS is not asked."""
    spec, host = walk.client.spec, walk.request.host
    for alias in spec.host_aliases if spec else ():
        if host.lower() in (name.lower() for name in alias.hostnames):
            says = f"hostAliases of the pod say that {host} is {alias.ip}: DNS is not asked."
            walk.add(Hop(kind="dns", address=host, rule="R1", basis="observed", says=says))
            return to_address(walk, canonical(alias.ip))
    return None


def _follow(walk: Walk, found: Resolution) -> Trace:
    answer = found.answer
    if answer.rcode != "NOERROR":
        return _no_answer(walk, found)
    if not answer.answers and answer.basis == "computed":
        return _no_data(walk, found)
    service = find_service(walk.state, answer.service) if answer.service else None
    walk.add(_answer_hop(walk, found, service))
    if service is None:  # a pod's own record (D16)
        return to_address(walk, found.addresses[0])
    note_routing(walk, service.name)
    if service.spec.type == "ExternalName":
        return _to_alias(walk, service, found)
    return _to_service(walk, service, found)


def _answer_hop(walk: Walk, found: Resolution, service: Service | None) -> Hop:
    answer, asked = found.answer, walk.request.host
    data = ", ".join(record.data for record in answer.answers[:3])
    more = f" and {len(answer.answers) - 3} more" if len(answer.answers) > 3 else ""
    says = (
        f"DNS answers {found.name} with {data.rstrip('.')}{more}."
        if data
        else f"DNS answers {found.name}: {answer.note}."
    )
    if found.denied:
        walk.assume(NOBODY_OUTSIDE)
    is_glibc = walk.assumptions.libc == GLIBC
    if is_glibc and found.answered_by and asked.count(".") >= found.ndots and not asked.endswith("."):
        walk.assume("the pod's resolver is glibc: musl (Alpine) would not search for a name with that many dots")
    if is_glibc and found.answered_by and found.passed:
        walk.assume("the pod's resolver is glibc: musl (Alpine) would stop at a name without data, or at an error")
    if found.answered_by and asked.rstrip(".") != found.name:
        before = ", ".join(found.tries[: found.answered_by])
        says += f" It is try {found.answered_by + 1} of the search list, after {before}."
    elif asked.rstrip(".") != found.name:
        says += f" The search list made {found.name} of {asked}."
    ref = service.ref if service else None
    return Hop(kind="dns", object=ref, address=found.name, rule=answer.rule, basis=answer.basis, says=says)


def _to_service(walk: Walk, service: Service, found: Resolution) -> Trace:
    """What the answer's addresses are: the cluster IP, or (headless, or the name of one endpoint) pods."""
    answer = found.answer
    outside = next((r.data.rstrip(".") for r in answer.answers if r.type == "CNAME"), None)
    if outside and not found.addresses:  # an EndpointSlice of host names (E13)
        walk.at_service(service, find_port(service, walk.request.port, walk.request.protocol))
        walk.external_name = outside
        return walk.end("reachable")
    if service.spec.cluster_ip == "None" or (found.addresses and found.addresses[0] not in service.spec.cluster_ips):
        endpoints = endpoints_of(walk.state, service.name)
        wanted = set(found.addresses)
        if wanted:
            picked = tuple(e for e in endpoints.endpoints if e.address in wanted or not e.ready)
            endpoints = replace(endpoints, endpoints=picked)
        says = "No cluster IP: DNS answers with the addresses of ready pods, and the client picks one."
        if service.spec.cluster_ip != "None":
            says = "The name is that of one endpoint: the client connects to the pod itself, not to the Service."
        return direct_to_endpoints(walk, service, endpoints, answer.rule, says)
    ip = found.addresses[0] if found.addresses else service.spec.cluster_ip
    return to_service_address(walk, service, "cluster-ip", ip)


def _no_answer(walk: Walk, found: Resolution) -> Trace:
    answer, name = found.answer, found.name
    service = find_service(walk.state, answer.service) if answer.service else None
    why, step = "the Service has no ready endpoint", "see why its pods are not ready"
    if answer.rule == "D14":
        why, step = "externalName is empty or an address, not a name", "set externalName to a host name"
    elif answer.rule == "D11":
        why, step = "nothing exists below a DNS alias", "ask for the name of the Service itself"
    elif answer.rule == "D10":
        why, step = "the Service has no such port", "ask for the name of the Service itself"
    elif answer.rule in ("D7", "D8"):
        why, step = "no ready endpoint has this name", "kubectl get endpointslices -o yaml; compare the host names"
        if known := why_unnamed(walk.state, name, service):
            why, step = known
    hop = Hop(
        kind="dns",
        address=name,
        rule=answer.rule,
        basis=answer.basis,
        object=service.ref if service else None,
        next=step,
        says=f"DNS answers {answer.rcode} for {name}: {why}.",
    )
    if service is not None:
        walk.at_service(service, find_port(service, walk.request.port, walk.request.protocol))
        endpoints = endpoints_of(walk.state, service.name)
        other = "its name is another one" if answer.rule in ("D7", "D8") else "not ready"
        walk.excluded = tuple((e, e.reason or (other if e.ready else "not ready")) for e in endpoints.endpoints)
        if endpoints.basis == "unknown":
            return walk.unknown(replace(hop, says=emptiness(walk.state, service).says))
    return walk.stop(hop, "name-not-found")


def _no_data(walk: Walk, found: Resolution) -> Trace:
    """The name exists and has no address."""
    service = find_service(walk.state, found.answer.service) if found.answer.service else None
    says, step = f"DNS knows {found.name}, but has no address for it.", "ask for the name of a Service below it"
    target = None
    if service is not None:
        walk.at_service(service, find_port(service, walk.request.port, walk.request.protocol))
        step = "check spec.ipFamilies"
        if service.spec.type == "ExternalName":
            target = service.spec.external_name.rstrip(".")
            if (coming := _without_address_yet(walk, target)) is not None:
                return _to_coming(walk, service, coming, found)
            says = f"{target} is a name of the cluster and has no address: clients get none."
            step = "point externalName to a Service that exists"
    hop = Hop(
        kind="external-name" if target else "dns",
        object=service.ref if service else None,
        address=target or found.name,
        rule="D11" if target else found.answer.rule,
        says=says,
        next=step,
    )
    walk.external_name = target
    return walk.stop(hop, "name-no-data")


def _without_address_yet(walk: Walk, target: str) -> Service | None:
    """The Service that a whole name is of, where it has no address because nothing has made it yet (D19)."""
    name = service_of(target, walk.assumptions.dns.zone)
    other = find_service(walk.state, name) if name else None
    if other is None or other.spec.type == "ExternalName":
        return None
    if other.spec.cluster_ip == "None":
        return other if endpoints_of(walk.state, other.name).basis == "predicted" else None
    return None if other.spec.cluster_ip else other


def _to_coming(walk: Walk, service: Service, other: Service, found: Resolution) -> Trace:
    """An alias for a Service of the cluster that is still to be created."""
    target = service.spec.external_name.rstrip(".")
    says = f"{target} is another Service of the cluster: {other.name}, whose address is allocated when it is created."
    walk.add(Hop(kind="external-name", object=service.ref, address=target, rule="D11", basis="predicted", says=says))
    walk.external_name = target
    return _to_service(walk, other, found) if walk.request.port else walk.end("reachable")


def _to_alias(walk: Walk, service: Service, found: Resolution) -> Trace:
    """ExternalName: an alias inside the cluster is followed (D11), one outside cannot be checked."""
    target = service.spec.external_name.rstrip(".")
    walk.at_service(service, find_port(service, walk.request.port, walk.request.protocol))
    says = f"The client connects to {target} itself; its TLS and Host name stay {walk.request.host}."
    if any(port.target_port not in (None, port.port) for port in service.spec.ports):
        says += " The ports of the Service have no effect: an alias translates none."
    hop = Hop(kind="external-name", object=service.ref, address=target, rule="D11", basis="unknown", says=says)
    final = _behind(walk, found)
    if final is None and found.answer.dead_end:
        walk.external_name = target
        says = f"{target} is a name outside the cluster, and {found.answer.note}."
        step = "add a forward plugin to the Corefile"
        return walk.stop(replace(hop, rule=UNEVALUATED, basis="computed", says=says, next=step), "dns-failure")
    if final is None and is_nobodys(walk.state, target):
        walk.assume(NOBODY_OUTSIDE)
        walk.external_name = target
        there = _meant_by(walk, service, target)
        says = f"The Service is an alias for {target}, which is asked for as it is, without the search list of anybody:"
        step = f"set externalName to {there}" if there else "set externalName to a host name"
        hop = replace(hop, says=f"{says} there is no such name.", basis="computed", next=step)
        return walk.stop(hop, "name-not-found")
    if final is None:
        walk.add(hop)
        walk.external_name = target
        return cannot_leave(walk, target, walk.request.port, by_pods=False) or walk.end("reachable")
    inside = find_service(walk.state, final.answer.service) if final.answer.service else None
    what = f"another Service of the cluster: {inside.name}" if inside else "the name of a pod of the cluster"
    walk.add(replace(hop, basis="computed", says=f"{target} is {what}."))
    walk.external_name = target
    if not walk.request.port:  # the name alone was asked for: an alias has no ports of its own
        return walk.end("reachable")
    if inside is None:
        return to_address(walk, final.addresses[0])
    return _to_service(walk, inside, final)


def _meant_by(walk: Walk, service: Service, target: str) -> str:
    """The whole name of the Service that an alias for a short name was meant to be one of; empty where none is."""
    labels = target.split(".")
    name = Name(labels[1] if len(labels) > 1 else service.name.namespace, labels[0])
    return f"{name.name}.{name.namespace}.svc.{walk.assumptions.dns.zone}" if name in walk.state.services else ""


def _behind(walk: Walk, found: Resolution) -> Resolution | None:
    """What the last name of a chain of aliases answers (D11); None where it leads outside."""
    last = found.answer.answers[-1] if found.addresses else None
    if last is None or not is_cluster_name(walk, last.name):
        return None
    answer = ask_dns(walk.state, last.name, last.type, walk.assumptions.dns)
    return Resolution(tries=(last.name,), answer=answer, name=last.name, answered_by=0)
