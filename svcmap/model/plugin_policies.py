"""Policies of Cilium and Calico: of each what it selects, which is all that is read of them."""

from __future__ import annotations

from svcmap.model.base import KubernetesObject, Part
from svcmap.model.labels import LabelSelector


class CiliumRule(Part, frozen=True):
    """A rule is about pods or about nodes."""

    endpoint_selector: LabelSelector | None = None
    node_selector: LabelSelector | None = None


class CiliumPolicy(KubernetesObject, frozen=True):
    """CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy (cilium.io/v2): one rule, or several."""

    spec: CiliumRule | None = None
    specs: tuple[CiliumRule, ...] = ()

    @property
    def rules(self) -> tuple[CiliumRule, ...]:
        return (*((self.spec,) if self.spec else ()), *self.specs)


class CalicoSpec(Part, frozen=True):
    """Selectors are expressions (`app == "web" && has(tier)`); an empty one selects everything."""

    selector: str = ""
    namespace_selector: str = ""
    service_account_selector: str = ""


class CalicoPolicy(KubernetesObject, frozen=True):
    """NetworkPolicy or GlobalNetworkPolicy of crd.projectcalico.org/v1 or projectcalico.org/v3."""

    spec: CalicoSpec = CalicoSpec()
