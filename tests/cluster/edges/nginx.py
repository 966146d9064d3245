"""The real ingress-nginx with Debian's nginx and its Lua module: `python -m tests.cluster.edges.nginx FOLDER`.

It asks every request of `nginx_cases` and leaves in the folder `answers.json`, one list of answers for each, and
`snapshot.json`, the cluster as svcmap reads it. The files of the controller's image come out of its Go module and are
laid over those of the machine, in a mount namespace of their own. What Debian's nginx lacks is left out of the template:
HTTP/2 and the `stream` block, so neither gRPC nor TCP and UDP services can be asked here.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

from tests.cluster import build
from tests.cluster.edges.asking import Request
from tests.cluster.edges.lab import Front, Lab, alone
from tests.cluster.edges.nginx_admission import admitted, certificate
from tests.cluster.edges.nginx_cases import CASES, CONFIGURED, SETTINGS
from tests.cluster.edges.nginx_objects import CLASS, HOST, NAMESPACES, SERVICES, backends, clients, is_canary

HERE = Path(__file__).parents[1] / "nginx"
NAME = "ingress-nginx-controller"
FRONT_OF_IT = Front("ingress-nginx", NAME)
MODULES = ("ndk_http_module", "ngx_http_lua_module", "ngx_http_headers_more_filter_module")
STREAM_PORT = 10247
"""Where the `stream` block would take its configuration: the controller stops short of certificates without it."""
CONFIGURATION = {"use-http2": "false", "worker-processes": "1", "annotations-risk-level": "Critical"}
FILES = [
    "/api/v1/services",
    "/api/v1/pods",
    "/api/v1/nodes",
    "/api/v1/secrets",
    "/api/v1/configmaps",
    "/api/v1/namespaces",
    "/apis/discovery.k8s.io/v1/endpointslices",
    "/apis/networking.k8s.io/v1/ingresses",
    "/apis/networking.k8s.io/v1/ingressclasses",
]
"""What svcmap is given as files where it does not read it from a cluster: the controller's ConfigMap, and Secrets."""
FLAGS = """--controller-class=k8s.io/ingress-nginx --disable-leader-election --update-status=false
    --enable-metrics=false --sync-rate-limit=10 --post-shutdown-grace-period=0"""


def lay_files(place: Path) -> None:
    """Lay the files of the image over the machine's; only this mount namespace sees them."""
    source = Path(
        subprocess.run(
            ["go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/ingress-nginx"],
            cwd=HERE,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
    )
    image, work, temporary = place / "etc", place / "etc-work", place / "tmp-nginx"
    own = [image / "ingress-controller" / name for name in ("ssl", "auth", "telemetry")]
    for folder in (*own, image / "nginx/template", work, temporary, Path("/tmp/nginx")):
        folder.mkdir(parents=True, exist_ok=True)
    rootfs = source / "rootfs/etc/nginx"
    (image / "nginx/template/nginx.tmpl").write_text(template((rootfs / "template/nginx.tmpl").read_text()))
    shutil.copytree(rootfs / "lua", image / "nginx/lua", ignore=shutil.ignore_patterns("test"))
    shutil.copy(rootfs / "nginx.conf", image / "nginx/nginx.conf")
    subprocess.run(["chmod", "-R", "u+w", str(image)], check=True)  # the module cache is read-only
    shutil.copytree(HERE / "lua", image / "nginx/lua", dirs_exist_ok=True)
    layers = f"lowerdir=/etc,upperdir={image},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, "/etc"], check=True)
    subprocess.run(["mount", "--bind", str(temporary), "/tmp/nginx"], check=True)


def template(text: str) -> str:
    """The controller's template for an nginx without HTTP/2 directive and without Lua in `stream`."""
    without_stream = re.sub(r"\nstream \{.*?\n\}\n", "\n", text, count=1, flags=re.DOTALL)
    loaded = "".join(f"load_module /usr/lib/nginx/modules/{name}.so;\n" for name in MODULES)
    return f"user root;\n{loaded}{without_stream.replace('http2 on;', '')}"


def take_stream_configuration() -> None:
    """Take what the `stream` block would, and forget it."""
    listening = socket.create_server(("127.0.0.1", STREAM_PORT))

    def take() -> None:
        while True:
            connection, _ = listening.accept()
            while connection.recv(65536):
                pass
            connection.close()

    threading.Thread(target=take, daemon=True).start()


def start(lab: Lab) -> None:
    """The controller as its chart installs it: namespace, Service, Pod, ConfigMap, IngressClass."""
    lay_files(lab.place)
    lab.front(FRONT_OF_IT)
    metadata = {"name": NAME, "namespace": FRONT_OF_IT.namespace}
    logs = {f"{kind}-log-path": f"{lab.place}/nginx-{kind}.log" for kind in ("error", "access")}
    lab.make({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {**CONFIGURATION, **logs}})
    lab.make(CLASS)
    lab.spawn(
        "controller",
        str(build.component("nginx-ingress-controller")),
        f"--kubeconfig={lab.control.kubeconfig()}",
        f"--configmap={FRONT_OF_IT.namespace}/{NAME}",
        *FLAGS.split(),
        *certificate(lab),
        POD_NAME=f"{NAME}-0",
        POD_NAMESPACE=FRONT_OF_IT.namespace,
        NGINX_BINARY="/usr/sbin/nginx",
    )
    # Before, the controller refuses to start where somebody has the port.
    lab.control.wait("nginx", lambda: "Starting NGINX process" in lab.log("controller"))
    take_stream_configuration()
    lab.control.wait("ingress-nginx", is_healthy)


def is_healthy() -> bool:
    try:
        with urllib.request.urlopen("http://127.0.0.1:10254/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def main(place: Path) -> None:
    """Everything, once."""
    lab = Lab(place)
    try:
        lab.start((*NAMESPACES, FRONT_OF_IT.namespace))
        for namespace, name, pods in SERVICES:
            lab.service(name, namespace, pods)
        own = lab.certificate("shop", HOST)
        lab.make(own, clients(own), *backends())
        written = [item for case in CASES for item in case.objects]
        for canaries in (False, True):
            for item in written:
                if is_canary(item) is canaries:
                    lab.make(item)
                    lab.show_address(item)
            time.sleep(1)  # what is made in another second is younger
        start(lab)
        lab.settle(Request(f"http://plain.{HOST}/"), lambda answer: answer.status == 200)
        # A host redirects to https once its certificate has arrived.
        lab.settle(Request(f"http://safe.{HOST}/"), lambda answer: answer.status == 308)
        lab.record(CASES)
        path = f"/api/v1/namespaces/{FRONT_OF_IT.namespace}/configmaps/{NAME}"
        lab.control.call("PATCH", path, {"data": SETTINGS}, patch=True)
        lab.settle(Request(f"http://safe.{HOST}/"), lambda answer: answer.status == 200)
        lab.record(CONFIGURED, "configured")
        lab.files("configured", FILES)
        (place / "admitted.json").write_text(json.dumps(admitted(lab)))
    finally:
        lab.stop()


if __name__ == "__main__":
    alone()
    main(Path(sys.argv[1]))
