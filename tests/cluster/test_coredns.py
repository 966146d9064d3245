"""CoreDNS configured in many ways, each a server block of one real process, beside svcmap with the same Corefile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest

from svcmap.model.state import ClusterState
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.look_ups import ask_dns
from tests.cluster import build, processes
from tests.cluster.agreement import Table
from tests.cluster.control_plane import ControlPlane, free_port
from tests.cluster.filling import LISTS, items
from tests.conftest import ROOT, read

pytestmark = pytest.mark.slow

KUBERNETES = """kubernetes cluster.local in-addr.arpa {
        kubeconfig KUBECONFIG
        fallthrough in-addr.arpa
        ttl 30
    }"""
HOSTS = """hosts {
        192.0.2.7 legacy.example two.shop.svc.cluster.local
        2001:db8::7 six.example
        ttl 99
        %s
    }"""
TWO, NOBODY, OUT = "two.shop.svc.cluster.local", "nobody.shop.svc.cluster.local", "www.example.org"
PARTS = (TWO, "headless.shop.svc.cluster.local", "shop.svc.cluster.local", "kubernetes.default.svc.cluster.local")
OUTSIDE = {OUT: {"A": ("198.51.100.1",)}}


class Case(NamedTuple):
    """What is configured, the directives of the server block, and the names that are asked (A, or `TYPE name`)."""

    about: str
    directives: list[str]
    names: tuple[str, ...] = (TWO, NOBODY, OUT)


CASES = [
    Case("kubernetes alone", [KUBERNETES]),
    Case("kubernetes and forward", [KUBERNETES, "forward . OUTSIDE"]),
    Case("cache", [KUBERNETES, "cache 10"]),
    Case("cache of another zone", [KUBERNETES, "cache 10 example.org"]),
    Case("cache with zones off", [KUBERNETES, "cache 10 {\n disable success cluster.local\n }"]),
    Case("acl of another zone", ["acl example.net {\n block\n }", KUBERNETES], (TWO,)),
    Case("rewrite of another type", ["rewrite type MX A", "rewrite class CH IN", KUBERNETES], (TWO,)),
    Case("rewrite of the ttl of another name", ["rewrite ttl exact a.example 7", KUBERNETES], (TWO,)),
    Case("rewrite of the code of another name", ["rewrite rcode exact a.example NXDOMAIN NOERROR", KUBERNETES], (TWO,)),
    Case("cache with its own least", [KUBERNETES, "cache {\n success 1000 20 9\n }"]),
    Case(
        "hosts without fallthrough",
        [KUBERNETES, HOSTS % "", "forward . OUTSIDE"],
        (TWO, NOBODY, OUT, "legacy.example", "AAAA legacy.example", "AAAA six.example"),
    ),
    Case(
        "hosts with fallthrough",
        [KUBERNETES, HOSTS % "fallthrough", "forward . OUTSIDE"],
        (TWO, "dual.shop.svc.cluster.local", NOBODY, OUT, "legacy.example"),
    ),
    Case("hosts with fallthrough for a zone", [KUBERNETES, HOSTS % "fallthrough example.org", "forward . OUTSIDE"]),
    Case(
        "hosts of a zone",
        [KUBERNETES, HOSTS.replace("hosts {", "hosts /etc/hosts example {") % "", "forward . OUTSIDE"],
        (TWO, OUT, "legacy.example", "other.example"),
    ),
    Case(
        "hosts, with its addresses asked",
        [KUBERNETES, HOSTS % ""],
        ("PTR 7.2.0.192.in-addr.arpa", "PTR 9.2.0.192.in-addr.arpa"),
    ),
    Case("hosts and cache", [KUBERNETES, HOSTS % "", "cache 30"], ("legacy.example",)),
    Case("forward of one zone", [KUBERNETES, "forward example.org OUTSIDE"], (TWO, OUT, "www.example.com")),
    Case("forward but for a zone", [KUBERNETES, "forward . OUTSIDE {\n except example.org\n }"], (TWO, OUT)),
    Case("no kubernetes", ["forward . OUTSIDE"], (OUT,)),
    Case(
        "template with a text",
        [KUBERNETES, 'template IN A corp.example {\n answer "{{ .Name }} 60 IN A 192.0.2.9"\n }'],
        (TWO, "x.corp.example", "AAAA x.corp.example"),
    ),
    Case(
        "template that denies",
        [KUBERNETES, "template ANY ANY corp.example {\n rcode NXDOMAIN\n }"],
        ("x.corp.example", "AAAA x.corp.example"),
    ),
    Case(
        "template with a match",
        [
            KUBERNETES,
            'template IN A corp.example {\n match "^a[.]corp[.]example[.]$"\n answer "{{ .Name }} 60 IN A 192.0.2.9"\n }',
            "forward . OUTSIDE",
        ],
        ("a.corp.example", "b.corp.example"),
    ),
    Case(
        "template with a match and fallthrough",
        [
            KUBERNETES,
            'template IN A example.org {\n match "^a[.]"\n answer "{{ .Name }} 60 IN A 192.0.2.9"\n fallthrough\n }',
            "forward . OUTSIDE",
        ],
        ("a.example.org", OUT),
    ),
    Case(
        "rewrite of a name",
        ["rewrite name old.example two.shop.svc.cluster.local", KUBERNETES],
        ("old.example", TWO, "x.old.example"),
    ),
    Case(
        "rewrite of an ending",
        ["rewrite name suffix .old.example. .svc.cluster.local.", KUBERNETES],
        ("two.shop.old.example",),
    ),
    Case(
        "rewrite of an ending, and back",
        ["rewrite name suffix .old.example. .svc.cluster.local. answer auto", KUBERNETES],
        ("two.shop.old.example",),
    ),
    Case("rewrite of a beginning", ["rewrite name prefix my- two", KUBERNETES], ("my-.shop.svc.cluster.local",)),
    Case("rewrite of a part", ["rewrite name substring alt.dom shop.svc.cluster.local", KUBERNETES], ("two.alt.dom",)),
    Case(
        "rewrite by a pattern",
        [r"rewrite name regex (.*)\.old\.example {1}.shop.svc.cluster.local", KUBERNETES],
        ("two.old.example", "nobody.old.example"),
    ),
    Case(
        "rewrite by a pattern, and back",
        [
            r"rewrite stop {"
            + "\n"
            + r" name regex (.*)\.old\.example {1}.shop.svc.cluster.local"
            + "\n"
            + r" answer name (.*)\.shop\.svc\.cluster\.local {1}.old.example"
            + "\n }",
            KUBERNETES,
        ],
        ("two.old.example",),
    ),
    Case(
        "two rewrites, the first goes on",
        ["rewrite continue name a.example b.example", "rewrite name b.example two.shop.svc.cluster.local", KUBERNETES],
        ("a.example",),
    ),
    Case(
        "two rewrites, the first stops",
        ["rewrite name a.example b.example", "rewrite name b.example two.shop.svc.cluster.local", KUBERNETES],
        ("a.example", "b.example"),
    ),
    *(
        Case(f"kubernetes with {option}", [KUBERNETES.replace("ttl 30", option)], PARTS)
        for option in (
            *("labels app=gone", "labels !gone", "labels app in (gone, lost)", "noendpoints"),
            *("namespace_labels kubernetes.io/metadata.name=shop", "namespace_labels !kubernetes.io/metadata.name"),
        )
    ),
    Case(
        "fallthrough for every name",
        [KUBERNETES.replace("fallthrough in-addr.arpa", "fallthrough"), "forward . OUTSIDE"],
        (TWO,),
    ),
    Case(
        "fallthrough, and nobody behind it",
        [KUBERNETES.replace("fallthrough in-addr.arpa", "fallthrough")],
        (TWO, NOBODY),
    ),
]
QUESTIONS = [(index, name) for index, case in enumerate(CASES) for name in case.names]
ANSWERED = 'template ANY A example.org {\n match "^www[.]example[.]org[.]$"\n answer "{{ .Name }} 30 IN A 198.51.100.1"\n fallthrough\n }\n template ANY ANY {\n rcode NXDOMAIN\n }'


class Servers(NamedTuple):
    """The Corefile and the port of each case."""

    corefiles: list[str]
    ports: list[int]


@pytest.fixture(scope="module")
def servers(filled: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """One CoreDNS with a server for each case, and one for what is outside."""
    place = tmp_path_factory.mktemp("coredns")
    outside, ready, *ports = (free_port() for _ in range(len(CASES) + 2))
    kubeconfig = filled.kubeconfig()
    corefiles = []
    for case, port in zip(CASES, ports, strict=True):
        inside = (
            "\n    ".join(case.directives).replace("KUBECONFIG", kubeconfig).replace("OUTSIDE", f"127.0.0.1:{outside}")
        )
        corefiles.append(f".:{port} {{\n    bind 127.0.0.1\n    errors\n    {inside}\n}}\n")
    own = f".:{outside} {{\n bind 127.0.0.1\n ready 127.0.0.1:{ready}\n {ANSWERED}\n}}\n"
    (place / "Corefile").write_text("".join((*corefiles, own)))
    command = [str(build.component("coredns")), "-conf", str(place / "Corefile")]
    process = processes.start(command, place / "coredns.log", ROOT)
    try:
        for index, case in enumerate(CASES):
            if KUBERNETES in case.directives and TWO in case.names and "hosts" not in case.about:
                filled.wait(case.about, lambda port=ports[index]: bool(asked(port, TWO)[1]))  # type: ignore[misc]
        yield Servers(corefiles, ports)
    finally:
        processes.stop([process])


def asked(port: int, question: str) -> tuple[str, list[str]]:
    """(rcode, answers with their ttl) of the real CoreDNS."""
    type_, _, name = question.rpartition(" ")
    try:
        answer = dns.query.udp(dns.message.make_query(name, type_ or "A"), "127.0.0.1", port=port, timeout=3)
    except (OSError, dns.exception.Timeout):
        return "", []
    found = [f"{str(rrset.name).rstrip('.')} {rrset.ttl} {item.to_text()}" for rrset in answer.answer for item in rrset]
    return dns.rcode.to_text(answer.rcode()), sorted(found)


@pytest.fixture(scope="module")
def states(filled: ControlPlane, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> list[ClusterState]:
    """The cluster as files, with the Corefile of each case."""
    objects = [item for kind in LISTS for item in items(filled, kind)]
    place = tmp_path_factory.mktemp("files")
    return [_with_corefile(place / f"{index}.json", objects, text) for index, text in enumerate(servers.corefiles)]


def _with_corefile(path: Path, objects: list[dict[str, object]], corefile: str) -> ClusterState:
    metadata = {"name": "coredns", "namespace": "kube-system"}
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"Corefile": corefile}}
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [*objects, config_map]}))
    return read(path)


@pytest.mark.parametrize(("index", "question"), QUESTIONS, ids=[f"{CASES[i].about}: {name}" for i, name in QUESTIONS])
def test_coredns_answers_as_its_corefile_says(
    servers: Servers, states: list[ClusterState], index: int, question: str, table: Table
) -> None:
    type_, _, name = question.rpartition(" ")
    state = states[index]
    found = ask_dns(state, name, type_ or "A", settled(state).dns, upstream=OUTSIDE)
    mine = found.rcode, sorted(f"{record.name} {record.ttl} {record.data}" for record in found.answers)
    real = asked(servers.ports[index], question)
    said = f"{CASES[index].about}: {question}"
    if not found.rcode:
        table.leave_open("Corefile, the real CoreDNS", said, found.note, real)
        return
    table.agree("Corefile, the real CoreDNS", said, mine, real)
