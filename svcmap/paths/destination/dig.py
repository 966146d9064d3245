"""A DNS query as a person asks it: a name or an address, and the search list of whoever asks."""

from __future__ import annotations

from svcmap.errors import NotFoundError
from svcmap.model.assumptions import Assumptions
from svcmap.model.base import Part
from svcmap.model.facts import Basis
from svcmap.model.group_kinds import ENDPOINT_SLICE, NAMESPACE, SERVICE
from svcmap.model.state import ClusterState
from svcmap.model.workloads import PodSpec
from svcmap.paths.asking.client import resolve
from svcmap.paths.asking.request import ADDRESS, Vantage
from svcmap.paths.destination.resolver import UNEVALUATED, asks_cluster_dns, pod_resolv_conf
from svcmap.paths.destination.through_cache import answer_of_cache
from svcmap.paths.destination.unresolved import down_hop, nobody_hop, others_say
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.look_ups import ask_dns, endpoints_of
from svcmap.paths.known.name_servers import main_dns_service
from svcmap.paths.known.outside import NOBODY_OUTSIDE, is_nobodys
from svcmap.paths.policies.dns import dns_hop
from svcmap.semantics import dns
from svcmap.semantics.dns.names import is_below
from svcmap.semantics.resolv_conf import goes_on, search_names


class Dig(Part, frozen=True):
    """A query and its answer. `tries` pairs each name that was asked for with what came back, in order;
    `notes` says what the answer leaves out.
    """

    name: str
    type: str
    answer: dns.Answer
    tries: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def dig(
    state: ClusterState,
    name: str,
    type_: str | None = None,
    vantage: Vantage | None = None,
    assumptions: Assumptions | None = None,
) -> Dig:
    """The answer to a query; an address is asked for its names. With a client its search list is walked.

    Raises NotFoundError for a client that is not in the source.
    """
    if ADDRESS.match(name) and type_ in (None, "PTR"):
        name, type_ = dns.reverse_name(name) or name, "PTR"
    type_, assumptions = type_ or "A", assumptions or settled(state)
    servers = tuple(
        endpoint.address for endpoint in endpoints_of(state, main_dns_service(state)).ready if endpoint.address
    )
    notes: tuple[str, ...] = ()
    if vantage is None:
        answer = _asked(state, name, type_, assumptions, servers)
        return Dig(name=name.rstrip("."), type=type_, answer=answer, notes=notes)
    client = resolve(state, vantage)
    if client.unread:
        note = f"{client.missing} could not be read: what it asks is not known"
        return Dig(
            name=name, type=type_, answer=dns.Answer(rcode="", basis="unknown", note=note, rule="R1"), notes=notes
        )
    if client.missing:
        raise NotFoundError(f"{client.missing} is not in {state.source.name}")
    if not client.inside or (client.spec is None and client.standing == "node"):
        note = f"{client.title} asks its own resolver, not the cluster's DNS"
        nowhere = dns.Answer(rcode="", basis="unknown", note=note, rule="R1")
        return Dig(name=name.rstrip("."), type=type_, answer=nowhere, notes=notes)
    conf = pod_resolv_conf(client.spec or PodSpec(), client.namespace, assumptions)
    if not asks_cluster_dns(state, conf, assumptions):
        note, _ = others_say(client.title, client.spec or PodSpec(), conf.nameservers)
        is_known = is_below(name.rstrip("."), assumptions.dns.zone) or is_nobodys(state, name.rstrip("."))
        nowhere = dns.Answer(
            rcode="NXDOMAIN" if is_known else "", basis="assumed" if is_known else "unknown", note=note, rule="R1"
        )
        return Dig(name=name.rstrip("."), type=type_, answer=nowhere, notes=notes)
    name_servers = conf.nameservers
    if stopped := (
        nobody_hop(state, name_servers) or down_hop(state, name_servers) or dns_hop(state, client.party, name_servers)
    ):
        basis: Basis = "unknown" if stopped.verdict == "unknown" else "computed"
        nothing = dns.Answer(rcode="", basis=basis, note=stopped.says, rule=stopped.rule)
        return Dig(name=name.rstrip("."), type=type_, answer=nothing, notes=notes)
    for alias in client.spec.host_aliases if client.spec else ():
        if name.lower() in (known.lower() for known in alias.hostnames):
            notes = (
                *notes,
                f"hostAliases of the pod say that {name} is {alias.ip}: its programs do not ask DNS for it",
            )
    names = list(search_names(name, conf, assumptions.libc))
    server = conf.nameservers[0] if conf.nameservers else ""
    return _walk(state, name, type_, names, servers, assumptions, notes, server)


def _walk(
    state: ClusterState,
    name: str,
    type_: str,
    names: list[str],
    servers: tuple[str, ...],
    assumptions: Assumptions,
    notes: tuple[str, ...],
    server: str,
) -> Dig:
    """Each name in turn until one has records (R4)."""
    tries: list[tuple[str, str]] = []
    answer, asked = dns.NXDOMAIN, name.rstrip(".")
    for candidate in names:
        of_cache = answer_of_cache(state, server, candidate, assumptions.dns.zone)
        found = of_cache or _asked(state, candidate, type_, assumptions, servers)
        empty = found.rcode == "NOERROR" and not found.answers
        tries.append((candidate, "NODATA" if empty else found.rcode or "not known here"))
        if not found.rcode and found.rule != UNEVALUATED and is_nobodys(state, candidate):
            found, tries[-1] = dns.NXDOMAIN, (candidate, f"NXDOMAIN ({NOBODY_OUTSIDE})")
        if found.answers or (found.rcode != "NXDOMAIN" and found.basis in ("predicted", "unknown")):
            answer, asked = found, candidate
            break
        if empty or answer.rcode == "NXDOMAIN":
            answer, asked = found, candidate
        if found.rcode and not goes_on(found.rcode, has_data=False, libc=assumptions.libc):
            break
    return Dig(name=asked, type=type_, answer=answer, tries=tuple(tries), notes=notes)


def _asked(
    state: ClusterState, name: str, type_: str, assumptions: Assumptions, servers: tuple[str, ...]
) -> dns.Answer:
    """The answer to one query. That there is nothing is not known where Services or their endpoints were not read."""
    found = ask_dns(state, name, type_, assumptions.dns, server_ips=servers)
    namespace = dns.namespace_asked(name, assumptions.dns.zone)
    if found.answers or not found.rcode:
        return found
    if found.rule == "D4" and state.is_read(NAMESPACE):  # there is no such namespace
        return found
    if not namespace and not dns.is_reverse(name.rstrip(".")):
        return found
    unread = next((kind for kind in (SERVICE, ENDPOINT_SLICE) if not state.is_read(kind, namespace)), None)
    if unread is None:
        return found
    where = f" of namespace {namespace}" if namespace else ""
    return dns.Answer(rcode="", basis="unknown", note=f"{unread}s{where} could not be read", rule=found.rule)
