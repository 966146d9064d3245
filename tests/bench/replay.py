"""A small API server that replays generated pages as lists, and changes as watches: `python -m tests.bench.replay FOLDER RATE [PLURAL…]`.

It stands in for a filled etcd where many clusters are to be shown one after the other. RATE is the events a second that
its watches give together; with PLURALs the cluster has these resources only (`-`: none at all).
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Collection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = re.compile(rb'"continue":"([^"]*)"')
COMPACT = (",", ":")
CUSTOM = "gateway.networking.k8s.io"
KINDS = {
    "httproutes": "HTTPRoute",
    "gateways": "Gateway",
    "gatewayclasses": "GatewayClass",
    "referencegrants": "ReferenceGrant",
}


class Replay:
    """The pages of every resource, and for pods an index by the labels that Services select."""

    def __init__(self, folder: Path, rate: float, plurals: Collection[str] = ()) -> None:
        self.rate = rate
        self.pages: dict[str, list[bytes]] = {}
        self.after: dict[bytes, int] = {}
        for place in sorted(place for place in (folder / "json").iterdir() if not plurals or place.name in plurals):
            self.pages[place.name] = [path.read_bytes() for path in sorted(place.glob("page-*.json"))]
            for index, page in enumerate(self.pages[place.name]):
                if token := TOKEN.search(page[:400]):
                    self.after[place.name.encode() + token[1]] = index + 1
        self.pods: list[dict[str, Any]] = []
        self.began: list[float] = []
        """When each watch with events began (time.monotonic())."""
        self.sent = 0
        """Events that a client took, or that wait in the sockets, which hold a few seconds of them."""

    def progress(self) -> bytes:
        """How many events were due by now, and how many went out."""
        due = sum((time.monotonic() - start) * self.rate / 2 for start in self.began)
        return json.dumps({"due": int(due), "sent": self.sent}).encode()

    def page(self, plural: str, token: str) -> bytes:
        pages = self.pages.get(plural) or [b'{"metadata":{"resourceVersion":"1"},"items":[]}']
        return pages[self.after[plural.encode() + token.encode()] if token else 0]

    def some_pods(self, namespace: str, selector: str) -> bytes:
        """The pods of a namespace with some labels, as a list."""
        if not self.pods:
            self.pods = [item for page in self.pages.get("pods", []) for item in json.loads(page)["items"]]
        wanted = dict(pair.split("=", 1) for pair in selector.split(",") if pair)
        found = [
            pod
            for pod in self.pods
            if pod["metadata"]["namespace"] == namespace and wanted.items() <= pod["metadata"]["labels"].items()
        ]
        return json.dumps({"metadata": {"resourceVersion": "900000000"}, "items": found}).encode()

    def groups(self) -> bytes:
        resources = [
            {
                "resource": plural,
                "responseKind": {"kind": kind},
                "scope": "Namespaced",
                "verbs": ["get", "list", "watch"],
            }
            for plural, kind in KINDS.items()
        ]
        group = {"metadata": {"name": CUSTOM}, "versions": [{"version": "v1", "resources": resources}]}
        return json.dumps({"kind": "APIGroupDiscoveryList", "items": [group]}).encode()

    def events(self, plural: str) -> list[bytes]:
        """Changes of one resource: each object once ready and once not, or with another affinity.

        As an API server writes them: compact, each a chunk of its own.
        """
        lines: list[bytes] = []
        for page in self.pages.get(plural, [])[:4]:
            for item in json.loads(page)["items"]:
                for turn in (0, 1):
                    item["metadata"]["resourceVersion"] = str(900_000_001 + len(lines))
                    for endpoint in item.get("endpoints") or []:
                        endpoint["conditions"] = {"ready": bool(turn)}
                    if plural == "services":
                        item["spec"]["sessionAffinity"] = ("None", "ClientIP")[turn]
                    line = json.dumps({"type": "MODIFIED", "object": item}, separators=COMPACT).encode() + b"\n"
                    lines.append(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        return lines


def handler_of(replay: Replay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            words = parts.path.strip("/").split("/")
            if parts.path == "/apis":
                self.send(replay.groups())
            elif parts.path == "/progress":
                self.send(replay.progress())
            elif query.get("watch"):
                self.watch(words[-1])
            elif words[-1] == "pods":
                self.send(replay.some_pods(words[-2], query.get("labelSelector", "")))
            else:
                self.send(replay.page(words[-1], query.get("continue", "")))

        def send(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def watch(self, plural: str) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            lines = replay.events(plural) if replay.rate and plural in ("services", "endpointslices") else []
            rate = replay.rate / 2
            try:
                start, sent = time.monotonic(), 0
                replay.began += [start] if lines else []
                while True:
                    due = int((time.monotonic() - start) * rate) if lines else 0
                    batch = b"".join(lines[index % len(lines)] for index in range(sent, due))
                    if batch:
                        self.wfile.write(batch)
                        self.wfile.flush()
                        replay.sent += due - sent
                    sent = due
                    time.sleep(0.02 if lines else 1.0)
            except OSError:
                return  # whoever watched has left

        def log_message(self, *_arguments: object) -> None:
            pass

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves in the middle of an answer is no news."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def main() -> None:
    """Serve until standard input ends; the first line of the output is the port."""
    replay = Replay(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
    server = Server(("127.0.0.1", 0), handler_of(replay))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
