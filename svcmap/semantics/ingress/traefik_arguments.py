"""What the command line of Traefik says of its entry points, and of the Ingresses it looks at.

CT-1, CT-15, CT-17, CT-19; upstream: pkg/config/static of traefik/traefik.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

CHART = {80: 8000, 443: 8443}
"""The ports of the chart's Service, and the entry points behind them (GW-31)."""
ON = ("1", "t", "true")
PROVIDER = "providers.kubernetesingress."
OPEN = ("strictprefixmatching", "allowexternalnameservices", "nativelbbydefault", "disableingressclasslookup")
OPEN_AT_POINTS = ("http.encodedcharacters",)
"""Beginnings of the names of options that may decide, and are not evaluated: of the provider, and of an entry point."""
NOT_PROVIDED = "is not among the arguments: whether Traefik looks at Ingresses a file may say, or nobody"
GATEWAY = "providers.kubernetesgateway"
MOVED, FOUND, HTTPS = 301, 302, 443


class EntryPoint(NamedTuple):
    """One entry point. `to` is where it sends every request: another one, or `:PORT`; empty: nowhere. `middlewares`
    are before those of its routers, it `is_default` where routers are on such ones alone, `unread` are options that may
    decide, and are not evaluated.
    """

    name: str
    port: int = 0
    has_tls: bool = False
    to: str = ""
    scheme: str = "https"
    status: int = MOVED
    middlewares: tuple[str, ...] = ()
    is_default: bool = False
    unread: tuple[str, ...] = ()


class Arguments(NamedTuple):
    """The command line. `namespaces` empty: all; `ingress_class` empty: every class with Traefik's controller value;
    `selector` are labels of the Ingresses it looks at; `unread` are options that may decide, and are not evaluated;
    `missing_provider` says it of one that is not there, `reads_gateways`: the provider of Gateway API is (a file may
    turn it on as well).
    """

    entry_points: Mapping[str, EntryPoint] = {}
    namespaces: tuple[str, ...] = ()
    ingress_class: str = ""
    selector: str = ""
    unread: tuple[str, ...] = ()
    missing_provider: str = ""
    reads_gateways: bool = True

    @property
    def defaults(self) -> list[str]:
        """The entry points of routers that name none; empty: all of them (CT-14)."""
        return [name for name, point in self.entry_points.items() if point.is_default]

    def redirect(self, name: str, host: str, path: str) -> tuple[int, str] | None:
        """The status and location with which an entry point sends every request elsewhere; None where it does not."""
        point = self.entry_points.get(name)
        if point is None or not point.to:
            return None
        other = self.entry_points.get(point.to.lower())
        port = point.to.removeprefix(":") if point.to.startswith(":") else str(other.port if other else "")
        shown = "" if port in ("", str(HTTPS) if point.scheme == "https" else "80") else f":{port}"
        return point.status, f"{point.scheme}://{host}{shown}{path}"


def arguments_from(words: Sequence[str]) -> Arguments:
    """The command line that a container is started with: flags in any case, as Traefik takes them."""
    given = dict(_flags(words))
    points: dict[str, dict[str, str]] = {}
    for key, value in given.items():
        if key.startswith("entrypoints."):
            name, _, rest = key.removeprefix("entrypoints.").partition(".")
            points.setdefault(name, {})[rest] = value
    is_provided = any(key.startswith("providers.kubernetesingress") for key in given)
    elsewhere = () if is_provided else ("providers.kubernetesingress",)
    namespaces = tuple(part.strip() for part in given.get(f"{PROVIDER}namespaces", "").split(",") if part.strip())
    return Arguments(
        entry_points={name: _entry_point(name, options) for name, options in points.items()},
        namespaces=namespaces,
        ingress_class=given.get(f"{PROVIDER}ingressclass", ""),
        selector=given.get(f"{PROVIDER}labelselector", ""),
        unread=(
            *(f"{PROVIDER}{name}" for name in OPEN if given.get(f"{PROVIDER}{name}", "false").lower() in ON),
            *(("configfile",) if "configfile" in given else elsewhere),
        ),
        missing_provider="" if is_provided or "configfile" in given else NOT_PROVIDED,
        reads_gateways=any(key.startswith(GATEWAY) for key in given) or "configfile" in given,
    )


def _flags(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        if word.startswith("-"):
            key, equals, value = word.lstrip("-").partition("=")
            yield key.lower(), value if equals else "true"


def _entry_point(name: str, options: Mapping[str, str]) -> EntryPoint:
    port = options.get("address", "").partition("/")[0].rpartition(":")[2]
    redirection = "http.redirections.entrypoint."
    permanent = options.get(f"{redirection}permanent", "true").lower() in ON
    return EntryPoint(
        name=name,
        port=int(port) if port.isdecimal() else 0,
        has_tls=any(key == "http.tls" or key.startswith("http.tls.") for key in options)
        and options.get("http.tls", "true").lower() in ON,
        to=options.get(f"{redirection}to", ""),
        scheme=options.get(f"{redirection}scheme", "https"),
        middlewares=tuple(part.strip() for part in options.get("http.middlewares", "").split(",") if part.strip()),
        status=MOVED if permanent else FOUND,
        is_default=options.get("asdefault", "false").lower() in ON,
        unread=tuple(f"entrypoints.{name}.{key}" for key in options if key.startswith(OPEN_AT_POINTS)),
    )
