"""NGINX Inc's controller (controllers.md CI; nginx/kubernetes-ingress, internal/configs/annotations.go)."""

from __future__ import annotations

from svcmap.semantics.ingress.known.annotations import Controller, OwnAnswers, ToHTTPS

NGINX_INC = Controller(
    title="NGINX Ingress Controller",
    flavour="nginx-inc",
    config_map="nginx",
    cleaning="decoded",
    needs_tls=True,
    deep_wildcards=True,
    values=("nginx.org/ingress-controller",),
    prefixes=("nginx.org/", "nginx.com/", "appprotect.f5.com/", "appprotectdos.f5.com/"),
    missing=502,
    empty=502,
    to_https=ToHTTPS(301, 443, off="nginx.org/ssl-redirect", code="nginx.org/http-redirect-code"),
    annotations={
        "route": "mergeable-ingress-type path-regex use-cluster-ip",
        "rewrite": "rewrites rewrite-target",
        "redirect": "app-root ssl-redirect redirect-to-https http-redirect-code",
        "listen": "listen-ports listen-ports-ssl",
        "deny": "basic-auth-secret basic-auth-realm nginx.com/jwt-*",
        "opaque": """policies nginx.com/policies appprotect.f5.com/* appprotectdos.f5.com/* server-snippets
            location-snippets""",
        "limit": "limit-req-* client-max-body-size max-conns",
        "backend-tls": "ssl-services grpc-services websocket-services",
        "weight": """lb-method sticky-cookie-services nginx.com/sticky-cookie-services nginx.com/slow-start
            nginx.com/health-checks*""",
        "harmless": """custom-http-errors proxy-connect-timeout proxy-read-timeout proxy-send-timeout proxy-buffering
            proxy-buffers proxy-buffer-size proxy-busy-buffers-size proxy-max-temp-file-size client-body-buffer-size
            proxy-hide-headers proxy-pass-headers proxy-set-headers add-header add-header-inherit hsts hsts-*
            server-tokens keepalive max-fails fail-timeout upstream-zone-size ssl-ciphers ssl-prefer-server-ciphers
            proxy-next-upstream proxy-next-upstream-timeout proxy-next-upstream-tries proxy-redirect-from
            proxy-redirect-to""",
    },
    own=OwnAnswers(app_root="nginx.org/app-root", password="nginx.org/basic-auth-secret"),
    evaluated="""mergeable-ingress-type ssl-redirect http-redirect-code redirect-to-https rewrites rewrite-target
        path-regex use-cluster-ip listen-ports listen-ports-ssl policies nginx.com/policies""",
)
