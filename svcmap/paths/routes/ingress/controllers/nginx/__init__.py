"""ingress-nginx: `ways` is what is asked."""
