"""Requests that did not work: why, in words a person can use."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from svcmap.sources.decoders import STATUS, Status

EXPIRED = (410,)
DENIED = (401, 403)
ANONYMOUS = "system:anonymous"


class RefusedError(Exception):
    """The API server answered, with another status than 200."""

    def __init__(self, status: int, body: bytes, says: str = "") -> None:
        self.status = status
        try:
            found = STATUS.decode(body)
        except msgspec.DecodeError:
            found = Status()
        self.reason = found.reason
        self.says = says or " ".join(found.message.split()) or f"status {status}"
        super().__init__(self.says)

    @property
    def is_of_nobody(self) -> bool:
        """The server did not know the credentials and took the request for one without any."""
        return ANONYMOUS in self.says

    @property
    def has_expired(self) -> bool:
        """The resourceVersion or continue token is too old: list again."""
        return self.status in EXPIRED or self.reason == "Expired"


class UnreachableError(Exception):
    """No answer came, or it broke off."""


def explain(error: BaseException, server: str) -> str:
    """What went wrong with a connection, in a few words."""
    text = _innermost(error)
    host = urlsplit(server).netloc
    if "ostname mismatch" in text or "IP address mismatch" in text or "doesn't match" in text:
        return f"the certificate of {host} is for another name; check tls-server-name"
    if "certificate verify failed" in text:
        why = text.partition("certificate verify failed:")[2].partition(" (_ssl")[0].strip(" )'\"")
        return f"the certificate of {host} is not trusted ({why or 'unknown CA'}); check certificate-authority"
    if "CERTIFICATE_REQUIRED" in text.upper() or "bad certificate" in text:
        return f"{host} wants a client certificate that it trusts"
    if "wrong version number" in text.lower() or "record layer failure" in text.lower():
        return f"{host} does not speak TLS; is the server http://?"
    for name, says in KNOWN.items():
        if name in text:
            return f"cannot reach {server}: {says}"
    return f"cannot reach {server}: {text[:200]}"


KNOWN = {
    "Connection refused": "connection refused",
    "timed out": "no answer in time",
    "Name or service not known": "no such host name",
    "nodename nor servname": "no such host name",
    "No address associated": "no such host name",
    "Temporary failure in name resolution": "host name cannot be resolved",
    "Network is unreachable": "network is unreachable",
    "No route to host": "no route to host",
    "Connection reset": "connection reset",
    "Remote end closed": "connection closed by the server",
    "IncompleteRead": "connection closed in the middle of an answer",
    "ended prematurely": "connection closed in the middle of an answer",
    "InvalidChunkLength": "the answer is no HTTP",
}


def _innermost(error: BaseException) -> str:
    """The text of an error with those that caused it, on one line."""
    texts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(texts) < 6:
        text = str(getattr(seen, "reason", "") or seen) or type(seen).__name__
        texts.append(" ".join(str(text).split()))
        seen = seen.__cause__ or seen.__context__
    return "; ".join(dict.fromkeys(texts))
