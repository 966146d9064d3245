"""Requests to an API server: what it has, lists and watches of it, and how they fail."""
