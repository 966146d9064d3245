"""One query, answered as CoreDNS' kubernetes plugin does (handler.go, and the types of backend_lookup.go)."""

from __future__ import annotations

from svcmap.model.assumptions import DNSAssumptions
from svcmap.model.facts import Basis
from svcmap.semantics.dns.backend import Answers, NoSuchNameError, records
from svcmap.semantics.dns.lookup import Lookup
from svcmap.semantics.dns.name_servers import default_name_server, name_servers
from svcmap.semantics.dns.names import is_below, is_reverse, reversed_address, zone_of
from svcmap.semantics.dns.records import Answer, Cluster, Record, Upstream
from svcmap.semantics.dns.reverse import names_of_address

SCHEMA_VERSION = "1.1.0"
SCHEMA_TTL = 28800
MAX_SOA_TTL = 300
REFRESH, RETRY, EXPIRE = 7200, 1800, 86400
PASSED_ON = "not known here; passed on (fallthrough)"
SERIAL = "0"
"""The serial of a real server is the time of its last change; nobody can predict it."""


def answer(
    cluster: Cluster,
    name: str,
    type_: str,
    options: DNSAssumptions,
    upstream: Upstream | None = None,
    server_ips: tuple[str, ...] = (),
) -> Answer:
    """The answer to one query, as CoreDNS gives it with these options.

    `upstream` is what servers outside the cluster answer, `server_ips` the addresses of the DNS server itself.
    """
    query = name.rstrip(".")
    if zone_of(query, options.zones) is None:
        return forwarded(query, type_, options, upstream)
    found = from_kubernetes(cluster, query, type_, options, upstream, server_ips)
    if found.rcode == "NXDOMAIN" and any(is_below(query, given) for given in options.fallthrough):
        passed_on = forwarded(query, type_, options, upstream)
        return passed_on if passed_on.answers else nxdomain(found, PASSED_ON)
    return found


def from_kubernetes(
    cluster: Cluster,
    query: str,
    type_: str,
    options: DNSAssumptions,
    upstream: Upstream | None,
    server_ips: tuple[str, ...],
) -> Answer:
    """What the plugin itself answers for a name of one of its zones."""
    zone = zone_of(query, options.zones)
    if zone is None:
        raise AssertionError("a name of none of the zones")
    if type_ in ("AXFR", "IXFR"):
        return Answer(rcode="REFUSED", rule="D13", note="zone transfers need the transfer plugin")
    try:
        return _Server(cluster, query, zone, options, _known(upstream), server_ips).answer(type_)
    except NoSuchNameError as missing:
        basis: Basis = missing.found.basis if missing.found else "computed"
        return Answer(rcode="NXDOMAIN", service=missing.service, basis=basis, rule=missing.rule)


def nxdomain(found: Answer, note: str) -> Answer:
    """A name that the cluster does not have, and that is left to others."""
    return Answer(rcode="NXDOMAIN", service=found.service, basis="unknown", rule=found.rule, note=note)


def _known(upstream: Upstream | None) -> Upstream:
    return {key.rstrip(".").lower(): value for key, value in (upstream or {}).items()}


def forwarded(query: str, type_: str, options: DNSAssumptions, upstream: Upstream | None) -> Answer:
    """A name that is none of the cluster's: what the servers outside are known to say; where they are known to have no
    such name NXDOMAIN, else nobody here can know.
    """
    data = _known(upstream).get(query.lower(), {}).get(type_, ())
    found = tuple(Record(name=query, type=type_, ttl=options.ttl, data=text) for text in data)
    if upstream is not None and not upstream:
        return Answer(rcode="NXDOMAIN", basis="unknown", note="no server outside has it", rule="D1")
    note = f"{query} is no name of the cluster: the DNS server asks another one"
    return Answer(rcode="NOERROR" if found else "", answers=found, basis="unknown", note=note, rule="D1")


class _Server:
    """One query of one zone. Names keep the case of the query, the zone its own spelling (D2)."""

    def __init__(
        self,
        cluster: Cluster,
        query: str,
        zone: str,
        options: DNSAssumptions,
        upstream: Upstream,
        server_ips: tuple[str, ...],
    ) -> None:
        self.cluster, self.query, self.zone, self.options = cluster, query, zone, options
        self.server_ips = server_ips
        # Not a method of this: the two would hold each other, and the state they ask, until garbage is collected.
        self.lookup = Lookup(zone, options, lambda name: records(cluster, name, zone, options), upstream)
        self.is_apex = query.lower() == zone.lower()
        self.same_case = query.endswith(zone)

    def answer(self, type_: str) -> Answer:
        """The answer by type. Raises NoSuchNameError."""
        match type_:
            case "A" | "AAAA":
                return self._addresses(type_)
            case "SRV":
                return self._srv()
            case "CNAME":
                return self._cname()
            case "PTR":
                return self._ptr()
            case "TXT":
                return self._txt()
            case "SOA":
                return self._soa()
            case "NS" if self.is_apex and self.same_case:
                return self._ns()
        found = self._find()  # MX, HINFO and whatever else: the name exists or it does not (D13)
        return Answer(rcode="NOERROR", service=found.service, rule="D13")

    def _find(self) -> Answers:
        if self._is_default_name_server():
            return Answers(rule="D15")
        return self.lookup.find(self.query)

    def _is_default_name_server(self) -> bool:
        return self.query.lower() == default_name_server(self.zone).lower() and self.same_case

    def _addresses(self, type_: str) -> Answer:
        if self._is_default_name_server():
            found = name_servers(self.cluster, self.server_ips, self.zone, self.options)
            made = self.lookup.addresses(self.query, type_, found)
            return Answer(rcode="NOERROR", answers=tuple(made), rule="D15")
        answers = self.lookup.find(self.query)
        made = self.lookup.addresses(self.query, type_, answers.found)
        note = answers.note or (f"{self.lookup.left_zone} is resolved outside the cluster" if self.left_cluster else "")
        return self._noerror(made, answers, note)

    @property
    def left_cluster(self) -> bool:
        return bool(self.lookup.left_zone)

    def _noerror(self, made: list[Record], answers: Answers, note: str, extra: tuple[Record, ...] = ()) -> Answer:
        basis: Basis = "predicted" if answers.predicted else "unknown" if answers.note else "computed"
        return Answer(
            rcode="NOERROR",
            answers=tuple(made),
            additional=extra,
            service=answers.service,
            basis=basis,
            note=note,
            rule=answers.rule,
        )

    def _srv(self) -> Answer:
        answers = self._find()
        if answers.predicted:
            return self._noerror([], answers, answers.note)
        made, extra = self.lookup.services(self.query, answers.found)
        return self._noerror(made, answers, answers.note, tuple(extra))

    def _cname(self) -> Answer:
        answers = self._find()
        first = next(iter(answers.found), None)
        if first is None or first.type != "CNAME" or not first.host:
            return Answer(rcode="NOERROR", service=answers.service, rule="D13")
        alias = self.lookup.record(self.query, "CNAME", f"{first.host}.")
        return Answer(rcode="NOERROR", answers=(alias,), service=answers.service, rule="D11")

    def _ptr(self) -> Answer:
        address = reversed_address(self.query)
        if not address:
            if is_reverse(self.query) and not self.is_apex:
                raise NoSuchNameError("D12")
            return Answer(rcode="NOERROR", service=self.lookup.find(self.query).service, rule="D12")
        names = names_of_address(self.cluster, address, self.options)
        if not names:
            raise NoSuchNameError("D12")
        made = tuple(self.lookup.record(self.query, "PTR", f"{name}.") for name in dict.fromkeys(names))
        return Answer(rcode="NOERROR", answers=made, rule="D12")

    def _txt(self) -> Answer:
        if self.query.lower() == f"dns-version.{self.zone.lower()}":
            version = Record(name=self.query, type="TXT", ttl=SCHEMA_TTL, data=SCHEMA_VERSION)
            return Answer(rcode="NOERROR", answers=(version,), rule="D3")
        answers = self.lookup.find(self.query)
        if not answers.found:  # an empty non-terminal (D13)
            raise NoSuchNameError("D13")
        return Answer(rcode="NOERROR", service=answers.service, rule="D13")

    def _soa(self) -> Answer:
        """D13, D17: below the apex always NODATA."""
        if not self.is_apex:
            return Answer(rcode="NOERROR", rule="D13")
        ttl, zone = self.options.ttl, self.zone
        numbers = f"{SERIAL} {REFRESH} {RETRY} {EXPIRE} {ttl}"
        data = f"{default_name_server(zone)}. hostmaster.{zone}. {numbers}"
        soa = Record(name=zone, type="SOA", ttl=min(ttl, MAX_SOA_TTL), data=data)
        return Answer(rcode="NOERROR", answers=(soa,), rule="D17")

    def _ns(self) -> Answer:
        found = name_servers(self.cluster, self.server_ips, self.zone, self.options)
        servers = [self.lookup.record(self.query, "NS", f"{item.key}.") for item in found]
        glue = tuple(self.lookup.record(item.key, item.type, item.host) for item in found)
        return Answer(rcode="NOERROR", answers=tuple(dict.fromkeys(servers)), additional=glue, rule="D15")
