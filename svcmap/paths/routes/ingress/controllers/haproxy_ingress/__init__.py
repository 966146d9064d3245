"""haproxy-ingress: `ways` is what is asked."""
