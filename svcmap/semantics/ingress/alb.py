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
ORDER = re.compile(r"-?[0-9]{1,4}\Z")
CERTIFICATES = ("certificate-arn", "create-acm-cert")
PROTOCOLS = ("HTTP", "HTTPS")
ENABLE_NLB, NLB_SCHEME = "enable-frontend-nlb", "frontend-nlb-scheme"
NLB_PORTS = "frontend-nlb-listener-port-mapping"
TRUE, FALSE = {"1", "t", "T", "true", "TRUE", "True"}, {"0", "f", "F", "false", "FALSE", "False"}
FIRST, SECOND, THIRD = range(3)
FOUND, UNAUTHORIZED = 302, 401
SESSION = "AWSELBAuthSessionCookie"
"""The beginning of the names of the cookies of a session, if auth-session-cookie has no other."""


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
    found = parsed(written)
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


class FrontNLB(NamedTuple):
    """CA-A20: an NLB that the controller makes in front of the ALB of a group, for its listeners. `unread` is an
    annotation whose value cannot be read, or differs from that of another member.
    """

    is_internal: bool
    unread: str = ""


def front_nlb(ingresses: Sequence[Ingress]) -> FrontNLB | None:
    """The NLB in front of the load balancer of a group; None where it has none (model_build_frontend_nlb.go)."""
    found = {name: _of_members(ingresses, name) for name in (ENABLE_NLB, NLB_SCHEME)}
    if not found[ENABLE_NLB] or found[ENABLE_NLB] <= FALSE:
        return None
    odd = next((name for name, values in found.items() if len(values) > 1), "")
    odd = odd or ("" if found[ENABLE_NLB] <= TRUE else ENABLE_NLB)
    return FrontNLB("internet-facing" not in found[NLB_SCHEME], odd)


def _of_members(ingresses: Sequence[Ingress], name: str) -> set[str]:
    values = (item.metadata.annotations.get(f"{PREFIX}{name}") for item in ingresses)
    return {value for value in values if value is not None}


def behind_nlb(ingresses: Sequence[Ingress], scheme: str, port: int) -> set[int]:
    """CA-A20: the ports of the ALB to which the NLB in front of it sends what arrives at a port of its own: by
    frontend-nlb-listener-port-mapping of a member, else the same one, where that member listens there.
    """
    found: set[int] = set()
    for item in ingresses:
        written = item.metadata.annotations.get(f"{PREFIX}{NLB_PORTS}", "")
        pairs = (part.strip().partition("=") for part in written.split(",") if part.strip())
        mapped = {int(own): int(to) for own, _, to in pairs if own.strip().isdecimal() and to.strip().isdecimal()}
        there = mapped.get(port) if mapped else port
        if there is not None and listens(item, scheme, there) is not False:
            found.add(there)
    return found


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
    found = parsed(written) if written else []
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


def rewrites_of(text: str) -> list[tuple[str, str]] | None:
    """CA-A4: the regular expressions of `transforms.NAME` for paths, each with what is set in its place; None where
    they cannot be read.
    """
    found = parsed(text)
    if not isinstance(found, list):
        return None
    made: list[tuple[str, str]] = []
    for item in map(lowered, found):
        if item.get("type") == "host-header-rewrite":
            continue
        config = item.get("urlrewriteconfig")
        rewrites = config.get("rewrites") if isinstance(config, dict) else None
        if not isinstance(rewrites, list):
            return None
        made += [(str(lowered(one).get("regex", "")), str(lowered(one).get("replace", ""))) for one in rewrites]
    return made


def parsed(text: str) -> Any:
    """A JSON text; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def lowered(value: Any) -> dict[str, Any]:
    """A mapping by lower-case keys: the controller reads `type` and `Type` alike."""
    if not isinstance(value, dict):
        return {}
    return {str(key).lower(): lowered(item) if isinstance(item, dict) else item for key, item in value.items()}
