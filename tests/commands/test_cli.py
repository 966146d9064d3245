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
    assert "svcmap list" in svcmap("--help").stdout


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
    assert mermaid.startswith("flowchart LR\n")
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
        (("help", "lst"), "help is of one command: list, show"),
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
