"""Redirects that ingress-nginx answers by itself, in the order in which it looks for them (CN-16)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.networking import Ingress
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.settings import nginx_settings
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx

PERMANENT_REDIRECT, FOUND = 301, 302


def redirected(
    walk: Walk,
    ingress: Ingress,
    target: rules.RuleTarget | None,
    shares_host: Sequence[Ingress],
    *,
    slash_added: bool,
) -> Trace | None:
    """The finished trace of a request that ingress-nginx sends elsewhere.

    `shares_host` are the Ingresses that make the host's server together: the certificate may be in another of them.
    """
    request = walk.request
    if walk.scheme not in ("http", "https"):
        return None
    path, mark, query = request.path.partition("?")
    if path == "/" and (root := nginx.app_root(shares_host)):
        says = f"app-root of the host is {root}: ingress-nginx answers / with {FOUND} to it."
        return sent(walk, ingress, FOUND, f"{walk.scheme}://{request.authority}{root}", "CN-16", says)
    if slash_added:
        says = f"The rule's path ends in a slash, so ingress-nginx answers {PERMANENT_REDIRECT} to {path}/."
        location = f"{walk.scheme}://{request.authority}{path}/{mark}{query}"
        return sent(walk, ingress, PERMANENT_REDIRECT, location, "I6", says)
    if target is None:
        return None
    annotations = ingress.metadata.annotations
    if (fixed := nginx.fixed_redirect(annotations)) is not None:
        status, written = fixed
        location = nginx.expanded(written, walk.scheme, request.authority, request.path)
        says = f"An annotation of Ingress {ingress.name} has ingress-nginx answer {status} to {written}."
        return sent(walk, ingress, status, location, "CN-16", says)
    rewritten = nginx.rewritten(annotations, target.path or "/", path, query) or ""
    if rewritten.startswith(nginx.WEB):
        says = f"rewrite-target of Ingress {ingress.name} is a URL: nginx answers {FOUND} to it."
        return sent(walk, ingress, FOUND, rewritten, "CN-16", says)
    return _to_https(walk, ingress, target, shares_host)


def _to_https(walk: Walk, ingress: Ingress, target: rules.RuleTarget, shares_host: Sequence[Ingress]) -> Trace | None:
    request = walk.request
    has_tls = any(item.spec.tls for item in shares_host if names_its_hosts(item, request.authority))
    settings = nginx_settings(walk, ingress).settings
    if settings.not_redirected and target.path.startswith(settings.not_redirected):
        return None
    _note_alias(walk, ingress, shares_host)
    if walk.scheme != "http" or not nginx.redirects_to_https(ingress.metadata.annotations, settings, has_tls=has_tls):
        return None
    location = f"https://{request.authority}{_without_slash(walk, ingress)}"
    forced = "The Ingress has force-ssl-redirect"
    if settings.force_ssl_redirect and not nginx.is_true(ingress.metadata.annotations, nginx.FORCE_SSL_REDIRECT):
        forced = f"{settings.where} has force-ssl-redirect"
    why, status = "The host has TLS" if has_tls else forced, settings.redirect_code
    says = f"{why}, so ingress-nginx answers http with {status} to https."
    return to_https(walk, ingress, status, location, says)


def _note_alias(walk: Walk, ingress: Ingress, shares_host: Sequence[Ingress]) -> None:
    """CN-17: an alias of a host with TLS redirects as the host does, where the certificate is for it too (nginx.go)."""
    host, annotations = walk.request.authority, ingress.metadata.annotations
    if walk.scheme != "http" or nginx.is_false(annotations, nginx.SSL_REDIRECT) or walk.request.scheme == "https":
        return
    for item in shares_host:
        names = (name for name in nginx.aliases(item) if not name.startswith("~"))
        if item.spec.tls and any(host == name.lower() or nginx.alias_fits(name, host) for name in names):
            field = f"metadata.annotations[{nginx.PREFIX}server-alias]"
            could = "is sent to https where the certificate of the host is for the alias as well"
            walk.doubt(Undecided(object=item.ref, field=field, could=could), WORD, "CN-16", refuses=False)


def names_its_hosts(ingress: Ingress, host: str) -> bool:
    """Whether a rule of an Ingress names a host: the server of all other hosts has no certificate of its own."""
    return rules.HostSet(rule.host for rule in ingress.spec.rules if rule.host).specificity(host) > 1


def _without_slash(walk: Walk, ingress: Ingress) -> str:
    """CN-17: one slash at the end of path and query is stripped, unless preserve-trailing-slash says otherwise
    (rootfs/etc/nginx/lua/lua_ingress.lua).
    """
    keeps = nginx.is_true(ingress.metadata.annotations, f"{nginx.PREFIX}preserve-trailing-slash")
    return walk.request.path if keeps else walk.request.path.removesuffix("/")


def sent_to_https(walk: Walk, ingress: Ingress, controller: rules.Controller) -> Trace | None:
    """What other controllers than ingress-nginx answer to http of a host with TLS (controllers.md 0.2)."""
    how, host = controller.to_https, walk.request.authority
    if (
        how is None
        or walk.scheme != "http"
        or any(nginx.is_false(ingress.metadata.annotations, name) for name in how.off.split())
    ):
        return None
    if how.but and walk.request.path.startswith(how.but):
        return None
    if not (ingress.spec.tls if how.every_host else rules.is_tls(ingress, host, exact=True)):
        return None
    status = _number(ingress, how.code) or how.status
    number = _number(ingress, how.to_port) or how.port
    port = f":{number}" if number else ""
    location = f"https://{host}{port}{walk.request.path}"
    says = f"The host has TLS, so {controller.title} answers http with {status} to https."
    return to_https(walk, ingress, status, location, says)


def _number(ingress: Ingress, names: str) -> int:
    """The number that one of some annotations says; 0 where none does."""
    found = (ingress.metadata.annotations.get(name, "").strip() for name in names.split())
    return next((int(text) for text in found if text.isdecimal() and len(text) < 6), 0)


def to_https(walk: Walk, ingress: Ingress, status: int, location: str, says: str) -> Trace:
    """The finished trace of plain http that is sent to https: for ever, where it was https that a client asked for."""
    if walk.request.scheme == "https":
        return _loop(walk, ingress, status, location, says)
    return sent(walk, ingress, status, location, "I6", says)


def to_counterpart(walk: Walk, ingresses: Sequence[Ingress]) -> Trace | None:
    """CN-23: the name with `www.` or without it, where only the other one has rules."""
    request = walk.request
    if any(names_its_hosts(item, request.authority) for item in ingresses):
        return None
    for item in ingresses:
        if meant := nginx.counterparts(item).get(request.authority):
            says = f"from-to-www-redirect of Ingress {item.name}: ingress-nginx sends {request.authority} to {meant}."
            location = f"{request.scheme}://{meant}{request.path.removesuffix('/')}"
            return sent(walk, item, nginx_settings(walk, item).settings.redirect_code, location, "CN-16", says)
    return None


def sent(walk: Walk, ingress: Ingress, status: int, location: str, rule: str, says: str) -> Trace:
    """The finished trace of a request that is answered with a redirect."""
    request = walk.request
    path = request.path.partition("?")[0]
    # A client asks for `/` where a location has no path at all.
    whole = location if "/" in location.partition("://")[2] else f"{location}/"
    if whole == f"{request.scheme}://{request.authority}{request.path}":
        return _loop(walk, ingress, status, location, says)
    walk.add(Hop(kind=WORD, object=ingress.ref, address=f"{request.authority}{path}", rule=rule, says=says))
    if "$" in location:  # variables of nginx: where they lead nobody here knows
        return walk.end("redirect", reason="redirect", answer=Answer(status=status))
    where = location.partition("://")[2] or location
    path = "/" + where.partition("/")[2].partition("?")[0]
    return walk.end("redirect", reason="redirect", answer=Answer(status=status, location=location, location_path=path))


def _loop(walk: Walk, ingress: Ingress, status: int, location: str, says: str) -> Trace:
    """CF-15: who follows the redirect asks for the same again."""
    step = "point it to another address"
    if walk.tls_ended:
        says += f" The client asked for https: {walk.tls_ended}, so it comes back as http, for ever."
        step = "send port 443 to the controller's https port, or set use-forwarded-headers behind an HTTP load balancer"
    hop = Hop(kind=WORD, object=ingress.ref, address=location.partition("://")[2], rule="CF-15", says=says, next=step)
    return walk.stop(hop, "redirect-loop", answer=Answer(status=status, location=location))
