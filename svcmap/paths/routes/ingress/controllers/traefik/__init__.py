"""Traefik: `ways` is what is asked."""
