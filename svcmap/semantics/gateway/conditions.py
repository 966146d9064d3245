"""What a controller says in the conditions of Gateways, listeners and routes (GW-13, GEP-1364).

One of an older generation is about what the object was, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from svcmap.model.gateway import Observed

UNUSABLE = ("InvalidCertificateRef", "RefNotPermitted")
"""Why the certificate of a listener cannot be used (ListenerConditionReason)."""


def is_fresh(condition: Observed, generation: int) -> bool:
    """Whether it is about what an object is now."""
    return condition.observed_generation in (0, generation) or not generation


def is_taken_up(conditions: Iterable[Observed]) -> bool:
    """Whether a controller has said something: the API server itself writes that it waits for one (the default of
    `status.conditions`, apis/v1/gateway_types.go).
    """
    return any(item.status != "Unknown" for item in conditions)


def said(conditions: Iterable[Observed], generation: int, type_: str, status: str) -> Observed | None:
    """A condition that is about what an object is now, by its type and status."""
    found = (item for item in conditions if (item.type, item.status) == (type_, status))
    return next((item for item in found if is_fresh(item, generation)), None)


def refused(conditions: Iterable[Observed], generation: int) -> Observed | None:
    """The condition by which a controller says that it has not accepted what an object is now."""
    found = (item for item in conditions if is_fresh(item, generation))
    return next((c for c in found if (c.type, c.status) in (("Accepted", "False"), ("Conflicted", "True"))), None)


def without_certificate(conditions: Iterable[Observed], generation: int) -> Observed | None:
    """The condition by which a controller says that a listener has no certificate it could use. One that it has
    programmed all the same has another one.
    """
    fresh = [item for item in conditions if is_fresh(item, generation)]
    if any((item.type, item.status) == ("Programmed", "True") for item in fresh):
        return None
    return next((c for c in fresh if c.type == "ResolvedRefs" and c.status == "False" and c.reason in UNUSABLE), None)


def outdated(conditions: Iterable[Observed], generation: int) -> Iterator[Observed]:
    """The conditions that say that something is wrong with what an object was."""
    wrong = (("Accepted", "False"), ("Programmed", "False"), ("ResolvedRefs", "False"), ("PartiallyInvalid", "True"))
    return (c for c in conditions if not is_fresh(c, generation) and (c.type, c.status) in wrong)


def quoted(condition: Observed) -> str:
    """What its controller says with it: the message, else the reason."""
    return (condition.message.strip().rstrip(".") or condition.reason) or condition.type
