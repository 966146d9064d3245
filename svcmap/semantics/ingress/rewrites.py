"""The path that a pod sees behind Kong, HAProxy, NGINX Inc's controller and ALB (CK-A1 to -A3, CH-A2, CI-A4, CA-A4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from svcmap.patterns import matched_groups, search
from svcmap.semantics.ingress import alb, haproxy_ingress, kong, nginx_inc
from svcmap.semantics.ingress.known import ALB, HAPROXY, HAPROXY_INGRESS, KONG, NGINX_INC, Controller
from svcmap.semantics.ingress.tables import RuleTarget

Annotations = Mapping[str, str]


class Rewrite(NamedTuple):
    """The annotation that decides, of Ingress or Service, and the path it makes; None where nobody can tell."""

    name: str
    path: str | None


def rewrite_of(
    controller: Controller, annotations: Annotations, of_service: Annotations, target: RuleTarget, path: str
) -> Rewrite | None:
    """What a controller makes of a path (without a query) that a rule has taken; None where it leaves it alone."""
    made = MADE.get(controller.title)
    return made(annotations, of_service, target, path) if made else None


def _by_kong(annotations: Annotations, of_service: Annotations, target: RuleTarget, path: str) -> Rewrite | None:
    """The part that matched is taken away, and the path of the Service is set before the rest (path-handling v0)."""
    strip, before = f"{kong.PREFIX}strip-path", f"{kong.PREFIX}path"
    strips, own = annotations.get(strip, "").strip().lower() == "true", of_service.get(before, "").strip()
    own = own if own.startswith("/") else ""
    if not strips and not own:
        return None
    if own and annotations.get(f"{kong.PREFIX}path-handling", "").strip() not in ("", "v0"):
        return Rewrite(before, None)
    rest = _stripped_by_kong(target, path, kong.mark_of(annotations)) if strips else path
    if rest is None:
        return Rewrite(strip, None)
    return Rewrite(before if own else strip, f"{own.rstrip('/')}/{rest.lstrip('/')}" if own else rest)


def _stripped_by_kong(target: RuleTarget, path: str, mark: str) -> str | None:
    """CK-4: of Prefix `/foo` the route has `/foo/` and the whole of `/foo`, of Exact the whole."""
    written = target.path or "/"
    if target.path_type == "ImplementationSpecific":
        matched = None if written.startswith(mark) else written
    else:
        matched = path if target.path_type == "Exact" or path == written else f"{written.rstrip('/')}/"
    if matched is None or not path.startswith(matched):
        return None
    return f"/{path[len(matched) :].lstrip('/')}"


def _by_haproxy(annotations: Annotations, of_service: Annotations, target: RuleTarget, path: str) -> Rewrite | None:
    """`FORMAT` for every path, or `PATTERN FORMAT`: the whole path becomes the format where the pattern is found in it
    (pkg/annotations/ingress/reqPathRewrite.go; http-request replace-path).
    """
    del target, of_service
    names = (f"{prefix}path-rewrite" for prefix in HAPROXY.prefixes)
    name = next((key for key in names if annotations.get(key, "").strip()), None)
    if name is None:
        return None
    value = annotations[name].strip()
    words = value.split()
    if len(value.splitlines()) != 1 or len(words) > 2 or "%" in words[-1]:
        return Rewrite(name, None)
    pattern, written = ("(.*)", words[0]) if len(words) == 1 else (words[0], words[1])
    found = search(pattern, path)
    if found is None:
        return Rewrite(name, None)
    return Rewrite(name, _filled(written, found.groups) if found.is_there else path)


def _by_haproxy_ingress(
    annotations: Annotations, of_service: Annotations, target: RuleTarget, path: str
) -> Rewrite | None:
    """CH-B2: the part that fits becomes the target; of a regular expression the whole path does
    (`buildBackendRewriteURL` in annotations/backend.go; http-request replace-path).
    """
    both = {**annotations, **of_service}
    made, kind = haproxy_ingress.key(both, "rewrite-target"), haproxy_ingress.kind_of(annotations, target)
    if not made:
        return None
    name = next(f"{p}rewrite-target" for p in haproxy_ingress.PREFIXES if f"{p}rewrite-target" in both)
    written = target.path or "/"
    if kind == "regex":
        found = search(f"^{written}", path)
        return Rewrite(name, (_filled(made, found.groups) if found.is_there else path) if found else None)
    if not path.startswith(written):  # `begin` takes any case, the rewrite does not; `prefix` takes `/a` for `/a/`
        return Rewrite(name, path)
    rest = path[len(written) :]
    if made == "/" and not written.endswith("/"):
        rest = rest.removeprefix("/")
    ending = "/" if written.endswith("/") and not made.endswith("/") else ""
    return Rewrite(name, f"{made}{ending}{rest}")


def _filled(written: str, groups: tuple[str | None, ...], mark: str = "\\") -> str | None:
    made = written
    for number in range(9, 0, -1):
        if f"{mark}{number}" in made:
            if number > len(groups):
                return None
            made = made.replace(f"{mark}{number}", groups[number - 1] or "")
    return None if mark in made else made


def _by_nginx_inc(annotations: Annotations, of_service: Annotations, target: RuleTarget, path: str) -> Rewrite | None:
    """`serviceName=S rewrite=/r;...`: nginx sets the rewrite in the place of the part that its location has
    (proxy_pass with a URI).
    """
    del of_service
    name = f"{NGINX_INC.prefixes[0]}rewrites"
    backend, written = target.backend.as_service, target.path or "/"
    for service, rewrite in nginx_inc.rewrites_of(annotations):
        if backend is not None and service == backend.name:
            is_plain = f"{NGINX_INC.prefixes[0]}path-regex" not in annotations and path.startswith(written)
            return Rewrite(name, f"{rewrite}{path[len(written) :]}" if is_plain and rewrite.startswith("/") else None)
    return _by_target(annotations, written, path) if not annotations.get(name) else None


def _by_target(annotations: Annotations, written: str, path: str) -> Rewrite | None:
    """CI-A5: the whole path becomes the target, where the path of the rule is found in it (`makeRewritePattern` in
    template_helper.go).
    """
    name = f"{NGINX_INC.prefixes[0]}rewrite-target"
    target, kind = annotations.get(name, "").strip(), annotations.get(nginx_inc.PATH_REGEX, "").strip()
    if not target:
        return None
    pattern = {nginx_inc.PATTERNS[0]: f"^{written}", nginx_inc.PATTERNS[1]: f"(?i)^{written}"}.get(kind, written)
    found = search(pattern, path)
    if found is None or not target.startswith("/"):
        return Rewrite(name, None)
    return Rewrite(name, _filled(target, found.groups, "$") if found.is_there else path)


def _by_alb(annotations: Annotations, of_service: Annotations, target: RuleTarget, path: str) -> Rewrite | None:
    """CA-A4: `transforms.SERVICE`, whose regular expression is compared with path and query: what it makes of a part
    nobody here knows, nor of a path with a query behind it.
    """
    del of_service
    backend = target.backend.as_service
    name = f"{ALB.prefixes[0]}transforms.{backend.name}" if backend else ""
    if not annotations.get(name, "").strip():
        return None
    rewrites = alb.rewrites_of(annotations[name])
    if rewrites is None:
        return Rewrite(name, None)
    for pattern, written in rewrites:
        if (whole := matched_groups(pattern, path, whole=True)) is not None:
            return Rewrite(name, _filled(written, whole, "$"))
        found = search(pattern, path)
        if found is None or found.is_there:
            return Rewrite(name, None)
    return Rewrite(name, path)


MADE: Mapping[str, Callable[[Annotations, Annotations, RuleTarget, str], Rewrite | None]] = {
    KONG.title: _by_kong,
    HAPROXY.title: _by_haproxy,
    NGINX_INC.title: _by_nginx_inc,
    ALB.title: _by_alb,
    HAPROXY_INGRESS.title: _by_haproxy_ingress,
}
"""By the title of a controller."""
