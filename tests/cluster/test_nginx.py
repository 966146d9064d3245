"""svcmap's answers about ingress-nginx beside those of the real controller with a real nginx."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from tests.cluster import build, namespaces
from tests.cluster.agreement import Table
from tests.cluster.conftest import BUILD, needs
from tests.cluster.edges.compared import Met, Outcome, asked, compare, followed, meet, name_of, ours, read, theirs
from tests.cluster.edges.nginx_cases import CASES, CONFIGURED

pytestmark = pytest.mark.slow

MODULE = "/usr/lib/nginx/modules/ngx_http_lua_module.so"
PACKAGES = "nginx libnginx-mod-http-lua libnginx-mod-http-ndk libnginx-mod-http-headers-more-filter lua-resty-core"
APART = {"http://temp307.example.com/": Outcome((302,), location="https://new.test/y")}
"""What this version does otherwise than later ones: temporal-redirect-code came with 1.12."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nginx")


@pytest.fixture(scope="module")
def met(place: Path) -> Met:
    """The real one, asked."""
    needs(build.missing(*build.CORE, *build.INGRESS_NGINX), BUILD)
    needs(namespaces.missing(), "network namespaces need root on Linux with iproute2, nftables and iptables")
    needs([] if shutil.which("nginx") and Path(MODULE).exists() else ["nginx"], f"apt-get install {PACKAGES}")
    return meet("nginx", place)


@pytest.mark.parametrize("at", asked(CASES), ids=partial(name_of, CASES))
def test_ingress_nginx_answers_as_svcmap_says(met: Met, at: tuple[int, int], table: Table) -> None:
    case = CASES[at[0]]
    url = case.requests[at[1]].url
    if url in APART:
        assert theirs(met.answers[at[0]][at[1]], met.pods) == APART[url]
        assert ours(followed(met.state, case.requests[at[1]]), case.requests[at[1]], met.pods) != APART[url]
        return
    compare(met, case, at, "Ingress, ingress-nginx", table)


@pytest.fixture(scope="module")
def configured(met: Met, place: Path) -> Met:
    """The same with settings in its ConfigMap, and svcmap with the objects as files."""
    assert met.answers
    return read(place / "configured")


@pytest.mark.parametrize("at", asked(CONFIGURED), ids=partial(name_of, CONFIGURED))
def test_its_settings_count_as_svcmap_says(configured: Met, at: tuple[int, int], table: Table) -> None:
    compare(configured, CONFIGURED[at[0]], at, "Ingress, ingress-nginx", table)
