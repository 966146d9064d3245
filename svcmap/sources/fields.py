"""Fields that Kubernetes would drop without a word: in another case, one level too high, or with a `//` comment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

import msgspec

from svcmap.model.base import KubernetesObject
from svcmap.model.core import Service
from svcmap.model.networking import Ingress
from svcmap.sources.base import Gathering, Origin
from svcmap.sources.hints import SLASHES, SLASHES_HINT

CHECKED: tuple[type[KubernetesObject], ...] = (Service, Ingress)
TOP = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})
PORT_FIELDS = ("name", "protocol", "appProtocol", "port", "targetPort", "nodePort")
"""Those of a ServicePort (k8s:pkg/apis/core/types.go)."""
SERVICE_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")


@cache
def _field_names(type_: type[KubernetesObject]) -> dict[str, str]:
    """Lower-case name → name as the API writes it, for the fields of `spec` that svcmap reads."""
    spec = next(field.type for field in msgspec.structs.fields(type_) if field.name == "spec")
    return {field.encode_name.lower(): field.encode_name for field in msgspec.structs.fields(spec)}


def slips(type_: type[KubernetesObject], spec: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The fields of a spec that are one slip away from a known one, with that one."""
    known = _field_names(type_)
    for key in spec:
        right = known.get(key.lower())
        if right is not None and right != key:
            yield key, right


def check_fields(
    value: dict[str, Any], type_: type[KubernetesObject], label: str, origin: Origin, gathering: Gathering
) -> None:
    """Note unknown fields of a Service or Ingress that are one slip away from a known one."""
    if type_ not in CHECKED:
        return
    known = _field_names(type_)
    for key in value.keys() - TOP:
        if key in known.values():
            says = f"{label}: unknown field {key}; did you mean spec.{key}? As written it has no effect"
            gathering.issue(says, origin, origin.at((key,)), item=label, lost=False)
    spec = value.get("spec")
    if not isinstance(spec, dict):
        return
    for key, right in slips(type_, spec):
        says = f"{label}: unknown field spec.{key}; did you mean spec.{right}? As written it has no effect"
        gathering.issue(says, origin, origin.at(("spec", key)), item=label, lost=False)
    _check_comments(value, spec, label, origin, gathering)
    if type_ is Service:
        _check_ports(spec.get("ports"), label, origin, gathering)
        _check_values(spec, label, origin, gathering)


def _check_ports(ports: Any, label: str, origin: Origin, gathering: Gathering) -> None:
    """Fields of a port that the API does not know: it drops them without a word."""
    for index, port in enumerate(ports if isinstance(ports, list) else []):
        for key in port if isinstance(port, dict) else ():
            if key in PORT_FIELDS or not isinstance(key, str):
                continue
            near = get_close_matches(key.lower(), [name.lower() for name in PORT_FIELDS], n=1, cutoff=0.75)
            right = next((name for name in PORT_FIELDS if near and name.lower() == near[0]), "")
            meant = f"; did you mean {right}?" if right else "."
            says = f"{label}: unknown field spec.ports[{index}].{key}{meant} As written it has no effect"
            gathering.issue(says, origin, origin.at(("spec", "ports", index, key)), item=label, lost=False)


def _check_values(spec: dict[str, Any], label: str, origin: Origin, gathering: Gathering) -> None:
    """Values the API would refuse and that would read as something else: an unknown type, a port out of range."""
    kind = spec.get("type")
    if isinstance(kind, str) and kind and kind not in SERVICE_TYPES and not SLASHES.search(kind):
        near = next((known for known in SERVICE_TYPES if known.lower() == kind.lower()), None)
        hint = f"; did you mean {near}?" if near else f"; it is one of {', '.join(SERVICE_TYPES)}"
        says = f"{label}: spec.type {kind} is unknown{hint}; it is read as ClusterIP"
        gathering.issue(says, origin, origin.at(("spec", "type")), item=label, lost=False)
    ports = spec.get("ports")
    for index, port in enumerate(ports if isinstance(ports, list) else []):
        number = port.get("port") if isinstance(port, dict) else None
        if isinstance(number, int) and not 1 <= number <= 65535:
            says = f"{label}: spec.ports[{index}].port {number} is not between 1 and 65535"
            gathering.issue(says, origin, origin.at(("spec", "ports", index, "port")), item=label, lost=False)


def _check_comments(
    value: dict[str, Any], spec: dict[str, Any], label: str, origin: Origin, gathering: Gathering
) -> None:
    """`type: NodePort  // a comment` parses, with the comment inside the value."""
    kept = dict(spec)
    for key, item in spec.items():
        if not isinstance(item, str) or not SLASHES.search(item):
            continue
        text = SLASHES.split(item)[0].strip()
        says = f"{label}: spec.{key} holds a comment: {SLASHES_HINT}"
        if key == "type":
            del kept[key]
            known = f"; did you mean {text}?" if text in SERVICE_TYPES else ""
            says += f"{known} The field is left out"
        gathering.issue(says, origin, origin.at(("spec", key)), item=label)
    if len(kept) != len(spec):
        value["spec"] = kept
