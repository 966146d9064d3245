"""Objects of other APIs that nobody evaluates, looked up by what they mention: a host, a Service, what they target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from svcmap.model.refs import GroupKind, Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.unread import ANY, TABLE, Mention, Unread
from svcmap.paths.known.hosts import keys_of

BACKEND_TLS = "BackendTLSPolicy"
"""It says how a Gateway speaks to pods, and takes no request away."""


TARGETS = "spec.target"


class Found(NamedTuple):
    """An object and where it mentions what was asked for."""

    ref: ObjectRef
    mention: Mention


def naming_host(state: ClusterState, host: str) -> list[Found]:
    """The objects that name a host, those with the very name first; one for every host is about none in particular."""

    def index() -> Mapping[str, list[Found]]:
        found: dict[str, list[Found]] = {}
        for item in state.unread:
            for mention in item.hosts:
                found.setdefault(mention.what, []).append(Found(item.ref, mention))
        return found

    by_name = state.remember("unread_by_host", None, index)
    return [item for key in (*keys_of(host), ANY) for item in by_name.get(key, ())]


def unlisted_hosts(state: ClusterState) -> list[GroupKind]:
    """The kinds that name hosts and could not be listed everywhere: one of them may name any."""
    partly = state.coverage.partly if state.coverage else {}
    return sorted(kind for kind in partly if (fields := TABLE.get((kind.group, kind.kind))) and fields.hosts)


def naming_service(state: ClusterState, service: Name) -> Sequence[Found]:
    """The objects that lead to a Service, or target it."""
    return _by_object(state).get(f"Service/{service.namespace}/{service.name}", ())


def targeting(state: ClusterState, ref: ObjectRef) -> Sequence[Found]:
    """The policies attached to an object; those that only say how a proxy speaks to pods left out."""
    by_object = _by_object(state)
    found = (item for name in (ref.name, ANY) for item in by_object.get(f"{ref.kind}/{ref.namespace}/{name}", ()))
    return [
        item
        for item in found
        if item.ref.kind != BACKEND_TLS
        and item.mention.field.startswith(TARGETS)
        and item.mention.group in ("", ref.group)
    ]


def of_backend_tls(state: ClusterState, service: str) -> list[Found]:
    """The BackendTLSPolicies that name a Service of this name, whatever its namespace."""
    policies: list[Unread] = [item for item in state.unread if item.ref.kind == BACKEND_TLS]
    return [
        Found(item.ref, mention)
        for item in policies
        for mention in item.targets
        if mention.what.startswith("Service/") and mention.what.rpartition("/")[2] == service
    ]


def _by_object(state: ClusterState) -> Mapping[str, Sequence[Found]]:
    def index() -> Mapping[str, Sequence[Found]]:
        found: dict[str, list[Found]] = {}
        for item in state.unread:
            for mention in (*item.services, *item.targets):
                found.setdefault(mention.what, []).append(Found(item.ref, mention))
        return found

    return state.remember("unread by object", None, index)
