"""What NodeLocal DNSCache makes of a query before the cluster's DNS sees it: its own Corefile (D10b, N10)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.config_maps import COREFILE
from svcmap.model.core import ConfigMap
from svcmap.model.group_kinds import CONFIG_MAP
from svcmap.model.reads import reads
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.known.name_servers import dns_services, local_cache
from svcmap.semantics import dns
from svcmap.semantics.dns import ServerBlock, server_blocks
from svcmap.semantics.dns.blocks import block_for
from svcmap.semantics.dns.names import is_below
from svcmap.semantics.dns.plugins import RULE as UNEVALUATED

SETTINGS = Name("kube-system", "node-local-dns")
PILLARS = ("__PILLAR__CLUSTER__DNS__", "__PILLAR__DNS__SERVER__")
"""What its manifest has in the place of the address of the cluster's DNS."""


def settings_of(state: ClusterState, server: str) -> ObjectRef | None:
    """The ConfigMap by which the cache at an address is configured; None where none is there, or it is not read."""
    found = state.all(CONFIG_MAP, ConfigMap).get(SETTINGS)
    return found.ref if found is not None and COREFILE in found.data and local_cache(state, server) else None


def answer_of_cache(state: ClusterState, server: str, name: str, zone: str) -> dns.Answer | None:
    """What a cache on the node answers by itself, or asks servers outside for; None where it asks the cluster's DNS.
    What others answer for a name of the cluster's `zone` nobody here knows.
    """
    if settings_of(state, server) is None:
        return None
    block = block_for(_blocks(state), name.rstrip("."))
    if block is None:
        return dns.Answer(rcode="REFUSED", rule=UNEVALUATED, note="no server block of NodeLocal DNSCache has this zone")
    other = next((plugin.name for plugin in block.chain if plugin.name != "forward"), "")
    if other:
        note = f"plugin {other} of NodeLocal DNSCache decides about {name}: svcmap does not evaluate it"
        return dns.Answer(rcode="", basis="unknown", note=note, rule=UNEVALUATED)
    targets = [word for plugin in block.named("forward") for word in plugin.args[1:]]
    if any(_is_cluster_dns(state, target) for target in targets):
        return None
    note = f"NodeLocal DNSCache asks {', '.join(targets) or 'nobody'} for {name}, and not the cluster's DNS"
    return dns.Answer(rcode="", basis="unknown", note=note, rule=UNEVALUATED if is_below(name, zone) else "D1")


def _is_cluster_dns(state: ClusterState, target: str) -> bool:
    known = {ip for service in dns_services(state) for ip in service.spec.cluster_ips}
    return target in PILLARS or target in known


def _blocks(state: ClusterState) -> Sequence[ServerBlock]:
    def read() -> Sequence[ServerBlock]:
        found = state.all(CONFIG_MAP, ConfigMap)[SETTINGS]
        return server_blocks(found.data[COREFILE])

    return state.remember("node_local_blocks", None, read, reads(CONFIG_MAP))
