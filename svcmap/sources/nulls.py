"""Fields that are null: to the API they are absent ones, and msgspec takes them for values of another type."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

NULL = re.compile(rb'"\w+": ?null')
"""A field that is null. Never inside a text: its quotes would be escaped."""
COMMON_NULLS = (b'"creationTimestamp":null', b'"creationTimestamp": null')
"""What Go writes into every template of a pod (no omitempty): cheap to take out, if one knows it."""


def decoded(decode: Callable[[bytes | memoryview], Any], body: bytes | memoryview) -> Any:
    """Many objects, whose fields may be null where nulls should not be: the more of them, the sooner the first reading
    meets one. Raises msgspec.DecodeError, a ValidationError where some object has another shape.
    """
    try:
        return decode(body)
    except msgspec.ValidationError:
        return _decoded_without_nulls(decode, bytes(body))


def _decoded_without_nulls(decode: Callable[[bytes | memoryview], Any], body: bytes) -> Any:
    for common in COMMON_NULLS:
        body = body.replace(common, b'"":null')
    try:
        return decode(body)
    except msgspec.ValidationError:
        return decode(NULL.sub(b'"":null', body))


def without_nulls(value: Any) -> Any:
    """A deep copy without null entries."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value if item is not None]
    return value
