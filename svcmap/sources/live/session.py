"""A session with an API server: who asks whom, and one consistent look at everything the picture is made of."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import NamedTuple

import msgspec

from svcmap import console
from svcmap.errors import SourceError
from svcmap.model.coverage import PodScope
from svcmap.sources.decoders import prepare
from svcmap.sources.live.api.at_once import at_once
from svcmap.sources.live.api.failures import DENIED as REFUSING
from svcmap.sources.live.api.failures import RefusedError, UnreachableError
from svcmap.sources.live.api.listing import Listing, Scope, list_objects
from svcmap.sources.live.api.resources import PODS, Resource, picture
from svcmap.sources.live.api.transport import Transport
from svcmap.sources.live.auth import kubeconfig
from svcmap.sources.live.auth.credentials import Credentials, impersonation
from svcmap.sources.live.store import DENIED, Store, scope_of

AT_ONCE = 4
"""Lists under way at a time: more of them load nothing sooner, the server is the limit."""
NOT_YET = "not read yet"


class Target(NamedTuple):
    """Which cluster, and as whom: the options of the command line. `namespaces` are those given with -n."""

    context: str | None = None
    kubeconfig: str | None = None
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()
    timeout: float = 0
    namespaces: tuple[str, ...] = ()


class Session:
    """An authenticated connection, and the resources the server has. Raises SourceError where there is none of it.

    With `may_ask` an exec plug-in has the terminal: before a UI takes it.
    """

    def __init__(self, target: Target, *, may_ask: bool = True) -> None:
        self.target = target
        self.chosen = kubeconfig.choose(target.context, target.kubeconfig)
        acting_as = impersonation(self.chosen.user, target.as_user, target.as_groups)
        credentials = Credentials(self.chosen, may_ask=may_ask)
        self.transport = Transport(self.chosen, credentials, acting_as, target.timeout)
        try:
            waiting = f"{self.chosen.context}: waiting for {self.chosen.server}"
            with console.if_slow(waiting) if may_ask else nullcontext():
                self.resources = picture(self.transport)
        except RefusedError as error:
            raise SourceError(f"{self.chosen.context}: {error.says}") from None
        except UnreachableError as error:
            raise SourceError(f"{self.chosen.context}: {error}") from None
        except msgspec.DecodeError:
            raise SourceError(f"{self.chosen.context}: {self.chosen.server} does not answer as an API server") from None
        prepare(resource.type for resource in (*self.resources, PODS))

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Where to look when the whole cluster may not be listed: what -n names, and the context's namespace."""
        return tuple(dict.fromkeys((*self.target.namespaces, self.chosen.namespace)))

    def read(self, *, all_pods: bool = False, first: Callable[[Store], None] | None = None) -> Store:
        """Everything, once. What may not be read is noted in the store. Raises SourceError where the server is lost.

        `first` is told of the Services, as soon as they are there, in a store where nothing else is read yet.
        """
        store = Store(self.chosen.context)
        wanted = [*self.resources, PODS] if all_pods else self.resources

        def everywhere(resource: Resource) -> dict[str, Listing | str]:
            found = self._everywhere(resource)
            if first is not None and resource == self.resources[0]:
                first(self._only(resource, found))
            return found

        collecting = gc.isenabled()
        gc.disable()
        try:
            lists = zip(wanted, at_once(everywhere, wanted, AT_ONCE), strict=True)
            for number, (resource, found) in enumerate(lists, 1):
                _put(store, resource, found)
                console.progress(f"{number} of {len(wanted)} lists")
        except UnreachableError as error:
            raise SourceError(f"{self.chosen.context}: {error}") from None
        except RefusedError as error:
            raise SourceError(f"{self.chosen.context}: {error.says}") from None
        finally:
            if collecting:
                gc.enable()
        self._see_services(store)
        return store

    def _only(self, services: Resource, found: dict[str, Listing | str]) -> Store:
        """A store with the Services, in which nothing else is known."""
        store = Store(self.chosen.context)
        _put(store, services, found)
        self._see_services(store)
        for resource in self.resources:
            if resource != services:
                store.refuse(resource, "", NOT_YET)
        return store

    def _see_services(self, store: Store) -> None:
        """Without any Service there is nothing to show. Raises SourceError where they may be listed nowhere."""
        services = self.resources[0]
        refused = store.refused.get(services, {})
        if refused and not store.objects.get(services):
            who = self.target.as_user or self.chosen.user_name
            where = ", ".join(self.namespaces)
            raise SourceError(
                f"{self.chosen.context}: {who} may not list services, neither in the cluster nor in {where}: "
                "name a namespace with -n, or see the ClusterRole in the README"
            )

    def fetch_pods(self, wanted: Iterable[PodScope]) -> list[tuple[PodScope, Listing | str]]:
        """The pods that answers need; of those that may not be listed the reason. Raises SourceError."""
        scopes = list(wanted)
        try:
            return list(zip(scopes, at_once(self._pods, scopes, AT_ONCE), strict=True))
        except UnreachableError as error:
            raise SourceError(f"{self.chosen.context}: {error}") from None

    def close(self) -> None:
        """Close the connections that are not in use."""
        self.transport.close()

    def _pods(self, wanted: PodScope) -> Listing | str:
        try:
            return list_objects(self.transport, PODS, scope_of(wanted))
        except RefusedError as error:
            return denial(error)

    def _everywhere(self, resource: Resource) -> dict[str, Listing | str]:
        """The lists of a resource: of the whole cluster, or where that is refused of the namespaces one may look at."""
        whole = self._list(resource, "")
        if isinstance(whole, Listing) or not resource.namespaced or resource.only:
            return {"": whole}
        return {"": whole, **{namespace: self._list(resource, namespace) for namespace in self.namespaces}}

    def _list(self, resource: Resource, namespace: str) -> Listing | str:
        try:
            return list_objects(self.transport, resource, Scope(namespace))
        except RefusedError as error:
            if error.status == 401:
                raise
            if error.is_of_nobody:
                who = self.chosen.user_name
                says = f"the API server does not know the credentials of user {who} (it took {who} for anonymous)"
                raise RefusedError(401, b"", says) from None
            return denial(error)


def denial(error: RefusedError) -> str:
    """Why a resource cannot be listed, in one sentence."""
    if error.status in REFUSING:
        return DENIED
    return "the API server does not have this resource" if error.status == 404 else error.says


def _put(store: Store, resource: Resource, found: dict[str, Listing | str]) -> None:
    for namespace, listing in found.items():
        if isinstance(listing, str):
            store.refuse(resource, namespace, listing)
        elif resource is PODS and not namespace:
            store.put_all_pods(listing)
        elif resource is PODS:
            store.put_pods(PodScope(namespace), listing)
        else:
            store.put(resource, namespace, listing)
