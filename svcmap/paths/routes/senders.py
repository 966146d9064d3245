"""Whom pods see behind a proxy of layer 7, as NetworkPolicies know the sender."""

from __future__ import annotations

from svcmap.model.connection import Party
from svcmap.model.core import Service
from svcmap.paths.asking.parties import endpoint_party
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.policies.at_endpoints import Source
from svcmap.paths.policies.egress import UNKNOWN_CONTROLLER
from svcmap.paths.walk import Walk


def sources_at(walk: Walk, front: Service | None, *, outside: str = "") -> tuple[Source, ...]:
    """Its pods, where the Service in front of it is known, else some pod of the cluster.

    `outside` names a load balancer that is no pod at all.
    """
    if outside:
        return (Source(party=Party(title=outside)),)
    if front is not None:
        found = endpoints_of(walk.state, front.name).ready
        parties = [endpoint_party(walk.state, front.metadata.namespace, endpoint) for endpoint in found]
        if parties:
            return tuple(Source(party=party) for party in parties)
    return (Source(party=UNKNOWN_CONTROLLER),)
