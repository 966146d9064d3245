"""The servers that ingress-nginx makes of Ingresses: names beside those of rules, and rules that get no location."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from svcmap.model.networking import Ingress
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx


def locations(items: Sequence[Ingress], canaries: Sequence[Ingress]) -> Iterator[rules.RuleTarget]:
    """The targets of main Ingresses that get a location, under every name of their hosts (CN-29, CN-A9)."""
    taken = {rule.host.lower() for item in items for rule in item.spec.rules}
    for item in items:
        aliases = [alias for alias in nginx.aliases(item) if alias not in taken]
        for target in rules.targets(item):
            if _is_hidden(canaries, item, target):
                continue
            yield target
            yield from (replace(target, host=alias) for alias in aliases if target.host)


def _is_hidden(canaries: Sequence[Ingress], item: Ingress, target: rules.RuleTarget) -> bool:
    """Whether an older canary of the same Service and port has the upstream of a rule, which then has no location."""
    made = item.metadata.creation_timestamp
    older = (canary for canary in canaries if canary.metadata.creation_timestamp and canary.age < item.age)
    return bool(made) and any(_has_upstream(canary, item, target) for canary in older)


def _has_upstream(canary: Ingress, item: Ingress, target: rules.RuleTarget) -> bool:
    backend = target.backend.as_service
    if backend is None or canary.metadata.namespace != item.metadata.namespace:
        return False
    return any(mine.backend.as_service == backend for mine in rules.targets(canary))
