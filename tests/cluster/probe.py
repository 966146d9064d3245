"""Asks servers from where it runs, many times each, and says what it met: `python probe.py < questions > answers`.

A question is `{"protocol": "tcp", "host": …, "port": …}`, its answer `{"resolved": [addresses], "error": …,
"answers": [what the servers said], "refused": n, "lost": n}`. Names are resolved by the C library, `"times": 0` asks for
no more than that; with `address` the host is only what the request says, with its `path`, `method` and `headers`.
"""

from __future__ import annotations

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection
from typing import Any

TIMES = 40
"""Connections for each question: three endpoints are all seen, but for one time in a million."""
AT_ONCE = 8
"""Questions; most of the time of one that is lost is waiting."""
PATIENCE = 2.0
TRIES = 4
"""Datagrams of one question, as a resolver sends: one may be lost on the way for no reason."""


def resolve(host: str, port: int, kind: int) -> list[Any]:
    """What getaddrinfo gives, the first address of each family of it first. Raises socket.gaierror."""
    return socket.getaddrinfo(host, port, type=kind)


def once(found: Any, question: dict[str, Any]) -> Any:
    """What one connection meets: the server's answer, `refused` or `lost`."""
    try:
        return _datagram(found) if found[1] == socket.SOCK_DGRAM else _request(found, question)
    except TimeoutError:
        return "lost"
    except OSError:
        return "refused"


def _datagram(found: Any) -> Any:
    with socket.socket(found[0], found[1]) as connection:
        connection.settimeout(PATIENCE / TRIES)
        connection.connect(found[4])
        for _ in range(TRIES):
            connection.send(b"?")
            with suppress(TimeoutError):
                return json.loads(connection.recv(4096))
    raise TimeoutError


def _request(found: Any, question: dict[str, Any]) -> Any:
    connection = HTTPConnection(found[4][0], found[4][1], timeout=PATIENCE)
    try:
        headers = {"Host": question["host"], **question.get("headers", {})}
        connection.request(question.get("method", "GET"), question.get("path", "/"), headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    served = json.loads(body) if body.startswith(b"{") else {}
    return {**served, "status": answer.status, "location": answer.headers.get("Location")}


def ask(question: dict[str, Any], pool: ThreadPoolExecutor) -> dict[str, Any]:
    """The answer to one question."""
    kind = socket.SOCK_DGRAM if question["protocol"] == "udp" else socket.SOCK_STREAM
    try:
        found = resolve(question.get("address", question["host"]), question["port"], kind)
    except socket.gaierror as error:
        return {"resolved": [], "error": str(error), "answers": [], "refused": 0, "lost": 0}
    # A headless Service has an address for each pod: a client may use any of them.
    times = question.get("times", TIMES)
    met = list(pool.map(once, [found[turn % len(found)] for turn in range(times)], [question] * times))
    return {
        "resolved": sorted({item[4][0] for item in found}),
        "error": "",
        "answers": [item for item in met if isinstance(item, dict)],
        "refused": met.count("refused"),
        "lost": met.count("lost"),
    }


def main() -> None:
    """Answer the questions of standard input, in their order."""
    questions = json.load(sys.stdin)
    with ThreadPoolExecutor(TIMES * AT_ONCE) as pool, ThreadPoolExecutor(AT_ONCE) as asking:
        json.dump(list(asking.map(lambda question: ask(question, pool), questions)), sys.stdout)


if __name__ == "__main__":
    main()
