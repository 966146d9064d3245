"""What ingress-nginx makes of its annotations (nginx: internal/ingress/controller, rootfs/etc/nginx/template)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from svcmap.clean_paths import cleaned
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name, ObjectRef
from svcmap.patterns import found_in, matched_groups
from svcmap.semantics.ingress.nginx_settings import DEFAULT, Settings

PREFIX = "nginx.ingress.kubernetes.io/"
USE_REGEX = f"{PREFIX}use-regex"
REWRITE_TARGET = f"{PREFIX}rewrite-target"
BACKEND_PROTOCOL = f"{PREFIX}backend-protocol"
AUTH_URL, WITH_GLOBAL_AUTH = f"{PREFIX}auth-url", f"{PREFIX}enable-global-auth"
SSL_REDIRECT = f"{PREFIX}ssl-redirect"
FORCE_SSL_REDIRECT = f"{PREFIX}force-ssl-redirect"
CANARY = f"{PREFIX}canary"
CANARY_HEADER = f"{PREFIX}canary-by-header"
CANARY_VALUE = f"{PREFIX}canary-by-header-value"
DIGITS = 9
WEB = ("http://", "https://")
VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
GROUP = re.compile(r"\$(\d)")


def reads_regex(ingresses: Iterable[Ingress]) -> bool:
    """Whether all paths of a host are regular expressions: one Ingress of the host asks for it, or rewrites."""
    for item in ingresses:
        annotations = item.metadata.annotations
        target = annotations.get(REWRITE_TARGET)
        paths = (path.path or "/" for rule in item.spec.rules if rule.http for path in rule.http.paths)
        if is_true(annotations, USE_REGEX) or (target and any(path != target for path in paths)):
            return True
    return False


def normalized(path: str) -> str:
    """The path that locations are compared with: decoded, without `.`, `..` and double slashes (nginx, `location`)."""
    return cleaned(path, "decoded")


def regex_matches(pattern: str, path: str) -> bool:
    """A location `~* ^path`: anchored at its start only, case-insensitive."""
    return matched_groups(pattern, path, ignore_case=True) is not None


def location_rank(path: str, path_type: str, *, regex: bool) -> tuple[int, int, str]:
    """The order in which nginx tries locations: `=` first, then the longest; regular expressions as the controller
    sorts them, longest first and equals from behind in the alphabet (nginx: internal/ingress/controller, getServers).
    """
    if regex:
        return 0, len(path), path
    if path_type == "Prefix":  # written as the location `/foo/`, beside `= /foo`
        path = path.rstrip("/") + "/"
    return int(path_type == "Exact"), len(path), path


def rewritten(annotations: Mapping[str, str], pattern: str, path: str, query: str = "") -> str | None:
    """The path and query that the pod sees under rewrite-target, `$1` being the first group of the rule's path; None
    without. nginx adds the query that was asked for to one that the target has. A target that is a URL stays one.
    """
    target = annotations.get(REWRITE_TARGET)
    groups = matched_groups(pattern, path, ignore_case=True) if target else None
    if not target or groups is None:
        return None

    def group(mark: re.Match[str]) -> str:
        index = int(mark[1]) - 1
        return (groups[index] or "") if 0 <= index < len(groups) else ""

    made = GROUP.sub(group, target)
    made = made if made.startswith(("/", *WEB)) else f"/{made}"
    if not query:
        return made
    return f"{made}{'&' if '?' in made else '?'}{query}"


def backend_protocol(annotations: Mapping[str, str]) -> str | None:
    """How the controller speaks to the pods, where an annotation says so."""
    return annotations.get(BACKEND_PROTOCOL, "").upper() or None


def redirects_to_https(annotations: Mapping[str, str], settings: Settings, *, has_tls: bool) -> bool:
    """A host with TLS redirects plain http, unless ssl-redirect is off; with force-ssl-redirect any host does.
    Annotations go before settings.
    """
    forced = settings.force_ssl_redirect and not is_false(annotations, FORCE_SSL_REDIRECT)
    if forced or is_true(annotations, FORCE_SSL_REDIRECT):
        return True
    wanted = settings.ssl_redirect and not is_false(annotations, SSL_REDIRECT)
    return has_tls and (wanted or is_true(annotations, SSL_REDIRECT))


def is_canary(ingress: Ingress) -> bool:
    """A canary Ingress takes requests from another one; it has no host of its own."""
    return is_true(ingress.metadata.annotations, CANARY)


def takes_by_header(ingress: Ingress, headers: Mapping[str, str]) -> bool | None:
    """Whether a header sends a request to a canary, or keeps it from it; None where it is left to cookie and weight
    (lua/balancer.lua). A value that is asked for takes the words always and never away.
    """
    annotations = ingress.metadata.annotations
    wanted = annotations.get(CANARY_HEADER, "").lower().replace("_", "-")
    # A variable of nginx has underscores for hyphens; headers with underscores it drops (CN-53).
    given = {name.lower(): value for name, value in headers.items() if "_" not in name}.get(wanted)
    if not wanted or given is None:
        return None
    if value := annotations.get(CANARY_VALUE):
        return True if given == value else None
    if pattern := annotations.get(f"{PREFIX}canary-by-header-pattern"):
        return True if matched_groups(pattern, given, ignore_case=False) is not None else None
    return {"always": True, "never": False}.get(given)


def header_of(ingress: Ingress) -> dict[str, str]:
    """A header that sends a request to a canary for certain; none where it asks for no header, or for a pattern."""
    annotations = ingress.metadata.annotations
    header = annotations.get(CANARY_HEADER, "").replace("_", "-")
    if header and not annotations.get(f"{PREFIX}canary-by-header-pattern"):
        return {header: annotations.get(CANARY_VALUE) or "always"}
    return {"Cookie": f"{cookie}=always"} if (cookie := by_cookie(ingress)) else {}


def takes_by_cookie(ingress: Ingress, headers: Mapping[str, str]) -> bool | None:
    """As by a header: a cookie of the name that the canary asks for, always or never."""
    name = by_cookie(ingress)
    given = next((value for key, value in headers.items() if key.lower() == "cookie"), "")
    pairs = dict(part.strip().partition("=")[::2] for part in given.split(";") if "=" in part)
    return {"always": True, "never": False}.get(pairs.get(name or "", ""))


# -- redirects --------------------------------------------------------------------------------------------------------


def fixed_redirect(annotations: Mapping[str, str]) -> tuple[int, str] | None:
    """CN-A6, CN-A7: the status and target by which a location answers everything. A temporal one goes first; where it
    is no http URL neither of them counts. A permanent one is taken as it is (annotations/redirect/redirect.go).
    """
    if target := annotations.get(f"{PREFIX}temporal-redirect", ""):
        code = _code(annotations.get(f"{PREFIX}temporal-redirect-code"), 302, 307)
        return (code, target) if target.startswith("http") else None
    if target := annotations.get(f"{PREFIX}permanent-redirect", ""):
        return _code(annotations.get(f"{PREFIX}permanent-redirect-code"), 301, 308), target
    return None


def expanded(location: str, scheme: str, host: str, request_uri: str) -> str:
    """A target with nginx' variables of the request in it; others stay as they are written."""
    path, mark, query = request_uri.partition("?")
    known = {"scheme": scheme, "host": host, "http_host": host, "request_uri": request_uri, "args": query}
    known |= {"uri": normalized(path), "is_args": mark if query else "", "query_string": query}
    return VARIABLE.sub(lambda mark: known.get(mark[1] or mark[2], mark[0]), location)


def answers_preflight(annotations: Mapping[str, str], method: str) -> bool:
    """CN-A29: with enable-cors the controller answers every OPTIONS request itself (template/nginx.tmpl, CORS)."""
    return method == "OPTIONS" and is_true(annotations, f"{PREFIX}enable-cors")


def _code(text: str | None, default: int, most: int) -> int:
    number = _number(text)
    return number if 300 <= number <= most else default


def app_root(ingresses: Iterable[Ingress]) -> str | None:
    """CN-A3: where `/` of a host is sent, by any of its Ingresses."""
    found = (item.metadata.annotations.get(f"{PREFIX}app-root") for item in ingresses)
    return next((path for path in found if path and path.startswith("/")), None)


def aliases(ingress: Ingress) -> list[str]:
    """CN-A9: more names of its hosts, as they are written: also `*.x`, and `~` with a regular expression."""
    names = ingress.metadata.annotations.get(f"{PREFIX}server-alias", "").split(",")
    return [name.strip() for name in names if name.strip()]


def alias_fits(name: str, host: str) -> bool:
    """Whether nginx takes a host, in lower case, for an alias: a wildcard stands for any number of labels."""
    if name.startswith("~"):
        return found_in(name[1:], host, ignore_case=True)
    stem = name.lower().removeprefix("*")
    return name.startswith("*.") and host.endswith(stem) and host != stem


def counterparts(ingress: Ingress) -> dict[str, str]:
    """CN-23: hosts that are sent to a host of the Ingress: that with `www.`, or without it."""
    if not is_true(ingress.metadata.annotations, f"{PREFIX}from-to-www-redirect"):
        return {}
    hosts = (rule.host.lower() for rule in ingress.spec.rules if rule.host and not rule.host.startswith("*"))
    return {host.removeprefix("www.") if host.startswith("www.") else f"www.{host}": host for host in hosts}


# -- who is let in ----------------------------------------------------------------------------------------------------


class Blocks(NamedTuple):
    """A list of addresses: what it is called, its field, and the object that has it."""

    title: str
    field: str
    blocks: list[str]
    object: ObjectRef


def allowed(ingress: Ingress, settings: Settings = DEFAULT) -> Blocks | None:
    """CN-A19, CN-42: the blocks of the only clients that are let in; None where everybody is."""
    own = _blocks(ingress, "allowlist-source-range") or _blocks(ingress, "whitelist-source-range")
    return own or _of_settings(ingress, "whitelist-source-range", settings.allow, settings)


def refused(ingress: Ingress, settings: Settings = DEFAULT) -> Blocks | None:
    """CN-A20: the same of clients that are kept out, whatever the other list says."""
    own = _blocks(ingress, "denylist-source-range")
    return own or _of_settings(ingress, "denylist-source-range", settings.deny, settings)


def _blocks(ingress: Ingress, name: str) -> Blocks | None:
    blocks, title = _split(ingress.metadata.annotations.get(f"{PREFIX}{name}", "")), f"{PREFIX}{name}"
    return Blocks(title, f"metadata.annotations[{title}]", blocks, ingress.ref) if blocks else None


def _of_settings(ingress: Ingress, name: str, text: str, settings: Settings) -> Blocks | None:
    blocks, where = _split(text), settings.ref or ingress.ref
    field = f"data.{name}" if settings.ref else f"{name} of {settings.where}"
    return Blocks(f"{name} of {settings.where}", field, blocks, where) if blocks else None


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def wants_password(ingress: Ingress) -> bool:
    """CN-A21: whether a password is asked for."""
    return bool(ingress.metadata.annotations.get(f"{PREFIX}auth-type"))


def password_fault(ingress: Ingress) -> str | None:
    """What is wrong with the way in which a password is asked for (annotations/auth/main.go, CN-30)."""
    kind, secret = ingress.metadata.annotations.get(f"{PREFIX}auth-type"), secret_of(ingress)
    if kind not in ("basic", "digest"):
        return f"{PREFIX}auth-type is {kind!r}, which is neither basic nor digest"
    if secret is None:
        return f"{PREFIX}auth-type without auth-secret"
    if secret.namespace != ingress.metadata.namespace:
        return f"Secret {secret} is of another namespace"
    return None


def secret_of(ingress: Ingress) -> Name | None:
    """The Secret with the users, of the same namespace where none is written."""
    namespace, _, name = ingress.metadata.annotations.get(f"{PREFIX}auth-secret", "").rpartition("/")
    return Name(namespace or ingress.metadata.namespace, name) if name else None


def asks_elsewhere(ingress: Ingress) -> bool:
    """CN-A22: whether another service is asked about each request."""
    return bool(ingress.metadata.annotations.get(AUTH_URL))


class Asked(NamedTuple):
    """Whom the controller asks whether to let a request in; `host` without its port."""

    url: str
    host: str


def asked_elsewhere(ingress: Ingress) -> Asked | None:
    """CN-A22: whom auth-url names; None where it has none, or its host is a variable of nginx."""
    url = ingress.metadata.annotations.get(AUTH_URL, "").strip()
    host = url.partition("://")[2].partition("/")[0].partition(":")[0].rstrip(".").lower()
    return Asked(url, host) if host and "$" not in host else None


def lets_any_pass(ingress: Ingress) -> bool:
    """CN-A26: whether one of list and password is enough."""
    return ingress.metadata.annotations.get(f"{PREFIX}satisfy") == "any"


# -- backends ---------------------------------------------------------------------------------------------------------


def stand_in(ingress: Ingress) -> str | None:
    """CN-28: the Service, of the same namespace, that answers for one without endpoints."""
    return ingress.metadata.annotations.get(f"{PREFIX}default-backend") or None


def canary_share(ingress: Ingress) -> float:
    """CN-29: the part of the requests that a canary gets by weight; totals below 100 count as 100."""
    annotations = ingress.metadata.annotations
    weight, total = (_number(annotations.get(f"{PREFIX}{name}")) for name in ("canary-weight", "canary-weight-total"))
    return min(1.0, weight / max(100, total))


def _number(text: str | None) -> int:
    """A number as an annotation has it; 0 for what is none, or beyond any that could be meant."""
    return int(text) if text and text.isdecimal() and len(text) <= DIGITS else 0


def is_true(annotations: Mapping[str, str], key: str) -> bool:
    """Whether an annotation is a true as Go's strconv.ParseBool reads one (annotations/parser)."""
    return annotations.get(key, "") in ("1", "t", "T", "true", "TRUE", "True")


def is_false(annotations: Mapping[str, str], key: str) -> bool:
    """Whether it is a false, which turns off what is on by default."""
    return annotations.get(key, "") in ("0", "f", "F", "false", "FALSE", "False")


def by_cookie(ingress: Ingress) -> str | None:
    """The cookie by which a canary may take a request over."""
    return ingress.metadata.annotations.get(f"{PREFIX}canary-by-cookie") or None
