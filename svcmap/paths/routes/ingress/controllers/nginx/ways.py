"""ingress-nginx: locations of servers, its ConfigMap and arguments, its own order of answers (controllers.md CN)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.paths.known.look_ups import served_by
from svcmap.paths.outcome import Trace, Undecided
from svcmap.paths.routes.ingress.claims import claimants
from svcmap.paths.routes.ingress.controllers.nginx.arguments import to_default_backend, watched_of
from svcmap.paths.routes.ingress.controllers.nginx.asked_elsewhere import note_asked
from svcmap.paths.routes.ingress.controllers.nginx.backends import stand_in, to_nginx_backend
from svcmap.paths.routes.ingress.controllers.nginx.canaries import canary_of, note_idle
from svcmap.paths.routes.ingress.controllers.nginx.own_answers import own_answer
from svcmap.paths.routes.ingress.controllers.nginx.redirects import redirected, to_counterpart
from svcmap.paths.routes.ingress.controllers.nginx.settings import nginx_settings
from svcmap.paths.routes.ingress.controllers.nginx.snippets import note_snippets
from svcmap.paths.routes.ingress.controllers.nginx.streams import not_listening
from svcmap.paths.routes.ingress.controllers.nginx.tls import at_tls
from svcmap.paths.routes.ingress.controllers.plain import PLAIN, note_reading
from svcmap.paths.routes.ingress.controllers.ways import Met, Taken
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.tables import locations_of, table_of, with_best_rules
from svcmap.paths.routes.proxy_protocol import Expected
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx, nginx_servers
from svcmap.semantics.ingress.nginx_settings import ANNOTATIONS_PREFIX, Settings

PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]*")
OF_CLIENTS = ("enable-real-ip",)
"""Settings that say where the client's address is read from."""
FORWARDED, GLOBAL_AUTH = "use-forwarded-headers", "global-auth-url"
DEFAULT_SETTINGS = "ingress-nginx has its default settings: its ConfigMap was not read"


def take(walk: Walk, candidates: Sequence[Ingress], served: rules.ServedBy) -> Taken:
    path = nginx.normalized(walk.request.path.partition("?")[0])
    host = _server_of(walk, candidates)
    if host != walk.request.authority:
        candidates = [*candidates, *_of_host(walk, host, candidates, served)]
    items = nginx_servers.in_order(candidates)
    main = [item for item in items if not nginx.is_canary(item)]
    regex = nginx.reads_regex(with_best_rules(walk.state, candidates, host))
    table = locations_of(walk.state, items, served.ingress_class)
    lone = next((item for item in items if not main), None)
    why = f"Ingress {lone.name} is a canary, and no other Ingress has its host" if lone else ""
    if main:
        note_idle(walk, items, served.ingress_class)
    found = nginx_servers.match_location(table, items, host, path, regex=regex)
    _assume_order(walk, found)
    return Taken(main, found, why, host)


def _server_of(walk: Walk, candidates: Sequence[Ingress]) -> str:
    """The host whose rules answer: mostly the one that was asked for, which is looked up."""
    host = walk.request.authority.lower().rstrip(".")
    if any(host in table_of(walk.state, item).hosts.hosts for item in candidates if not nginx.is_canary(item)):
        return host
    return nginx_servers.server_of(nginx_servers.in_order(candidates), host)


def _assume_order(walk: Walk, found: rules.Match) -> None:
    """CN-5: of equal rules the older Ingress has the path; of those that are not created yet nobody knows which."""
    first = walk.state.ingresses.get(found.target.owner) if found.target else None
    if first is None or first.metadata.creation_timestamp:
        return
    if other := next((name for name in found.equal if name != first.name), None):
        walk.assume(
            f"Ingress {first.name} is older than {other}, or created in the same second: the older one has the path"
            " (where the controller's webhook does not refuse the other)"
        )


def _of_host(walk: Walk, host: str, but: Sequence[Ingress], served: rules.ServedBy) -> list[Ingress]:
    """The Ingresses of a class that take a host, but for those that are known."""
    found = (item for _, item in claimants(walk.state, host) if item not in but)
    return [item for item in found if served_by(walk.state, item).ingress_class == served.ingress_class]


def _note_webhook(walk: Walk, met: Met) -> None:
    """CN-14: what the controller's webhook refuses, where it is on (strict-validate-path-type)."""
    target = met.target
    if target is not None and target.path_type in ("Exact", "Prefix") and not PLAIN_PATH.fullmatch(target.path or "/"):
        says = f"path {target.path} of Ingress {met.item.name} is of type {target.path_type}, and such signs are for"
        walk.assume(f"{says} ImplementationSpecific: the controller's webhook, where it is on, refuses the Ingress")


def note(walk: Walk, met: Met) -> None:
    """Settings of the controller that could decide and are not evaluated."""
    _note_webhook(walk, met)
    known = nginx_settings(walk, met.item)
    if known.ref is not None and known.arguments.annotations_prefix != ANNOTATIONS_PREFIX:
        could = f"is {known.arguments.annotations_prefix}: annotations with another beginning do nothing"
        undecided = Undecided(object=known.ref, field="--annotations-prefix", could=could)
        walk.doubt(undecided, WORD, "CN-50", refuses=False)
    if walk.state.is_of_cluster and not known.is_read:
        walk.assume(DEFAULT_SETTINGS)
    note_snippets(walk, met, met.of_host)
    if known.settings.risk in ("Low", "Medium"):
        could = f"is {known.settings.risk}: Ingresses with annotations of more risk are ignored"
        owner = known.settings.ref or met.item.ref
        undecided = Undecided(object=owner, field="data.annotations-risk-level", could=could)
        walk.doubt(undecided, WORD, "CN-33", refuses=True)
    for ref, key in known.open_:
        if key == GLOBAL_AUTH and nginx.is_false(met.item.metadata.annotations, nginx.WITH_GLOBAL_AUTH):
            continue  # CN-A24
        if key in OF_CLIENTS and not _asks_for_client(met.item, known.settings):
            continue
        could = f"sets {key} for every Ingress of its controller"
        walk.doubt(Undecided(object=ref, field=f"data.{key}", could=could), WORD, "CX-4", refuses=False)
    _note_forwarded(walk, met.item, known.settings)
    note_reading(walk, met)
    note_asked(walk, met.item)


def _note_forwarded(walk: Walk, item: Ingress, settings: Settings) -> None:
    """CN-19, CN-40: a header says which address and scheme a client has, and where it comes from nobody knows."""
    is_unsaid = walk.tls_ended and walk.tells_scheme is None
    if settings.forwarded and (_asks_for_client(item, settings) or is_unsaid):
        could = f"sets {FORWARDED} for every Ingress of its controller"
        owner = settings.ref or item.ref
        walk.doubt(Undecided(object=owner, field=f"data.{FORWARDED}", could=could), WORD, "CX-4", refuses=False)


def _asks_for_client(item: Ingress, settings: Settings) -> bool:
    """Whether the client's address decides about a request."""
    return bool(nginx.allowed(item, settings) or nginx.refused(item, settings))


def expects(walk: Walk, met: Met) -> Expected:
    """CN-40: use-proxy-protocol, which is off by default."""
    known = nginx_settings(walk, met.item)
    where = known.settings.where
    if known.settings.proxy_protocol:
        return Expected(True, f"use-proxy-protocol of {where}", known.settings.ref, "data.use-proxy-protocol")
    if not known.is_read or not where:
        return Expected()
    return Expected(False, f"use-proxy-protocol is not set in {where}")


def answer(walk: Walk, met: Met) -> Trace | None:
    """CN-16: its own answers, the other name with or without `www.`, then redirects."""
    slash_added = met.taken.match.slash_added
    return (
        not_listening(walk)
        or at_tls(walk, met)
        or own_answer(walk, met.item, met.target, met.taken.main)
        or to_counterpart(walk, met.taken.main)
        or redirected(walk, met.item, met.target, met.of_host, slash_added=slash_added)
    )


def reach(walk: Walk, met: Met, target: rules.RuleTarget, service: Service, port: ServicePort) -> Trace:
    """Rewrites, lists, passwords and canaries, then the pods."""
    canary = canary_of(walk, target, met.served)
    return to_nginx_backend(walk, met.item, met.served, target, service, port, canary)


NGINX = PLAIN._replace(
    looks_at=watched_of,
    take=take,
    note=note,
    sharing=lambda met: met.of_host,
    answer=answer,
    unmatched=to_default_backend,
    stand_in=stand_in,
    reach=reach,
    expects=expects,
)
