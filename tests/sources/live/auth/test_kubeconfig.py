"""Which cluster and user a kubeconfig means, and how the user proves who they are. Nobody ever asks anonymously."""

from __future__ import annotations

import base64
import json
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from svcmap import console
from svcmap.errors import SourceError
from svcmap.sources.live.auth import kubeconfig
from svcmap.sources.live.auth.credentials import Credentials, impersonation
from svcmap.sources.live.auth.kubeconfig import Chosen, choose
from tests.sources.live.fake_api import fake_api

ONE = """
current-context: dev
clusters:
- name: c
  cluster: {server: "https://one.example:6443/", certificate-authority: pki/ca.crt}
users:
- name: u
  user: {tokenFile: secrets/token}
contexts:
- name: dev
  context: {cluster: c, user: u, namespace: shop}
"""
TWO = """
current-context: prod
clusters:
- name: c
  cluster: {server: "https://two.example"}
- name: d
  cluster: {server: "https://d.example"}
users:
- name: e
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login}}
contexts:
- name: prod
  context: {cluster: d, user: e}
"""


def written(folder: Path, **files: str) -> list[str]:
    paths = []
    for name, text in files.items():
        (folder / name).mkdir()
        (folder / name / "config").write_text(text)
        paths.append(str(folder / name / "config"))
    return paths


def test_files_are_merged_as_kubectl_does_it(tmp_path: Path) -> None:
    one, two = written(tmp_path, one=ONE, two=TWO)
    environment = {"KUBECONFIG": f"{one}::{tmp_path}/missing:{two}", "HOME": str(tmp_path)}
    chosen = choose(environment=environment)
    assert (chosen.context, chosen.namespace, chosen.server) == ("dev", "shop", "https://one.example:6443")
    assert chosen.cluster["certificate-authority"] == str(tmp_path / "one" / "pki/ca.crt")
    assert chosen.user["tokenFile"] == str(tmp_path / "one" / "secrets/token")
    other = choose("prod", environment=environment)
    assert (other.server, other.namespace) == ("https://d.example", "default")
    assert other.user["exec"]["command"] == str(tmp_path / "two" / "login")
    assert other.contexts == ("dev", "prod")
    assert choose(given=two, environment=environment).context == "prod"


@pytest.mark.parametrize(
    ("text", "context", "says"),
    [
        (ONE, "prod", "there is no context prod; there are: dev"),
        ("contexts: []", None, "no current-context"),
        ("{}", None, "no current-context"),
        ("a: [", None, "config"),
        ("[1]", None, "not a kubeconfig"),
        ("users: 3", None, "users must be a list"),
        ("users: [{name: u, user: 3}]", None, "user u must be a mapping"),
        ("contexts: [{name: x, context: {cluster: c}}]", "x", "names cluster c, which has no server"),
        (
            "contexts: [{name: x, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://s'}}]",
            "x",
            "names user u, who is not in it",
        ),
        (
            "contexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'https://s', "
            "insecure-skip-tls-verify: true, certificate-authority-data: eA==}}]",
            "x",
            "insecure-skip-tls-verify and a certificate-authority exclude each other",
        ),
    ],
)
def test_what_a_file_lacks_is_one_line(text: str, context: str | None, says: str, tmp_path: Path) -> None:
    (path,) = written(tmp_path, one=text)
    with pytest.raises(SourceError, match=says) as raised:
        choose(context, path)
    assert "\n" not in str(raised.value)


def test_without_a_kubeconfig_a_pod_speaks_to_its_own_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"HOME": str(tmp_path), "KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    assert not kubeconfig.exists(environment=environment)
    with pytest.raises(SourceError, match="no kubeconfig: looked for"):
        choose(environment=environment)
    monkeypatch.setattr(kubeconfig, "SERVICE_ACCOUNT", tmp_path)
    (tmp_path / "token").write_text("abc\n")
    (tmp_path / "namespace").write_text("here\n")
    chosen = choose(environment=environment)
    assert (chosen.server, chosen.namespace, chosen.context) == ("https://[fd00::1]:443", "here", "in-cluster")
    assert Credentials(chosen).authorization() == "Bearer abc"


def as_user(user: dict[str, Any], server: str = "https://x", **cluster: Any) -> Credentials:
    return Credentials(Chosen("ctx", {"server": server, **cluster}, user, "u", "default", ("ctx",)))


def plugin(folder: Path, body: str, **more: Any) -> dict[str, Any]:
    path = folder / "plugin"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(path), **more}}


def credential(**status: str) -> str:
    return json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status})


def test_ways_to_say_who_one_is(tmp_path: Path) -> None:
    assert as_user({"token": "abc"}).authorization() == "Bearer abc"
    assert as_user({"username": "a", "password": "b"}).authorization() == "Basic YTpi"
    pem = base64.b64encode(b"-----BEGIN").decode()
    cert = as_user({"client-certificate-data": pem, "client-key-data": pem})
    assert (cert.authorization(), cert.certificate) == ("", "-----BEGIN")
    token = tmp_path / "token"
    token.write_text("one\n")
    from_file = as_user({"tokenFile": str(token), "token": "loses"})
    assert from_file.authorization() == "Bearer one"
    token.write_text("two\n")
    assert from_file.authorization() == "Bearer one"
    from_file._read_at -= 61
    assert from_file.authorization() == "Bearer two"


def test_a_plugin_is_told_of_the_cluster_and_asked_again_when_its_token_ends(tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = credential(token="t", expirationTimestamp="2020-01-01T00:00:00Z")
    user = plugin(
        tmp_path,
        f"cat >> {out}; echo \"$KUBERNETES_EXEC_INFO $WHO\" >> {out}; echo '{ended}'",
        env=[{"name": "WHO", "value": "me"}],
        provideClusterInfo=True,
    )
    found = as_user(user, server="https://s")
    assert found.authorization() == "Bearer t"
    first, second = out.read_text().splitlines()
    assert first == second
    info = json.loads(first.removesuffix(" me"))
    assert info["spec"] == {"interactive": False, "cluster": {"server": "https://s"}}
    assert "expired at 2020-01-01 00:00:00 UTC" in found.explain_refusal()


def test_a_person_is_told_of_a_plugin_that_takes_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "LONG", 0.05)
    slow = plugin(tmp_path, f"sleep 0.5; echo '{credential(token='t')}'")
    as_user(slow)
    assert capsys.readouterr().err == "", "nobody sits at a file"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    as_user(slow)
    path = slow["exec"]["command"]
    assert capsys.readouterr().err == f"svcmap: waiting for exec plug-in {path} of user u\n"


@pytest.mark.parametrize(
    ("body", "more", "says"),
    [
        ("echo no >&2; echo because >&2; exit 3", {}, "exit code 3: because"),
        ("echo hello", {}, "printed no JSON"),
        ("echo '{}'", {}, "printed no ExecCredential"),
        (f"echo '{credential()}'", {}, "neither a token nor a certificate"),
        (f"echo '{credential(clientCertificateData='x')}'", {}, "neither a token nor a certificate"),
        (f"echo '{credential(token='t').replace('/v1', '/v1beta1')}'", {}, "was asked as"),
        ("true", {"command": "/nowhere/login", "installHint": "get it\nthere"}, "not found; get it there"),
        ("true", {"apiVersion": "client.authentication.k8s.io/v1alpha1"}, "apiVersion must be one of"),
        ("true", {"interactiveMode": "Always"}, "there is no terminal; log in first"),
    ],
)
def test_a_plugin_that_does_not_work_is_one_line(
    body: str, more: dict[str, Any], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(SourceError, match=says) as raised:
        as_user(plugin(tmp_path, body, **more))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ({}, "has no credentials"),
        ({"username": "a"}, "has no credentials"),
        ({"tokenFile": "/nowhere/token"}, "tokenFile /nowhere/token: No such file"),
        ({"client-certificate-data": "eA=="}, "client-certificate is no PEM text"),
        ({"client-certificate-data": "LS0tLS1CRUdJTg=="}, "belong together"),
        (
            {"client-certificate": "/nowhere/c", "client-key": "/nowhere/k"},
            "client-certificate /nowhere/c: No such file",
        ),
        ({"token": "a\nHost: b"}, "line break"),
        ({"auth-provider": {"name": "gcp"}}, "unknown auth-provider gcp"),
        ({"auth-provider": {"name": "oidc", "config": {}}}, "no refresh-token; log in again"),
        ({"auth-provider": {"name": "oidc", "config": {"id-token": "a.b"}}}, "is no JSON web token"),
    ],
)
def test_nobody_asks_anonymously(user: dict[str, Any], says: str) -> None:
    with pytest.raises(SourceError, match=says):
        as_user(user)


def test_a_plain_proxy_needs_no_credentials() -> None:
    assert as_user({}, server="http://localhost:8001").authorization() == ""


def web_token(**claims: Any) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.c2ln"


def test_an_oidc_token_that_ended_is_refreshed_and_kept(tmp_path: Path) -> None:
    new, asked = web_token(exp=time.time() + 600), []

    def issuer(path: str, query: dict[str, str], headers: Any) -> Any:
        return 200, {"token_endpoint": f"{fake.url}/token"}, {}

    with fake_api(issuer) as fake:

        def post(handler: Any) -> None:
            asked.append(handler.rfile.read(int(handler.headers["Content-Length"])).decode())
            data = json.dumps({"id_token": new, "refresh_token": "r2"}).encode()
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)

        fake.server.RequestHandlerClass.do_POST = post  # type: ignore[attr-defined]
        config = {"id-token": web_token(exp=1), "refresh-token": "r1", "client-id": "i", "idp-issuer-url": fake.url}
        path = fake.kubeconfig(tmp_path, {"auth-provider": {"name": "oidc", "config": config}})
        assert Credentials(choose(given=path)).authorization() == f"Bearer {new}"
        assert asked == ["grant_type=refresh_token&refresh_token=r1&client_id=i"]
        # The refresh token may be good for one use: the next start must find the new one.
        kept = choose(given=path).user["auth-provider"]["config"]
        assert (kept["id-token"], kept["refresh-token"]) == (new, "r2")


def test_whom_one_acts_as() -> None:
    user = {
        "as": "bob",
        "as-groups": ["g"],
        "as-uid": "7",
        "as-user-extra": {"scopes": ["x", "y"], "acme.example/team": ["z"]},
    }
    assert impersonation(user, None, ()).headers() == [
        ("Impersonate-User", "bob"),
        ("Impersonate-Group", "g"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Extra-scopes", "x"),
        ("Impersonate-Extra-scopes", "y"),
        ("Impersonate-Extra-acme.example%2Fteam", "z"),
    ]
    assert impersonation(user, "eve", ("a", "b")).headers() == [
        ("Impersonate-User", "eve"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
    ]
    assert impersonation({}, None, ()).headers() == []
    with pytest.raises(SourceError, match="give --as too"):
        impersonation({}, None, ("a",))


@pytest.mark.parametrize(
    "server", ["nonsense", "5", "'https://[::1'", "'https://127.0.0.1:99999'", "'ftp://a.example'"]
)
def test_a_server_that_is_no_url_is_one_line(server: str, tmp_path: Path) -> None:
    text = f"contexts: [{{name: x, context: {{cluster: c}}}}]\nclusters: [{{name: c, cluster: {{server: {server}}}}}]"
    (path,) = written(tmp_path, one=text)
    with pytest.raises(SourceError, match="is no URL such as") as raised:
        choose("x", str(path))
    assert "\n" not in str(raised.value)
