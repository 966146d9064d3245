"""Traefik, Kong and the two HAProxies (controllers.md CT, CK, CH)."""

from __future__ import annotations

from svcmap.semantics.ingress.known.annotations import Controller, OwnAnswers, ToHTTPS

TRAEFIK = Controller(
    title="traefik",
    of_tls="router.tls.options",
    flavour="traefik",
    cleaning="merged",
    values=("traefik.io/ingress-controller", "traefik.io/*"),
    classes=("traefik",),
    prefixes=("traefik.ingress.kubernetes.io/",),
    missing=404,
    annotations={
        "listen": "router.entrypoints router.tls",
        "deny": "router.tls.options",
        "opaque": "router.middlewares service.middlewares",
        "route": "router.priority router.pathmatcher router.rulesyntax service.nativelb service.nodeportlb",
        "backend-tls": "service.serversscheme service.serverstransport",
        "weight": "service.sticky.*",
        "harmless": "service.passhostheader router.tls.certresolver router.tls.domains.* router.observability.*",
    },
    evaluated="""router.entrypoints router.tls router.priority router.pathmatcher router.middlewares service.middlewares
        service.nativelb service.nodeportlb""",
)
KONG = Controller(
    title="Kong",
    aliases="konghq.com/host-aliases",
    flavour="kong",
    deep_wildcards=True,
    values=("ingress-controllers.konghq.com/kong",),
    classes=("kong",),
    prefixes=("konghq.com/", "ingress.kubernetes.io/force-ssl-redirect", "ingress.kubernetes.io/service-upstream"),
    annotations={
        "rewrite": "strip-path rewrite path path-handling",
        "redirect": "https-redirect-status-code ingress.kubernetes.io/force-ssl-redirect",
        "listen": "protocols",
        "route": """methods headers.* headers-separator snis host-aliases regex-priority regex-prefix
            ingress.kubernetes.io/service-upstream""",
        "opaque": "plugins override",
        "backend-tls": "protocol client-cert tls-verify tls-verify-depth ca-certificates-*",
        "weight": "upstream-policy",
        "harmless": """preserve-host host-header connect-timeout read-timeout write-timeout retries request-buffering
            response-buffering tags gatewayclass-unmanaged publish-service""",
    },
    evaluated="""regex-priority regex-prefix strip-path path path-handling host-aliases
        methods headers.* headers-separator snis plugins ingress.kubernetes.io/service-upstream""",
    own=OwnAnswers(
        to_https="ingress.kubernetes.io/force-ssl-redirect",
        protocols="konghq.com/protocols",
        closed=426,
        closed_code="konghq.com/https-redirect-status-code",
    ),
)
OF_HAPROXY = ("haproxy.org/", "haproxy.com/", "ingress.kubernetes.io/")


def _of_haproxy(name: str) -> str:
    """An annotation of HAProxy's own with each of its prefixes."""
    return " ".join(f"{prefix}{name}" for prefix in OF_HAPROXY)


HAPROXY = Controller(
    title="HAProxy",
    flavour="haproxy",
    cleaning="none",
    config_map="haproxy",
    own=OwnAnswers(
        allow=" ".join(f"{prefix}{name}" for prefix in OF_HAPROXY for name in ("allow-list", "whitelist")),
        deny=" ".join(f"{prefix}{name}" for prefix in OF_HAPROXY for name in ("deny-list", "blacklist")),
        password=_of_haproxy("auth-type"),
        password_type="basic-auth",
        client_from=_of_haproxy("src-ip-header"),
        refuses_first=True,
        redirect=_of_haproxy("request-redirect"),
        redirect_code=_of_haproxy("request-redirect-code"),
    ),
    values=("haproxy.org/ingress-controller", "haproxy.org/ingress-controller/*"),
    prefixes=OF_HAPROXY,
    evaluated="path-rewrite ssl-redirect ssl-redirect-code ssl-redirect-port",
    missing=404,
    to_https=ToHTTPS(
        302,
        8443,
        every_host=True,
        off=_of_haproxy("ssl-redirect"),
        code=_of_haproxy("ssl-redirect-code"),
        to_port=_of_haproxy("ssl-redirect-port"),
        is_forced=True,
    ),
    annotations={
        "opaque": "route-acl backend-config-snippet cr-backend",
        "rewrite": "path-rewrite",
        "redirect": "request-redirect request-redirect-code ssl-redirect ssl-redirect-code ssl-redirect-port",
        "deny": "allow-list whitelist deny-list blacklist src-ip-header auth-type auth-secret auth-realm",
        "limit": "rate-limit-* pod-maxconn",
        "listen": "ssl-passthrough",
        "backend-tls": "server-ssl server-ca server-crt server-proto send-proxy-protocol",
        "weight": """standalone-backend load-balance cookie-persistence* check check-http check-interval
            scale-server-slots""",
        "harmless": """set-host cors-* timeout-* forwarded-for request-capture request-capture-len request-set-header
            response-set-header log-format log-format-tcp logasap dontlognull syslog-server maxconn nbthread
            hard-stop-after http-connection-mode http-keep-alive http-server-close quic-alt-svc-max-age
            clean-certs tls-alpn""",
    },
)
OF_HAPROXY_INGRESS = ("haproxy-ingress.github.io/", "ingress.kubernetes.io/")


def _of_haproxy_ingress(name: str) -> str:
    """A key of haproxy-ingress with each of its prefixes."""
    return " ".join(f"{prefix}{name}" for prefix in OF_HAPROXY_INGRESS)


HAPROXY_INGRESS = Controller(
    title="haproxy-ingress",
    of_tls="auth-tls-*",
    config_map="haproxy",
    own=OwnAnswers(
        allow=f"{_of_haproxy_ingress('allowlist-source-range')} {_of_haproxy_ingress('whitelist-source-range')}",
        deny=_of_haproxy_ingress("denylist-source-range"),
        client_from=_of_haproxy_ingress("allowlist-source-header"),
        password=_of_haproxy_ingress("auth-secret"),
        app_root=_of_haproxy_ingress("app-root"),
    ),
    values=("haproxy-ingress.github.io/controller", "haproxy-ingress.github.io/controller/*"),
    prefixes=OF_HAPROXY_INGRESS,
    missing=404,
    to_https=ToHTTPS(302, off=_of_haproxy_ingress("ssl-redirect"), but="/.well-known/acme-challenge"),
    flavour="haproxy-ingress",
    evaluated="""path-type server-alias server-alias-regex http-header-match http-header-match-regex rewrite-target
        redirect-to redirect-from redirect-from-regex ssl-redirect service-upstream""",
    annotations={
        "route": """path-type server-alias server-alias-regex http-header-match http-header-match-regex service-upstream
            use-resolver dns-* cross-namespace-*""",
        "rewrite": "rewrite-target",
        "redirect": """app-root redirect-to redirect-from redirect-from-regex ssl-redirect ssl-always-add-https
            ssl-always-follow-redirect""",
        "deny": """allowlist-source-range whitelist-source-range denylist-source-range allowlist-source-header
            auth-secret auth-realm auth-url auth-signin auth-method auth-headers-* auth-external-placement auth-proxy
            oauth oauth-* auth-tls-*""",
        "opaque": "waf waf-mode modsecurity-* config-* headers",
        "limit": "limit-* proxy-body-size maxconn-server maxqueue-server",
        "weight": """blue-green-* initial-weight drain-support* dynamic-scaling slots-min-free
            assign-backend-server-id cookie-key affinity session-cookie-* balance-algorithm backend-server-*
            health-check-* backend-check-interval agent-check-*""",
        "backend-tls": """backend-protocol secure-* proxy-protocol fcgi-app fcgi-enabled-apps""",
        "listen": """ssl-passthrough ssl-passthrough-http-port http-frontend http-frontends create-default-frontends
            http-port https-port bind-* tcp-service-port http-passthrough http-passthrough-port use-proxy-protocol
            tcp-service-proxy-protocol""",
        "harmless": """http-response-* cors-* hsts hsts-* timeout-* forwardfor real-ip-hdr
            original-forwarded-for-hdr use-forwarded-proto *-log-format syslog-* ssl-* tls-alpn request-*-headers
            response-*-headers acme-* cert-signer stats-* peers-* prometheus-port healthz-port max-connections
            nbthread cpu-map use-cpu-map use-chroot use-haproxy-user username groupname var-namespace
            load-server-state source-address-intf allow-local-bind close-sessions-duration external-has-lua
            master-exit-on-failure worker-max-reloads path-type-order strict-host redirect-to-code redirect-from-code
            no-redirect-locations no-tls-redirect-locations ssl-redirect-code default-backend-redirect
            default-backend-redirect-code""",
    },
)
