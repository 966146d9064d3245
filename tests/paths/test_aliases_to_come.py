"""An ExternalName for a Service of the same files, which has no address before it is created (D11, D19)."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

ALIAS = objects.service("{type: ExternalName, externalName: api.back.svc.cluster.local}", "api", namespace="shop")
SPEC = "selector: {app: api}, ports: [{port: 8080}]"
PODS = objects.workload(name="api", labels="{app: api}", namespace="back")
SEEN = objects.pod("other", "10.1.0.1", labels="{app: x}", namespace="back")


@pytest.mark.parametrize(
    ("target", "verdict", "reason"),
    [
        (objects.service(f"{{{SPEC}}}", "api", namespace="back") + PODS, "reachable", None),
        (objects.service(f"{{clusterIP: None, {SPEC}}}", "api", namespace="back") + PODS, "reachable", None),
        (objects.service(f"{{clusterIP: 10.96.0.9, {SPEC}}}", "api", namespace="back") + PODS, "reachable", None),
        (
            objects.service(f"{{clusterIP: None, {SPEC}}}", "api", namespace="back") + SEEN,
            "unreachable",
            "name-no-data",
        ),
        (objects.service(f"{{{SPEC}}}", "app", namespace="back") + PODS, "unreachable", "name-no-data"),
    ],
)
def test_an_alias_leads_to_what_is_to_be_created(target: str, verdict: str, reason: str | None) -> None:
    state = state_of(ALIAS + target + objects.namespace("shop"))
    found = trace(state, parse_request("http://api.shop:8080/", parse_vantage("namespace:shop")))
    assert (found.verdict, found.reason) == (verdict, reason)
    if verdict == "reachable":
        assert found.service == Name("back", "api")
        assert found.external_name == "api.back.svc.cluster.local"
