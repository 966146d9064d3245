"""Where a rule sends requests: weighted backends, grants, and the filters that answer or rewrite (G6-G8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from svcmap.model.gateway import (
    BackendRef,
    PathModifier,
    ReferenceGrant,
    RequestRedirect,
    Route,
    RouteMatch,
    RouteRule,
    SecretReference,
)
from svcmap.model.group_kinds import SECRET, SERVICE
from svcmap.model.refs import ObjectRef
from svcmap.semantics.gateway.attach import GROUP

DEFAULT_PORTS = {"http": 80, "https": 443}


def shares(rule: RouteRule) -> Iterator[tuple[BackendRef, float]]:
    """G6: each backend and its share of the requests, weight over the sum of weights."""
    total = sum(backend.weight for backend in rule.backend_refs)
    for backend in rule.backend_refs:
        yield backend, backend.weight / total if total else 0.0


def is_permitted(route: Route, backend: BackendRef, grants: Iterable[ReferenceGrant]) -> bool:
    """G7: a backend in another namespace needs a ReferenceGrant there."""
    namespace = backend.namespace or route.metadata.namespace
    return _is_granted(route.ref, SERVICE.ref(namespace, backend.name), grants)


def is_secret_permitted(owner: ObjectRef, ref: SecretReference, grants: Iterable[ReferenceGrant]) -> bool:
    """G7: a listener's certificate in another namespace than its Gateway needs a ReferenceGrant there."""
    return _is_granted(owner, SECRET.ref(ref.namespace or owner.namespace, ref.name), grants)


def _is_granted(origin: ObjectRef, target: ObjectRef, grants: Iterable[ReferenceGrant]) -> bool:
    if target.namespace == origin.namespace:
        return True
    return any(
        grant.metadata.namespace == target.namespace
        and any(
            f.group == GROUP and f.kind == origin.kind and f.namespace == origin.namespace for f in grant.spec.from_
        )
        and any(not t.group and t.kind == target.kind and t.name in ("", target.name) for t in grant.spec.to)
        for grant in grants
    )


def rewritten_path(modifier: PathModifier, match: RouteMatch, path: str) -> str:
    """G8: the path after a URLRewrite or redirect; the query stays as it is and the result is never empty."""
    target, mark, query = path.partition("?")
    if modifier.type == "ReplaceFullPath":
        made = modifier.replace_full_path or "/"
    else:
        prefix = match.path.value.rstrip("/")
        rest = target[len(prefix) :] if target.startswith(prefix) else ""
        made = modifier.replace_prefix_match.rstrip("/") + rest or "/"
    return made if not mark else f"{made}?{query}"


def redirect_location(
    redirect: RequestRedirect, match: RouteMatch, *, scheme: str, host: str, port: int, path: str
) -> tuple[str, str]:
    """Where a RequestRedirect sends the client: the whole URL, and its path alone (G8).

    `port` is that of the listener: it is kept unless the redirect names a scheme or a port of its own.
    """
    new_scheme = redirect.scheme or scheme
    new_port = redirect.port or (DEFAULT_PORTS.get(new_scheme, port) if redirect.scheme else port)
    new_path = rewritten_path(redirect.path, match, path) if redirect.path else path
    shown = "" if new_port == DEFAULT_PORTS.get(new_scheme) else f":{new_port}"
    return f"{new_scheme}://{redirect.hostname or host}{shown}{new_path}", new_path.partition("?")[0]
