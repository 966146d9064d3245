"""What NGINX Inc's controller answers by itself: at ports it does not serve a host on, behind another proxy, and by
its Policies (CI-10, CI-A7, CI-A8, CI-A11).
"""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.addresses import block_of
from svcmap.model.controller_objects import AccessControl, NginxPolicy, field_of
from svcmap.model.group_kinds import NGINX_POLICY
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.paths.known.look_ups import hosts_of
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.routes.ingress.addresses import FORBIDDEN, UNAUTHORIZED, is_in
from svcmap.paths.routes.ingress.annotated import refused_by_annotation, to_root
from svcmap.paths.routes.ingress.controllers.ways import Met
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.redirects import sent, to_https
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx_inc

HTTPS, MOVED, ERROR, NOT_FOUND = 443, 301, 500, 404
FORWARDED = "x-forwarded-proto"
PASSING = ("rate_limit", "cache", "egress_mtls")
"""Kinds of policies that let one small request through."""


def by_nginx_inc(walk: Walk, met: Met, controller: rules.Controller) -> Trace | None:
    """The finished trace of a request that no backend gets. What is for a whole host a minion's master says (CI-13)."""
    ingress, server = met.item, server_of(met)
    if not _host_of(walk, server) and met.target is None:
        return None  # the default server answers
    both = [server, ingress] if server is not ingress else [ingress]
    answered = (
        _not_served(walk, server)
        or _from_http(walk, server)
        or _behind_a_proxy(walk, server)
        or to_root(walk, server, controller.own)
        or (_with_slash(walk, server) if met.taken.match.slash_added else None)
    )
    if answered is not None or met.target is None:
        return answered
    return _by_policies(walk, both) or next(
        (found for item in both if (found := refused_by_annotation(walk, item, controller))), None
    )


def server_of(met: Met) -> Ingress:
    """The Ingress that the server of a host is made of: the master of a minion."""
    is_minion = nginx_inc.kind_of(met.item) == "minion"
    masters = (item for item in met.taken.main if is_minion and nginx_inc.kind_of(item) == "master")
    return next(masters, met.item)


def _host_of(walk: Walk, server: Ingress) -> str:
    """The host of the rules of a server, as they write it, that takes the one of the request."""
    return nginx_inc.host_of(hosts_of(walk.state, server).hosts, walk.request.authority)


def without_tls(walk: Walk, met: Met) -> Trace | None:
    """CI-9: https is for the hosts of rules that a tls section has, too."""
    server, host = server_of(met), walk.request.authority
    if walk.scheme != "https" or nginx_inc.has_tls(server, _host_of(walk, server)):
        return None
    written = _host_of(walk, server) or host
    says = f"No tls section of Ingress {server.name} has {written}, and the controller takes https for such hosts only."
    step = f"add {written} to spec.tls, with a Secret"
    address = f"{host}:{walk.request.port or HTTPS}"
    hop = Hop(kind=WORD, object=server.ref, address=address, rule="CI-9", says=f"{says} TLS fails.", next=step)
    return walk.stop(hop, "tls")


def _from_http(walk: Walk, server: Ingress) -> Trace | None:
    """CI-10: the finished trace of plain http for a host with TLS."""
    host, port = walk.request.authority, nginx_inc.https_port(server)
    if walk.scheme != "http" or not port or not nginx_inc.has_tls(server, _host_of(walk, server)):
        return None
    status = nginx_inc.redirect_status(server)
    says = f"The host has TLS, so NGINX Ingress Controller answers http with {status} to https."
    return to_https(walk, server, status, f"https://{host}:{port}{walk.request.path}", says)


def _with_slash(walk: Walk, server: Ingress) -> Trace:
    """nginx sends `/foo` to `/foo/` where only that is a path (ngx_http_core_module, location)."""
    path, mark, query = walk.request.path.partition("?")
    location = f"{walk.scheme}://{walk.request.authority}{path}/{mark}{query}"
    says = f"The rule's path ends in a slash, so nginx answers {MOVED} to {path}/."
    return sent(walk, server, MOVED, location, "I6", says)


def _not_served(walk: Walk, server: Ingress) -> Trace | None:
    """The finished trace of a request at a port on which the hosts of an Ingress are not served."""
    ports, port = nginx_inc.listens(server, walk.scheme), _arrived_at(walk)
    if not ports or port in ports:
        return None
    if not port:
        field = f"metadata.annotations[{nginx_inc.PREFIX}listen-ports]"
        could = "says at which ports the host is served: at which of them requests arrive is not known"
        walk.doubt(Undecided(object=server.ref, field=field, could=could), WORD, "CI-A8", refuses=True)
        return None
    listed = ", ".join(map(str, ports))
    says = f"Ingress {server.name} is served on {listed} alone: at {port} the default server answers {NOT_FOUND}."
    step = "ask for such a port, and have the Service in front list it"
    hop = Hop(
        kind=WORD, object=server.ref, address=f"{walk.request.authority}:{port}", rule="CI-A8", says=says, next=step
    )
    return walk.stop(hop, "no-matching-rule", answer=Answer(status=NOT_FOUND))


def _arrived_at(walk: Walk) -> int:
    """The port of the controller that requests come to: that of its pods behind the Service in front, else the one that
    was asked for; 0 where it has a name that nobody here knows.
    """
    leg = walk.first_leg
    port = leg.service_port if leg else None
    if leg is None or port is None:
        return walk.request.port or (HTTPS if walk.scheme == "https" else 80)
    bindings = (endpoint.port_for(port.name, port.protocol) for endpoint in leg.endpoints)
    number = next((binding.port for binding in bindings if binding), port.target_port)
    return number if isinstance(number, int) else 0


def _behind_a_proxy(walk: Walk, server: Ingress) -> Trace | None:
    """The finished trace of a request that another proxy says came by plain http (`redirect-to-https`)."""
    if server.metadata.annotations.get(nginx_inc.FROM_HTTP) not in nginx_inc.ON:
        return None
    said = next((value for name, value in walk.request.headers.items() if name.lower() == FORWARDED), None)
    if said is None and walk.front is None:
        could = f"sends to https what a proxy in front of it says to be plain http ({FORWARDED})"
        undecided = Undecided(object=server.ref, field=f"metadata.annotations[{nginx_inc.FROM_HTTP}]", could=could)
        walk.doubt(undecided, WORD, "CI-10", refuses=False)
    if said != "http":
        return None
    location = f"https://{walk.request.authority}{walk.request.path}"
    status = nginx_inc.redirect_status(server)
    says = (
        f"{nginx_inc.FROM_HTTP} of Ingress {server.name} sends to https what comes with {FORWARDED}: http ({status})."
    )
    return to_https(walk, server, status, location, says)


def _by_policies(walk: Walk, items: Sequence[Ingress]) -> Trace | None:
    """The finished trace of a request that a Policy of an Ingress (or of its master) turns away."""
    for item in items:
        for name in nginx_inc.policies_of(item.metadata.annotations, item.metadata.namespace):
            found = walk.state.all(NGINX_POLICY, NginxPolicy).get(name)
            answered = _missing(walk, item, name) if found is None else _judged(walk, found)
            if answered is not None:
                return answered
    return None


def _missing(walk: Walk, item: Ingress, name: Name) -> Trace | None:
    if not (walk.state.is_of_cluster and walk.state.is_read(NGINX_POLICY, name.namespace)):
        could = f"names Policy {name}, which is not in the source: without it the answer is {ERROR}"
        undecided = Undecided(object=item.ref, field=f"metadata.annotations[{nginx_inc.POLICIES[0]}]", could=could)
        walk.doubt(undecided, WORD, "CI-A11", refuses=True)
        return None
    says = f"Ingress {item.name} names Policy {name}, which does not exist: the controller answers {ERROR}."
    hop = Hop(kind=WORD, object=item.ref, address=walk.request.authority, rule="CI-A11", says=says, next="create it")
    return walk.stop(hop, "denied", answer=Answer(status=ERROR))


def _judged(walk: Walk, policy: NginxPolicy) -> Trace | None:
    spec = policy.spec
    if spec.access_control is not None:
        return _listed(walk, policy, spec.access_control)
    if spec.basic_auth is not None and not any(key.lower() == "authorization" for key in walk.request.headers):
        says = f"{policy.ref} asks for a password: without one the answer is {UNAUTHORIZED}."
        return _denied(walk, policy, UNAUTHORIZED, says, "-H 'Authorization: Basic …' asks with one")
    if not any(getattr(spec, kind) is not None for kind in PASSING):
        undecided = Undecided(object=policy.ref, field=field_of(spec), could="may refuse or change requests")
        walk.doubt(undecided, WORD, "CI-A11", refuses=True)
    return None


def _listed(walk: Walk, policy: NginxPolicy, lists: AccessControl) -> Trace | None:
    blocks, keeps_out = (lists.deny, True) if lists.deny else (lists.allow, False)
    inside = is_in(walk, blocks) if all(map(block_of, blocks)) else None
    if inside is None:
        could = "may refuse the client: which address is compared with the list is not known"
        walk.doubt(Undecided(object=policy.ref, field="spec.accessControl", could=could), WORD, "CI-A11", refuses=True)
    if inside is not keeps_out:
        return None
    who = walk.client.address or walk.client.title
    says = f"{policy.ref} does not let {who} in: the answer is {FORBIDDEN}."
    return _denied(walk, policy, FORBIDDEN, says, "correct its accessControl")


def _denied(walk: Walk, policy: NginxPolicy, status: int, says: str, step: str) -> Trace:
    hop = Hop(kind=WORD, object=policy.ref, address=walk.request.authority, rule="CI-A11", says=says, next=step)
    return walk.stop(hop, "denied", answer=Answer(status=status))
