"""Names that a server outside the cluster is asked for: which of them nobody there can have (product.md)."""

from __future__ import annotations

from svcmap.model.reads import NAMES, reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState

NOBODY_OUTSIDE = "nobody outside has the name"
OF_THE_WORLD = frozenset(
    {
        *("com", "net", "org", "io", "local", "internal", "dev", "app", "shop", "store", "blog", "cloud", "tools"),
        *("media", "games", "live", "news", "page", "site", "online", "tech", "email", "systems", "services"),
        *("network", "build", "run", "work", "zone", "studio", "design", "prod", "security", "support", "chat"),
        *("forum", "video", "fun", "world", "digital", "agency", "company", "group", "team", "software", "solutions"),
        *("host", "space", "club", "bank", "pay", "market", "health", "bot", "map", "play", "test"),
    }
)
"""Names of namespaces that are domains of the world as well, some of hundreds; those of two letters are countries."""


def _names_of_services(state: ClusterState) -> frozenset[str]:
    """What the Services of the source are called, in whatever namespace."""
    return state.remember("names_of_services", None, lambda: frozenset(n.name for n in state.services), reads(NAMES))


def is_nobodys(state: ClusterState, host: str) -> bool:
    """Whether nobody outside has a name: a bare one, or one below a Service or a namespace of the source, or a Service
    in it. One whose ending is a domain of the world may be somebody's all the same.
    """
    if "." not in host:
        return True
    labels = host.removesuffix(".svc").split(".")
    last = labels[-1]
    if host.endswith(".svc"):
        return True  # no domain of the world
    if last in OF_THE_WORLD or len(last) == 2:
        return False
    if len(labels) == 2 and last in _names_of_services(state):
        return True
    return last in state.existing_namespaces and (len(labels) == 2 or Name(last, labels[-2]) in state.services)
