"""What is kept of objects that nobody evaluates: what they mention, and nothing that they contain."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import yaml

from svcmap.model.group_kinds import group_kind
from svcmap.model.unread import TABLE, UnreadObject, unread_of
from svcmap.sources.decoders import object_decoder
from svcmap.sources.live.api.listing import take

CASES: list[tuple[str, str, str, dict[str, list[tuple[str, str]]]]] = [
    (
        "networking.istio.io/v1",
        "VirtualService",
        "{hosts: [a.example, '*.b.example'], http: [{route: [{destination: {host: web}}, {destination: {host: api.prod.svc.cluster.local}}]}]}",
        {
            "hosts": [("a.example", "spec.hosts[0]"), ("*.b.example", "spec.hosts[1]")],
            "services": [
                ("Service/shop/web", "spec.http[0].route[0].destination.host"),
                ("Service/prod/api", "spec.http[0].route[1].destination.host"),
            ],
        },
    ),
    (
        "networking.istio.io/v1",
        "Gateway",
        "{servers: [{hosts: ['prod/a.example', '*']}]}",
        {"hosts": [("a.example", "spec.servers[0].hosts[0]")]},
    ),
    (
        "traefik.io/v1alpha1",
        "IngressRoute",
        "{routes: [{match: 'Host(`a.example`, `b.example`) && PathPrefix(`/x`)', services: [{name: web, namespace: prod}]}]}",
        {
            "hosts": [("a.example", "spec.routes[0].match"), ("b.example", "spec.routes[0].match")],
            "services": [("Service/prod/web", "spec.routes[0].services[0]")],
        },
    ),
    (
        "networking.istio.io/v1",
        "DestinationRule",
        "{host: web.prod.svc.cluster.local, trafficPolicy: {tls: {mode: MUTUAL}}}",
        {"handled": [("Service/prod/web", "spec.trafficPolicy.tls")]},
    ),
    (
        "policy.linkerd.io/v1beta3",
        "HTTPRoute",
        "{parentRefs: [{name: web, kind: Service, group: core}]}",
        {"services": [("Service/shop/web", "spec.parentRefs[0]")]},
    ),
    (
        "projectcontour.io/v1",
        "HTTPProxy",
        "{virtualhost: {fqdn: A.example}, routes: [{services: [{name: web, port: 80}]}]}",
        {
            "hosts": [("a.example", "spec.virtualhost.fqdn")],
            "services": [("Service/shop/web", "spec.routes[0].services[0]")],
        },
    ),
    (
        "getambassador.io/v3alpha1",
        "Mapping",
        "{hostname: a.example, service: 'web.prod:80'}",
        {"hosts": [("a.example", "spec.hostname")], "services": [("Service/prod/web", "spec.service")]},
    ),
    (
        "gateway.envoyproxy.io/v1alpha1",
        "SecurityPolicy",
        "{targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: web}], jwt: {secret: TOPSECRET}}",
        {"targets": [("HTTPRoute/shop/web", "spec.targetRefs[0]")]},
    ),
    (
        "example.com/v1",
        "Guard",
        "{targetRef: {kind: Gateway, name: edge, namespace: infra}}",
        {"targets": [("Gateway/infra/edge", "spec.targetRef")]},
    ),
    (
        "gateway.envoyproxy.io/v1alpha1",
        "SecurityPolicy",
        "{targetSelectors: [{kind: HTTPRoute, matchLabels: {a: b}}]}",
        {"targets": [("HTTPRoute/shop/*", "spec.targetSelectors[0]")]},
    ),
    (
        "example.com/v1",
        "EnvoyPatchPolicy",
        "{targetRef: {kind: GatewayClass, name: c}}",
        {"targets": [("GatewayClass//c", "spec.targetRef")]},
    ),
    (
        "traefik.io/v1alpha1",
        "IngressRoute",
        "{routes: [{match: 'PathPrefix(`/x`)'}, {match: 'HostRegexp(`.+`)'}]}",
        {"hosts": [("*", "spec.routes[0].match"), ("*", "spec.routes[1].match")]},
    ),
    ("example.com/v1", "Other", "{hosts: [a.example]}", {}),
    ("networking.istio.io/v1", "VirtualService", "{hosts: a.example, http: 7}", {}),
]


@pytest.mark.parametrize(("api_version", "kind", "spec", "expected"), CASES)
def test_what_an_object_mentions(
    api_version: str, kind: str, spec: str, expected: dict[str, list[tuple[str, str]]]
) -> None:
    value: dict[str, Any] = {"metadata": {"name": "x"}, "spec": yaml.safe_load(spec)}
    found = unread_of(group_kind(api_version, kind), value, "shop")
    got = {
        key: [(m.what, m.field) for m in getattr(found, key)]
        for key in ("hosts", "services", "targets", "handled")
        if found
    }
    assert {key: items for key, items in got.items() if items} == expected
    assert (found is None) is (not expected)


@pytest.mark.parametrize(("api_version", "kind", "spec", "expected"), CASES)
def test_an_api_server_s_object_keeps_the_same_and_nothing_else(
    api_version: str, kind: str, spec: str, expected: dict[str, list[tuple[str, str]]]
) -> None:
    value = {
        "metadata": {"name": "x", "namespace": "shop"},
        "spec": yaml.safe_load(spec),
        "status": {"token": "TOPSECRET"},
    }
    item = take(object_decoder(UnreadObject).decode(msgspec.json.encode(value)), kind, api_version)
    assert isinstance(item, UnreadObject)
    assert item.found == unread_of(group_kind(api_version, kind), value, "shop")
    assert "TOPSECRET" not in msgspec.json.encode(item).decode()


def test_every_row_has_something_to_ask_for() -> None:
    assert all(fields.hosts or fields.services or fields.handles for fields in TABLE.values())
