"""How the AWS Load Balancer Controller reads Ingresses (controllers.md CA; pkg/ingress of its repository)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from svcmap.model.labels import LabelSelector
from svcmap.model.networking import Ingress
from svcmap.semantics.ingress.tables import RuleTarget

PREFIX = "alb.ingress.kubernetes.io/"
BY_ANNOTATION = "use-annotation"
ORDER, STATUS = re.compile(r"-?[0-9]{1,4}\Z"), re.compile(r"[2-5][0-9]{2}\Z")
CERTIFICATES = ("certificate-arn", "create-acm-cert")
PROTOCOLS = ("HTTP", "HTTPS")
FIRST, SECOND, THIRD = range(3)
FOUND, UNAUTHORIZED = 302, 401
SESSION = "AWSELBAuthSessionCookie"
"""The beginning of the names of the cookies of a session, if auth-session-cookie has no other."""


class Action(NamedTuple):
    """What a rule does instead of sending requests to its Service. `location` of a redirect has the parts that it keeps
    of the request filled in; both are None where svcmap cannot tell what it does.
    """

    kind: str
    status: int | None = None
    location: str | None = None


def group_of(ingress: Ingress) -> str:
    """The load balancer that an Ingress shares with others; empty for one of its own (CA-4)."""
    return ingress.metadata.annotations.get(f"{PREFIX}group.name", "")


def in_order(ingresses: Iterable[Ingress]) -> list[Ingress]:
    """CA-4: the members of a group by their order, then by namespace and name."""

    def place(item: Ingress) -> tuple[int, str]:
        written = item.metadata.annotations.get(f"{PREFIX}group.order", "0")
        return int(written) if ORDER.match(written) else 0, str(item.name)

    return sorted(ingresses, key=place)


def by_priority(targets: Iterable[RuleTarget]) -> Iterator[RuleTarget]:
    """CA-6: rules as they are written; inside one Exact, then Prefix, the longest first, then the others as written."""
    rules: dict[tuple[str | int, ...], list[RuleTarget]] = {}
    for target in targets:
        if not target.is_default:
            rules.setdefault(target.field[:3], []).append(target)
    for paths in rules.values():
        yield from sorted(paths, key=_rank)


def _rank(target: RuleTarget) -> tuple[int, int]:
    if target.path_type == "Exact":
        return FIRST, 0
    return (SECOND, -len(target.path)) if target.path_type == "Prefix" else (THIRD, 0)


def listens(ingress: Ingress, scheme: str, port: int) -> bool | None:
    """CA-8: whether it has a listener of a scheme and port: those of listen-ports, else HTTPS 443 where a certificate
    is given, else HTTP 80; None where listen-ports cannot be read.
    """
    annotations = ingress.metadata.annotations
    written = annotations.get(f"{PREFIX}listen-ports")
    if not written:
        secure = has_certificate([ingress])
        return (scheme, port) == (("https", 443) if secure else ("http", 80))
    found = _json(written)
    if not isinstance(found, list) or not found or not all(map(_is_listener, found)):
        return None
    return any(item.get(scheme.upper()) == port for item in found)


def _is_listener(item: Any) -> bool:
    """`{"HTTP": 80}`, with a port that there is."""
    if not isinstance(item, dict) or not item:
        return False
    return all(name in ("HTTP", "HTTPS") and type(port) is int and 0 < port < 65536 for name, port in item.items())


def has_certificate(ingresses: Iterable[Ingress]) -> bool:
    """Whether one of the members of a group names a certificate (CA-8)."""
    return any(item.metadata.annotations.get(f"{PREFIX}{key}") for item in ingresses for key in CERTIFICATES)


def node_labels(text: str) -> LabelSelector | None:
    """CA-14: `target-node-labels`, a list of `key=value`; None where it is something else."""
    pairs = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    if not all(key.strip() and equals and "=" not in value for key, equals, value in pairs):
        return None
    return LabelSelector(match_labels={key.strip(): value.strip() for key, _, value in pairs})


def is_internal(ingress: Ingress) -> bool:
    """CA-17: whether it has addresses of the private network only, as it does where it does not say."""
    return ingress.metadata.annotations.get(f"{PREFIX}scheme") != "internet-facing"


def ssl_redirect(ingresses: Sequence[Ingress]) -> str | None:
    """CA-9: the port to which every HTTP listener of the group sends its requests; no text that is none."""
    found = (item.metadata.annotations.get(f"{PREFIX}ssl-redirect") for item in ingresses)
    return next((port for port in found if port and port.isdecimal()), None)


class Refusal(NamedTuple):
    """What is asked of a client, by an annotation and its value. `status` is the answer to one that does not show who
    it is, `shown_by` the header that may show it. `is_unread`: whether anything is asked nobody here can tell.
    """

    annotation: str
    value: str
    status: int = UNAUTHORIZED
    shown_by: str = ""
    is_unread: bool = False


def asks_certificate(ingress: Ingress, port: int) -> bool | None:
    """CA-A13: whether an HTTPS listener ends the handshake of a client without a certificate; None where the annotation
    is none that anybody can read.
    """
    written = ingress.metadata.annotations.get(f"{PREFIX}mutual-authentication", "").strip()
    found = _json(written) if written else []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        return None
    return any(item.get("mode") == "verify" and str(item.get("port")) == str(port) for item in found)


def refusal_of(ingress: Mapping[str, str], service: Mapping[str, str]) -> Refusal | None:
    """CA-A11, CA-A12: who has to sign in, or bring a token, at an HTTPS listener; by annotations of the Ingress, and of
    the Service, which go first and have no token (pkg/ingress/model_build_actions.go).
    """
    both = {**ingress, **service}
    sign_in = both.get(f"{PREFIX}auth-type", "none")
    how = both.get(f"{PREFIX}auth-on-unauthenticated-request", "authenticate")
    if sign_in not in ("none", "oidc", "cognito"):
        return Refusal(f"{PREFIX}auth-type", sign_in, is_unread=True)
    if sign_in != "none" and how != "allow":
        cookie = both.get(f"{PREFIX}auth-session-cookie", SESSION)
        return Refusal(f"{PREFIX}auth-type", sign_in, UNAUTHORIZED if how == "deny" else FOUND, f"cookie: {cookie}")
    if ingress.get(f"{PREFIX}jwt-validation", "").strip():
        return Refusal(f"{PREFIX}jwt-validation", "set", UNAUTHORIZED, "authorization")
    return None


def is_shown(refusal: Refusal, headers: Mapping[str, str]) -> bool:
    """Whether a request has what may show who the client is: a token, or the cookie of a session."""
    name, _, cookie = refusal.shown_by.partition(": ")
    return any(key.lower() == name and cookie in value for key, value in headers.items())


def has_action(ingress: Ingress, target: RuleTarget) -> bool:
    """CA-11: whether an annotation is written for a rule in the place of its Service, whose name is then that of it."""
    backend = target.backend.as_service
    if backend is None or backend.port.name != BY_ANNOTATION:
        return False
    return f"{PREFIX}actions.{backend.name}" in ingress.metadata.annotations


def forwarded_to(ingress: Ingress, target: RuleTarget) -> list[str]:
    """CA-11: the Services that the action of a rule forwards to, in the namespace of its Ingress."""
    backend = target.backend.as_service
    if backend is None or not has_action(ingress, target):
        return []
    found = _lowered(_json(ingress.metadata.annotations[f"{PREFIX}actions.{backend.name}"]))
    groups = _lowered(found.get("forwardconfig")).get("targetgroups")
    names = (_lowered(group).get("servicename") for group in (groups if isinstance(groups, list) else ()))
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def action_of(ingress: Ingress, target: RuleTarget, url: str) -> Action | None:
    """CA-11: what `actions.NAME` says of a rule whose port is `use-annotation`; None for any other rule.

    `url` is that of the request, `scheme://host/path?query`.
    """
    backend = target.backend.as_service
    if backend is None or backend.port.name != BY_ANNOTATION:
        return None
    written = ingress.metadata.annotations.get(f"{PREFIX}actions.{backend.name}")
    if written is None:
        return Action("fixed-response", 503)
    found = _lowered(_json(written))
    kind = str(found.get("type", ""))
    if kind == "redirect" and isinstance(config := found.get("redirectconfig"), dict):
        status = 302 if config.get("statuscode") == "HTTP_302" else 301
        return Action(kind, status, _location(config, url))
    if kind == "fixed-response" and isinstance(config := found.get("fixedresponseconfig"), dict):
        code = str(config.get("statuscode", ""))
        return Action(kind, int(code) if STATUS.match(code) else None)
    return Action(kind or "?")


def _location(config: dict[str, Any], url: str) -> str:
    """The target of a redirect: what it does not give is that of the request."""
    scheme, _, rest = url.partition("://")
    host, slash, tail = rest.partition("/")
    path, _, query = (slash + tail).partition("?")
    name, _, port = host.partition(":")
    values = {
        "protocol": scheme,
        "host": name,
        "port": port or ("443" if scheme == "https" else "80"),
        "path": path.lstrip("/"),
        "query": query,
    }
    made = {
        key: str(config.get(key) or default)
        for key, default in (("protocol", scheme), ("host", name), ("port", values["port"]), ("path", path))
    }
    made["query"] = str(config.get("query") or query)
    for key, text in made.items():
        for word, value in values.items():
            text = text.replace(f"#{{{word}}}", value)
        made[key] = text
    end = f"?{made['query']}" if made["query"] else ""
    return f"{made['protocol'].lower()}://{made['host']}:{made['port']}{made['path']}{end}"


def rewrites_of(text: str) -> list[tuple[str, str]] | None:
    """CA-A4: the regular expressions of `transforms.NAME` for paths, each with what is set in its place; None where
    they cannot be read.
    """
    found = _json(text)
    if not isinstance(found, list):
        return None
    made: list[tuple[str, str]] = []
    for item in map(_lowered, found):
        if item.get("type") == "host-header-rewrite":
            continue
        config = item.get("urlrewriteconfig")
        rewrites = config.get("rewrites") if isinstance(config, dict) else None
        if not isinstance(rewrites, list):
            return None
        made += [(str(_lowered(one).get("regex", "")), str(_lowered(one).get("replace", ""))) for one in rewrites]
    return made


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _lowered(value: Any) -> dict[str, Any]:
    """A mapping by lower-case keys: the controller reads `type` and `Type` alike."""
    if not isinstance(value, dict):
        return {}
    return {str(key).lower(): _lowered(item) if isinstance(item, dict) else item for key, item in value.items()}
