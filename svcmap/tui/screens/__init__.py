"""Screens: the main one, and the ones that lie over it for a moment."""
