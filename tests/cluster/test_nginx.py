"""svcmap's answers about ingress-nginx beside those of the real controller with a real nginx."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cluster import build, namespaces
from tests.cluster.agreement import Table
from tests.cluster.conftest import BUILD, needs
from tests.cluster.edges.asking import Request
from tests.cluster.edges.compared import Case, Met, Outcome, comparable, followed, meet, ours, theirs
from tests.cluster.edges.nginx_cases import CASES

pytestmark = pytest.mark.slow

MODULE = "/usr/lib/nginx/modules/ngx_http_lua_module.so"
PACKAGES = "nginx libnginx-mod-http-lua libnginx-mod-http-ndk libnginx-mod-http-headers-more-filter lua-resty-core"
APART = {
    "http://temp307.example.com/": Outcome((302,), location="https://new.test/y"),
}
"""What this version does otherwise than later ones: temporal-redirect-code came with 1.12."""
ASKED = [(at, number) for at, case in enumerate(CASES) for number in range(len(case.requests))]


def named(asked: tuple[int, int]) -> str:
    case = CASES[asked[0]]
    return f"{case.about}: {case.requests[asked[1]]}"


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Met:
    """The real one, asked."""
    needs(build.missing(*build.CORE, *build.INGRESS_NGINX), BUILD)
    needs(namespaces.missing(), "network namespaces need root on Linux with iproute2, nftables and iptables")
    needs([] if shutil.which("nginx") and Path(MODULE).exists() else ["nginx"], f"apt-get install {PACKAGES}")
    return meet("nginx", tmp_path_factory.mktemp("nginx"))


@pytest.mark.parametrize("asked", ASKED, ids=named)
def test_ingress_nginx_answers_as_svcmap_says(met: Met, asked: tuple[int, int], table: Table) -> None:
    case: Case = CASES[asked[0]]
    request: Request = case.requests[asked[1]]
    found = followed(met.state, request)
    real = theirs(met.answers[asked[0]][asked[1]], met.pods)
    about, question = "Ingress, ingress-nginx", f"{case.about}: {request}"
    if found.verdict == "unknown":
        assert found.undecided, "unknown names what decides"
        assert case.opaque, question
        table.leave_open(about, question, ", ".join(item.field for item in found.undecided), real)
        return
    if request.url in APART:
        assert real == APART[request.url]
        return
    mine = ours(found, request, met.pods)
    table.agree(about, question, mine, comparable(mine, real, request))
