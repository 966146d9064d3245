"""Ingresses that the webhook of ingress-nginx is asked to admit, beside one that is there, and what it says (CN-14)."""

from __future__ import annotations

import base64
import subprocess
from typing import NamedTuple

from tests.cluster.edges.lab import Lab
from tests.cluster.edges.nginx_objects import HOST, OTHER, P, ingress
from tests.cluster.objects import Json

WEBHOOK = "127.0.0.1:8443"
FLAGS = (f"--validating-webhook={WEBHOOK}", "--validating-webhook-certificate", "--validating-webhook-key")
THERE = ingress("taken", f"taken.{HOST}", [("/", P, "web")])
BESIDE = f"new.{HOST}"


class Asked(NamedTuple):
    """An Ingress, the URL that its rule is for, and whether the webhook refuses it."""

    about: str
    item: Json
    url: str
    refused: bool


ASKED = (
    Asked("another host", ingress("new", BESIDE, [("/", P, "web")]), f"http://{BESIDE}/", refused=False),
    Asked(
        "the same path of a host",
        ingress("twice", f"taken.{HOST}", [("/", P, "api")]),
        f"http://taken.{HOST}/",
        refused=True,
    ),
    Asked(
        "the same path, from another namespace",
        ingress("twice", f"taken.{HOST}", [("/", P, "web")], OTHER),
        f"http://taken.{HOST}/",
        refused=True,
    ),
    Asked(
        "another path of the host",
        ingress("more", f"taken.{HOST}", [("/more", P, "api")]),
        f"http://taken.{HOST}/more",
        refused=False,
    ),
    Asked(
        "a snippet",
        ingress("snippet", BESIDE, [("/", P, "web")], notes={"configuration-snippet": "return 418;"}),
        f"http://{BESIDE}/",
        refused=True,
    ),
    Asked(
        "a list that is none",
        ingress("list", BESIDE, [("/", P, "web")], notes={"whitelist-source-range": "nonsense"}),
        f"http://{BESIDE}/",
        refused=False,
    ),
)


def certificate(lab: Lab) -> list[str]:
    """The flags of the controller for its webhook, with a certificate of its own."""
    key, made = lab.place / "webhook.key", lab.place / "webhook.crt"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=webhook"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)]
    subprocess.run([*words, *names], check=True, capture_output=True)
    return [FLAGS[0], f"{FLAGS[1]}={made}", f"{FLAGS[2]}={key}"]


def admitted(lab: Lab) -> list[bool]:
    """Whether the API server takes each Ingress, while it asks the webhook."""
    bundle = base64.b64encode((lab.place / "webhook.crt").read_bytes()).decode()
    rule = {
        "apiGroups": ["networking.k8s.io"],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": ["ingresses"],
    }
    webhook: Json = {
        "name": "validate.nginx.ingress.kubernetes.io",
        "clientConfig": {"url": f"https://{WEBHOOK}/networking/v1/ingresses", "caBundle": bundle},
        "rules": [rule],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "failurePolicy": "Fail",
    }
    lab.make(THERE)
    lab.make(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "ingress-nginx-admission"},
            "webhooks": [webhook],
        }
    )
    lab.control.wait("the webhook", lambda: not _is_taken(lab, ASKED[1].item))
    return [_is_taken(lab, asked.item) for asked in ASKED]


def _is_taken(lab: Lab, item: Json) -> bool:
    """Whether the API server would take an Ingress; it is not made."""
    path = f"/apis/networking.k8s.io/v1/namespaces/{item['metadata']['namespace']}/ingresses?dryRun=All"
    return lab.control.call("POST", path, item)[0] == 201
