"""Objects of other APIs that nobody evaluates, looked up by what they mention: a host, a Service, what they target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from svcmap.model.refs import GroupKind, Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.unread import ANY, TABLE, Mention
from svcmap.paths.known.hosts import keys_of

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


def handling(state: ClusterState, service: Name) -> Sequence[Found]:
    """The objects that say how a proxy of a mesh speaks to a Service."""

    def index() -> Mapping[str, Sequence[Found]]:
        found: dict[str, list[Found]] = {}
        for item in state.unread:
            for mention in item.handled:
                found.setdefault(mention.what, []).append(Found(item.ref, mention))
        return found

    by_service = state.remember("unread_handling", None, index)
    wider = ((service.namespace, service.name), (service.namespace, ANY), (ANY, ANY))
    return [item for within, name in wider for item in by_service.get(f"Service/{within}/{name}", ())]


def targeting(state: ClusterState, ref: ObjectRef) -> Sequence[Found]:
    """The policies attached to an object."""
    by_object = _by_object(state)
    found = (item for name in (ref.name, ANY) for item in by_object.get(f"{ref.kind}/{ref.namespace}/{name}", ()))
    return [item for item in found if item.mention.field.startswith(TARGETS) and item.mention.group in ("", ref.group)]


def _by_object(state: ClusterState) -> Mapping[str, Sequence[Found]]:
    def index() -> Mapping[str, Sequence[Found]]:
        found: dict[str, list[Found]] = {}
        for item in state.unread:
            for mention in (*item.services, *item.targets):
                found.setdefault(mention.what, []).append(Found(item.ref, mention))
        return found

    return state.remember("unread by object", None, index)
