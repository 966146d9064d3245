"""TLS at ingress-nginx: who brings no certificate, and hosts whose TLS the pods end (CN-21, CN-22)."""

from __future__ import annotations

from svcmap.model.group_kinds import SECRET
from svcmap.model.refs import Name
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.routes.ingress.controllers.nginx.settings import nginx_settings
from svcmap.paths.routes.ingress.controllers.ways import Met
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.reaching import reach_backend
from svcmap.paths.routes.ingress.tables import table_of
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx_tls


def at_tls(walk: Walk, met: Met) -> Trace | None:
    """The finished trace of a request that no rule gets to see: of https, or where nobody is let in."""
    passed = _passed_through(walk, met) if walk.scheme == "https" else None
    return passed or _without_certificate(walk, met)


def _passed_through(walk: Walk, met: Met) -> Trace | None:
    """The whole host, by its server name, to the backend of its path `/`."""
    item = nginx_tls.passed_through(met.of_host)
    if item is None:
        return None
    known = nginx_settings(walk, item)
    if not known.arguments.passes_tls:
        who = str(known.ref) if known.ref is not None else "ingress-nginx"
        walk.assume(f"{who} has no --enable-ssl-passthrough: the annotation ssl-passthrough does nothing")
        return None
    written = table_of(walk.state, item).targets
    mine = [t for t in written if not t.is_default and t.host.lower() == walk.request.authority]  # by SNI, exactly
    target = next((t for t in mine if t.path in ("", "/")), None)
    backend = target.backend.as_service if target else None
    service = find_service(walk.state, Name(item.metadata.namespace, backend.name)) if backend else None
    port = rules.backend_port(service, backend, met.served)[0] if service and backend else None
    if service is None or port is None:
        return None
    says = f"ssl-passthrough of Ingress {item.name}: TLS is passed to {service.name}, whatever path is asked for."
    walk.add(Hop(kind=WORD, object=item.ref, address=f"{walk.request.authority} →{port.port}", rule="CN-22", says=says))
    return reach_backend(walk, item, met.served, service, port)


def _without_certificate(walk: Walk, met: Met) -> Trace | None:
    asked = nginx_tls.asks_certificate(met.of_host)
    if asked is None or (walk.scheme != "https" and asked.status != nginx_tls.FORBIDDEN):
        return None
    item, host = asked.ingress, walk.request.authority
    written = item.metadata.annotations[nginx_tls.SECRET]
    says = f"{nginx_tls.SECRET} of Ingress {item.name} is {written}"
    if asked.status == nginx_tls.FORBIDDEN:
        says += f", which is no Secret of a namespace: everybody is answered {asked.status}."
        step = "name it NAMESPACE/SECRET"
        hop = Hop(kind=WORD, object=item.ref, address=host, rule="CN-21", says=says, next=step)
        return walk.stop(hop, "denied", answer=Answer(status=asked.status))
    if asked.page:
        says += f": a client without a certificate is sent to {asked.page} ({asked.status})."
        walk.add(Hop(kind=WORD, object=item.ref, address=host, rule="CN-21", says=says))
        return walk.end("redirect", reason="redirect", answer=Answer(status=asked.status, location=asked.page))
    is_there = Name(*written.split("/", 1)) in walk.state.objects.get(SECRET, {})
    says += f": a client without a certificate is answered {asked.status}"
    says += (
        "." if is_there else f", or {nginx_tls.FORBIDDEN} if that Secret, which is not in the source, does not exist."
    )
    step = "ask with a client certificate, or set auth-tls-verify-client to optional"
    hop = Hop(kind=WORD, object=item.ref, address=host, rule="CN-21", says=says, next=step)
    return walk.stop(hop, "denied", answer=Answer(status=asked.status if is_there else None))
