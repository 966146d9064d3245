"""Which endpoints a Service has (E1-E18), and which it will have (O1-O4, workloads without pods in sight).

Upstream: staging/src/k8s.io/endpointslice (utils.go, reconciler.go), pkg/controller/{endpoint,endpointslicemirroring}.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.core import EndpointSlice, Service
from svcmap.model.facts import EndpointSet, Prediction, RefusedObject
from svcmap.model.group_kinds import ENDPOINT_SLICE
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.well_known import API_SERVER
from svcmap.semantics.endpoints.gone import with_gone
from svcmap.semantics.endpoints.observed import from_legacy, from_slices, is_mirrored
from svcmap.semantics.endpoints.predicted import predict, selected_workloads
from svcmap.semantics.endpoints.refused import refusal_of_endpoints, refusal_of_slice
from svcmap.semantics.endpoints.selected import from_selector


def endpoint_set(state: ClusterState, service: Service) -> EndpointSet:
    """The endpoints of a Service (with its defaults applied), from the first source of E1 that the state holds."""
    if service.spec.type == "ExternalName":
        return EndpointSet(source="ExternalName")
    refused = None if state.is_of_cluster else _refused(state, service.name)
    found = _endpoint_set(state, service, is_taken=refused is None)
    return found if refused is None else replace(found, refused=refused)


def _refused(state: ClusterState, name: Name) -> RefusedObject | None:
    """What the API server refuses of the objects that are still to be created."""
    of_slices = (refusal_of_slice(item) for item in state.slices_by_service.get(name, ()))
    legacy = state.endpoints.get(name)
    return next(filter(None, of_slices), None) or (refusal_of_endpoints(legacy) if legacy else None)


def _taken(slices: Sequence[EndpointSlice], *, all_: bool) -> Sequence[EndpointSlice]:
    return slices if all_ else [item for item in slices if refusal_of_slice(item) is None]


def _endpoint_set(state: ClusterState, service: Service, *, is_taken: bool) -> EndpointSet:
    name = service.name
    if slices := _taken(state.slices_by_service.get(name, ()), all_=is_taken):
        found = tuple(from_slices(state, slices, service.spec.cluster_ips, service.spec.selector))
        idle = () if found else _scaled_down(state, service)
        seen = EndpointSet(endpoints=found, basis="observed", predictions=idle, source="EndpointSlice")
        return with_gone(state, service, seen)
    if state.is_of_cluster and (found_none := _without_slices(state, service)):
        return found_none
    legacy = state.endpoints.get(name)
    if legacy is not None and not is_taken and refusal_of_endpoints(legacy) is not None:
        legacy = None
    if service.spec.selector:
        selected = from_selector(state, service)
        if selected.endpoints or selected.predictions or legacy is None:
            return selected
    if legacy is not None and is_mirrored(service, legacy):
        return EndpointSet(endpoints=tuple(from_legacy(state, legacy)), basis="observed", source="Endpoints")
    if name == API_SERVER:  # they publish its endpoints themselves: no selector, and nothing in a manifest
        return EndpointSet(basis="unknown", source="published by the API server")
    return EndpointSet(source="none")


def _without_slices(state: ClusterState, service: Service) -> EndpointSet | None:
    """A cluster that has no EndpointSlice of a Service has no endpoints of it, if its slices could be read. If not, its
    pods say what they would be (None: work it out from them), where they could be.
    """
    name, selector = service.name, service.spec.selector
    if state.is_read(ENDPOINT_SLICE, name.namespace):
        idle = _scaled_down(state, service)
        return EndpointSet(basis="observed", predictions=idle, source="EndpointSlice" if selector else "none")
    if selector and not state.lacks_pods_with(name.namespace, selector):
        return None
    return EndpointSet(basis="unknown", source=f"EndpointSlices of {name.namespace} could not be read")


def _scaled_down(state: ClusterState, service: Service) -> tuple[Prediction, ...]:
    """The workloads of a Service that run no pods."""
    selector = service.spec.selector
    makers = selected_workloads(state, service.name.namespace, selector) if selector else []
    return tuple(found for maker in makers if (found := predict(state, maker)).count == 0)


def orphaned(state: ClusterState, name: Name) -> EndpointSet:
    """Endpoints of slices that name a Service which does not exist: DNS still knows their addresses (D12)."""
    slices = state.slices_by_service.get(name, ())
    return EndpointSet(endpoints=tuple(from_slices(state, slices)), basis="observed", source="EndpointSlice")
