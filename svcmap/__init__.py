"""svcmap: how traffic gets to a Kubernetes Service, and where it stops."""

__version__ = "0.1.0"
