"""One question to a source, asked again while its answer names something that can still be read."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable
from typing import TypeVar

from svcmap.commands.assumptions import SettledFeed
from svcmap.commands.sources import load, source_of
from svcmap.model.coverage import PodScope
from svcmap.model.state import ClusterState
from svcmap.paths.views import needs

Answer = TypeVar("Answer")
MOST_ROUNDS = 4
"""An answer that needs more than this is given as it is: each round follows the request one Service further."""


def ask(
    options: Namespace,
    question: Callable[[ClusterState], Answer],
    wanted: Callable[[ClusterState, Answer], Iterable[PodScope]],
    beforehand: Iterable[PodScope] = (),
) -> tuple[ClusterState, Answer]:
    """The answer with the state it was found in. `wanted` says what an answer would have to read; `beforehand` what
    the question itself names. Raises what the source and the question raise.
    """
    feed = SettledFeed(source_of(options), options)
    state = load(feed)
    if first := needs.unread(state, beforehand):
        state = feed.need(first)
    answer = question(state)
    tried = set(first)
    for _ in range(MOST_ROUNDS):
        more = [scope for scope in needs.unread(state, wanted(state, answer)) if scope not in tried]
        if not more:
            break
        tried |= set(more)
        state = feed.need(more)
        answer = question(state)
    return state, answer
