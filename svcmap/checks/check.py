"""What a check is: a value that owns its id, its page, what it reads and how it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

from svcmap.checks.finding import Finding, Severity
from svcmap.checks.ways import TracedWay
from svcmap.model.base import KubernetesObject
from svcmap.model.core import Service
from svcmap.model.kinds import plural
from svcmap.model.reads import Reads
from svcmap.model.refs import GroupKind
from svcmap.model.state import ClusterState

Level = Literal["service", "object", "trace", "state"]
"""What a check is asked about: each Service with its defaults, each object of `objects`, each way in as it was traced,
or the state as a whole.
"""


class Check(NamedTuple):
    """`title` says what is wrong in a few words, `explain` what it means and why it matters, with the rule.

    `reads` is what a finding rests on: an heir of the state keeps it while nothing of that changes. (A trace may rest
    on anything: what is found in one is worked out anew.) Where `needs` could not be read the check is skipped, and
    says so. `run` gets the state and what it is about at its level; of the state as a whole, nothing more.
    """

    id: str
    title: str
    explain: str
    severity: Severity
    about: Level
    run: Callable[..., Iterable[Finding]]
    reads: Reads = Reads()
    objects: tuple[GroupKind, ...] = ()
    needs: tuple[GroupKind, ...] = ()

    def applied(self, state: ClusterState, subject: Any = None) -> Iterable[Finding]:
        """What it finds; nothing where what it needs was not read."""
        namespace = _namespace_of(subject)
        if any(not state.is_read(kind, namespace) for kind in self.needs):
            return ()
        return self.run(state) if self.about == "state" else self.run(state, subject)

    def skipped(self, state: ClusterState) -> Iterator[Skip]:
        """What it cannot be asked about: objects that were not read, or that rest on such ones."""
        for kind in dict.fromkeys((*self.objects, *self.needs)):
            if not state.is_read(kind):
                yield Skip(self.id, kind)


def _namespace_of(subject: Service | KubernetesObject | TracedWay | None) -> str:
    if subject is None:
        return ""
    return (subject.service if isinstance(subject, TracedWay) else subject).metadata.namespace


class Skip(NamedTuple):
    """A check that was not asked about some objects, as `kind` could not be read where they are."""

    check: str
    kind: GroupKind

    @property
    def reason(self) -> str:
        return f"{plural(self.kind.kind)} could not all be read"
