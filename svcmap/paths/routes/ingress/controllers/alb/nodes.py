"""ALB: the nodes that are targets, where a Service is reached by its node port (CA-14, CA-15)."""

from __future__ import annotations

from svcmap.model.core import Service, ServicePort
from svcmap.paths.known.class_params import way_to
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.routes.ingress.controllers.ways import Met
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics.ingress import alb
from svcmap.semantics.service import will_have_node_port

UNAVAILABLE, TARGET_TYPE = 503, f"{alb.PREFIX}target-type"


def without_nodes(walk: Walk, met: Met, service: Service, port: ServicePort) -> Trace | None:
    """CA-14: targets are nodes, by a node port; nodes with some labels only, and where none has them there is no target
    (503, CA-15).
    """
    if way_to(walk.state, met.item, met.served, service) != "node-port":
        return None
    if not port.node_port and not will_have_node_port(service):
        says = (
            f"Service {service.name} has no node port, and targets are nodes ({TARGET_TYPE} instance, or its default):"
        )
        hop = Hop(
            kind="node-port",
            object=service.ref,
            address="none",
            rule="CA-14",
            says=f"{says} the controller makes no target group.",
            next=f"set {TARGET_TYPE}: ip, or type NodePort on the Service",
        )
        return walk.stop(hop, "port-not-in-service")
    name = f"{alb.PREFIX}target-node-labels"
    owner = service if name in service.metadata.annotations else met.item
    written = owner.metadata.annotations.get(name, "").strip()
    if not written:
        return None
    selector = alb.node_labels(written)
    nodes = walk.state.nodes.values()
    targets = [node for node in nodes if selector is not None and selector.matches(node.metadata.labels)]
    if selector is None or not nodes or (targets and service.spec.external_traffic_policy == "Local"):
        could = "says which nodes are targets"
        undecided = Undecided(object=owner.ref, field=f"metadata.annotations[{name}]", could=could)
        walk.doubt(undecided, WORD, "CA-14", refuses=True)
        return None
    if targets:
        return None
    says = f"No node has the labels of {name}, {written}: the target group is empty, and the answer is {UNAVAILABLE}."
    step = "label nodes, or correct the annotation"
    hop = Hop(kind=WORD, object=owner.ref, address=written, rule="CA-14", says=says, next=step)
    return walk.stop(hop, "no-endpoints", answer=Answer(status=UNAVAILABLE))
