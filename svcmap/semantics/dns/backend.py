"""What a name stands for: the parser and the finders of CoreDNS' kubernetes plugin (D2-D8, D10, D16).

Upstream: plugin/kubernetes/{parse.go,kubernetes.go}. A name that does not exist raises NoSuchNameError.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from svcmap.model.assumptions import DNSAssumptions
from svcmap.model.base import Part
from svcmap.model.core import Service
from svcmap.model.facts import Endpoint, EndpointSet
from svcmap.model.refs import Name
from svcmap.semantics.dns.names import endpoint_name, is_below, is_reverse
from svcmap.semantics.dns.records import Cluster, Found, address_type

NO_PORT = -1
"""The port of an endpoint whose slice declares none: it answers addresses, never SRV."""
ALLOCATED_LATER = "the cluster IP is allocated when the Service is created"
PODS_LATER = "answers with the addresses of ready pods; none has been seen yet"


class NoSuchNameError(Exception):
    """NXDOMAIN. `service` and `basis` as in an Answer, where the name got as far as a Service."""

    def __init__(self, rule: str, service: Name | None = None, found: EndpointSet | None = None) -> None:
        super().__init__(rule)
        self.rule, self.service, self.found = rule, service, found


class Question(Part, frozen=True):
    """A name taken apart (parse.go recordRequest). An empty `kind` is the apex of the zone, or `svc`, `pod` alone."""

    kind: str = ""
    namespace: str = ""
    service: str = ""
    endpoint: str = ""
    port: str = ""
    protocol: str = ""


class Answers(Part, frozen=True):
    """What was found for a name; empty is NODATA. `note` says why nothing can be said yet (D19)."""

    found: tuple[Found, ...] = ()
    service: Name | None = None
    rule: str = "D13"
    note: str = ""
    predicted: bool = False


def parse(name: str, zone: str) -> Question:
    """D2: right to left after the zone. Raises NoSuchNameError for names that no schema covers."""
    end = zone.strip(".").lower()  # empty for the root zone
    base = name.rstrip(".").lower().removesuffix(end).rstrip(".")
    if base in ("", "svc", "pod"):
        return Question()
    labels = base.split(".")
    kind, *rest = reversed(labels)
    if kind not in ("svc", "pod") or len(rest) > 4:
        raise NoSuchNameError("D3" if kind not in ("svc", "pod") else "D2")
    namespace, service, one, two = (*rest, "", "", "", "")[:4]
    if two:
        return Question(
            kind=kind,
            namespace=namespace,
            service=service,
            protocol=one.removeprefix("_"),
            port=two.removeprefix("_"),
        )
    return Question(kind=kind, namespace=namespace, service=service, endpoint=one)


def namespace_asked(name: str, zone: str) -> str:
    """The namespace whose Services a name is about; empty where it is about none."""
    try:
        return parse(name, zone).namespace if is_below(name.rstrip("."), zone.strip(".")) else ""
    except NoSuchNameError:
        return ""


def records(cluster: Cluster, name: str, zone: str, options: DNSAssumptions) -> Answers:
    """What a name below a zone stands for. Raises NoSuchNameError."""
    asked = parse(name, zone)
    if not asked.kind:
        return Answers(rule="D3")
    if is_reverse(name) or not _is_exposed(cluster, asked.namespace, options):
        raise NoSuchNameError("D4")
    if asked.kind == "pod":
        return _pods(cluster, asked, zone, options)
    return _services(cluster, asked, zone, options)


def _is_exposed(cluster: Cluster, namespace: str, options: DNSAssumptions) -> bool:
    return (not options.namespaces or namespace in options.namespaces) and cluster.namespace_exists(namespace)


def _pods(cluster: Cluster, asked: Question, zone: str, options: DNSAssumptions) -> Answers:
    """D16: `<dashed-ip>.<ns>.pod.<zone>`; labels further left are ignored."""
    if options.pods == "disabled":
        raise NoSuchNameError("D16")
    if not asked.service:
        return Answers(rule="D16")
    dashed = asked.service
    is_v4 = dashed.count("-") == 3 and "--" not in dashed
    address = dashed.replace("-", "." if is_v4 else ":")
    insecure = options.pods == "insecure"
    known = _is_address(address) if insecure else cluster.pod_runs_at(asked.namespace, address)
    if not known:
        raise NoSuchNameError("D16")
    key = f"{dashed}.{asked.namespace}.pod.{zone}"
    return Answers(found=(Found(host=address, key=key),), rule="D16")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _services(cluster: Cluster, asked: Question, zone: str, options: DNSAssumptions) -> Answers:
    if not asked.service:
        return Answers(rule="D3")
    name = Name(asked.namespace, asked.service)
    service = cluster.service(name)
    if service is None:
        raise NoSuchNameError("D3")
    key = f"{name.name}.{name.namespace}.svc.{zone}"
    if service.spec.type == "ExternalName":
        return _external_name(service, asked, key)
    headless = service.spec.cluster_ip == "None"
    if options.ignore_empty_service and not headless and not cluster.endpoints(name).ready:
        raise NoSuchNameError("D5", name, cluster.endpoints(name))
    if headless or asked.endpoint:
        return _endpoints(cluster.endpoints(name), service, asked, key, options)
    return _cluster_ips(cluster, service, asked, key)


def _external_name(service: Service, asked: Question, key: str) -> Answers:
    """D11, D14: an alias; nothing exists below it, and one that looks like an address is not served at all."""
    target = service.spec.external_name
    if asked.endpoint or asked.port or asked.protocol:
        raise NoSuchNameError("D11", service.name)
    if not target or address_type(target):
        raise NoSuchNameError("D14", service.name)
    # A name that only its final dot keeps from being an address stays a name.
    host = target.rstrip(".")
    alias = Found(host=target if address_type(host) else host, key=key, service=service.name)
    return Answers(found=(alias,), service=service.name, rule="D11")


def _fits(asked: Question, port: str, protocol: str) -> bool:
    """D10: port and protocol labels filter every query, also those for addresses."""
    return asked.port in ("", port.lower()) and asked.protocol in ("", protocol.lower())


def _cluster_ips(cluster: Cluster, service: Service, asked: Question, key: str) -> Answers:
    """D5, D9: the cluster IPs, once for each matching *Service* port."""
    named = cluster.ports(service, asked.port) if asked.port else service.spec.ports
    ports = [port for port in named if _fits(asked, port.name, port.protocol)]
    if not ports:
        raise NoSuchNameError("D10", service.name)
    ips = service.spec.cluster_ips
    if not ips:
        return Answers(
            found=tuple(Found(host="", key=key, port=p.port, service=service.name) for p in ports),
            service=service.name,
            rule="D19",
            note=ALLOCATED_LATER,
        )
    found = tuple(Found(host=ip, key=key, port=port.port, service=service.name) for port in ports for ip in ips)
    return Answers(found=found, service=service.name, rule="D5")


def _endpoints(found: EndpointSet, service: Service, asked: Question, key: str, options: DNSAssumptions) -> Answers:
    """D6, D7, D9: the ready endpoints, or the one with the name asked for; without a match no such name."""
    rule = "D7" if asked.endpoint else "D6"
    made = tuple(item for endpoint in found.ready for item in _of_endpoint(endpoint, service, asked, key, options))
    if not made:
        raise NoSuchNameError("D8" if asked.endpoint else "D6", service.name, found)
    if all(not item.host for item in made):
        return Answers(found=made, service=service.name, rule=rule, note=PODS_LATER, predicted=True)
    return Answers(found=tuple(item for item in made if item.host), service=service.name, rule=rule)


def _of_endpoint(
    endpoint: Endpoint, service: Service, asked: Question, key: str, options: DNSAssumptions
) -> Iterator[Found]:
    ports = [(b.name, b.protocol, b.port) for b in endpoint.ports] or [("", "", NO_PORT)]
    for port, protocol, number in ports:
        if not _fits(asked, port, protocol):
            continue
        for address in (endpoint.address, *endpoint.also):
            label = endpoint_name(endpoint, address, options)
            if asked.endpoint in ("", label.lower()):
                yield Found(host=address, key=f"{label}.{key}", port=number, service=service.name)
