"""What was probably meant by a name that was not found."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.views.meant import who_would
from tests import objects
from tests.conftest import state_of

STATE = state_of(objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", namespace="till"))


@pytest.mark.parametrize(("host", "works"), [("web", "web.till"), ("web.till", ""), ("wbe.till", "web.till")])
def test_a_name_is_never_the_hint_for_itself(host: str, works: str) -> None:
    """It may be one that the cluster has, and its DNS does not serve."""
    request = parse_request(f"http://{host}/", parse_vantage("namespace:other"))
    found = Trace(request=request, verdict="unreachable", reason="name-not-found", hops=())
    assert who_would(STATE, found)[2] == works
