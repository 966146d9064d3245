"""What was probably meant: Services by what somebody typed, and the client or name with which a request would work."""

from __future__ import annotations

from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import Vantage
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.near_miss import edit_distance
from svcmap.paths.outcome import Reason, Trace

UNKNOWN_NAME: tuple[Reason, ...] = ("name-not-found", "no-matching-rule", "name-no-data")
OUTSIDE = ("internet", "intranet", "ip")
"""Clients that do not ask the cluster's DNS."""
NEAR = 2
"""Letters that may differ."""


def services_named(state: ClusterState, text: str) -> list[Name]:
    """The Services that a text names: `web`, `shop/web`, `web.shop` or a longer DNS name of one."""
    if "/" in text:
        namespace, _, name = text.partition("/")
        return [found for found in (Name(namespace, name),) if found in state.services]
    name, _, rest = text.rstrip(".").partition(".")
    namespace = rest.partition(".")[0]
    return [found for found in sorted(state.services) if found.name == name and namespace in ("", found.namespace)]


def nearly_named(state: ClusterState, text: str) -> Name | None:
    """The Service whose name, with its namespace, differs in the fewest letters; None where none is near."""
    plain = ".".join(reversed(text.split("/", 1)))
    name, _, rest = plain.rstrip(".").partition(".")
    namespace = rest.partition(".")[0]
    best: tuple[int, Name] | None = None
    for found in sorted(state.services):
        if abs(len(found.name) - len(name)) <= NEAR and namespace in ("", found.namespace):
            swapped = found.name != name and sorted(found.name) == sorted(name)
            distance = 1 if swapped else edit_distance(found.name, name)
            if 0 < distance <= min(NEAR, len(name) // 2) and (best is None or distance < best[0]):
                best = distance, found
    return best[1] if best else None


def full_name(state: ClusterState, name: Name) -> str:
    """The DNS name of a Service."""
    return f"{name.name}.{name.namespace}.svc.{settled(state).cluster_domain}"


def who_would(state: ClusterState, found: Trace) -> tuple[str, Vantage | None, str]:
    """A sentence on why a name was not found, the client for whom it would be, and the name that works; empty where
    nothing of the kind was meant. Of a client in the cluster one of both is enough.
    """
    host = found.request.host
    if found.verdict != "unreachable" or found.reason not in UNKNOWN_NAME or not host:
        return "", None, ""
    named = services_named(state, host)
    if named:
        first = named[0]
        others = f" (and in {', '.join(other.namespace for other in named[1:3])})" if named[1:] else ""
        who = Vantage(kind="namespace", value=first.namespace)
        if found.request.vantage.kind in OUTSIDE:
            return f"{host} is Service {first}{others}: only pods know its name", who, ""
        works = f"{first.name}.{first.namespace}"
        if host.rstrip(".") == works:  # nothing else was meant
            return "", None, ""
        return f"{host.partition('.')[0]} is in {first.namespace}{others}", who, works
    near = nearly_named(state, host)
    if near is None:
        return "", None, ""
    inside = Vantage(kind="namespace", value=near.namespace) if found.request.vantage.kind in OUTSIDE else None
    return f"no Service is called {host}; {near} is", inside, f"{near.name}.{near.namespace}"
