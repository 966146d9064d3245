"""`service`, `validate`, `conflict` and `env`: a Service by itself, before any traffic."""

from __future__ import annotations

from typing import Any

import msgspec

from svcmap.errors import NotFoundError, UsageError
from svcmap.expectations.questions import asked
from svcmap.model.assumptions import Assumptions
from svcmap.model.base import Part
from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.known.variables import is_younger
from svcmap.semantics.environment import service_variables, visible_services
from svcmap.semantics.service import affinity_timeout, is_headless, needs_health_check, will_have_node_port
from svcmap.semantics.validation import NODE_PORT_RANGE_TEXT, shared_numbers, validate_service

Json = dict[str, Any]


def defaults(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """A Service's fields as the API server stores them; what is empty is null, except `ports`."""
    del assumptions
    asked.only(question, "service")
    service = asked.service(state, question)
    fields = _fields(service.spec)
    waits = will_have_node_port(service) and any(not port.node_port for port in service.spec.ports)
    return fields | {
        "ports": [_fields(port) for port in service.spec.ports],
        "ipFamilies": fields["ipFamilies"] or (None if service.spec.type == "ExternalName" else ["IPv4"]),
        "headless": is_headless(service),
        "needsHealthCheckNodePort": needs_health_check(service),
        "nodePortRange": NODE_PORT_RANGE_TEXT if waits else None,
        "sessionAffinityTimeoutSeconds": affinity_timeout(service),
    }


def _fields(part: Part) -> Json:
    """Every field of a part of an object under its API name, null where it is empty."""
    values = ((field.encode_name, getattr(part, field.name)) for field in msgspec.structs.fields(part))
    plain = ((key, msgspec.to_builtins(value)) for key, value in values)
    return {
        key: None if _is_empty(value) else list(value) if isinstance(value, tuple) else value for key, value in plain
    }


def _is_empty(value: object) -> bool:
    """What the API leaves out: all that is empty, but not a false that somebody wrote."""
    return not value and value is not False


def validate(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """Whether the API server takes an object. `field` lists every field it reports at the worst level."""
    del assumptions
    asked.only(question, "object")
    said = validate_service(_raw_service(state, asked.text(question, "object")))
    errors = [item for item in said if item.level == "error"]
    worst = errors or said
    return {
        "valid": not errors,
        "level": worst[0].level if worst else None,
        "field": [item.field for item in worst],
        "message": "; ".join(item.message for item in worst),
    }


def conflict(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """Whether two Services want the same node port number."""
    del assumptions
    asked.only(question, "objects")
    objects = question.get("objects")
    if not isinstance(objects, list) or len(objects) != 2:
        raise UsageError("objects: two objects are compared")
    one, other = (_raw_service(state, str(item)) for item in objects)
    numbers = shared_numbers(one, other)
    return {"conflict": bool(numbers), "value": numbers[0] if numbers else None}


def _raw_service(state: ClusterState, text: str) -> Service:
    kind, _, rest = text.partition("/")
    namespace, _, name = rest.partition("/")
    if kind != "Service":
        raise UsageError(f"{text}: only Services are validated, as Service/NAMESPACE/NAME")
    found = state.services.get(Name(namespace, name))
    if found is None:
        raise NotFoundError(f"no {text} in {state.source.name}")
    return found


def environment(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """The Service variables of a pod, of one Service where that is named; `complete`: there are no others."""
    del assumptions
    asked.only(question, "pod", "service")
    pod = asked.pod(state, question)
    found = (find_service(state, name) for name in state.services)
    links = pod.spec.enable_service_links is not False
    visible = visible_services((s for s in found if s), pod.metadata.namespace, links=links)
    if question.get("service"):
        wanted = asked.service(state, question).name
        visible = [service for service in visible if service.name == wanted]
    statuses = pod.status.container_statuses or (None,)
    visible = [item for item in visible if not all(is_younger(item, pod, status) for status in statuses)]
    variables: dict[str, str] = {}
    for service in visible:
        variables |= service_variables(service)
    return {"vars": variables, "ordered": list(variables)}
