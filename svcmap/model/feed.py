"""What a source offers to the UI: states, one after another, and a way to ask for a new one."""

from __future__ import annotations

from typing import Protocol

from svcmap.model.state import ClusterState


class StateFeed(Protocol):
    """A live or file source, as the UI sees it. All methods may block; the UI calls them in a worker."""

    @property
    def title(self) -> str:
        """What the source is called in the header, for example `manifests/`."""

    def load(self) -> ClusterState:
        """Read the source (again). Raises SvcmapError if it cannot be read at all."""
