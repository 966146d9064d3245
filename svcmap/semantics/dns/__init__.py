"""What the cluster's DNS answers: CoreDNS' kubernetes plugin (D1-D19).

Upstream: plugin/kubernetes/{kubernetes.go,parse.go,handler.go,reverse.go,ns.go} and plugin/backend_lookup.go of
CoreDNS, and the kubernetes/dns specification. `backend` finds what a name stands for, `lookup` makes records of it.
"""

from __future__ import annotations

from svcmap.semantics.dns.backend import namespace_asked
from svcmap.semantics.dns.blocks import ServerBlock, server_blocks
from svcmap.semantics.dns.chain import Query, answer_of
from svcmap.semantics.dns.handler import answer
from svcmap.semantics.dns.loops import loop_in
from svcmap.semantics.dns.names import endpoint_name, is_reverse, reverse_name, service_name
from svcmap.semantics.dns.records import NXDOMAIN, Answer, Cluster, Record, Upstream

__all__ = [
    "NXDOMAIN",
    "Answer",
    "Cluster",
    "Query",
    "Record",
    "ServerBlock",
    "Upstream",
    "answer",
    "answer_of",
    "endpoint_name",
    "is_reverse",
    "loop_in",
    "namespace_asked",
    "reverse_name",
    "server_blocks",
    "service_name",
]
