"""Reading a question: names and keys, with an error that says what is missing."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from svcmap.errors import NotFoundError, UsageError
from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Pod
from svcmap.paths.known.look_ups import find_service

Json = dict[str, Any]

SAID = "said"
"""Of an answer: what a person would want to read of it where it is not the expected one. Nothing to expect."""
TRACE = "the trace itself"
"""Of the answer to a trace question. Nothing to expect either."""


def only(question: Json, *keys: str) -> None:
    """Refuse keys that mean nothing: a misspelled one would be ignored, silently. Raises UsageError."""
    if unknown := [key for key in question if key not in keys]:
        raise UsageError(f"unknown key {unknown[0]}; this question has {', '.join(keys)}")


def text(question: Json, key: str, default: str | None = None) -> str:
    """A key of the question as text. Raises UsageError if it is missing and has no default."""
    value = question.get(key, default)
    if value is None:
        raise UsageError(f"the question needs {key}")
    return str(value)


Shape = TypeVar("Shape")


def shaped(question: Json, key: str, shape: type[Shape], what: str) -> Shape | None:
    """A key of the question in a certain shape; None if it is absent. Raises UsageError, saying `what` it must be."""
    value = question.get(key)
    try:
        return None if value is None else msgspec.convert(value, shape)
    except msgspec.ValidationError:
        raise UsageError(f"{key} is {what}") from None


def name(question: Json, key: str) -> Name:
    """A `namespace/name`."""
    value = text(question, key)
    namespace, slash, rest = value.partition("/")
    if not slash or not namespace or not rest:
        raise UsageError(f"{key}: {value} is not NAMESPACE/NAME")
    return Name(namespace, rest)


def service(state: ClusterState, question: Json) -> Service:
    """The Service a question names, with its defaults. Raises NotFoundError."""
    wanted = name(question, "service")
    found = find_service(state, wanted)
    if found is None:
        raise NotFoundError(f"no Service {wanted} in {state.source.name}")
    return found


def pod(state: ClusterState, question: Json) -> Pod:
    """The pod a question names. Raises NotFoundError."""
    wanted = name(question, "pod")
    found = state.pods.get(wanted)
    if found is None:
        raise NotFoundError(f"no Pod {wanted} in {state.source.name}")
    return found
