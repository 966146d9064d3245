"""NGINX Inc's controller: a host is that of one Ingress, or of a master with its minions (controllers.md CI)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from svcmap.model.components import NGINX_INC as PROGRAM
from svcmap.model.components import NO_HOST, SNIPPETS, is_on
from svcmap.model.group_kinds import INGRESS
from svcmap.model.networking import Ingress
from svcmap.model.reads import reads
from svcmap.paths.known.command_lines import command_lines
from svcmap.paths.known.look_ups import hosts_of
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.routes.ingress.controllers.nginx_inc.answers import by_nginx_inc, without_tls
from svcmap.paths.routes.ingress.controllers.plain import (
    PLAIN,
    compared_path,
    merged,
    note_reading,
    note_upgrade,
    without_external_names,
)
from svcmap.paths.routes.ingress.controllers.watching import watched
from svcmap.paths.routes.ingress.controllers.ways import Met, Taken
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.reaching import answers_of
from svcmap.paths.routes.ingress.tables import table_of
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx_inc
from svcmap.semantics.ingress.nginx_inc_faults import fault, is_without_host, snippet_of

BAD_GATEWAY, WEBSOCKETS = 502, f"{nginx_inc.PREFIX}websocket-services"


def take(walk: Walk, candidates: Sequence[Ingress], served: rules.ServedBy) -> Taken:
    """CI-3, CI-4: a host is that of one Ingress, or of a master with its minions."""
    held: dict[str, Ingress] = {}
    reasons: list[str] = []
    for host in rules.host_keys(walk.request.authority, deep=True):
        naming = (item for item in candidates if host in hosts_of(walk.state, item).hosts)
        holders, lost = nginx_inc.holders(naming, host)
        held.update((str(item.name), item) for item in holders)
        reasons += [lost] if lost else []
    others = [item for item in candidates if not any(rule.host for rule in item.spec.rules)]
    main = [item for item in candidates if str(item.name) in held or item in others]
    taken = merged(walk, main, served)._replace(left_out=next(iter(reasons), ""))
    if any(nginx_inc.pattern_of(item) for item in main):
        return taken._replace(match=_with_patterns(walk, main, taken.match))
    return taken


def _with_patterns(walk: Walk, main: Sequence[Ingress], plain: rules.Match) -> rules.Match:
    """CI-7: regular expressions go before prefixes, and are none themselves."""
    path, keys = compared_path(walk, main), [*rules.host_keys(walk.request.authority, deep=True), ""]
    written = [(item, target) for item in main for target in table_of(walk.state, item).targets]
    host = next((key for key in keys if any(target.host.lower() == key for _, target in written)), "")
    mine = [(item, target) for item, target in written if target.host.lower() == host]
    if (target := nginx_inc.by_pattern(mine, path)) is not None:
        lost = plain.target
        losers = (f"{lost.text}: a regular expression goes before it (CI-7)",) if lost and lost is not target else ()
        return rules.Match(target=target, losers=losers)
    plainly = [target for item, target in written if target.to_default or not nginx_inc.pattern_of(item)]
    found = rules.match(rules.RuleTable(plainly, deep=True), walk.request.authority, path, "nginx-inc")
    return found if found.target or not plain.target else rules.Match(target=None, losers=plain.losers)


def looks_at(walk: Walk, candidates: list[Ingress]) -> Trace | list[Ingress]:
    """CI-5: those of some Ingresses that it takes; the finished trace where it rejects them all."""
    seen = watched(walk, candidates)
    if isinstance(seen, Trace):
        return seen
    faults = {item.name: _fault(walk, item) for item in seen}
    kept = [item for item in seen if not faults[item.name]]
    first = next((item for item in seen if faults[item.name]), None)
    if first is None:
        return kept
    says = f"NGINX Ingress Controller rejects Ingress {first.name}, all of it: {faults[first.name]}."
    if kept:
        walk.assume(says.rstrip("."))
        return kept
    step = f"correct it; {first.ref.kubectl('describe')} shows the Event Rejected"
    hop = Hop(kind=WORD, object=first.ref, address=walk.request.authority, rule="CI-5", says=says, next=step)
    return walk.stop(hop, "not-accepted")


def _fault(walk: Walk, item: Ingress) -> str:
    """Why an Ingress is rejected; empty where it is not. What arguments decide that are not in the source is assumed,
    but for what the controller itself says: it gives an address to those alone that it takes.
    """
    if found := walk.state.remember("nginx_inc_fault", item.name, partial(fault, item), reads(INGRESS)):
        return found
    lines = command_lines(walk.state, PROGRAM)
    if is_without_host(item) and not any(is_on(line.words, NO_HOST) for line in lines):
        if lines:
            return f"a rule of it has no host, and {lines[0].ref} runs without --{NO_HOST}"
        if not item.status.load_balancer.ingress:
            walk.assume(f"NGINX Ingress Controller runs without --{NO_HOST}: its arguments are not in the source")
            return f"a rule of it has no host (--{NO_HOST} would let it)"
        walk.assume(
            f"NGINX Ingress Controller runs with --{NO_HOST}: the Ingress has an address and a rule without host"
        )
    if (snippet := snippet_of(item)) and lines and not any(is_on(line.words, SNIPPETS) for line in lines):
        return f"it has {snippet}, and {lines[0].ref} runs without --{SNIPPETS}"
    return ""


def note(walk: Walk, met: Met) -> None:
    """CI-3: who has lost the host; CI-12: to which Services an Upgrade is passed on."""
    note_reading(walk, met)
    backend = met.target.backend.as_service if met.target else None
    note_upgrade(walk, met, WEBSOCKETS, backend.name if backend else "")
    if met.taken.left_out and met.target is not None:
        walk.assume(met.taken.left_out)


def answer(walk: Walk, met: Met) -> Trace | None:
    """Who is refused TLS; then ports, redirects and Policies."""
    return without_tls(walk, met) or by_nginx_inc(walk, met, answers_of(walk, met.item))


NGINX_INC = PLAIN._replace(
    looks_at=looks_at, take=take, note=note, answer=answer, to_service=without_external_names(BAD_GATEWAY)
)
