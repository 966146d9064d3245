"""The IngressClassParams behind an Ingress of the AWS controller, and the Ingress with what they say (CA-2)."""

from __future__ import annotations

from svcmap.model.controller_objects import IngressClassParams
from svcmap.model.core import Service
from svcmap.model.group_kinds import INGRESS_CLASS_PARAMS
from svcmap.model.networking import Ingress
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import SERVING, served_by
from svcmap.paths.known.providers import aws_default
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress.class_params import merged


def params_of(state: ClusterState, item: Ingress) -> IngressClassParams | None:
    """The settings that the class of an Ingress names, where the source has them."""
    served = served_by(state, item)
    of_class = state.ingress_classes.get(served.ingress_class)
    settings = of_class.spec.parameters if of_class else None
    if rules.flavour(served) != "alb" or settings is None or settings.kind != INGRESS_CLASS_PARAMS.kind:
        return None
    return state.all(INGRESS_CLASS_PARAMS, IngressClassParams).get(Name("", settings.name))


def way_to(state: ClusterState, item: Ingress, served: rules.ServedBy, service: Service) -> rules.Way:
    """What the controller of an Ingress dials for a Service: its pods, a node port, or the cluster IP (CA-14)."""
    params = params_of(state, item)
    return rules.way_to_pods(item, served, service, aws_default(state), params.spec.target_type if params else "")


def as_served(state: ClusterState, item: Ingress) -> Ingress:
    """An Ingress with the annotations that its controller goes by."""

    def made() -> Ingress:
        params = params_of(state, item)
        return merged(item, params) if params else item

    return state.remember("as_served", item.name, made, SERVING | reads(INGRESS_CLASS_PARAMS))
