"""Asks servers from where it runs, many times each, and says what it met: `python probe.py < questions > answers`.

A question is `{"protocol": "tcp", "host": …, "port": …}`, with `"times": 0` for the address only; its answer `{"resolved": [addresses], "error": …,
"answers": [what the echo servers said], "refused": n, "lost": n}`. Names are resolved by the C library.
"""

from __future__ import annotations

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

TIMES = 40
"""Connections for each question: three endpoints are all seen, but for one time in a million."""
PATIENCE = 2.0


def resolve(host: str, port: int, kind: int) -> list[Any]:
    """What getaddrinfo gives, the first address of each family of it first. Raises socket.gaierror."""
    return socket.getaddrinfo(host, port, type=kind)


def once(found: Any, host: str) -> Any:
    """What one connection meets: the server's answer, `refused` or `lost`."""
    family, kind, _, _, address = found
    with socket.socket(family, kind) as connection:
        connection.settimeout(PATIENCE)
        try:
            connection.connect(address)
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            said = connection.recv(4096)
        except TimeoutError:
            return "lost"
        except OSError:
            return "refused"
    return json.loads(said[said.index(b"{") :]) if b"{" in said else "refused"


def ask(question: dict[str, Any], pool: ThreadPoolExecutor) -> dict[str, Any]:
    """The answer to one question."""
    kind = socket.SOCK_DGRAM if question["protocol"] == "udp" else socket.SOCK_STREAM
    try:
        found = resolve(question["host"], question["port"], kind)
    except socket.gaierror as error:
        return {"resolved": [], "error": str(error), "answers": [], "refused": 0, "lost": 0}
    # A headless Service has an address for each pod: a client may use any of them.
    times = question.get("times", TIMES)
    met = list(pool.map(once, [found[turn % len(found)] for turn in range(times)], [question["host"]] * times))
    return {
        "resolved": sorted({item[4][0] for item in found}),
        "error": "",
        "answers": [item for item in met if isinstance(item, dict)],
        "refused": met.count("refused"),
        "lost": met.count("lost"),
    }


def main() -> None:
    """Answer the questions of standard input, in their order."""
    with ThreadPoolExecutor(TIMES) as pool:
        json.dump([ask(question, pool) for question in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
