"""What a Middleware of Traefik does to a request (controllers.md CT-A4; traefik: pkg/middlewares)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from msgspec import structs

from svcmap.model.addresses import block_of
from svcmap.model.controller_objects import (
    AddPrefix,
    AddressList,
    Headers,
    MiddlewareSpec,
    Patterns,
    Prefixes,
    RedirectRegex,
    RedirectScheme,
    ReplacePath,
    ReplacePathRegex,
)
from svcmap.patterns import is_re2, replaced, search

DEFAULT_PORTS = {"http": "80", "https": "443"}
FORBIDDEN = 403
PASSING = (
    *("rate_limit", "in_flight_req", "buffering", "circuit_breaker", "compress", "content_type", "errors", "retry"),
    *("grpc_web", "pass_tls_client_cert"),
)
"""Kinds that let one small request through: they limit, pack or repeat it, or change what comes back."""
OPEN = {
    "forward_auth": "asks another service whether to let the request in",
    "encoded_characters": "may refuse paths with encoded characters",
    "plugin": "is a plugin, which may do anything to the request",
}
GROUP = re.compile(r"\$\$|\$\{(\w+)\}|\$(\w+)")


class URL(NamedTuple):
    """A request as a middleware sees it; `path` is without the query, `port` empty where the client writes none."""

    scheme: str
    host: str
    port: str
    path: str
    query: str = ""
    method: str = "GET"

    @property
    def text(self) -> str:
        return f"{self.scheme}://{self.host}{self.port}{self.path}{self.query}"


class Step(NamedTuple):
    """What becomes of a request: it passes with a `path`, is sent to a `location` with a `status`, is compared with
    `blocks` of addresses, is asked for a password; whether it passes may be `open`, and a middleware may be `broken`.
    """

    kind: Literal["passed", "sent", "listed", "password", "open", "broken"]
    text: str = ""
    status: int = 0
    blocks: tuple[str, ...] = ()


def step_of(spec: MiddlewareSpec, url: URL) -> Step:
    """What the one kind of middleware that is set does."""
    kinds = [item.encode_name for item in structs.fields(spec) if getattr(spec, item.name) is not None]
    if len(kinds) > 1:
        return Step("broken", f"it is of several kinds ({', '.join(kinds)})")
    if spec.chain is not None:
        return Step("broken", "its chain comes back to itself")
    for name, act in ACTS.items():
        if (setting := getattr(spec, name)) is not None:
            return act(setting, url)
    for name, could in OPEN.items():
        if getattr(spec, name) is not None:
            return Step("open", could)
    if any(getattr(spec, name) is not None for name in PASSING):
        return Step("passed", url.path)
    return Step("open", "is of a kind that svcmap does not know")


def _strip_prefix(setting: Prefixes, url: URL) -> Step:
    prefix = next((prefix for prefix in setting.prefixes if url.path.startswith(prefix)), "")
    return Step("passed", _with_slash(url.path.removeprefix(prefix)))


def _strip_pattern(setting: Patterns, url: URL) -> Step:
    if broken := next((pattern for pattern in setting.regex if not is_re2(pattern.strip())), None):
        return Step("broken", f"{broken!r} is no regular expression of Go")
    for pattern in setting.regex:
        found = search(pattern.strip(), url.path)
        if found is None:
            return Step("open", f"has {pattern!r}, which takes too long to try")
        if found.text and url.path.startswith(found.text):
            return Step("passed", _with_slash(url.path.removeprefix(found.text)))
    return Step("passed", url.path)


def _with_slash(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


def _add_prefix(setting: AddPrefix, url: URL) -> Step:
    return Step("passed", _with_slash(f"{setting.prefix}{url.path}")) if setting.prefix else Step("broken", "no prefix")


def _replace_path(setting: ReplacePath, url: URL) -> Step:
    del url
    return Step("passed", _with_slash(setting.path))


def _replace_pattern(setting: ReplacePathRegex, url: URL) -> Step:
    made = _replaced(setting.regex, setting.replacement, url.path)
    return (
        Step("broken", f"{setting.regex!r} is no regular expression of Go")
        if made is None
        else Step("passed", made or "/")
    )


def _replaced(pattern: str, written: str, text: str) -> str | None:
    """Every match of a pattern, replaced by what is written with `$1` and `${name}` (Go's regexp.ReplaceAllString)."""
    pattern = pattern.strip()
    if not is_re2(pattern):
        return None

    def expanded(groups: Mapping[str, str]) -> str:
        return GROUP.sub(lambda m: "$" if m[0] == "$$" else groups.get(m[1] or m[2], ""), written)

    return replaced(pattern, expanded, text)


def _redirect_scheme(setting: RedirectScheme, url: URL) -> Step:
    if not setting.scheme:
        return Step("broken", "redirectScheme has no scheme")
    port = str(setting.port)
    shown = f":{port}" if port and DEFAULT_PORTS.get(setting.scheme) != port else ""
    return _sent(url._replace(scheme=setting.scheme, port=shown).text, url, permanent=setting.permanent)


def _redirect_pattern(setting: RedirectRegex, url: URL) -> Step:
    made = _replaced(setting.regex, setting.replacement, url.text)
    if made is None:
        return Step("broken", f"{setting.regex!r} is no regular expression of Go")
    return _sent(made, url, permanent=setting.permanent)


def _sent(location: str, url: URL, *, permanent: bool) -> Step:
    """Whoever asked for the very same goes on (redirect.go)."""
    if location == url.text:
        return Step("passed", url.path)
    status = (301 if permanent else 302) if url.method == "GET" else (308 if permanent else 307)
    return Step("sent", location, status)


def _list(setting: AddressList, url: URL) -> Step:
    del url
    if not setting.source_range or any(block_of(text) is None for text in setting.source_range):
        return Step("broken", "its sourceRange is no list of addresses")
    strategy = setting.ip_strategy
    if strategy is not None and (strategy.depth or strategy.excluded_ips or strategy.ipv6_subnet):
        return Step("open", "compares its list with an address that a header brings")
    return Step("listed", status=setting.reject_status_code or FORBIDDEN, blocks=setting.source_range)


def _password(setting: Any, url: URL) -> Step:
    del url
    return Step("password", setting.secret) if setting.secret else Step("broken", "it names no Secret")


def _headers(setting: Headers, url: URL) -> Step:
    if setting.access_control_allow_methods and url.method == "OPTIONS":
        return Step("open", "answers preflights of CORS by itself")
    if setting.allowed_hosts and url.host not in setting.allowed_hosts:
        return Step("open", "may refuse requests for hosts that are not in its list")
    return Step("passed", url.path)


ACTS: Mapping[str, Callable[[Any, URL], Step]] = {
    "add_prefix": _add_prefix,
    "strip_prefix": _strip_prefix,
    "strip_prefix_regex": _strip_pattern,
    "replace_path": _replace_path,
    "replace_path_regex": _replace_pattern,
    "redirect_scheme": _redirect_scheme,
    "redirect_regex": _redirect_pattern,
    "ip_white_list": _list,
    "ip_allow_list": _list,
    "basic_auth": _password,
    "digest_auth": _password,
    "headers": _headers,
}
"""By the kind of middleware: what it does."""
