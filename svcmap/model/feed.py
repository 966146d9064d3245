"""What a source offers to the UI: states, one after another, and a way to ask for a new one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from svcmap.model.coverage import PodScope
from svcmap.model.state import ClusterState


class StateFeed(Protocol):
    """A live or file source, as the UI sees it. All methods may block; the UI calls them in a worker."""

    @property
    def title(self) -> str:
        """What the source is called in the header, for example `manifests/`."""

    def load(self) -> ClusterState:
        """Read the source (again). Raises SvcmapError if it cannot be read at all."""

    def need(self, wanted: Iterable[PodScope]) -> ClusterState:
        """The last state with these pods read too, as far as they can be; a source without pods to fetch gives the
        last state. Raises SvcmapError where the source is lost.
        """
