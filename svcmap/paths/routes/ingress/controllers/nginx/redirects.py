"""Redirects that ingress-nginx answers by itself, in the order in which it looks for them (CN-16)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.networking import Ingress
from svcmap.model.state import ClusterState
from svcmap.paths.outcome import Trace, Undecided
from svcmap.paths.routes.ingress.controllers.nginx.settings import nginx_settings
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.redirects import sent, to_https
from svcmap.paths.routes.ingress.tables import table_of
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx
from svcmap.semantics.ingress.nginx_settings import Settings

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
        kind = "temporal-redirect" if annotations.get(f"{nginx.PREFIX}temporal-redirect") else "permanent-redirect"
        says = f"{nginx.PREFIX}{kind} of Ingress {ingress.name} has ingress-nginx answer {status} to {written}."
        return sent(walk, ingress, status, location, "CN-16", says)
    rewritten = nginx.rewritten(annotations, target.path or "/", path, query) or ""
    if rewritten.startswith(nginx.WEB):
        says = f"rewrite-target of Ingress {ingress.name} is a URL: nginx answers {FOUND} to it."
        return sent(walk, ingress, FOUND, rewritten, "CN-16", says)
    return _to_https(walk, ingress, target, shares_host)


def _to_https(walk: Walk, ingress: Ingress, target: rules.RuleTarget, shares_host: Sequence[Ingress]) -> Trace | None:
    request = walk.request
    has_tls = any(item.spec.tls for item in shares_host if names_its_hosts(walk.state, item, request.authority))
    settings = nginx_settings(walk, ingress).settings
    if settings.not_redirected and target.path.startswith(settings.not_redirected):
        return None
    _note_alias(walk, ingress, shares_host)
    if walk.scheme != "http" or not nginx.redirects_to_https(ingress.metadata.annotations, settings, has_tls=has_tls):
        return None
    if _is_told_https(walk, settings):
        return None
    location = f"https://{request.authority}{_without_slash(walk, ingress)}"
    forced = "The Ingress has force-ssl-redirect"
    if settings.force_ssl_redirect and not nginx.is_true(ingress.metadata.annotations, nginx.FORCE_SSL_REDIRECT):
        forced = f"{settings.where} has force-ssl-redirect"
    covers = any(table_of(walk.state, item).tls.covers(request.authority) for item in shares_host)
    secured = "The host has TLS" if covers else "An Ingress of the host has a tls section, though not for this host"
    why, status = secured if has_tls else forced, settings.redirect_code
    says = f"{why}, so ingress-nginx answers http with {status} to https."
    return to_https(walk, ingress, status, location, says)


def _is_told_https(walk: Walk, settings: Settings) -> bool:
    """CN-19: a load balancer that has ended TLS says so in a header, and the controller believes it."""
    if not (walk.tls_ended and settings.forwarded and walk.tells_scheme):
        return False
    walk.assume(f"{walk.tls_ended}, which says so in X-Forwarded-Proto: use-forwarded-headers of {settings.where}")
    return True


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


def names_its_hosts(state: ClusterState, ingress: Ingress, host: str) -> bool:
    """Whether a rule of an Ingress names a host: the server of all other hosts has no certificate of its own."""
    return table_of(state, ingress).hosts.specificity(host) > 1


def _without_slash(walk: Walk, ingress: Ingress) -> str:
    """CN-17: one slash at the end of path and query is stripped, unless preserve-trailing-slash says otherwise
    (rootfs/etc/nginx/lua/lua_ingress.lua).
    """
    keeps = nginx.is_true(ingress.metadata.annotations, f"{nginx.PREFIX}preserve-trailing-slash")
    return walk.request.path if keeps else walk.request.path.removesuffix("/")


def to_counterpart(walk: Walk, ingresses: Sequence[Ingress]) -> Trace | None:
    """CN-23: the name with `www.` or without it, where only the other one has rules."""
    request = walk.request
    if any(names_its_hosts(walk.state, item, request.authority) for item in ingresses):
        return None
    for item in ingresses:
        if meant := nginx.counterparts(item).get(request.authority):
            says = f"from-to-www-redirect of Ingress {item.name}: ingress-nginx sends {request.authority} to {meant}."
            location = f"{request.scheme}://{meant}{request.path.removesuffix('/')}"
            return sent(walk, item, nginx_settings(walk, item).settings.redirect_code, location, "CN-16", says)
    return None
