"""`trace`, `dig` and `verify` from outside: output, exit codes, and one line for bad input."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from svcmap.cli import main
from tests.commands.test_cli import one_line
from tests.conftest import FIXTURES, ROOT


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def svcmap(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run svcmap in this process: what it prints and ends with."""

    def run(*arguments: str) -> Done:
        try:
            code = main(arguments)
        except SystemExit as ended:  # argparse
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return Done(int(code), out, err)

    return run


Run = Callable[..., Done]
DEMO_QUESTIONS = str(FIXTURES / "expectations" / "demo.expect.yaml")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("trace", "https://www.example.com/cart"), 0),
        (("trace", "https://www.example.com/pay"), 1),
        (("trace", "http://web", "--from", "namespace:shop"), 0),
        (("trace", "tcp://10.96.12.7:80", "--from", "node:node-a"), 0),
        (("trace", "http://localhost:30080", "--from", "node:node-a"), 0),
        (("trace", "udp://www.example.com:53"), 1),
        (("trace", "tcp://198.51.100.7:80"), 0),
        (("trace", "203.0.113.10"), 0),
        (("trace", "shop/payments"), 1),
        (("trace", "svc/web", "-n", "shop"), 0),
        (("trace", "web", "-n", "shop"), 0),
        (("dig", "web.shop.svc.cluster.local"), 0),
        (("dig", "nobody.shop.svc.cluster.local"), 1),
        (("dig", "www.example.org"), 3),
        (("dig", "8.8.8.8"), 3),
        (("dig", "10.96.12.7"), 0),
        (("dig", "web", "--from", "namespace:shop", "A"), 0),
    ],
)
def test_exit_codes(svcmap: Run, arguments: tuple[str, ...], code: int) -> None:
    done = svcmap(*arguments, "--demo")
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("trace",), "required: URL"),
        (("trace", "http://x", "-o", "yaml"), "invalid choice"),
        (("trace", "tcp://10.96.12.7"), "a port from 1 to 65535 is needed"),
        (("trace", "tcp://10.96.12.7:0"), "a port from 1 to 65535 is needed"),
        (("trace", "tcp://10.96.12.7:99999"), "not a URL"),
        (("trace", "tcp://10.96.12.7:http"), "not a URL"),
        (("trace", "http://[::1"), "not a URL"),
        (("trace", "http://a b/"), "not a URL"),
        (("trace", "ftp://a/"), "not a URL"),
        (("trace", "http://a", "--from", "me"), "who asks is"),
        (("trace", "http://a", "--from", "pod:shop/nobody"), "Pod shop/nobody is not in demo"),
        (("trace", "http://a", "--via", "bogus"), "where a request arrives is"),
        (("trace", "http://a", "--via", "node:nobody"), "Node nobody is not in demo"),
        (("trace", "http://a", "-H", "Host"), "NAME:VALUE"),
        (("trace", "192.0.2.77"), "nothing in demo leads through"),
        (("dig", ""), "not a name"),
        (("dig", "a b"), "not a name"),
        (("dig", "a..b"), "labels of 1 to 63"),
        (("dig", "a" * 64), "labels of 1 to 63"),
        (("dig", ".".join(["a" * 63] * 4)), "labels of 1 to 63"),
        (("dig", "web", "A6"), "a record type is one of"),
        (("dig", "web", "A", "more"), "unrecognized arguments"),
        (("verify", "missing.yaml"), "cannot be read"),
        (("verify", DEMO_QUESTIONS, "--skip", "riddle"), "a kind of question is one of"),
        (("trace", "http://a", "--assume", "missing.yaml"), "cannot be read"),
    ],
)
def test_bad_input_is_one_line(svcmap: Run, arguments: tuple[str, ...], says: str) -> None:
    done = svcmap(*arguments, "--demo")
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in one_line(done.stderr)


@pytest.mark.parametrize(
    "option", [("--from", "node:node-a"), ("--via", "node:node-a"), ("--method", "GET"), ("-H", "a: b")]
)
def test_a_look_up_takes_no_options_of_a_request(svcmap: Run, option: tuple[str, str]) -> None:
    done = svcmap("trace", "203.0.113.10", "--demo", *option)
    assert done.returncode == 2
    assert option[0] in one_line(done.stderr)


def test_a_trace_says_where_it_stops_and_what_to_do(svcmap: Run) -> None:
    done = svcmap("trace", "https://www.example.com/pay", "--demo").stdout
    assert done.startswith("✗ unreachable  https://www.example.com/pay  from internet\n  no-endpoints at hop 5")
    assert "next: set the selector to app=payments" in done


def test_json_of_a_trace_has_every_key(svcmap: Run) -> None:
    document = json.loads(svcmap("trace", "https://www.example.com/pay", "--demo", "-o", "json").stdout)
    assert document["apiVersion"] == "svcmap/v1"
    assert (document["verdict"], document["reason"], document["service"]) == (
        "unreachable",
        "no-endpoints",
        "shop/payments",
    )
    for key in ("backends", "snat", "hairpin", "shortCircuit", "location", "grpcCode", "invalid", "suggest"):
        assert key in document


def test_json_of_a_look_up_is_a_list_of_traces(svcmap: Run) -> None:
    document = json.loads(svcmap("trace", "203.0.113.10", "--demo", "-o", "json").stdout)
    assert {item["service"] for item in document["items"]} == {"shop/web"}


def test_a_host_header_chooses_the_rule(svcmap: Run) -> None:
    done = svcmap("trace", "https://203.0.113.20/pay", "--demo", "-H", "Host: www.example.com:443", "-o", "json")
    assert json.loads(done.stdout)["service"] == "shop/payments"


def test_a_dns_answer_is_in_zone_file_form(svcmap: Run) -> None:
    assert (
        "web.shop.svc.cluster.local. 30 IN A 10.96.12.7\n"
        in svcmap("dig", "web.shop.svc.cluster.local", "--demo").stdout
    )
    document = json.loads(svcmap("dig", "web.shop.svc.cluster.local", "--demo", "-o", "json").stdout)
    assert document["answers"] == ["web.shop.svc.cluster.local. 30 IN A 10.96.12.7"]


def test_the_demo_answers_its_own_questions(svcmap: Run) -> None:
    done = svcmap("verify", DEMO_QUESTIONS)
    assert (done.stdout, done.returncode) == ("7 passed, 0 failed\n", 0)
    assert svcmap("verify", DEMO_QUESTIONS, "--skip", "dns").stdout == "5 passed, 0 failed\n"


@pytest.mark.parametrize(("file", "count"), [("openshift", 13), ("tiers", 10)])
def test_the_fixtures_answer_their_own_questions(svcmap: Run, file: str, count: int) -> None:
    done = svcmap("verify", str(FIXTURES / "expectations" / f"{file}.expect.yaml"))
    assert (done.stdout, done.returncode) == (f"{count} passed, 0 failed\n", 0)


WRONG = "expectations:\n- id: wrong\n  dns: {name: web.shop.svc.cluster.local, type: A}\n  expect: {rcode: NXDOMAIN}\n"


def test_a_wrong_expectation_is_named_and_ends_with_1(svcmap: Run, tmp_path: Path) -> None:
    file = tmp_path / "wrong.expect.yaml"
    file.write_text(WRONG)
    done = svcmap("verify", str(file), "--demo")
    assert done.returncode == 1
    assert (
        done.stdout
        == f'{file}: wrong: got {{"rcode":"NOERROR"}}, expected {{"rcode":"NXDOMAIN"}}\n0 passed, 1 failed\n'
    )
    report = json.loads(svcmap("verify", str(file), "--demo", "-o", "json").stdout)
    assert (report["kind"], report["passed"], report["failed"]) == ("VerifyReport", 0, 1)
    assert report["results"][0]["got"] == {"rcode": "NOERROR"}
    suite = ET.fromstring(svcmap("verify", str(file), "--demo", "-o", "junit").stdout)
    assert [case.attrib["name"] for case in suite.iter("testcase")] == ["wrong"]
    assert len(list(suite.iter("failure"))) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it has no list `expectations:`"),
        ("expectations: 1\n", "it has no list `expectations:`"),
        ("expectations: [\n", ":2:1"),
        ("expectations: []\nexpectation: []\n", "unknown key expectation"),
        ("expectations: []\n---\nexpectations: []\n", "must be one YAML document"),
        ("expectations: []\nexpectations: []\n", "is given twice"),
        ("manifests: 1\nexpectations: []\n", "must be a list of paths"),
        ("options: 1\nexpectations: []\n", "options: must be a mapping"),
        ("expectations: [1]\n", "expectations[0]: must be a mapping"),
        ("expectations: [{id: a, expect: {}}]\n", "one question of"),
        ("expectations: [{riddle: {}, expect: {}}]\n", "given: riddle"),
        ("expectations: [{dns: {}, trace: {}, expect: {}}]\n", "given: dns, trace"),
        ("expectations: [{dns: 1, expect: {}}]\n", "must be mappings"),
        (
            "options: {dns: {ttl: -5}}\nexpectations: [{dns: {name: a, type: A}, expect: {}}]\n",
            "x.expect.yaml: options: dns.ttl",
        ),
        ("options: {proxy: {mode: magic}}\nexpectations: [{dns: {name: a, type: A}, expect: {}}]\n", "proxy.mode"),
    ],
)
def test_an_expectation_file_that_makes_no_sense(svcmap: Run, tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "x.expect.yaml"
    file.write_text(text)
    done = svcmap("verify", str(file), "--demo")
    assert done.returncode == 2
    assert says in one_line(done.stderr)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("trace: {to: 'http://web', from: 'pod:shop/nobody'}, expect: {verdict: reachable}", "is not in demo"),
        ("trace: {to: 'http://web', form: internet}, expect: {verdict: reachable}", "unknown key form"),
        ("trace: {to: 'http://web'}, expect: {verdikt: null}", "unknown key verdikt under expect"),
        ("dns: {type: A}, expect: {rcode: NOERROR}", "the question needs name"),
        ("policy: {from: 'ip:abc', to: 'ip:10.0.0.1', port: 80}, expect: {verdict: allowed}", "a party is"),
        ("policy: {from: 'ip:10.0.0.2', to: 'ip:10.0.0.1', port: http}, expect: {verdict: allowed}", "is no number"),
        (
            "policy: {from: 'ip:10.0.0.2', to: 'ip:10.0.0.1', port: 1, protocol: foo}, expect: {verdict: allowed}",
            "is none of",
        ),
        ("finding: {object: Service/shop/nope}, expect: {code: null}", "no Service/shop/nope"),
        ("endpoints: {service: shop/nope}, expect: {endpoints: []}", "no Service shop/nope"),
        ("endpoints: {service: nope}, expect: {endpoints: []}", "is not NAMESPACE/NAME"),
        ("env: {pod: shop/web-5f7c-a}, expect: {vars: 5}", "a"),
        ("dns: {name: a.example, upstream: {a.example: 5}}, expect: {rcode: NOERROR}", "upstream is a mapping"),
        ("dns: {name: a.example, upstream: {a.example: {A: 5}}}, expect: {rcode: NOERROR}", "upstream is a mapping"),
        ("dns: {name: a.example, dnsServerIPs: 5}, expect: {rcode: NOERROR}", "dnsServerIPs is a list"),
    ],
)
def test_a_question_that_cannot_be_asked_fails_and_says_why(
    svcmap: Run, tmp_path: Path, question: str, says: str
) -> None:
    file = tmp_path / "x.expect.yaml"
    file.write_text(f"expectations:\n- {{id: a, {question}}}\n")
    done = svcmap("verify", str(file), "--demo")
    assert (done.returncode, done.stderr) == (1, "")
    assert says in done.stdout
    assert done.stdout.endswith("0 passed, 1 failed\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dns: {tll: 5}\n", "tll"),
        ("dns: {ttl: 99999}\n", "dns.ttl"),
        ("kubelet: {clusterDNS: [abc]}\n", "clusterDNS"),
        ("proxy: {clusterCIDR: abc}\n", "clusterCIDR"),
        ("proxy: {nodePortAddresses: [zzz]}\n", "nodePortAddresses"),
        ("[1]\n", "must be a mapping"),
        ("dns: [\n", ":2:1"),
        ("dns: {}\n---\nproxy: {}\n", "one YAML document"),
        ("dns: {}\ndns: {}\n", "given twice"),
    ],
)
def test_assumptions_that_make_no_sense(svcmap: Run, tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "assume.yaml"
    file.write_text(text)
    done = svcmap("dig", "web.shop.svc.cluster.local", "--demo", "--assume", str(file))
    assert done.returncode == 2
    assert says in one_line(done.stderr)


def test_assumptions_reach_every_command(svcmap: Run, tmp_path: Path) -> None:
    file = tmp_path / "assume.yaml"
    file.write_text("dns: {ttl: 7, zones: [corp.example]}\n")
    assert (
        "web.shop.svc.corp.example. 7 IN A"
        in svcmap("dig", "web.shop.svc.corp.example", "--demo", "--assume", str(file)).stdout
    )
    assert "web.shop.svc.corp.example" in svcmap("show", "shop/web", "--demo", "--assume", str(file)).stdout


def test_a_source_that_was_not_read_whole_proves_no_absence(svcmap: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("kind: [\n")
    (tmp_path / "web.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
    )
    question = tmp_path / "x.expect.yaml"
    question.write_text(WRONG)
    assert svcmap("trace", "http://other.example.org", "-f", str(tmp_path)).returncode == 3
    assert svcmap("dig", "a.default.svc.cluster.local", "-f", str(tmp_path)).returncode == 3
    assert svcmap("verify", str(question), "-f", str(tmp_path / "broken.yaml")).returncode == 3


def test_a_reader_that_goes_away_changes_no_exit_code() -> None:
    command = [sys.executable, "-u", "-m", "svcmap", "trace", "https://www.example.com/pay", "--demo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.wait(60) == 1
        assert running.stderr is not None
        assert running.stderr.read() == b""


def test_closed_standard_output_is_one_line() -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m svcmap list --demo >&-"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 2
    assert "standard output is closed" in one_line(done.stderr)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["trace", "http://web"],
            "web is Service shop/web: only pods know its name: svcmap trace http://web --from namespace:shop --demo",
        ),
        (
            ["trace", "http://web", "--from", "namespace:data"],
            "web is in shop: svcmap trace http://web.shop --from namespace:data --demo",
        ),
        (["trace", "http://wbe.shop/x"], "shop/web is: svcmap trace http://web.shop/x --from namespace:shop --demo"),
        (["trace", "shop/wbe"], "did you mean shop/web?"),
        (["dig", "web"], "web is Service shop/web: svcmap dig web.shop.svc.cluster.local --demo"),
        (["dig", "wbe.shop"], "no Service is called wbe.shop; shop/web is: svcmap dig web.shop.svc.cluster.local"),
        (["show", "wbe"], "did you mean shop/web?"),
    ],
)
def test_a_near_miss_names_the_command_that_works(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--demo"]) != 0
    assert says in capsys.readouterr().err


def test_a_bare_name_is_the_only_service_of_that_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "web", "--demo"]) == 0
    assert capsys.readouterr().out.startswith("Service shop/web\n")
    assert main(["trace", "payments", "--demo"]) == 1
    assert "ways through payments, to 1 Service" in capsys.readouterr().out
