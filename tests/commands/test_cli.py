"""The command line from outside: what it prints where, what it ends with, and that bad input is one line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from svcmap.cli import command_first
from svcmap.commands.settings import Settings, read_settings, remember_theme, settings_file
from svcmap.parsers import COMMANDS
from svcmap.reports.formats import SHOW
from tests.conftest import FIXTURES, ROOT

DEMO = str(FIXTURES / "demo")
GOOD = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}], selector: {app: a}}\n"


def svcmap(
    *arguments: str, stdin: str | None = "", env: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run svcmap as a user would, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "svcmap", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=60,
        check=False,
        env={**os.environ, "KUBECONFIG": "/nonexistent", **(env or {})},
    )


def one_line(text: str) -> str:
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert "Traceback" not in text
    return lines[0]


def test_version_and_help() -> None:
    assert svcmap("--version").stdout.startswith("svcmap ")
    text = svcmap("--help").stdout
    for name, command in COMMANDS.items():
        assert f"  {name:<11} {command.does}\n" in text
        own = svcmap("help", name).stdout
        assert "examples:" in own
        assert "exit codes:" in own
        assert "--kubeconfig" not in own, "source options are explained once"
    assert "--kubeconfig" in svcmap("help", "sources").stdout
    assert svcmap("version").stdout == svcmap("--version").stdout


def test_list_prints_a_row_per_service_and_nothing_else_on_stdout() -> None:
    done = svcmap("list", DEMO)
    assert done.returncode == 0
    rows = done.stdout.splitlines()
    assert rows[0].split()[:3] == ["NAMESPACE", "NAME", "TYPE"]
    assert len(rows) == 16
    assert done.stderr == ""


def test_options_may_come_before_the_command() -> None:
    assert svcmap("-n", "shop", "list", "--demo").stdout == svcmap("list", "--demo", "-n", "shop").stdout != ""
    assert svcmap("--demo", "show", "shop/cart").stdout == svcmap("show", "shop/cart", "--demo").stdout != ""
    assert command_first(["-n", "list", "folder"]) == ["-n", "list", "folder"]
    assert command_first(["folder", "list"]) == ["folder", "list"]
    assert command_first(["--", "list"]) == ["--", "list"]


def test_list_json_has_the_shape_of_v1() -> None:
    document = json.loads(svcmap("list", DEMO, "-o", "json").stdout)
    assert list(document) == ["apiVersion", "kind", "source", "items", "loadIssues", "skipped"]
    assert (document["apiVersion"], document["kind"], document["source"]["kind"]) == (
        "svcmap/v1",
        "ServiceList",
        "manifests",
    )
    web = next(item for item in document["items"] if item["name"] == "web")
    assert web["ports"][0] == {"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080, "nodePort": 30080}
    assert web["endpoints"] == {"ready": 3, "total": 4, "basis": "observed"}
    assert web["entries"] == ["load-balancer", "ingress", "external-ip", "node-port", "cluster-ip"]
    assert (web["type"], web["shownAs"], web["exposure"], web["worst"]) == (
        "LoadBalancer",
        "LoadBalancer",
        "internet",
        {"id": "endpoints-partly-ready", "severity": "warning"},
    )
    assert (web["mark"], web["ways"]) == ("warning", {"reachable": 13, "unreachable": 0, "unknown": 0})
    assert web["file"].endswith("shop-web.yaml")
    assert web["line"] == 2
    payments = next(item for item in document["items"] if item["name"] == "payments")
    assert payments["worst"] == {"id": "selector-no-match", "severity": "error"}


def test_show_json_has_the_shape_of_v1() -> None:
    document = json.loads(svcmap("show", "shop/reports", "-f", DEMO, "-o", "json").stdout)
    assert list(document) == [
        "apiVersion",
        "kind",
        "service",
        "dns",
        "environment",
        "endpoints",
        "entries",
        "findings",
        "loadIssues",
    ]
    assert {
        "name": "reports.shop.svc.cluster.local",
        "type": "A",
        "ttl": 30,
        "data": ["10.96.90.4"],
        "worksFrom": "cluster",
        "note": None,
    } in document["dns"]
    assert document["environment"]["REPORTS_SERVICE_HOST"] == "10.96.90.4"
    (broken,) = [entry for entry in document["entries"] if entry["verdict"] == "unreachable"]
    assert (broken["reason"], broken["status"], broken["request"]["to"]) == (
        "service-port-not-found",
        503,
        "https://www.example.com/reports",
    )
    assert broken["hops"][-1]["verdict"] == "stop"
    (finding,) = document["findings"]
    assert (finding["id"], finding["suggestion"], finding["object"]) == (
        "ingress-port-not-found",
        "80",
        "Ingress/shop/shop",
    )
    assert finding["line"] > 1
    assert finding["breaks"] == ["https://www.example.com/reports"]


@pytest.mark.parametrize("name", ["shop/web", "svc/web", "web"])
def test_a_service_can_be_named_in_three_ways(name: str) -> None:
    namespace = [] if "shop/" in name else ["-n", "shop"]
    assert svcmap("show", name, *namespace, "-f", DEMO).stdout.startswith("Service shop/web\n")


def test_show_draws_diagrams() -> None:
    mermaid = svcmap("show", "shop/payments", "-f", DEMO, "-o", "mermaid").stdout
    assert mermaid.splitlines()[0] == mermaid.splitlines()[2] == "---"
    assert mermaid.splitlines()[1].startswith('title: "✗ shop/')
    assert mermaid.splitlines()[3] == "flowchart LR"
    assert '-. "✗ no-endpoints" .->' in mermaid
    assert "classDef stop " in mermaid
    dot = svcmap("show", "shop/web", "-f", DEMO, "-o", "dot").stdout
    assert dot.startswith('digraph "shop/web" {')
    assert dot.rstrip().endswith("}")


def test_standard_input_is_a_source() -> None:
    done = svcmap("list", "-f", "-", stdin=GOOD)
    assert done.returncode == 0
    assert "web" in done.stdout
    assert svcmap("list", "-", "-n", "shop", stdin=GOOD).stdout.splitlines()[1].split()[:2] == ["?", "shop"]


def test_what_was_not_read_is_said_and_ends_with_3() -> None:
    done = svcmap("list", "-", stdin=GOOD + "---\nkind: [\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    assert done.returncode == 3
    assert "web" in done.stdout
    assert "<stdin>:7" in done.stderr
    assert "skipped: 1 ConfigMap" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give a PATH"),
        (("list",), "--demo"),
        (("list", "no/such/path"), "no such file or directory"),
        (("list", ""), "empty PATH"),
        (("show", "shop/nothing", "-f", DEMO), "no Service shop/nothing"),
        (("show", "shop/wob", "-f", DEMO), "did you mean shop/web?"),
        (("show", "a/b/c", "-f", DEMO), "NAMESPACE/NAME"),
        (("list", "--demo", DEMO), "leave out the paths"),
        ((DEMO,), "needs a terminal"),
        (("lst",), "did you mean `svcmap list`?"),
        (("trce", "http://web", "--from", "internet"), "did you mean `svcmap trace`?"),
        (("check",), "there is no `svcmap check` yet"),
        (("help", "lst"), "help is of one command (list, show"),
        (("manifests",), "needs a terminal"),
    ],
)
def test_bad_input_is_one_line_and_ends_with_2(arguments: tuple[str, ...], says: str) -> None:
    done = svcmap(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in one_line(done.stderr)


@pytest.mark.parametrize(
    ("words", "options"),
    [(("help",), ("--help",)), (("help", "trace"), ("trace", "--help")), (("version",), ("--version",))],
)
def test_help_and_version_are_words_too(words: tuple[str, ...], options: tuple[str, ...]) -> None:
    done = svcmap(*words)
    assert (done.returncode, done.stdout) == (0, svcmap(*options).stdout)
    assert done.stdout


def test_a_folder_is_opened_although_a_command_is_nearly_called_so(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "a.yaml").write_text(GOOD)
    assert "needs a terminal" in one_line(svcmap("lists", cwd=tmp_path).stderr)


def test_an_empty_folder_is_an_error_and_one_without_services_is_not(tmp_path: Path) -> None:
    done = svcmap("list", str(tmp_path))
    assert (done.returncode, "no YAML or JSON files" in one_line(done.stderr)) == (2, True)
    (tmp_path / "c.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n")
    done = svcmap("list", str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "")
    assert "no Services" in one_line(done.stderr)


def test_permission_denied_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "a.yaml").chmod(0)
    if os.access(tmp_path / "a.yaml", os.R_OK):
        pytest.skip("root may read everything")
    done = svcmap("list", str(tmp_path / "a.yaml"))
    assert (done.returncode, "permission denied" in one_line(done.stderr)) == (2, True)


def test_closed_standard_input_is_one_line() -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m svcmap list - <&-"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 2
    assert "standard input is closed" in one_line(done.stderr)


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m svcmap show shop/web -f {DEMO} | head -1"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.stdout == "Service shop/web\n"
    assert done.stderr == ""


def test_ctrl_c_ends_quietly() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "svcmap", "list", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        # It is reading from us now: wait until it sleeps in that read.
        import time

        for _ in range(100):
            time.sleep(0.05)
            if "S" in Path(f"/proc/{process.pid}/stat").read_text().split()[2]:
                break
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_text_of_a_manifest_cannot_reach_the_terminal_as_escapes() -> None:
    evil = (
        GOOD.replace("app: a", '"app": "\\e[31mred\\u202e"')
        + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: x}}\n"
    )
    done = svcmap("show", "default/web", "-f", "-", stdin=evil)
    assert "\x1b" not in done.stdout + done.stderr
    assert "\u202e" not in done.stdout
    assert "[31mred" in done.stdout


def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "svcmap", "list", DEMO],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=False,
        )
    assert done.returncode == 2
    assert "cannot write the result" in one_line(done.stderr)


def test_a_locale_that_cannot_write_everything_is_no_traceback() -> None:
    done = svcmap("list", DEMO, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_pipes_and_devices_in_a_folder_are_named_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "web.yaml").write_text(GOOD)
    done = svcmap("list", str(tmp_path))
    assert done.returncode == 3
    assert "web" in done.stdout
    assert "not a regular file" in done.stderr
    assert "not a regular file" in svcmap("list", "/dev/zero").stderr


def test_a_file_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.yaml")).write_text(GOOD)
    document = json.loads(svcmap("list", str(tmp_path), "-o", "json").stdout)
    assert document["items"][0]["file"].endswith(".yaml")


def test_every_format_of_show_can_be_asked_for() -> None:
    usage = svcmap("show", "shop/web", "-f", DEMO, "-o", "nothing").stderr
    assert set(re.findall(r"\w+", usage.partition("choose from")[2].partition(")")[0])) == set(SHOW)
    for name in SHOW:
        assert svcmap("show", "shop/web", "-f", DEMO, "-o", name).stdout


def test_list_prints_what_is_asked_for_in_the_order_that_is() -> None:
    assert svcmap("list", "--demo", "-o", "name", "-n", "edge").stdout == "edge/dns-ext\nedge/ssh-gw\n"
    faults = svcmap("list", "--demo", "--problems", "--sort-by", "problem", "-o", "name").stdout.split()
    assert faults == ["shop/cart", "shop/payments", "shop/reports", "mail/smtp", "shop/web"]
    rows = svcmap("list", "--demo", "--no-headers", "-n", "data").stdout.splitlines()
    assert [row.split()[1] for row in rows] == ["orders-db", "postgres"]
    assert "orders.c9xyz.e…ample.com" in rows[0]
    assert "orders.c9xyz.eu-central-1.rds.example.com" in svcmap("list", "--demo", "-o", "wide").stdout
    assert "apiVersion: svcmap/v1\n" in svcmap("list", "--demo", "-o", "yaml").stdout
    assert svcmap("list", "--demo", "--sort-by", "ready", "-o", "name").stdout.splitlines()[0] == "shop/payments"


LABELLED = """apiVersion: v1
kind: Service
metadata: {name: a, labels: {tier: front, app: x}}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: b, labels: {tier: back}}
spec: {ports: [{port: 80}]}
"""


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("tier=front", "a"),
        ("tier!=front", "b"),
        ("tier in (front, back),app", "a"),
        ("!app", "b"),
        ("tier notin (front)", "b"),
        ("tier==front,app=x", "a"),
    ],
)
def test_list_takes_a_selector_as_kubectl_does(selector: str, found: str) -> None:
    assert svcmap("list", "-f", "-", "-o", "name", "-l", selector, stdin=LABELLED).stdout == f"default/{found}\n"


def test_a_selector_that_is_none_is_one_line() -> None:
    done = svcmap("list", "--demo", "-l", "a=(b")
    assert done.returncode == 2
    assert "a selector is key=value" in one_line(done.stderr)


def test_marks_are_coloured_where_that_is_wanted() -> None:
    assert "\x1b[31;1m✗\x1b[0m  shop" in svcmap("list", "--demo", "--color", "always").stdout
    assert "\x1b" not in svcmap("list", "--demo").stdout
    assert "\x1b" not in svcmap("list", "--demo", "-o", "json", "--color", "always").stdout
    assert "\x1b[31;1m✗ unreachable\x1b[0m" in svcmap("trace", "http://web", "--demo", "--color", "always").stdout


def test_show_says_once_what_ports_share() -> None:
    text = svcmap("show", "shop/web", "--demo").stdout
    assert "✓ load balancer 80/TCP, 443/TCP, 9090/TCP  reachable" in text
    assert text.count("the other 2 ports take the same way; only the numbers differ") == 4
    assert text.count("kubectl describe pod") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("NAME  TYPE  CLUSTER-IP  AGE\nweb  ClusterIP  10.0.0.1  3d\n", "a table of kubectl get: add -o yaml"),
        ("NAMESPACE   NAME   READY   AGE\nx   y   1/1   3d\n", "a table of kubectl get: add -o yaml"),
        ("Name:    web\nNamespace:   shop\nLabels:   app=web\n", "the output of kubectl describe"),
        ('Error from server (NotFound): services "web" not found\n', "what kubectl says of an error"),
        ("$ kubectl get svc -o yaml\n" + GOOD, "the prompt of a shell"),
        ("you@host:~/shop$ kubectl get svc -o yaml\n" + GOOD, "the prompt of a shell"),
        ("```yaml\n" + GOOD + "```\n", "a Markdown fence"),
        ("[" + '{"apiVersion": "v1", "kind": "Service"}' + "]", "kubectl refuses it"),
    ],
)
def test_what_was_pasted_is_recognised_by_what_it_is(text: str, says: str) -> None:
    done = svcmap("list", "-f", "-", stdin=text)
    assert says in done.stderr
    assert done.returncode == 3


def test_a_field_of_a_wrong_type_is_no_fact_and_a_misspelt_one_is_named() -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        'spec: {clusterIP: 10.0.0.1, ports: [{port: "80"}, {name: b, port: 81, targetport: 8080}]}\n'
    )
    done = svcmap("list", "-f", "-", stdin=text)
    assert "81/TCP" in done.stdout
    assert "0/TCP" not in done.stdout
    assert "unknown field spec.ports[1].targetport; did you mean targetPort?" in done.stderr
    stream = '{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}}\n' * 1
    both = stream + stream.replace('"a"', '"b"')
    assert svcmap("list", "-f", "-", "-o", "name", stdin=both).stdout == "default/a\ndefault/b\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_the_shell_and_offers_services(shell: str) -> None:
    done = svcmap("completion", shell)
    assert done.returncode == 0
    assert "_svcmap_services" in done.stdout
    assert "--sort-by" in done.stdout or "-l sort-by" in done.stdout
    if shell == "bash":
        checked = subprocess.run(["bash", "-n"], input=done.stdout, text=True, capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr


def test_completion_asks_svcmap_and_never_shows_an_error() -> None:
    assert svcmap("_complete", "services", "show", "--demo", "-n", "edge").stdout == "edge/dns-ext\nedge/ssh-gw\n"
    assert svcmap("_complete", "namespaces", "list", "--demo").stdout.split()[0] == "data"
    done = svcmap("_complete", "services", "list", "-f", "nowhere", "-o")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_settings_are_read_and_a_broken_file_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = settings_file({"XDG_CONFIG_HOME": str(tmp_path)})
    assert read_settings(file) == Settings()
    remember_theme(file, "light")
    assert read_settings(file).theme == "light"
    file.write_text("# mine\ndensity: compact\nnamespace: shop\ntheme: dark\n")
    remember_theme(file, "contrast")
    assert file.read_text() == "# mine\ndensity: compact\nnamespace: shop\ntheme: contrast\n"
    assert read_settings(file) == Settings(theme="contrast", density="compact", namespace="shop")
    for text, says in (
        ("theme: pink\n", "theme is dark, light, contrast"),
        ("colour: red\n", "colour is no setting"),
        ("a: [\n", "line "),
        ("- x\n", "a setting a line"),
        ("namespace: Not A Name\n", "is no name of one"),
    ):
        file.write_text(text)
        assert read_settings(file) == Settings()
        said = one_line(capsys.readouterr().err)
        assert says in said
        assert said.endswith("the file is ignored")
