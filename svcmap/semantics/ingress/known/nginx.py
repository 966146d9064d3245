"""ingress-nginx, and what is it under another name (controllers.md CN, CX-21, CX-22; internal/ingress/annotations)."""

from __future__ import annotations

from svcmap.semantics.ingress.known.annotations import Controller

INGRESS_NGINX = Controller(
    title="ingress-nginx",
    flavour="nginx",
    cleaning="decoded",
    values=("k8s.io/ingress-nginx", "webapprouting.kubernetes.azure.com/nginx*", "k8s.io/*ingress-nginx*"),
    classes=("nginx", "public", "webapprouting.kubernetes.azure.com"),
    prefixes=("nginx.ingress.kubernetes.io/",),
    annotations={
        "rewrite": "rewrite-target",
        "route": "use-regex server-alias default-backend service-upstream canary",
        "redirect": """app-root ssl-redirect force-ssl-redirect permanent-redirect permanent-redirect-code
            temporal-redirect temporal-redirect-code from-to-www-redirect""",
        "deny": """allowlist-source-range whitelist-source-range denylist-source-range auth-type auth-url
            auth-tls-secret auth-tls-match-cn""",
        "listen": "ssl-passthrough",
        "opaque": """auth-snippet configuration-snippet server-snippet stream-snippet enable-modsecurity
            enable-owasp-core-rules modsecurity-transaction-id modsecurity-snippet""",
        "backend-tls": """backend-protocol proxy-ssl-secret proxy-ssl-name proxy-ssl-verify proxy-ssl-verify-depth
            proxy-ssl-protocols proxy-ssl-server-name proxy-ssl-ciphers""",
        "weight": """canary-weight canary-weight-total canary-by-header canary-by-header-value
            canary-by-header-pattern canary-by-cookie affinity affinity-mode affinity-canary-behavior session-cookie-*
            upstream-hash-by upstream-hash-by-subset upstream-hash-by-subset-size load-balance""",
        "limit": """limit-connections limit-rps limit-rpm limit-burst-multiplier limit-rate limit-rate-after
            limit-allowlist limit-whitelist proxy-body-size""",
        "harmless": """upstream-vhost preserve-trailing-slash use-port-in-redirects relative-redirects
            custom-http-errors disable-proxy-intercept-errors enable-cors cors-* x-forwarded-prefix custom-headers
            connection-proxy-header mirror-target mirror-host mirror-request-body fastcgi-index
            fastcgi-params-configmap proxy-next-upstream proxy-next-upstream-tries proxy-next-upstream-timeout
            proxy-connect-timeout proxy-send-timeout proxy-read-timeout proxy-buffering proxy-buffers-number
            proxy-buffer-size proxy-busy-buffers-size proxy-max-temp-file-size proxy-request-buffering
            proxy-http-version client-body-buffer-size http2-push-preload proxy-cookie-domain proxy-cookie-path
            proxy-redirect-from proxy-redirect-to ssl-ciphers ssl-prefer-server-ciphers enable-access-log
            enable-rewrite-log enable-opentelemetry opentelemetry-* auth-tls-verify-depth
            auth-tls-pass-certificate-to-upstream auth-tls-verify-client auth-tls-error-page satisfy
            enable-global-auth auth-secret-type auth-secret auth-realm auth-signin auth-signin-redirect-param
            auth-request-redirect auth-response-headers auth-proxy-set-headers auth-cache-key auth-cache-duration
            auth-method auth-keepalive* auth-always-set-cookie enable-influxdb influxdb-* enable-opentracing
            opentracing-*
            global-rate-limit* secure-backends secure-verify-ca-secret add-base-url base-url-scheme""",
    },
    evaluated="""rewrite-target use-regex canary ssl-redirect force-ssl-redirect permanent-redirect
        permanent-redirect-code temporal-redirect temporal-redirect-code app-root from-to-www-redirect server-alias
        default-backend service-upstream allowlist-source-range whitelist-source-range denylist-source-range
        auth-type auth-tls-secret ssl-passthrough auth-snippet configuration-snippet server-snippet stream-snippet""",
    wide="server-snippet auth-tls-match-cn",
)
