"""TCP and UDP through ingress-nginx: a port of its pods that is not of HTTP leads where a ConfigMap says (CN-31)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from svcmap.model.components import INGRESS_NGINX, flag
from svcmap.model.core import ConfigMap, Service
from svcmap.model.group_kinds import CONFIG_MAP, POD, WORKLOADS
from svcmap.model.reads import reads
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.known.command_lines import CommandLine
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.outcome import Hop, Reason, Trace, Undecided
from svcmap.paths.routes.backends import REFUSED, Rule, leg_to, through_legs
from svcmap.paths.routes.front import take_up
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.running import FRONTS, Runner, is_behind, running
from svcmap.paths.routes.proxy_protocol import Expected, at_header
from svcmap.paths.walk import Walk
from svcmap.semantics.ingress import nginx_streams as rules
from svcmap.semantics.ingress.nginx_settings import NAMESPACE_OF_POD

RULE = "CN-31"


def passed_on(walk: Walk, found: Trace, front: Service) -> Trace | None:
    """The finished trace of a connection that has got to the pods of ingress-nginx (`found`) at a port that HTTP does
    not come by; None where these pods are not its own, or where it answers the port itself.
    """
    port, protocol = _port_of_pods(found), found.request.protocol
    line = _run_behind(walk, front, port) if port and protocol in rules.FLAGS else None
    if line is None or port is None or (protocol == "TCP" and port in rules.own_ports(line.words)):
        return None
    kind = rules.FLAGS[protocol]
    named = flag(line.words, kind) or ""
    where = _named(named, line.ref.namespace)
    take_up(walk, found, front)
    if not named:
        step = f"run the controller with --{kind}=NAMESPACE/NAME, the ConfigMap with {port}"
        return _nobody(walk, line.ref, port, f"it has no --{kind}", step, "endpoint-unanswered")
    settings = walk.state.all(CONFIG_MAP, ConfigMap).get(where)
    if settings is None:
        says = f"Where ingress-nginx passes port {port} on to is in ConfigMap {where}, which is not in the source."
        return walk.unknown(_hop(CONFIG_MAP.ref(*where), port, says, ""))
    return _by_map(walk, settings, port, protocol)


def not_listening(walk: Walk) -> Trace | None:
    """The finished trace of a request that a Service in front brings to a port of the pods at which ingress-nginx takes
    none (CN-49); None where it does, or a ConfigMap leads that port elsewhere.
    """
    leg, front = walk.first_leg, walk.front
    port = _port_of_pods(leg) if leg is not None and front is not None else None
    line = _run_behind(walk, front, port) if front is not None and port else None
    if line is None or port is None:
        return None
    web = rules.web_ports(line.words)
    if port in web or flag(line.words, rules.FLAGS["TCP"]):
        return None
    listed = " and ".join(map(str, sorted(web)))
    step = f"set targetPort of {front.name if front else ''} to the port of the controller for http or https"
    return _nobody(walk, line.ref, port, f"it takes requests at {listed}", step, "endpoint-unanswered")


def passes_to(state: ClusterState) -> Iterator[tuple[Name, Name]]:
    """The Services in front of ingress-nginx, each with a Service that its ConfigMaps of streams name."""
    for runner, _, settings in maps_of(state):
        targets = rules.services_of(settings.data)
        yield from ((front.name, target) for front in fronts_of(state, runner) for target in targets)


def maps_of(state: ClusterState) -> Sequence[tuple[Runner, str, ConfigMap]]:
    """The ConfigMaps of streams in the source, each with the ingress-nginx that has it, and their protocol."""

    def found() -> list[tuple[Runner, str, ConfigMap]]:
        named = (
            (runner, protocol, _named(flag(_words_of(runner), kind) or "", runner.ref.namespace))
            for runner in running(state, INGRESS_NGINX)
            for protocol, kind in rules.FLAGS.items()
        )
        maps = state.all(CONFIG_MAP, ConfigMap)
        return [(runner, protocol, maps[name]) for runner, protocol, name in named if name in maps]

    return state.remember("stream_maps", None, found, reads(CONFIG_MAP, POD, *WORKLOADS))


def fronts_of(state: ClusterState, runner: Runner) -> list[Service]:
    """The Services that lead to the pods of a controller and that clients outside come by."""
    mine = (name for name, service in state.services.items() if is_behind(runner, service))
    found = (find_service(state, name) for name in mine)
    return [service for service in found if service and service.spec.type in FRONTS]


def _words_of(runner: Runner) -> tuple[str, ...]:
    return next(c.words for c in runner.spec.serving_containers if c.component == INGRESS_NGINX)


def _named(text: str, namespace: str) -> Name:
    own, _, name = text.replace(NAMESPACE_OF_POD, namespace).partition("/")
    return Name(own, name)


def _port_of_pods(found: Trace) -> int | None:
    """The port of the pods that a connection has got to."""
    port = found.service_port
    bound = (endpoint.port_for(port.name, port.protocol) for endpoint in found.endpoints) if port else ()
    return next((binding.port for binding in bound if binding), None)


def _run_behind(walk: Walk, front: Service, port: int) -> CommandLine | None:
    """The command line of the ingress-nginx whose pods a Service leads to, unless another container has the port."""
    for runner in running(walk.state, INGRESS_NGINX):
        if not is_behind(runner, front):
            continue
        beside = [c for c in runner.spec.serving_containers if c.component != INGRESS_NGINX]
        if any(declared.container_port == port for container in beside for declared in container.ports):
            return None
        return CommandLine(runner.ref, _words_of(runner))
    return None


def _by_map(walk: Walk, settings: ConfigMap, port: int, protocol: str) -> Trace:
    stream = rules.stream_at(settings.data, port, protocol)
    if stream is None:
        why, step = f"ConfigMap {settings.name} has nothing for it", f"add '{port}': NAMESPACE/SERVICE:PORT to it"
        return _nobody(walk, settings.ref, port, why, step, "endpoint-unanswered")
    service = find_service(walk.state, stream.service)
    if service is None:
        why = f"ConfigMap {settings.name} leads it to Service {stream.service}, which does not exist"
        return _nobody(walk, settings.ref, port, why, "correct it, or create the Service", "service-not-found")
    its_port = rules.port_of(service, stream.port, protocol)
    if its_port is None:
        has = ", ".join(f"{item.port}/{item.protocol}" for item in service.spec.ports) or "none"
        why = f"ConfigMap {settings.name} leads it to port {stream.port} of Service {service.name}, which has {has}"
        return _nobody(walk, settings.ref, port, why, "name a port of the Service", "service-port-not-found")
    field = f"data[{port}]"
    if stream.decodes:
        told = f"PROXY in {field} of ConfigMap {settings.name}"
        if (broken := at_header(walk, Expected(True, told, settings.ref, field), settings.ref)) is not None:
            return broken
    if stream.encodes:
        could = "sends PROXY protocol to the pods, which they have to expect"
        walk.doubt(Undecided(object=settings.ref, field=field, could=could), WORD, RULE, refuses=True)
    rule = Rule(
        word=WORD,
        by="ingress-nginx",
        object=settings.ref,
        title=f"Port {port} of ConfigMap {settings.name}",
        text=f":{port}",
        taken=RULE,
        split=RULE,
        failing=0,
        ends_streams=True,
    )
    leg = replace(leg_to(service, its_port, endpoints_of(walk.state, service.name), RULE), share=1.0)
    over = through_legs(walk, rule, [leg])
    return replace(over, place=replace(over.place, skips_cluster_ip=False))  # the Service in front was asked by its own


def _nobody(walk: Walk, ref: ObjectRef, port: int, why: str, step: str, reason: Reason) -> Trace:
    says = f"ingress-nginx does not listen on port {port}: {why}. The connection is refused."
    return walk.stop(_hop(ref, port, says, step), reason, answer=REFUSED)


def _hop(ref: ObjectRef, port: int, says: str, step: str) -> Hop:
    return Hop(kind=WORD, object=ref, address=f":{port}", rule=RULE, says=says, next=step)
