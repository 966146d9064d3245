"""What controllers say of an object: Events of the source are evidence, and quoted (product.md, principles)."""

from __future__ import annotations

from collections.abc import Mapping

from svcmap.model.core import Event
from svcmap.model.group_kinds import EVENT, group_kind
from svcmap.model.reads import reads
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState

WARNING = "Warning"


def last_warning(state: ClusterState, ref: ObjectRef) -> Event | None:
    """The last Event of type Warning about an object, but for those after which who wrote them says that all is well.
    None is found of a cluster, where Events are not read.
    """

    def index() -> Mapping[ObjectRef, Event]:
        last: dict[tuple[ObjectRef, str], Event] = {}
        for event in sorted(state.all(EVENT, Event).values(), key=lambda event: event.time):
            about = event.about
            of_kind = group_kind(about.api_version, about.kind)
            last[of_kind.ref(about.namespace, about.name), event.reporter] = event
        return {about: event for (about, _), event in last.items() if event.type == WARNING}

    return state.remember("warning_events", None, index, reads(EVENT)).get(ref)
