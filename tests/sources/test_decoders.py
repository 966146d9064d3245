"""Several threads read answers at once from the first request on."""

from __future__ import annotations

import subprocess
import sys

RACE = """
import sys, threading
from svcmap.model.kinds import KINDS
from svcmap.sources.decoders import event_decoder, object_decoder, page_decoder
types = list(dict.fromkeys(kind.type for kind in KINDS.values()))
start = threading.Barrier(8)
done = []
sys.setswitchinterval(1e-6)

def read(offset):
    start.wait()
    for type_ in types[offset:] + types[:offset]:
        page_decoder(type_).decode(b'{"items": [{"metadata": {"name": "x", "labels": {"a": "b"}}}]}')
        event_decoder(type_).decode_lines(b'{"type": "ADDED", "object": {"metadata": {"name": "x"}}}')
        object_decoder(type_).decode(b'{"metadata": {"name": "x"}}')
    done.append(offset)

threads = [threading.Thread(target=read, args=(2 * n,)) for n in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(done))
"""


def test_first_answers_may_come_together() -> None:
    """Without the lock msgspec 0.22 takes the process down here, every time."""
    done = subprocess.run([sys.executable, "-c", RACE], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "8"), done.stderr
