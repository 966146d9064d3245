"""What a Gateway speaks to pods: TLS by a BackendTLSPolicy, else plain http (G10, GEP-1897)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from svcmap.model.core import ConfigMap, Service, ServicePort
from svcmap.model.gateway import BackendTLSPolicy, Gateway, Route, RouteRule
from svcmap.model.group_kinds import BACKEND_TLS_POLICY, CONFIG_MAP
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.outcome import Undecided
from svcmap.paths.routes.gateway.attached import implementation_of
from svcmap.paths.routes.gateway.backends import target_of
from svcmap.paths.routes.gateway.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics import backend_speech
from svcmap.semantics import gateway as rules
from svcmap.semantics.service import find_port

TITLE = BACKEND_TLS_POLICY.kind
OLD = "grpc-backend-http1"
PLAIN, SECURE = "tls-backend-plain-http", "plain-backend-tls"


def note_backend_tls(walk: Walk, gateway: Gateway, route: Route, rule: RouteRule) -> None:
    """How each backend of a rule is spoken to, and what could keep the Gateway from it."""
    if route.kind not in ("HTTPRoute", "GRPCRoute"):
        return
    known = implementation_of(walk.state, gateway)
    ignores = known is not None and TITLE in known.unclaimed
    for ref in rule.backend_refs:
        name = target_of(route, ref)
        service = find_service(walk.state, name) if ref.kind == "Service" else None
        port = find_port(service, ref.port or 0, "TCP") if service else None
        if service is None or port is None:
            continue
        policies = _by_service(walk.state).get(name.name, ())
        mine = next(_about(policies, name, port), None)
        if mine is not None and not ignores:
            _spoken(walk, gateway, mine, service, port, only=len(rule.backend_refs) == 1)
            continue
        if mine is not None and known is not None:
            walk.assume(f"{known.title} does not support {TITLE}: {mine.name} has no effect")
        if backend_speech.speaks_grpc(port) and route.kind == "HTTPRoute":
            walk.warn(OLD)
            walk.assume(
                f"HTTP/1.1 is spoken to {name} port {port.port}, by its name one of gRPC: a GRPCRoute speaks that"
            )
        if backend_speech.speaks_tls(port) and route.kind == "HTTPRoute":
            walk.warn(PLAIN)
            walk.assume(f"plain http is spoken to {name} port {port.port}: a {TITLE} for it would change that")
        for other in policies:
            if other.metadata.namespace != name.namespace:
                says = f"{TITLE} {other.name} says nothing of Service {name}: it is about one of its own namespace"
                walk.assume(says)
            elif sections := _unknown_sections(other, service):
                has = ", ".join(item.name for item in service.spec.ports if item.name) or "none"
                names = f"sectionName {', '.join(sections)}, and ports of {name} are called {has}"
                walk.assume(f"{TITLE} {other.name} says nothing of port {port.port}: it has {names}")


def _unknown_sections(policy: BackendTLSPolicy, service: Service) -> list[str]:
    """The sections of a Service that a policy is about, and that are no names of its ports."""
    names = {port.name for port in service.spec.ports}
    wanted = (t.section_name for t in policy.spec.targets if t.name == service.metadata.name and t.section_name)
    return [section for section in wanted if section not in names]


def _by_service(state: ClusterState) -> Mapping[str, Sequence[BackendTLSPolicy]]:
    """The policies by the names of the Services that they are attached to, the oldest first."""

    def index() -> Mapping[str, list[BackendTLSPolicy]]:
        found: dict[str, list[BackendTLSPolicy]] = {}
        policies = state.all(BACKEND_TLS_POLICY, BackendTLSPolicy).values()
        for policy in sorted(policies, key=lambda item: item.age):
            for target in policy.spec.targets:
                if target.kind == "Service" and policy not in found.setdefault(target.name, []):
                    found[target.name].append(policy)
        return found

    return state.remember("backend_tls_policies", None, index, reads(BACKEND_TLS_POLICY))


def _about(policies: Sequence[BackendTLSPolicy], name: Name, port: ServicePort) -> Iterator[BackendTLSPolicy]:
    """Those about a port of a Service of their namespace, first what is about that port alone."""
    own = [policy for policy in policies if policy.metadata.namespace == name.namespace]
    for section in dict.fromkeys((port.name, "")):
        for policy in own:
            if any(t.name == name.name and t.section_name == section for t in policy.spec.targets):
                yield policy


def _spoken(
    walk: Walk, gateway: Gateway, policy: BackendTLSPolicy, service: Service, port: ServicePort, *, only: bool
) -> None:
    """TLS to the pods, whose certificate is verified."""
    title, validation = f"{TITLE} {policy.name}", policy.spec.validation
    if only:
        walk.proxied = replace(walk.proxied, protocol="HTTPS")
    walk.assume(f"the pods behind {service.name} have a certificate for {validation.hostname}, as {title} asks")
    if not backend_speech.speaks_tls(port) and not backend_speech.is_open(port):
        walk.warn(SECURE)
        walk.assume(f"{title} has TLS spoken to port {port.port} of {service.name}, by its name one of plain http")
    _note_refusal(walk, gateway, policy)
    for index, ref in enumerate(validation.ca_certificate_refs):
        own = Name(policy.metadata.namespace, ref.name)
        is_there = own in walk.state.all(CONFIG_MAP, ConfigMap) or walk.state.is_of_cluster
        if ref.kind == "ConfigMap" and (elsewhere := _only_elsewhere(walk.state, policy, ref.name)):
            could = f"names ConfigMap {ref.name}, and there is one in {elsewhere} alone: without it requests fail (5xx)"
            field = f"spec.validation.caCertificateRefs[{index}]"
            walk.doubt(Undecided(object=policy.ref, field=field, could=could), WORD, "GEP-1897", refuses=True)
        elif ref.kind == "ConfigMap" and not is_there:
            walk.assume(f"ConfigMap {own}, which {title} names, has a CA certificate: it is not in the source")


def _note_refusal(walk: Walk, gateway: Gateway, policy: BackendTLSPolicy) -> None:
    """What the controller of the Gateway says of the policy: requests fail where it is not valid."""
    for ancestor in policy.status.ancestors:
        found = rules.refused(ancestor.conditions, policy.metadata.generation)
        is_mine = ancestor.ancestor_ref.object_of(policy.metadata.namespace) in (gateway.ref, None)
        if found is not None and is_mine:
            could = f"is not accepted by the controller ({rules.quoted(found)}): requests then fail (5xx)"
            field = "status.ancestors[].conditions"
            walk.doubt(Undecided(object=policy.ref, field=field, could=could), WORD, "GEP-1897", refuses=True)


def _only_elsewhere(state: ClusterState, policy: BackendTLSPolicy, name: str) -> str:
    """The namespace of a ConfigMap of this name with a CA certificate, where that of the policy has none."""
    found = state.all(CONFIG_MAP, ConfigMap)
    if state.is_of_cluster or Name(policy.metadata.namespace, name) in found:
        return ""
    return next((other.namespace for other in found if other.name == name), "")
