"""A wheel carries everything it needs, and works from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

HEADLESS_UI = """
import asyncio
from svcmap import resources
from svcmap.sources.manifests import ManifestSource
from svcmap.tui.app import SvcmapApp

source = ManifestSource([str(resources.folder("fixtures/demo"))], title="demo")
app = SvcmapApp(source, source.load())

async def main():
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("j")
        await pilot.pause()
        print(app.main.name_open)

asyncio.run(main())
"""


def run(*command: str, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_installed_wheel_works_from_any_folder(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT), cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "svcmap/styles/svcmap.tcss" in names
    assert "svcmap/fixtures/demo/shop-web.yaml" in names
    assert not [name for name in names if name.startswith("tests/")]
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", str(venv), cwd=tmp_path)
    run(
        str(venv / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "-q",
        "-c",
        str(ROOT / "constraints.txt"),
        str(wheel),
        cwd=tmp_path,
    )
    svcmap = str(venv / "bin" / "svcmap")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert run(svcmap, "--version", cwd=elsewhere).startswith("svcmap ")
    assert "ingress-nginx-controller" in run(svcmap, "list", "--demo", cwd=elsewhere)
    assert run(str(venv / "bin" / "python"), "-c", HEADLESS_UI, cwd=elsewhere).strip() == "shop/catalog"
