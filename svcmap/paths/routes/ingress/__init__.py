"""Ingress: the rules that one controller merges, and how it reaches the pods."""
