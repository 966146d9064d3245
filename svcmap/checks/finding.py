"""A finding: what is wrong, where, why, and what to do about it."""

from __future__ import annotations

from typing import Literal

from svcmap.model.base import Part
from svcmap.model.refs import Location, Name, ObjectRef

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
FAULTS: tuple[Severity, ...] = ("error", "warning")
"""What is wrong with traffic, or may be: `info` is good to know."""
FieldPath = tuple[str | int, ...]


class Spot(Part, frozen=True):
    """The part of a Service's picture a finding is about: its endpoints, a port, or a way in (by entry id)."""

    kind: Literal["endpoints", "port", "entry", "service"] = "service"
    key: str = ""


class Finding(Part, frozen=True):
    """One finding. `services` are the Services whose traffic it touches; `spot` where it shows in their pictures."""

    id: str
    severity: Severity
    object: ObjectRef
    message: str
    next: str
    path: FieldPath = ()
    suggestion: str | None = None
    services: tuple[Name, ...] = ()
    spot: Spot = Spot()
    breaks: tuple[str, ...] = ()
    location: Location | None = None

    @property
    def field(self) -> str:
        """`spec.ports[0].port`."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path).lstrip(".")

    @property
    def fingerprint(self) -> str:
        """Stays the same while the same thing is wrong, whatever line it stands in."""
        import hashlib  # only for reports that print fingerprints

        text = "|".join((self.id, str(self.object), self.field, self.suggestion or ""))
        return hashlib.sha256(text.encode()).hexdigest()[:16]
