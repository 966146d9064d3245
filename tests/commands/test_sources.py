"""Which source a command line names: files, a snapshot, the demo or a cluster; and what it says when it names none."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from svcmap.cli import main
from svcmap.commands import list_changes
from svcmap.commands.answers import MOST_ROUNDS
from svcmap.model.feed import Connection, Update
from tests.conftest import FIXTURES, state_of
from tests.sources.live.fake_api import Answer, Query, fake_api, listing, no_groups, status

DEMO = str(FIXTURES / "demo")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["list", DEMO, "--context", "prod"], "--context is about a live cluster: leave out the paths"),
        (["list", "--demo", "--as", "bob"], "--as is about a live cluster: leave out --demo"),
        (["list", "-w", DEMO], "--watch follows a live cluster; files do not change by themselves"),
        (["list", "--kubeconfig", "/nowhere"], "/nowhere: cannot be read: No such file or directory"),
        (["list"], "there is no kubeconfig either"),
        (["snapshot", "-o", "/nowhere/file", "--demo"], "-o /nowhere/file: cannot be written: no such file"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "seconds"), [("5", 5), ("5s", 5), ("1m", 60), ("1m30s", 90), ("500ms", 0.5), ("0", 0), ("1h", 3600)]
)
def test_a_time_is_written_as_kubectl_takes_it(text: str, seconds: float) -> None:
    from svcmap.cli import parse

    assert parse(["list", "--request-timeout", text]).request_timeout == seconds


@pytest.mark.parametrize("text", ["", "x", "5 s", "5d", "-1", "s"])
def test_what_is_no_time_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["list", f"--request-timeout={text}"])
    assert "a time is 5, 5s, 1m or 500ms" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["json", "json.gz"])
def test_a_snapshot_of_files_is_read_back(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / f"demo.{suffix}")
    assert main(["snapshot", "-o", path, "--demo"]) == 0
    capsys.readouterr()
    for words in (["list"], ["show", "shop/web"], ["trace", "https://www.example.com/pay"]):
        main([*words, "--demo"])
        # The file and line of an object are not in a snapshot.
        lines = capsys.readouterr().out.splitlines()
        wanted = [re.sub(r"  \(\S+:\d+\)$", "", line) for line in lines if not line.startswith("  from  ")]
        main([*words, "-f", path])
        assert capsys.readouterr().out.splitlines() == wanted
    assert main(["list", path, "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["source"]["kind"] == "snapshot"


def test_a_damaged_snapshot_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = b'{"apiVersion":"svcmap/v1","kind":"Snapshot",'
    cut = gzip.compress(head + b'"source":{"kind":"cluster","name":"x","readAt":""}}' * 50)[:60]
    for number, data in enumerate((head, head.replace(b"v1", b"v9") + b'"source":{}}', head + b'"source":7}')):
        path = tmp_path / f"{number}.json"
        path.write_bytes(data)
        assert main(["list", str(path)]) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"svcmap: {path}: a damaged snapshot: ")
        assert err.count("\n") == 1
    later = head.replace(b"v1", b"v2") + b'"source":{"kind":"cluster","name":"x","readAt":""}}'
    (tmp_path / "later.json").write_bytes(later)
    assert main(["list", str(tmp_path / "later.json")]) == 2
    assert "a snapshot of svcmap/v2; this svcmap reads svcmap/v1" in capsys.readouterr().err
    (tmp_path / "cut.gz").write_bytes(cut)
    assert main(["list", str(tmp_path / "cut.gz")]) in (2, 3)
    assert main(["list", str(tmp_path / "0.json"), DEMO]) == 2
    assert "a source of its own" in capsys.readouterr().err


def test_an_answer_that_always_needs_more_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pods that may not be listed stay a need; the question is not asked for ever."""
    port = {"port": 80, "protocol": "TCP", "targetPort": 80}
    service = {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"a": "b"}, "ports": [port], "clusterIP": "10.96.0.1"},
    }

    def answer(path: str, query: Query, headers: object) -> Answer:
        if path == "/apis":
            return no_groups()
        if path.endswith("/services"):
            return listing([service])
        return listing([]) if path.endswith(("/nodes", "/namespaces")) else status(403, "Forbidden")

    with fake_api(answer) as fake:
        code = main(["trace", "http://web.shop", "--from", "namespace:shop", "--kubeconfig", fake.kubeconfig(tmp_path)])
        pods = [path for _, path, _, _ in fake.requests if path.endswith("/pods")]
    out, err = capsys.readouterr()
    assert code == 3
    assert "unknown" in out
    assert "needs: pods of shop with a=b" in out
    assert len(pods) == 1 < MOST_ROUNDS
    assert "pods in shop: not allowed to list them" in err


def test_who_watches_a_list_is_told_when_the_cluster_is_lost_and_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(list_changes, "PATIENCE", 0.0)
    update = Update(state_of(""), frozenset(), None)
    lost, live = Connection("reconnecting", 0, 1, "connection refused"), Connection("live", 0)
    states = iter([live, lost, lost, lost, live])

    class Feed:
        title = "prod"

        def follow(self, tell: Callable[[Update], None]) -> None:
            self.tell = tell

        def connection(self) -> Connection:
            found = next(states)
            if found == live:
                self.tell(update)
            return found

    news = list_changes.News(Feed())  # type: ignore[arg-type]
    assert news.wait() is update
    assert news.wait() is update
    said = [line.split(" ", 2)[2] for line in capsys.readouterr().err.splitlines()]
    assert said == ["prod: no news: connection refused", "prod: live again"]
