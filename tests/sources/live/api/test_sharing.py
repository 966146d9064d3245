"""Slices that share what is equal say the same as before."""

from __future__ import annotations

import msgspec

from svcmap.model.core import EndpointSlice, Service
from svcmap.sources.live.api.sharing import Sharing

SLICE = b"""{"kind": "EndpointSlice", "metadata": {"name": "%s", "namespace": "shop", "uid": "u",
 "labels": {"kubernetes.io/service-name": "web"}, "annotations": {"a": "b"}, "ownerReferences": [{"name": "web"}]},
 "addressType": "IPv4", "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
 "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": true}, "nodeName": "node-1", "zone": "z1",
  "hints": {"forZones": [{"name": "z1"}]}, "targetRef": {"kind": "Pod", "namespace": "shop", "name": "web-1"}},
  {"addresses": ["10.0.0.2"]}]}"""


def read(name: bytes) -> EndpointSlice:
    return msgspec.json.decode(SLICE % name, type=EndpointSlice)


def test_what_is_equal_is_kept_once_and_nothing_else_changes() -> None:
    one, other, plain = read(b"web-1"), read(b"web-2"), read(b"web-1")
    Sharing().share([one, Service(), other])
    assert one == plain
    assert one.ports is other.ports
    first, second = one.endpoints[0], other.endpoints[0]
    assert first.node_name is second.node_name
    assert first.conditions is second.conditions
    assert first.hints is second.hints
    assert first.target_ref is not None
    assert second.target_ref is not None
    assert first.target_ref.namespace is one.metadata.namespace
    assert first.target_ref.namespace is second.target_ref.namespace


def test_what_nobody_asks_a_slice_for_is_not_read() -> None:
    metadata = read(b"web-1").metadata
    assert (metadata.annotations, metadata.owner_references, metadata.uid) == ({}, (), "")
