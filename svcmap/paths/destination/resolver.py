"""A client's resolver at work: the search list, and the DNS server it asks (R1-R5 over D1-D19)."""

from __future__ import annotations

from svcmap.model.assumptions import Assumptions
from svcmap.model.base import Part
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.workloads import PodSpec
from svcmap.paths.destination.through_cache import answer_of_cache, settings_of
from svcmap.paths.known.look_ups import ask_dns
from svcmap.paths.known.name_servers import is_name_server
from svcmap.paths.known.outside import is_nobodys
from svcmap.semantics import dns
from svcmap.semantics.resolv_conf import ResolvConf, goes_on, resolv_conf, search_names

UNEVALUATED = "D10b"
"""The rule of an answer that a plugin of the Corefile decides."""
FAILING = ("SERVFAIL", "REFUSED")


class Resolution(Part, frozen=True):
    """What became of a look-up. `tries` are all names in the order they would be asked, `answered_by` the index of
    the one that answered; `answer` its answer, or the most telling one where none did. `passed`: an answer that was no
    NXDOMAIN came before it; `unsure`: the first try before it that a server outside the cluster is asked for, `denied`:
    there was one of a name that nobody outside has; `settings` is the ConfigMap of a cache on the node that decides.
    """

    tries: tuple[str, ...]
    answer: dns.Answer
    name: str
    answered_by: int | None = None
    outside: bool = False
    ndots: int = 1
    passed: bool = False
    unsure: str = ""
    denied: bool = False
    settings: ObjectRef | None = None

    @property
    def misnamed(self) -> str:
        """The name that all records have, where it is not the one that was asked for: glibc takes none of them."""
        names = {record.name.lower() for record in self.answer.answers}
        return "" if self.name.lower() in names else min(names, default="")

    @property
    def addresses(self) -> list[str]:
        return [record.data for record in self.answer.answers if record.type in ("A", "AAAA")]


def pod_resolv_conf(pod: PodSpec, namespace: str, assumptions: Assumptions) -> ResolvConf:
    """The resolv.conf of a pod; without cluster DNS known, kubeadm's address stands for it."""
    return resolv_conf(pod, namespace, assumptions.kubelet, assumptions.cluster_domain)


def look_up(
    state: ClusterState, name: str, conf: ResolvConf, assumptions: Assumptions, prefer: str = "A"
) -> Resolution:
    """A and AAAA of a name as glibc finds them: the first try with records (R4), those of type `prefer` first.

    A client that does not use the cluster's DNS gets nothing of the cluster: `outside` is true.
    """
    tries = tuple(search_names(name, conf, assumptions.libc))
    if not asks_cluster_dns(state, conf, assumptions):
        return Resolution(tries=tries, answer=dns.NXDOMAIN, name=name, outside=True)
    server = conf.nameservers[0] if conf.nameservers else ""
    telling: tuple[dns.Answer, str] | None = None
    empty: tuple[dns.Answer, str] | None = None
    passed, unsure, denied = False, "", False
    for index, candidate in enumerate(tries):
        of_cache = answer_of_cache(state, server, candidate, assumptions.dns.zone)
        answer = of_cache or _addresses(state, candidate, assumptions, prefer)
        if not answer.rcode and answer.rule == UNEVALUATED:
            settings = settings_of(state, server) if of_cache else None
            return Resolution(tries=tries, answer=answer, name=candidate, answered_by=index, settings=settings)
        if answer.answers:
            return Resolution(
                tries=tries,
                answer=answer,
                name=candidate,
                answered_by=index,
                ndots=conf.ndots,
                passed=passed,
                unsure=unsure,
                denied=denied,
            )
        if not answer.rcode and is_nobodys(state, candidate):
            denied = True
        elif not answer.rcode:
            unsure = unsure or candidate
        passed = passed or answer.rcode not in ("", "NXDOMAIN")
        if answer.rcode in FAILING and (telling is None or ("." in name and candidate == name.rstrip("."))):
            telling = telling if telling and telling[0].service else (answer, candidate)
        if answer.service is not None and (telling is None or _tells_more(answer, telling[0])):
            telling = answer, candidate
        if answer.rcode == "NOERROR" and answer.basis == "computed" and empty is None:
            empty = answer, candidate
        if answer.rcode and not goes_on(answer.rcode, has_data=False, libc=assumptions.libc):
            telling = telling or (answer, candidate)
            break
    if unsure and telling is not None and telling[0].rcode == "NXDOMAIN":
        telling = None  # what the search list makes of a name of the world does not say whether that exists
    found, at = telling or (None if unsure else empty) or (dns.NXDOMAIN, name.rstrip("."))
    later = found.rcode == "NOERROR" and found.basis in ("predicted", "unknown")
    return Resolution(tries=tries, answer=found, name=at, answered_by=tries.index(at) if later else None)


def asks_cluster_dns(state: ClusterState, conf: ResolvConf, assumptions: Assumptions) -> bool:
    """Whether a client's queries go to the cluster's DNS; dnsPolicy None may still name its server by hand. The first
    server counts: a name that it does not have is looked for at no other.
    """
    return conf.uses_cluster_dns or any(
        server in assumptions.kubelet.cluster_dns or is_name_server(state, server) for server in conf.nameservers[:1]
    )


def _tells_more(answer: dns.Answer, than: dns.Answer) -> bool:
    return than.service is None or (answer.rcode == "NOERROR" and than.rcode != "NOERROR")


def _addresses(state: ClusterState, name: str, assumptions: Assumptions, prefer: str) -> dns.Answer:
    """The answer for the preferred family, or for the other where only that has records."""
    first = ask_dns(state, name, prefer, assumptions.dns)
    if first.rcode == "NXDOMAIN" or any(record.type == prefer for record in first.answers):
        return first
    second = ask_dns(state, name, "AAAA" if prefer == "A" else "A", assumptions.dns)
    return second if second.answers and not first.answers else first
