"""Packets for an address of the cluster: load balancer, node port, kube-proxy, endpoint, node and pod."""
