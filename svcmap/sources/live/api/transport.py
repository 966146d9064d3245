"""GET requests to one API server as one user: TLS, proxies, time-outs, retries. Nothing here can write.

The client library carries the connections only (`RESTClientObject`); its models and its Watch are not loaded.
"""

from __future__ import annotations

import atexit
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from svcmap import __version__
from svcmap.errors import SourceError
from svcmap.sources.live.api.failures import RefusedError, UnreachableError, explain
from svcmap.sources.live.auth.credentials import Credentials, Impersonation, pem
from svcmap.sources.live.auth.kubeconfig import Chosen

if TYPE_CHECKING:
    from kubernetes.client.rest import RESTClientObject
    from urllib3 import HTTPHeaderDict, HTTPResponse

JSON = "application/json"
CONNECTIONS = 64
MAX_RETRIES = 10
"""Of a request that the server wants asked again later (client-go, rest/with_retry.go)."""
CONNECT_TIME = 10.0
READ_TIME = 60.0
"""Seconds without a byte after which a connection counts as dead."""
LONGEST_WAIT = 60.0


class Transport:
    """A connection pool and the credentials that go with every request. Safe to use from several threads.

    `timeout` bounds each request in seconds (`--request-timeout`), 0 leaves it to the read time-out.
    """

    def __init__(self, chosen: Chosen, credentials: Credentials, acting_as: Impersonation, timeout: float = 0) -> None:
        self.chosen, self.credentials, self.acting_as, self.timeout = chosen, credentials, acting_as, timeout
        self.sleep: Callable[[float], None] = time.sleep
        self._lock = threading.Lock()
        self._certificate = ("", "")
        self._client = self._connect()

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine: nothing is gained by compressing then."""
        host = urlsplit(self.chosen.server).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    def get(self, path: str, query: Mapping[str, str] | None = None, accept: str = JSON) -> bytes:
        """The body of a 200. Raises RefusedError for every other status, UnreachableError where no answer comes, and
        SourceError for credentials that cannot be had.
        """
        from urllib3.exceptions import HTTPError

        retries = 0
        while True:
            response = self.open(path, query, accept, self.timeout or READ_TIME)
            try:
                body = response.read(decode_content=True)
            except (HTTPError, OSError) as error:
                raise UnreachableError(self.explain(error)) from error
            finally:
                response.release_conn()
            wait = _asked_to_wait(response.status, response.headers)
            if response.status == 200:
                return bytes(body)
            if wait is None or retries == MAX_RETRIES:
                raise RefusedError(response.status, bytes(body))
            retries += 1
            self.sleep(min(wait, LONGEST_WAIT) * (1 + random.random() / 10))

    def open(
        self, path: str, query: Mapping[str, str] | None = None, accept: str = JSON, read_time: float = READ_TIME
    ) -> HTTPResponse:
        """The response with its body unread: for a watch. A 401 is asked once more with fresh credentials."""
        response, used = self._request(path, query, accept, read_time)
        if response.status != 401:
            return response
        response.drain_conn()
        with self._lock:
            # Of many requests that are refused at once only the first has to log in again.
            if self.credentials.authorization() == used:
                self.credentials.refresh()
        response, _ = self._request(path, query, accept, read_time)
        if response.status == 401:
            response.drain_conn()
            raise RefusedError(401, b"", self.credentials.explain_refusal())
        return response

    def explain(self, error: BaseException) -> str:
        """What went wrong with a connection, in a few words."""
        from urllib3.exceptions import LocationParseError
        from urllib3.util import parse_url

        says = explain(error, self.chosen.server)
        try:
            proxy = parse_url(str(self.chosen.cluster.get("proxy-url") or ""))
        except LocationParseError:
            return says
        # Without its user and password.
        return f"{says} (through proxy-url {proxy.scheme or 'http'}://{proxy.netloc})" if proxy.host else says

    def close(self) -> None:
        """Give up all connections that are not in use."""
        self._client.close()

    def _request(
        self, path: str, query: Mapping[str, str] | None, accept: str, read_time: float
    ) -> tuple[HTTPResponse, str]:
        """The response, and the Authorization that was sent."""
        url = f"{self.chosen.server}{path}" + (f"?{urlencode(query)}" if query else "")
        headers, client = self._headers(accept)
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        patience = (min(CONNECT_TIME, self.timeout or CONNECT_TIME), read_time)
        try:
            response = client.request("GET", url, headers=headers, _request_timeout=patience)
        except (HTTPError, ApiException, OSError) as error:
            raise UnreachableError(self.explain(error)) from error
        found: HTTPResponse = response.response
        return found, headers.get("Authorization", "")

    def _headers(self, accept: str) -> tuple[HTTPHeaderDict, RESTClientObject]:
        """What goes with a request, and the connections that its certificate belongs to."""
        from urllib3 import HTTPHeaderDict

        with self._lock:
            authorization = self.credentials.authorization()
            if self._certificate != (self.credentials.certificate, self.credentials.key):
                self._client = self._connect()
            client = self._client
        headers = HTTPHeaderDict({"Accept": accept, "User-Agent": f"svcmap/{__version__}"})
        if not self.is_local:
            headers.add("Accept-Encoding", "gzip")
        if authorization:
            headers.add("Authorization", authorization)
        for name, value in self.acting_as.headers():
            headers.add(name, value)
        return headers, client

    def _connect(self) -> RESTClientObject:
        import urllib3
        from kubernetes.client.configuration import Configuration
        from kubernetes.client.rest import RESTClientObject

        cluster = self.chosen.cluster
        self._certificate = (self.credentials.certificate, self.credentials.key)
        if cluster.get("insecure-skip-tls-verify"):
            # The kubeconfig asks for it; a warning for each request would only spoil the screen.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        settings = Configuration(host=self.chosen.server, retries=False)
        settings.verify_ssl = not cluster.get("insecure-skip-tls-verify", False)
        settings.ca_cert_data = pem(cluster, "certificate-authority", f"context {self.chosen.context}") or None
        settings.tls_server_name = cluster.get("tls-server-name")
        settings.connection_pool_maxsize = CONNECTIONS
        if proxy := cluster.get("proxy-url"):
            settings.proxy, settings.no_proxy = str(proxy), ""
        if all(self._certificate):
            settings.cert_file, settings.key_file = (_private_file(text) for text in self._certificate)
        try:
            return RESTClientObject(settings)
        except ImportError:
            raise SourceError(f"proxy-url {proxy}: a SOCKS proxy needs `pip install pysocks`") from None
        except (OSError, ValueError) as error:  # a certificate that cannot be read
            raise SourceError(f"{self.chosen.server}: {self.explain(error)}") from None


def _asked_to_wait(status: int, headers: Mapping[str, str]) -> float | None:
    """Seconds after which to ask again: a 429 or 5xx that says so. None: do not."""
    if status != 429 and not 500 <= status < 600:
        return None
    try:
        return float(headers.get("Retry-After", "")) if status != 429 else float(headers.get("Retry-After", "1"))
    except ValueError:
        return None


def _private_file(text: str) -> str:
    """A file for the TLS library, which reads certificates from files only; removed when the program ends."""
    number, path = tempfile.mkstemp(prefix="svcmap-", suffix=".pem")
    with os.fdopen(number, "w") as file:
        file.write(text)
    atexit.register(_remove, path)
    return path


def _remove(path: str) -> None:
    Path(path).unlink(missing_ok=True)
