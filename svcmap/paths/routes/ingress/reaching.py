"""How the controller of an Ingress gets from a rule to the pods (the table of section 6)."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.paths.known.class_params import way_to
from svcmap.paths.known.look_ups import served_by
from svcmap.paths.outcome import Answer, Trace
from svcmap.paths.packets.endpoints import to_endpoints
from svcmap.paths.packets.kube_proxy import through_proxy
from svcmap.paths.packets.node_port import through_node_port
from svcmap.paths.routes.aliases import Dialler, through_alias
from svcmap.paths.routes.ingress.controller import controller_client, controller_service, running_clients
from svcmap.paths.routes.senders import GLOBAL, sources_at
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import gke


def reach_backend(walk: Walk, ingress: Ingress, served: rules.ServedBy, service: Service, port: ServicePort) -> Trace:
    """Follow the way of the controller to the pods: endpoints, a node port, or the cluster IP."""
    way = way_to(walk.state, ingress, served, service)
    title = rules.controller_title(served)
    outside = title if served.placement == "outside" else ""
    by = answers_of(walk, ingress)
    is_nginx = by is rules.INGRESS_NGINX
    dialler = Dialler(
        title=title,
        port=port.target_port if is_nginx and isinstance(port.target_port, int) else port.port,
        client=controller_client(walk.state, ingress, outside),
        without=Answer(status=by.missing),
        searches=is_nginx,
    )
    if (followed := through_alias(walk, service, port, dialler)) is not None:
        return followed
    if way != "endpoints":
        walk.hand_over(controller_client(walk.state, ingress, outside))
    if way == "node-port":
        walk.at_service(service, port)
        return through_node_port(walk, service, port)
    if way == "cluster-ip":
        walk.proxied = replace(walk.proxied, via=f"clusterIP {service.spec.cluster_ip}:{port.port}")
        return through_proxy(walk, service, port, "cluster-ip", service.spec.cluster_ip)
    proxies = [client.party for client in running_clients(walk.state, ingress)]
    sender = GLOBAL if rules.flavour(served) == "gce" and gke.is_global(ingress) else title
    sources = sources_at(walk, controller_service(walk.state, ingress), sender, outside=outside, proxies=proxies)
    return to_endpoints(walk, service, port, title, sources, Answer(status=by.empty))


def answers_of(walk: Walk, ingress: Ingress) -> rules.Controller:
    """The controller of an Ingress, for the statuses that it answers by itself."""
    served = served_by(walk.state, ingress)
    return rules.controller_of(served.controller, served.ingress_class) or rules.INGRESS_NGINX
