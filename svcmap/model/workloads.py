"""Pods, and the workloads whose templates make them."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec
from msgspec.structs import force_setattr

from svcmap.model.base import KubernetesObject, Metadata, Part
from svcmap.model.components import component_of, kept_words, words_of_env
from svcmap.model.core import Condition
from svcmap.model.listening import loopback_flags

VARIABLE = re.compile(r"\$[({]?([A-Z][A-Z0-9_]*_(?:SERVICE_HOST|SERVICE_PORT|PORT)(?:_[A-Z0-9_]+)?)\b")
"""How a command or a value names a variable of a Service: `$(WEB_SERVICE_HOST)`, `${WEB_PORT}`."""


class ContainerPort(Part, frozen=True):
    name: str = ""
    container_port: int = 0
    protocol: str = ""
    host_port: int = 0


class HTTPGetAction(Part, frozen=True):
    path: str = ""
    port: int | str = ""
    scheme: str = ""


class Probe(Part, frozen=True):
    http_get: HTTPGetAction | None = None


@lru_cache(maxsize=4096)
def _shared(probe: Probe) -> Probe:
    """One object for the many pods that are probed alike."""
    return probe


class EnvVar(Part, frozen=True):
    name: str = ""
    value: str = ""


class Container(Part, frozen=True):
    """`image`, `command` and `args` are those of components whose arguments are read (`components`); of every other
    container they are forgotten as it is read, and `env` of all. What stays are the variables of Services that they
    name (`reads_variables`), but for those that the container sets itself, and the flags by which it listens on the
    loopback address alone (`on_loopback`).
    """

    name: str = ""
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    restart_policy: str = ""
    env: tuple[EnvVar, ...] = ()
    reads_variables: tuple[str, ...] = ()
    on_loopback: tuple[str, ...] = ()
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None

    def __post_init__(self) -> None:
        for name, probe in (("readiness_probe", self.readiness_probe), ("liveness_probe", self.liveness_probe)):
            if probe is not None:
                force_setattr(self, name, _shared(probe))
        if not (self.image or self.command or self.args or self.env):
            return
        if not self.reads_variables:
            texts = (*self.command, *self.args, *(item.value for item in self.env))
            own = {item.name for item in self.env}
            found = dict.fromkeys(name for text in texts if "$" in text for name in VARIABLE.findall(text))
            force_setattr(self, "reads_variables", tuple(name for name in found if name not in own))
        if not self.on_loopback:
            force_setattr(self, "on_loopback", tuple(loopback_flags((*self.command, *self.args))))
        env, component = self.env, self.component
        force_setattr(self, "env", ())
        if component:
            given = (words_of_env(component, item.name, item.value) for item in env if item.value)
            force_setattr(self, "command", kept_words(component, self.command))
            force_setattr(self, "args", (*kept_words(component, self.args), *(word for word in given if word)))
        else:
            force_setattr(self, "image", "")
            force_setattr(self, "command", ())
            force_setattr(self, "args", ())

    @property
    def component(self) -> str:
        """The component it runs, where that is one whose arguments are read; else empty."""
        return component_of(self.image, (*self.command[:1], *self.args[:1]))

    @property
    def words(self) -> tuple[str, ...]:
        """Its whole command line, as far as the object says."""
        return (*self.command, *self.args)


class PodDNSConfigOption(Part, frozen=True):
    name: str = ""
    value: str | None = None


class PodDNSConfig(Part, frozen=True):
    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[PodDNSConfigOption, ...] = ()


class HostAlias(Part, frozen=True):
    ip: str = ""
    hostnames: tuple[str, ...] = ()


class PodSpec(Part, frozen=True):
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    node_name: str = ""
    hostname: str = ""
    subdomain: str = ""
    host_network: bool = False
    dns_policy: str = ""
    dns_config: PodDNSConfig | None = None
    host_aliases: tuple[HostAlias, ...] = ()
    enable_service_links: bool | None = None

    @property
    def serving_containers(self) -> list[Container]:
        """Containers whose ports count: the ordinary ones, then sidecars (init containers that always restart), E9."""
        return [*self.containers, *(c for c in self.init_containers if c.restart_policy == "Always")]


class PodIP(Part, frozen=True):
    ip: str = ""


class ContainerStateRunning(Part, frozen=True):
    started_at: str = ""


class ContainerStateWaiting(Part, frozen=True):
    reason: str = ""
    message: str = ""


class ContainerStateTerminated(Part, frozen=True):
    reason: str = ""
    exit_code: int = 0


class ContainerState(Part, frozen=True):
    running: ContainerStateRunning | None = None
    waiting: ContainerStateWaiting | None = None
    terminated: ContainerStateTerminated | None = None


class ContainerStatus(Part, frozen=True):
    name: str = ""
    ready: bool = False
    restart_count: int = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodStatus(Part, frozen=True):
    phase: str = ""
    pod_ip: str = msgspec.field(default="", name="podIP")
    pod_ips: tuple[PodIP, ...] = msgspec.field(default=(), name="podIPs")
    host_ip: str = msgspec.field(default="", name="hostIP")
    start_time: str = ""
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()

    @property
    def addresses(self) -> list[str]:
        """Every address of the pod, the primary one first; the node's for a hostNetwork pod."""
        return [ip.ip for ip in self.pod_ips if ip.ip] or ([self.pod_ip] if self.pod_ip else [])


class Pod(KubernetesObject, frozen=True):
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def is_ready(self) -> bool:
        """The pod condition Ready is "True"; a pod without the condition is not ready (E6)."""
        return any(c.type == "Ready" and c.status == "True" for c in self.status.conditions)

    @property
    def is_observed(self) -> bool:
        """A cluster reported on this pod; a manifest of one has no status."""
        return bool(self.status.phase or self.status.pod_ip or self.status.conditions)

    @property
    def is_finished(self) -> bool:
        return self.status.phase in ("Succeeded", "Failed")


class PodTemplate(Part, frozen=True):
    metadata: Metadata = Metadata()
    spec: PodSpec = PodSpec()


class StatefulSetOrdinals(Part, frozen=True):
    start: int = 0


class JobSpec(Part, frozen=True):
    parallelism: int | None = None
    template: PodTemplate = PodTemplate()


class JobTemplate(Part, frozen=True):
    spec: JobSpec = JobSpec()


class WorkloadSpec(Part, frozen=True):
    """The union of what the workload kinds say about their pods."""

    replicas: int | None = None
    parallelism: int | None = None
    template: PodTemplate | None = None
    job_template: JobTemplate | None = None
    service_name: str = ""
    ordinals: StatefulSetOrdinals = StatefulSetOrdinals()


class Workload(KubernetesObject, frozen=True):
    """Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController, Job or CronJob."""

    spec: WorkloadSpec = WorkloadSpec()

    @property
    def template(self) -> PodTemplate:
        if self.spec.job_template:
            return self.spec.job_template.spec.template
        return self.spec.template or PodTemplate()
