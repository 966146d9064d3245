"""Which Ingresses NGINX Inc's controller gives a host to (controllers.md CI-3, CI-4; internal/k8s/configuration.go)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.networking import Ingress

MERGEABLE = "nginx.org/mergeable-ingress-type"


def kind_of(ingress: Ingress) -> str:
    """`master`, `minion`, or empty for an Ingress that shares its hosts with no other."""
    return ingress.metadata.annotations.get(MERGEABLE, "")


def holders(ingresses: Sequence[Ingress], host: str) -> tuple[list[Ingress], str]:
    """Those of the Ingresses with a host that get it, the oldest first, and why the next one does not (empty: all do).

    `host` is one as rules write it: wildcards are compared as text.
    """
    with_host = sorted((item for item in ingresses if host in hosts_of(item)), key=lambda item: item.age)
    alone = [item for item in with_host if kind_of(item) != "minion"]
    minions = [item for item in with_host if kind_of(item) == "minion"]
    owner = alone[0] if alone else None
    if owner is None:
        return [], "".join(
            f"Ingress {item.name} is a minion ({MERGEABLE}), and no master has exactly its host {host}"
            for item in minions[:1]
        )
    if kind_of(owner) == "master":
        lost = f"Ingress {alone[1].name} lost {host} to the older master {owner.name}" if len(alone) > 1 else ""
        return [owner, *minions], lost
    others = [item for item in with_host if item is not owner]
    return [owner], f"Ingress {others[0].name} lost {host} to the older {owner.name}" if others else ""


def hosts_of(ingress: Ingress) -> set[str]:
    """The hosts of its rules, in lower case."""
    return {rule.host.lower() for rule in ingress.spec.rules}
