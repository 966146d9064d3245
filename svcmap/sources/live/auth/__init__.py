"""Who asks an API server: kubeconfig, exec plug-ins, tokens, OIDC."""
