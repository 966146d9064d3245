"""Which rule of which Ingress a request meets (I1-I4, I10, and the controllers' own readings of section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from svcmap.model.base import Part
from svcmap.model.networking import Ingress, IngressBackend
from svcmap.model.refs import Name
from svcmap.semantics.ingress import contour
from svcmap.semantics.ingress.classes import Flavour
from svcmap.semantics.ingress.nginx import location_rank, regex_matches

LONGEST = 120
"""Characters of a path that a sentence says."""


class RuleTarget(Part, frozen=True):
    """One path of an Ingress (or its default backend) and where it leads. `path_index` -1 is the default backend."""

    owner: Name
    host: str
    path: str
    path_type: str
    backend: IngressBackend
    field: tuple[str | int, ...]

    @property
    def is_default(self) -> bool:
        return self.field[-1] in ("defaultBackend", "backend") and len(self.field) == 2

    @property
    def to_default(self) -> bool:
        """A default backend, or a rule without paths, which leads to it (I4)."""
        return self.is_default or self.field[-1] == "host"

    @property
    def text(self) -> str:
        """`www.example.com/pay`, `*` for every host."""
        path = self.path if len(self.path) <= LONGEST else f"{self.path[:LONGEST]}…"
        return "default backend" if self.is_default else f"{self.host or '*'}{path or '/'}"


def targets(ingress: Ingress) -> Iterator[RuleTarget]:
    """Every path of every rule, then the default backend, in the order they are written."""
    default = ingress.default_backend
    for r, rule in enumerate(ingress.spec.rules):
        for p, path in enumerate(rule.http.paths if rule.http else []):
            yield RuleTarget(
                owner=ingress.name,
                host=rule.host,
                path=path.path,
                path_type=path.path_type or "ImplementationSpecific",
                backend=path.backend,
                field=("spec", "rules", r, "http", "paths", p),
            )
        if rule.http is None and default is not None:
            yield RuleTarget(
                owner=ingress.name,
                host=rule.host,
                path="",
                path_type="Prefix",
                backend=default,
                field=("spec", "rules", r, "host"),
            )
    if default is not None:
        field = "defaultBackend" if ingress.spec.default_backend else "backend"
        yield RuleTarget(
            owner=ingress.name, host="", path="", path_type="Prefix", backend=default, field=("spec", field)
        )


def readable(
    written: Iterable[RuleTarget], flavour: Flavour, is_routed: Callable[[RuleTarget], bool] = lambda _: True
) -> list[RuleTarget]:
    """The targets that a controller reads. Contour leaves a rule at a path that is a broken regular expression; it does
    not look at that of a target which is no route anyway.
    """
    if flavour != "contour":
        return list(written)
    found: list[RuleTarget] = []
    broken: set[tuple[Name, tuple[str | int, ...]]] = set()
    for target in written:
        rule = (target.owner, target.field[:3])
        if contour.is_readable(target.path, target.path_type):
            found += [target] if rule not in broken else []
        elif is_routed(target):
            broken.add(rule)
    return found


class Match(Part, frozen=True):
    """The rule that takes a request, and for each that lost one sentence why. `slash_added`: a controller answers with
    a redirect to the path plus a slash.
    """

    target: RuleTarget | None
    losers: tuple[str, ...] = ()
    slash_added: bool = False


def match(
    candidates: Iterable[RuleTarget], host: str, path: str, flavour: Flavour = "", *, regex: bool = False
) -> Match:
    """I1-I4: the host first, then the longest path, Exact before Prefix. `regex`: nginx reads every path of the host as
    a regular expression. Candidates are `readable`, and stand in the order in which equals win.
    """
    rules = list(candidates)
    named = [rule for rule in rules if not rule.is_default]
    host_rank = max((rank for rule in named if (rank := host_specificity(rule.host, host))), default=0)
    losers: list[str] = []
    best: RuleTarget | None = None
    here = [rule for rule in named if host_rank and host_specificity(rule.host, host) == host_rank]
    for rule in here:
        if not _path_fits(rule, path, flavour, regex=regex):
            losers.append(f"{rule.text}: the path does not match")
        elif best is None or _rank(rule, flavour, regex=regex) > _rank(best, flavour, regex=regex):
            if best:
                losers.append(f"{best.text}: a longer or more exact path wins (I3)")
            best = rule
        else:
            losers.append(f"{rule.text}: a longer or more exact path wins (I3)")
    if flavour == "nginx" and not regex and _adds_slash(here, path):
        return Match(target=None, losers=tuple(losers), slash_added=True)
    if flavour == "contour" and host_rank <= 1 and any(contour.takes_host(rule.host, host) for rule in named):
        return Match(target=None, losers=tuple(losers))
    if best is not None:
        return Match(target=best, losers=tuple(losers))
    if flavour == "contour" and host_rank > 1:  # its defaultBackend is for hosts that no rule names (I4)
        return Match(target=None, losers=tuple(losers))
    return Match(target=_default(rules, here, flavour), losers=tuple(losers))


def _adds_slash(rules: Sequence[RuleTarget], path: str) -> bool:
    """nginx sends a request for `/foo` to `/foo/` where only that is a rule's path (ngx_http_core_module, location)."""
    if any(rule.path == path for rule in rules):
        return False
    return any(rule.path == f"{path}/" and rule.path_type != "Exact" for rule in rules)


def takes_any_host(ingress: Ingress, flavour: Flavour) -> bool:
    """I4: whether its default backend is for hosts that no rule names; nginx' of an Ingress with rules is not."""
    return ingress.default_backend is not None and not (flavour == "nginx" and ingress.spec.rules)


def host_rank(ingress: Ingress, host: str, flavour: Flavour) -> int:
    """How specific the claim of an Ingress on a host is (`host_specificity`); 1 also where the controller gives it the
    host although no rule names it: by its default backend (I4), or Contour by a wildcard that is too short.
    """
    rank = max((host_specificity(rule.host, host) for rule in ingress.spec.rules), default=0)
    if rank or takes_any_host(ingress, flavour):
        return max(rank, 1)
    return int(flavour == "contour" and any(contour.takes_host(rule.host, host) for rule in ingress.spec.rules))


def _default(rules: Sequence[RuleTarget], here: Sequence[RuleTarget], flavour: Flavour) -> RuleTarget | None:
    """I4: the default backend of an Ingress that names the host, else of any; of nginx' only those without rules.

    Contour's default backends are rules for every host, whichever Ingress has them.
    """
    owners = set() if flavour == "contour" else {rule.owner for rule in here}
    with_rules = {rule.owner for rule in rules if not rule.is_default} if flavour == "nginx" else set()
    defaults = [rule for rule in rules if rule.is_default and (rule.owner in owners or rule.owner not in with_rules)]
    own = [rule for rule in defaults if rule.owner in owners]
    return next(iter(own or ([] if owners else defaults)), None)


def _rank(rule: RuleTarget, flavour: Flavour, *, regex: bool) -> tuple[int, int, str]:
    if flavour == "nginx":
        return location_rank(rule.path, rule.path_type, regex=regex)
    if flavour == "contour":
        return contour.rank(rule.path, rule.path_type)
    return len(rule.path.rstrip("*").rstrip("/")), rule.path_type == "Exact", ""


def host_specificity(rule: str, host: str) -> int:
    """I1: 3 exact, 2 wildcard (exactly one label), 1 no host in the rule, 0 no match."""
    rule, host = rule.lower(), host.lower().rstrip(".")
    if not rule:
        return 1
    if rule == host:
        return 3
    if rule.startswith("*."):
        label, dot, rest = host.partition(".")
        return 2 if label and dot and rest == rule[2:] else 0
    return 0


def _path_fits(rule: RuleTarget, path: str, flavour: Flavour, *, regex: bool) -> bool:
    if regex:
        return regex_matches(rule.path or "/", path)
    if rule.path_type == "ImplementationSpecific":
        return _fits_as_controllers_read(rule.path, path, flavour)
    if rule.path_type == "Prefix" and flavour == "traefik":
        return path.startswith(rule.path)
    return path_matches(rule.path, rule.path_type, path)


def _fits_as_controllers_read(rule: str, path: str, flavour: Flavour) -> bool:
    """ImplementationSpecific: nginx and traefik by characters, ALB with wildcards, GKE exact unless it ends in `/*`."""
    match flavour:
        case "contour":
            return contour.fits(rule, path)
        case "nginx" | "traefik":
            return path.startswith(rule or "/")
        case "alb":
            return fnmatchcase(path, rule or "/*")
        case "gce" if rule and not rule.endswith("/*"):
            return rule in (path, "/")
    return path_matches(rule, "ImplementationSpecific", path)


def path_matches(rule: str, path_type: str, path: str) -> bool:
    """I2: Exact byte by byte, Prefix by segments; ImplementationSpecific as Prefix, or as a wildcard ending in `/*`."""
    if path_type == "Exact":
        return rule == path
    if path_type == "ImplementationSpecific" and rule.endswith("/*"):
        return path.startswith(rule[:-1])
    stem = rule.rstrip("/")
    return not stem or path == stem or path.startswith(stem + "/")


def is_wildcard(rule: RuleTarget, flavour: Flavour) -> bool:
    """I2: a path ending in `/*` whose meaning depends on a controller nobody named."""
    return not flavour and rule.path_type == "ImplementationSpecific" and rule.path.endswith("/*")
