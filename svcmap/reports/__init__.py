"""Renderings of what the engine knows: they compute nothing of their own."""
