"""An API server that says what a test tells it to, over plain HTTP on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Query = dict[str, str]
Answer = tuple[int, Any, dict[str, str]]


class FakeApi:
    """`answer(path, query, headers)` gives status, body (JSON, or bytes as they are) and headers."""

    def __init__(self, answer: Callable[[str, Query, Any], Answer]) -> None:
        self.answer = answer
        self.requests: list[tuple[str, str, Query, dict[str, list[str]]]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                fake.serve(self)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {key: handler.headers.get_all(key) or [] for key in handler.headers}
        self.requests.append((handler.command, parts.path, query, headers))
        status, body, extra = self.answer(parts.path, query, handler.headers)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        length = {} if "Transfer-Encoding" in extra else {"Content-Length": str(len(data))}
        for name, value in {**length, **extra}.items():
            handler.send_header(name, value)
        handler.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked may have given up
            handler.wfile.write(data)

    def kubeconfig(self, folder: Path, user: dict[str, Any] | None = None, **cluster: Any) -> str:
        """A kubeconfig for this server; the user has a token where nothing else is said."""
        config = {
            "clusters": [{"name": "c", "cluster": {"server": self.url, **cluster}}],
            "users": [{"name": "u", "user": {"token": "t"} if user is None else user}],
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u", "namespace": "mine"}}],
            "current-context": "test",
        }
        path = folder / "kubeconfig"
        path.write_text(json.dumps(config))
        return str(path)


@contextmanager
def fake_api(answer: Callable[[str, Query, Any], Answer]) -> Iterator[FakeApi]:
    """A running fake, stopped afterwards."""
    fake = FakeApi(answer)
    thread = threading.Thread(target=fake.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.server.shutdown()
        fake.server.server_close()
        thread.join()


def status(code: int, reason: str = "", message: str = "") -> Answer:
    """A refusal, as an API server words it."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message}
    return code, {**body, "code": code}, {}


def listing(items: list[Any], version: str = "1", token: str = "") -> Answer:
    return 200, {"kind": "List", "metadata": {"resourceVersion": version, "continue": token}, "items": items}, {}


def no_groups() -> Answer:
    return 200, {"kind": "APIGroupList", "groups": []}, {}
