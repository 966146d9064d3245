"""Which rule of which Ingress a request meets (I1-I4, I10, and the controllers' own readings of section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase

from svcmap.model.base import Part
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.semantics.ingress import contour
from svcmap.semantics.ingress.known import Flavour
from svcmap.semantics.ingress.nginx import location_rank, regex_matches
from svcmap.semantics.ingress.readings import READINGS
from svcmap.semantics.ingress.tables import HostRules, HostSet, RuleTable, RuleTarget

OF_NGINX = ("nginx", "nginx-inc")
NAMED = 3
"""Rules that lost of which somebody is told."""


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
    if _default_of(flavour) == "none":
        return [target for target in written if not target.to_default]
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
    """The rule that takes a request, and why the first ones that lost did. `slash_added`: a controller answers with a
    redirect to the path plus a slash. `equal` are the Ingresses of rules that are as good, but come later.
    """

    target: RuleTarget | None
    losers: tuple[str, ...] = ()
    slash_added: bool = False
    equal: tuple[Name, ...] = ()


def match(table: RuleTable, host: str, path: str, flavour: Flavour = "", *, regex: bool = False) -> Match:
    """I1-I4: the host first, then the longest path, Exact before Prefix. `regex`: nginx reads every path of the host as
    a regular expression.
    """
    host_rank, here = table.best_for(host)
    best, losers, equal = _longest(here, path, flavour, regex=regex)
    if flavour in ("nginx", "nginx-inc") and not regex and _adds_slash([target for _, target in here.near(path)], path):
        return Match(target=None, losers=losers, slash_added=True)
    if flavour == "contour" and host_rank <= 1 and table.hosts.takes(host):
        return Match(target=None, losers=losers)
    if best is not None:
        return Match(target=best, losers=losers, equal=equal)
    if host_rank > 1 and (flavour == "contour" or _default_of(flavour) == "unnamed hosts"):
        # its defaultBackend is for hosts that no rule names (I4)
        return Match(target=None, losers=losers)
    return Match(target=_default(table, here.owners, flavour), losers=losers)


def _longest(
    here: HostRules, path: str, flavour: Flavour, *, regex: bool
) -> tuple[RuleTarget | None, tuple[str, ...], tuple[Name, ...]]:
    """The rule of a host with the best path (I2, I3), of others a few, each with why it lost, and whose are equal."""
    losers: list[str] = []
    equal: list[Name] = []
    best: RuleTarget | None = None
    # Behind the first ones that lost, of which a sentence is made, only those count that may fit.
    near = enumerate(here.targets) if regex else here.some_and_near(path, NAMED)
    for _, rule in near:
        lost: RuleTarget | None = rule
        if not _path_fits(rule, path, flavour, regex=regex):
            why = "the path does not match"
        else:
            why = "a longer or more exact path wins (I3)"
            mine, highest = _rank(rule, flavour, regex=regex), _rank(best, flavour, regex=regex) if best else None
            if highest is None or mine > highest:
                best, lost, equal = rule, best, []
            elif mine == highest:
                why = "an earlier rule has the path (I3)"
                equal += [rule.owner] if best and not _same_backend(rule, best) else []
        said = f"{lost.text}: {why}" if lost else ""
        if said and said not in losers and len(losers) < NAMED:
            losers.append(said)
    return best, tuple(losers), tuple(equal)


def _same_backend(one: RuleTarget, other: RuleTarget) -> bool:
    return one.backend == other.backend and one.owner.namespace == other.owner.namespace


def _adds_slash(rules: Sequence[RuleTarget], path: str) -> bool:
    """nginx sends a request for `/foo` to `/foo/` where only that is a rule's path (ngx_http_core_module, location)."""
    if any(rule.path == path for rule in rules):
        return False
    return any(rule.path == f"{path}/" for rule in rules)


def takes_any_host(ingress: Ingress, flavour: Flavour) -> bool:
    """I4: whether its default backend is for hosts that no rule names; nginx' of an Ingress with rules is not."""
    if _default_of(flavour) == "none":
        return False
    return ingress.default_backend is not None and not (flavour in OF_NGINX and ingress.spec.rules)


def host_rank(ingress: Ingress, hosts: HostSet, host: str, flavour: Flavour) -> int:
    """How specific the claim of an Ingress on a host is (`host_specificity`); `hosts` are those of its rules. 1 also
    where the controller gives it the host although no rule names it: by its default backend (I4), or Contour by a
    wildcard that is too short.
    """
    rank = hosts.specificity(host)
    if rank or takes_any_host(ingress, flavour):
        return max(rank, 1)
    return int(flavour == "contour" and hosts.takes(host))


def _default_of(flavour: Flavour) -> str:
    return READINGS[flavour].default if flavour in READINGS else ""


def _default(table: RuleTable, here: AbstractSet[Name], flavour: Flavour) -> RuleTarget | None:
    """I4: the default backend of an Ingress that names the host, else of any; of nginx' only those without rules.

    Contour's default backends are rules for every host, whichever Ingress has them.
    """
    if _default_of(flavour) == "none":
        return None
    owners = frozenset[Name]() if flavour == "contour" or _default_of(flavour) else here
    with_rules = table.with_rules if flavour in OF_NGINX else frozenset[Name]()
    defaults = [rule for rule in table.defaults if rule.owner in owners or rule.owner not in with_rules]
    own = [rule for rule in defaults if rule.owner in owners]
    return next(iter(own or ([] if owners else defaults)), None)


def _rank(rule: RuleTarget, flavour: Flavour, *, regex: bool) -> tuple[int, int, str]:
    if flavour == "nginx":
        return location_rank(rule.path, rule.path_type, regex=regex)
    if flavour == "contour":
        return contour.rank(rule.path, rule.path_type)
    if flavour in READINGS:
        return READINGS[flavour].rank(rule.path, rule.path_type)
    return len(rule.path.rstrip("*").rstrip("/")), rule.path_type == "Exact", ""


def _path_fits(rule: RuleTarget, path: str, flavour: Flavour, *, regex: bool) -> bool:
    if regex:
        return regex_matches(rule.path or "/", path)
    if rule.path_type == "ImplementationSpecific":
        return _fits_as_controllers_read(rule.path, path, flavour)
    if rule.path_type == "Prefix" and flavour in ("traefik", "nginx-inc"):
        return path.startswith(rule.path)
    return path_matches(rule.path, rule.path_type, path)


def _fits_as_controllers_read(rule: str, path: str, flavour: Flavour) -> bool:
    """ImplementationSpecific: traefik by characters, ALB with wildcards, GKE exact unless it ends in `/*`."""
    if flavour in READINGS:
        return READINGS[flavour].fits(rule, path)
    match flavour:
        case "contour":
            return contour.fits(rule, path)
        case "traefik" | "nginx-inc":
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
