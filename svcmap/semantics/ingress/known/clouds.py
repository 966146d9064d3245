"""Load balancers of clouds that read Ingresses themselves: ALB, GKE, Application Gateway (CA, CG, CO)."""

from __future__ import annotations

from svcmap.semantics.ingress.known.annotations import Controller, OwnAnswers

ALB = Controller(
    title="ALB",
    flavour="alb",
    is_outside=True,
    values=("ingress.k8s.aws/alb",),
    classes=("alb",),
    prefixes=("alb.ingress.kubernetes.io/",),
    annotations={
        "route": """group.name group.order conditions.* use-regex-path-match target-type target-node-labels
            multi-cluster-target-group target-control-port*""",
        "redirect": "ssl-redirect",
        "rewrite": "transforms.*",
        "listen": """listen-ports scheme enable-frontend-nlb frontend-nlb-scheme
            frontend-nlb-listener-port-mapping""",
        "deny": """frontend-nlb-security-groups
            inbound-cidrs security-group-prefix-lists security-groups auth-type auth-idp-oidc auth-idp-cognito
            auth-on-unauthenticated-request auth-scope auth-session-cookie auth-session-timeout jwt-validation
            mutual-authentication""",
        "opaque": "wafv2-acl-arn wafv2-acl-name waf-acl-id web-acl-id shield-advanced-protection",
        "backend-tls": "backend-protocol backend-protocol-version",
        "weight": "target-group-attributes actions.*",
        "harmless": """frontend-nlb-* certificate-arn create-acm-cert acm-pca-arn subnets ip-address-type
            load-balancer-name customer-owned-ipv4-pool ipam-ipv4-pool-id
            manage-backend-security-group-rules healthcheck-* healthy-threshold-count unhealthy-threshold-count
            success-codes load-balancer-attributes listener-attributes* ssl-policy tags
            minimum-load-balancer-capacity dry-run-plan""",
    },
    own=OwnAnswers(allow="alb.ingress.kubernetes.io/inbound-cidrs", outside=0),
    wide="""inbound-cidrs security-group-prefix-lists security-groups wafv2-acl-arn wafv2-acl-name waf-acl-id
        web-acl-id shield-advanced-protection""",
    evaluated="""group.name group.order ssl-redirect target-type target-node-labels listen-ports scheme conditions.*
        transforms.* use-regex-path-match auth-type auth-idp-oidc auth-idp-cognito auth-on-unauthenticated-request
        auth-scope auth-session-cookie auth-session-timeout jwt-validation mutual-authentication enable-frontend-nlb
        frontend-nlb-scheme frontend-nlb-listener-port-mapping""",
)
GCE = Controller(
    title="GCE load balancer",
    flavour="gce",
    deep_wildcards=True,
    is_outside=True,
    by_annotation=True,
    values=("k8s.io/ingress-gce", "networking.gke.io/ingress-gce"),
    classes=("gce", "gce-internal", "gce-regional-external", "gce-multi-cluster"),
    prefixes=(
        "networking.gke.io/",
        "ingress.gcp.kubernetes.io/",
        "cloud.google.com/",
        "beta.cloud.google.com/",
        "kubernetes.io/ingress.",
        "service.alpha.kubernetes.io/app-protocols",
    ),
    empty=502,
    own=OwnAnswers(without_http="kubernetes.io/ingress.allow-http"),
    evaluated="v1beta1.FrontendConfig cloud.google.com/backend-config beta.cloud.google.com/backend-config",
    annotations={
        "redirect": "v1beta1.FrontendConfig",
        "listen": "kubernetes.io/ingress.allow-http",
        "opaque": "cloud.google.com/backend-config beta.cloud.google.com/backend-config",
        "backend-tls": "cloud.google.com/app-protocols service.alpha.kubernetes.io/app-protocols",
        "harmless": """ingress.gcp.kubernetes.io/pre-shared-cert managed-certificates cloud.google.com/neg
            cloud.google.com/neg-status kubernetes.io/ingress.global-static-ip-name
            kubernetes.io/ingress.regional-static-ip-name kubernetes.io/ingress.class transparent-health-checker
            suppress-firewall-xpn-error""",
    },
)
AGIC = Controller(
    title="Application Gateway",
    is_outside=True,
    values=("azure/application-gateway",),
    classes=("azure/application-gateway", "azure-application-gateway"),
    prefixes=("appgw.ingress.kubernetes.io/",),
    annotations={
        "redirect": "ssl-redirect",
        "rewrite": "backend-path-prefix",
        "listen": "use-private-ip override-frontend-port",
        "opaque": "waf-policy-for-path rewrite-rule-set*",
        "route": "rule-priority",
        "backend-tls": "backend-protocol backend-hostname",
        "weight": "cookie-based-affinity",
        "harmless": "health-probe-* request-timeout appgw-ssl-certificate connection-draining*",
    },
)
