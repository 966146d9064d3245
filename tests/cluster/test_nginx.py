"""svcmap's answers about ingress-nginx beside those of the real controller with a real nginx."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from svcmap.paths.asking.request import parse_request
from svcmap.paths.trace import trace
from tests import objects
from tests.cluster import build, namespaces
from tests.cluster.agreement import Table
from tests.cluster.conftest import BUILD, needs
from tests.cluster.edges.compared import Met, Outcome, asked, compare, followed, meet, name_of, ours, read, theirs
from tests.cluster.edges.nginx_admission import ASKED, THERE
from tests.cluster.edges.nginx_cases import CASES, CONFIGURED
from tests.cluster.edges.nginx_objects import CLASS, NAMESPACES
from tests.conftest import state_of

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


@pytest.mark.parametrize("index", range(len(ASKED)), ids=[asked_.about for asked_ in ASKED])
def test_what_its_webhook_refuses_is_not_certain(met: Met, place: Path, index: int) -> None:
    """CN-14: of files svcmap says what the controller makes of them, and where its webhook would not let them in it
    says so, or does not decide.
    """
    asked_, taken = ASKED[index], json.loads((place / "admitted.json").read_text())[index]
    assert taken is not asked_.refused
    services = "".join(
        objects.service("{clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80}]}", name, namespace=namespace)
        + objects.pod("web-0", "10.244.1.1", namespace=namespace)
        for namespace in NAMESPACES
        for name in ("web", "api")
    )
    text = services + "".join(f"---\n{json.dumps(item)}\n" for item in (CLASS, THERE, asked_.item))
    found = trace(state_of(text), parse_request(asked_.url))
    says_so = found.verdict == "unknown" or any("webhook" in said for said in found.assumed)
    assert says_so is asked_.refused
