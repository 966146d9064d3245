"""Controllers beside svcmap, each in namespaces of its own: an API server, servers as pods, and one edge."""
