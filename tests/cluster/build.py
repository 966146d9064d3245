"""Build the real components from their Go modules: `python -m tests.cluster.build`, once for each version of them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
VERSION = "v1.36.3"
STAMP = "k8s.io/component-base/version"


class Definitions(NamedTuple):
    """Definitions of custom resources: the module that has them, and where they are in it."""

    module: str
    pattern: str


class Module(NamedTuple):
    """One of our Go modules: its folder, the packages that are installed (`tool`: those that go.mod says are tools),
    flags of the linker, what the Go client calls a binary that is another name to us, and files of definitions.
    """

    folder: str
    makes: tuple[str, ...]
    packages: tuple[str, ...] = ("tool",)
    flags: str = ""
    renamed: Mapping[str, str] = {}
    definitions: Mapping[str, Definitions] = {}

    @property
    def place(self) -> Path:
        """Where its components of these versions are, or will be."""
        digest = hashlib.sha256(repr((self.packages, self.flags)).encode())
        source = HERE / self.folder
        mains = source.glob("**/main.go") if self.folder else (HERE / "environment").glob("main.go")
        for path in (source / "go.mod", source / "go.sum", *sorted(mains)):
            digest.update(path.read_bytes())
        return HERE / ".bin" / f"{self.folder or 'kubernetes'}-{digest.hexdigest()[:12]}"

    @property
    def files(self) -> tuple[str, ...]:
        return (*self.makes, *self.definitions)


KUBERNETES = Module(
    "",
    ("etcd", "kube-apiserver", "kube-controller-manager", "coredns", "kube-proxy", "environment"),
    ("tool", "./environment"),
    f"-X {STAMP}.gitVersion={VERSION} -X {STAMP}.gitMajor=1 -X {STAMP}.gitMinor=36",
    renamed={"server": "etcd"},
)
CONTOUR = Module(
    "ingress",
    ("contour",),
    definitions={
        "contour.crds": Definitions("github.com/projectcontour/contour", "examples/contour/01-crds.yaml"),
        "gateway-api.crds": Definitions("sigs.k8s.io/gateway-api", "config/crd/standard/*.yaml"),
    },
)
NGINX = Module(
    "nginx",
    ("nginx-ingress-controller",),
    # It has no releases as a Go module; this commit is the one after v1.11.0.
    flags="-X k8s.io/ingress-nginx/version.RELEASE=v1.11.0",
    renamed={"nginx": "nginx-ingress-controller"},
)
OF_ENVOY_GATEWAY = Module(
    "envoy_gateway",
    ("envoy-gateway",),
    definitions={
        "envoy-gateway.crds": Definitions(
            "github.com/envoyproxy/gateway", "charts/gateway-helm/charts/crds/crds/**/*.yaml"
        )
    },
)
OF_ISTIO = Module(
    "istio",
    ("pilot-discovery",),
    definitions={
        "istio.crds": Definitions("istio.io/istio", "manifests/charts/base/files/crd-all.gen.yaml"),
        "istio-gateway-api.crds": Definitions("sigs.k8s.io/gateway-api", "config/crd/experimental/gateway.*_*.yaml"),
    },
)
OF_POLICIES = Module(
    "policies",
    ("kube-network-policies", "verdicts"),
    ("tool", "./verdicts"),
    renamed={"standard": "kube-network-policies"},
    definitions={
        "network-policy-api.crds": Definitions("sigs.k8s.io/network-policy-api", "config/crd/experimental/policy*.yaml")
    },
)
CILIUM = Module("cilium", ("cilium",), (".",))
MODULES = (KUBERNETES, CONTOUR, NGINX, OF_ENVOY_GATEWAY, OF_ISTIO, OF_POLICIES, CILIUM)

CORE = KUBERNETES.makes[:4]
PROXY = ("kube-proxy",)
KUBELET = ("environment",)
"""The part of a kubelet that makes the environment of containers (environment/main.go)."""
INGRESS, INGRESS_NGINX, ENVOY_GATEWAY, ISTIO = (m.files for m in (CONTOUR, NGINX, OF_ENVOY_GATEWAY, OF_ISTIO))
POLICIES = ("kube-network-policies", "network-policy-api.crds")
VERDICTS = ("verdicts", "cilium")
"""The engines of kube-network-policies and of Cilium, asked as libraries."""


def component(name: str) -> Path:
    """Where a component is, or will be."""
    return next(module.place / name for module in MODULES if name in module.files)


def missing(*names: str) -> list[str]:
    """Those of the components that are not built yet."""
    return [name for name in names if not component(name).exists()]


def build(module: Module) -> None:
    """Build a module where something of it is missing. Raises CalledProcessError where the Go client does."""
    if not missing(*module.files):
        return
    module.place.mkdir(parents=True, exist_ok=True)
    _go(module, "install", "-ldflags", f"-s -w {module.flags}".strip(), *module.packages)
    for built, name in module.renamed.items():
        (module.place / built).rename(module.place / name)
    for name, (of, pattern) in module.definitions.items():
        source = Path(_go(module, "list", "-m", "-f", "{{.Dir}}", of).strip())
        (module.place / name).write_text("\n---\n".join(path.read_text() for path in sorted(source.glob(pattern))))


def _go(module: Module, *words: str) -> str:
    """What the Go client prints, run in the folder of a module; its complaints go to the terminal."""
    environment = {**os.environ, "GOBIN": str(module.place), "GOFLAGS": "-buildvcs=false"}
    return subprocess.run(
        ["go", *words], cwd=HERE / module.folder, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


if __name__ == "__main__":
    if all(not missing(*module.files) for module in MODULES):
        sys.exit(0)
    if shutil.which("go") is None:
        sys.exit("the Go client is not installed: the components of a cluster cannot be built")
    for module in MODULES:
        build(module)
