"""What a JSON web token says of itself."""

from __future__ import annotations

import base64
import datetime
import json


def expiry(token: str) -> datetime.datetime | None:
    """When a JSON web token says that it ends; None for every other token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.datetime.fromtimestamp(float(claims["exp"]), datetime.UTC)
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def has_ended(when: datetime.datetime | None, margin: float = 0) -> bool:
    """Whether a time is past, or will be in `margin` seconds."""
    return when is not None and when <= datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=margin)
