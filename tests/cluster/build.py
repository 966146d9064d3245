"""Build etcd, the control plane and CoreDNS from their Go modules: `python -m tests.cluster.build`, once per go.sum."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
VERSION = "v1.36.3"
STAMP = "k8s.io/component-base/version"
NAMES = {"etcd": "server", "kube-apiserver": "", "kube-controller-manager": "", "coredns": ""}
"""Component → the name the Go client gives its binary, where that is another."""


def folder() -> Path:
    """Where the binaries of this go.sum are, or will be."""
    return HERE / ".bin" / hashlib.sha256((HERE / "go.sum").read_bytes()).hexdigest()[:16]


def missing() -> list[str]:
    """The components that are not built yet."""
    return [name for name in NAMES if not (folder() / name).exists()]


def build() -> None:
    """Build what is missing. Raises CalledProcessError where the Go client does."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    flags = f"-s -w -X {STAMP}.gitVersion={VERSION} -X {STAMP}.gitMajor=1 -X {STAMP}.gitMinor=36"
    environment = {**os.environ, "GOBIN": str(place), "GOFLAGS": "-buildvcs=false"}
    subprocess.run(["go", "install", "-ldflags", flags, "tool"], cwd=HERE, env=environment, check=True)
    for name, built in NAMES.items():
        if built:
            (place / built).rename(place / name)


if __name__ == "__main__":
    if not missing():
        sys.exit(0)
    if shutil.which("go") is None:
        sys.exit("the Go client is not installed: the components of a cluster cannot be built")
    build()
