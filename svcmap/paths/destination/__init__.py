"""Whose is it: what a name or an address leads to, as the client's resolver and the cluster's DNS have it."""
