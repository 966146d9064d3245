"""GKE's load balancer: `ways` is what is asked."""
