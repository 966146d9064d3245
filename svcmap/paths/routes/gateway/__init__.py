"""Gateway API: listeners, the routes that they took, and weighted backends."""
