"""What is a controller's own on the way of a request from an Ingress to a Service: one `Ways` for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.proxy_protocol import Expected
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules


class Taken(NamedTuple):
    """The rule that takes a request. `main` are the Ingresses whose rules were asked, `left_out` says why one of the
    host was not, `step` what to do where none takes it. `server` is the host whose rules answer, where the request has
    another name of it.
    """

    main: Sequence[Ingress]
    match: rules.Match
    left_out: str = ""
    server: str = ""
    step: str = "check host and path of the rules"


class Met(NamedTuple):
    """A request at its controller. `item` is the Ingress whose rule takes it, or of those that name its host the first;
    `of_host` are all that name it best.
    """

    item: Ingress
    taken: Taken
    of_host: Sequence[Ingress]
    served: rules.ServedBy

    @property
    def target(self) -> rules.RuleTarget | None:
        """The rule that takes the request."""
        return self.taken.match.target

    @property
    def main(self) -> Sequence[Ingress]:
        """The Ingresses whose rules were asked."""
        return self.taken.main or [self.item]


class Ways(NamedTuple):
    """One controller. Each function ends the trace, or returns None (or what it was given) to let the request go on.

    `looks_at`: those of some Ingresses that it serves. `take`: which rule takes the request. `note`: what of its
    reading is not evaluated. `sharing`: whose annotations act on the request. `answer`: what it answers before any
    backend is looked at. `unmatched`: who answers what no rule takes. `stand_in`: who answers for a Service that does
    not exist. `to_service`: what it does between the rule and a Service. `reach`: how it gets from there to the pods.
    `expects`: whether it is to be spoken to in PROXY protocol (None: not known), and where that is said.
    """

    looks_at: Callable[[Walk, list[Ingress]], Trace | list[Ingress]]
    take: Callable[[Walk, Sequence[Ingress], rules.ServedBy], Taken]
    note: Callable[[Walk, Met], None]
    sharing: Callable[[Met], Sequence[Ingress]]
    answer: Callable[[Walk, Met], Trace | None]
    unmatched: Callable[[Walk, Ingress], Trace | None]
    stand_in: Callable[[Walk, Ingress, Name], tuple[Service, ServicePort] | None]
    to_service: Callable[[Walk, Met, Service, ServicePort], Trace | None]
    reach: Callable[[Walk, Met, rules.RuleTarget, Service, ServicePort], Trace]
    expects: Callable[[Walk, Met], Expected]
