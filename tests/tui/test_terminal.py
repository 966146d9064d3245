"""The whole app in a real terminal, through tmux: keys in, captured screens out, and a clean terminal afterwards."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FIXTURES, ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]
SVCMAP = f"{shlex.quote(sys.executable)} -m svcmap"
DEMO = shlex.quote(str(FIXTURES / "demo"))


class Terminal:
    """One tmux session with a shell in it."""

    def __init__(self, size: str) -> None:
        self.server = f"svcmap-test-{uuid.uuid4().hex[:8]}"
        columns, lines = size.split("x")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", lines, "env -u NO_COLOR sh")
        self.wait_for_prompt()  # what is typed before it stands there a second time

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-L", self.server, *arguments]
        environment = {**os.environ, "PS1": "$ ", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        for measured in ("COLUMNS", "LINES"):  # the snapshots' plugin leaves its size behind
            environment.pop(measured, None)
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False).stdout

    def keys(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def run(self, command: str) -> None:
        self.keys(command, "Enter")

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p")

    def wait_for(self, text: str, *, gone: bool = False, seconds: float = 20.0) -> str:
        """The screen as soon as it shows (or no longer shows) a text."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            screen = self.screen()
            if (text in screen) != gone:
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{text!r} {'still there' if gone else 'not seen'}:\n{self.screen()}")

    def wait_for_prompt(self, seconds: float = 20.0) -> None:
        """Until the shell reads again: keys sent while a program puts the terminal back are thrown away with its input."""
        deadline = time.monotonic() + seconds
        while self.screen().rstrip().rpartition("\n")[2].strip() not in ("#", "$"):
            assert time.monotonic() < deadline, f"no prompt:\n{self.screen()}"
            time.sleep(0.05)

    def close(self) -> None:
        self.tmux("kill-server")


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    found = Terminal(getattr(request, "param", "120x40"))
    yield found
    found.close()


@pytest.mark.parametrize("terminal", ["80x24", "120x40", "200x60"], indirect=True)
def test_open_filter_move_select_a_port_and_quit(terminal: Terminal) -> None:
    terminal.run(f"{SVCMAP} {DEMO}")
    terminal.wait_for("✗3 !2 of 15")
    terminal.keys("/", "web", "Enter", "Enter")
    screen = terminal.wait_for("203.0.113.10")
    assert "shop/web" in screen
    # One burst: every key must reach the pane that has the focus by then.
    terminal.keys("p", "p", "4", "j")
    terminal.wait_for("┃")
    screen = terminal.wait_for("443/TCP")
    terminal.keys("q")
    terminal.wait_for("1 Services" if "1 Services" in screen else "FROM", gone=True)
    terminal.wait_for_prompt()
    terminal.run("echo code=$?")
    screen = terminal.wait_for("code=0")
    assert "Traceback" not in screen


@pytest.mark.parametrize("key", ["C-c", "C-q", "q"])
def test_leaving_leaves_a_clean_terminal(terminal: Terminal, key: str) -> None:
    terminal.run(f"{SVCMAP} --demo")
    terminal.wait_for("1 Services")
    terminal.keys(key)
    terminal.wait_for("1 Services", gone=True)
    terminal.wait_for_prompt()
    terminal.run("clear; stty -a | grep -o -w -e '[-]*icanon' -e '[-]*echo'; echo done=$?")
    screen = terminal.wait_for("done=0")
    assert "Traceback" not in screen
    assert {"icanon", "echo"} <= set(screen.split())


def test_a_pipe_of_manifests_leaves_the_keyboard_to_the_terminal(terminal: Terminal) -> None:
    terminal.run(f"cat {DEMO}/*.yaml | {SVCMAP} -")
    terminal.wait_for("1 Services")
    terminal.keys("g", "j")
    screen = terminal.wait_for("data/postgres")
    assert "no VIP (headless)" in screen
    terminal.keys("q")
    terminal.wait_for("1 Services", gone=True)


FAULTY = """apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: wbe}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running, podIP: 10.244.0.1, conditions: [{type: Ready, status: "True"}]}
"""


def test_what_was_mended_in_the_editor_is_read_again(terminal: Terminal, tmp_path: Path) -> None:
    file, editor = tmp_path / "web.yaml", tmp_path / "editor"
    file.write_text(FAULTY)
    editor.write_text('#!/bin/sh\ntest "$1" = +4 && sed -i s/wbe/web/ "$2"\n')
    editor.chmod(0o755)
    terminal.run(f"EDITOR={editor} VISUAL= {SVCMAP} {file}")
    terminal.wait_for("✗1 !0 of 1")
    terminal.keys("y")
    terminal.wait_for("esc close")
    terminal.keys("E")
    terminal.wait_for("✗0 !0 of 1")
    assert "no problem found" in terminal.screen()
    terminal.keys("q")
    terminal.wait_for("1 Services", gone=True)


@pytest.mark.parametrize("terminal", ["38x7"], indirect=True)
def test_a_terminal_too_small_is_one_line(terminal: Terminal) -> None:
    terminal.run(f"clear; {SVCMAP} --demo; echo code=$?")
    screen = terminal.wait_for("code=2")
    assert "too small" in screen.replace("\n", "")


def test_an_ascii_locale_draws_ascii(terminal: Terminal) -> None:
    terminal.run(f"LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {SVCMAP} --demo --service shop/web")
    screen = terminal.wait_for("internet ->")
    assert screen.isascii()
    terminal.keys("q")


def test_no_color_keeps_what_matters(terminal: Terminal) -> None:
    terminal.run(f"NO_COLOR=1 {SVCMAP} --demo --service shop/payments")
    terminal.wait_for("did you mean app=payments?")
    raw = terminal.tmux("capture-pane", "-p", "-e")
    import re

    shades = {tuple(code.split(";")[2:5]) for code in re.findall(r"\x1b\[([0-9;]*)m", raw) if code.startswith("38;2;")}
    assert all(len(set(shade)) == 1 for shade in shades), shades
    terminal.keys("q")


def test_nothing_is_left_of_it_when_the_terminal_is_not_one() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "svcmap", "--demo"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 2
    assert (
        done.stderr == "svcmap: the terminal UI needs a terminal; `svcmap list` and `svcmap show` print to anything\n"
    )
