"""Components of a cluster whose arguments are read, and what is in a command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

KUBE_PROXY, NODE_LOCAL_DNS, INGRESS_NGINX = "kube-proxy", "node-local-dns", "ingress-nginx"
DNS_SERVER = "coredns"
NGINX_INC, KONG, HAPROXY, HAPROXY_INGRESS = "nginx-ingress", "kong", "haproxy", "haproxy-ingress"
CONTOUR = "contour"
AWS_CONTROLLER, TRAEFIK = "aws-load-balancer-controller", "traefik"
OF_TRAEFIK = ("entrypoints.", "providers.kubernetes", "configfile")
"""Beginnings of the flags of Traefik that are read: others may have secrets."""
PROGRAMS = {
    "kube-proxy": KUBE_PROXY,
    "coredns": DNS_SERVER,
    "mirrored-coredns-coredns": DNS_SERVER,
    "kubedns": DNS_SERVER,
    "k8s-dns-kube-dns": DNS_SERVER,
    "k8s-dns-kube-dns-amd64": DNS_SERVER,
    "node-cache": NODE_LOCAL_DNS,
    "k8s-dns-node-cache": NODE_LOCAL_DNS,
    "nginx-ingress-controller": INGRESS_NGINX,
    AWS_CONTROLLER: AWS_CONTROLLER,
    TRAEFIK: TRAEFIK,
    "mirrored-library-traefik": TRAEFIK,
    "nginx-ingress": NGINX_INC,
    "nginx-plus-ingress": NGINX_INC,
    "kubernetes-ingress-controller": KONG,
    "haproxy-ingress": HAPROXY_INGRESS,
    "contour": CONTOUR,
}
"""Names of programs, and of images that have no other: the last part of what they are called."""
IMAGES = {"ingress-nginx/controller": INGRESS_NGINX, "haproxytech/kubernetes-ingress": HAPROXY}
"""Images in whatever registry; the last part alone would be anybody's."""
WATCHED, PASSED = ("watch-namespace", "namespace-whitelist", "watch-namespaces"), "namespace-blacklist"
"""Flags that say whose Ingresses a controller looks at, and whose not."""
BY_LABEL = "watch-namespace-label"
"""The same by labels of namespaces."""
CLASSES = ("ingress-class", "ingress-class-name")
"""Flags that say which classes are a controller's."""
NO_HOST, SNIPPETS = "allow-empty-ingress-host", "enable-snippets"
"""Flags of NGINX Inc's that let it take what it else rejects. No others of it, Kong, Contour and HAProxy are kept."""

FILES = ("config-path", "contour-config-name")
"""Flags of Contour's that say where its configuration is."""
KEPT = (*WATCHED, PASSED, BY_LABEL, *CLASSES, NO_HOST, SNIPPETS, *FILES)
OF_KONG = {"CONTROLLER_WATCH_NAMESPACE": WATCHED[0], "CONTROLLER_INGRESS_CLASS": CLASSES[0]}


@lru_cache(maxsize=4096)
def component_of(image: str, programs: tuple[str, ...]) -> str:
    """The component that a container runs, by its image or the program it starts; empty where it is none of these."""
    name = image.partition("@")[0]
    path = name[: name.rindex(":")] if ":" in name.rpartition("/")[2] else name
    if by_image := next((known for end, known in IMAGES.items() if path.removesuffix("-chroot").endswith(end)), ""):
        return by_image
    for text in (path, *programs):
        if found := PROGRAMS.get(text.rpartition("/")[2]):
            return found
    return ""


def kept_words(component: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a component's command line that are kept."""
    if component in (NGINX_INC, KONG, HAPROXY, HAPROXY_INGRESS, CONTOUR):
        return tuple(_watching(words))
    if component != TRAEFIK:
        return words
    return tuple(word for word in words if not word.startswith("-") or word.lstrip("-").lower().startswith(OF_TRAEFIK))


def words_of_env(component: str, name: str, value: str) -> str:
    """A variable of the environment that a component takes as a flag: that flag; empty where it is none of these."""
    if component == KONG and name in OF_KONG:
        return f"--{OF_KONG[name]}={value}"
    flag_name = name.removeprefix("TRAEFIK_").lower().replace("_", ".")
    if component == TRAEFIK and name.startswith("TRAEFIK_") and flag_name.startswith(OF_TRAEFIK):
        return f"--{flag_name}={value}"
    return ""


def _watching(words: tuple[str, ...]) -> Iterator[str]:
    """The program, and flags about namespaces and classes, each as one word with its value; the value may be the word
    behind it.
    """
    yield from (word for word in words[:1] if not word.startswith("-"))
    for index, word in enumerate(words):
        name, equals, _ = word.partition("=")
        following = words[index + 1] if index + 1 < len(words) else "-"
        if word.startswith("-") and name.lstrip("-") in KEPT:
            yield word if equals or following.startswith("-") else f"{word}={following}"


def flag(words: Sequence[str], *names: str) -> str | None:
    """The value of a flag in a command line, `true` where it has none; the last one counts. None where it is not there.

    `--name=value`, `--name value` and with one dash, as Go's flag packages take them.
    """
    found = None
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if not name.startswith("-") or name.lstrip("-") not in names:
            continue
        following = words[index + 1] if index + 1 < len(words) else "-"
        found = value if equals else following if not following.startswith("-") else "true"
    return found


def split(text: str | None) -> Iterator[str]:
    """The parts of a list in a flag."""
    yield from (part.strip() for part in (text or "").split(",") if part.strip())


def watches(words: Sequence[str], namespace: str) -> bool:
    """Whether a controller with a command line looks at the Ingresses of a namespace: lists, and flags given twice."""
    said = [(name.lstrip("-"), value) for name, _, value in (word.partition("=") for word in _watching(tuple(words)))]
    listed = {part for name, value in said if name in WATCHED for part in split(value)}
    return (not listed or namespace in listed) and all(
        namespace not in split(value) for name, value in said if name == PASSED
    )


def is_on(words: Sequence[str], name: str) -> bool:
    """Whether a flag is true, as Go's strconv.ParseBool takes it."""
    return (flag(words, name) or "") in ("1", "t", "T", "true", "TRUE", "True")
