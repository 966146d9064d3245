"""What API objects are: frozen structs with the fields svcmap needs, and the state of a cluster as it was read."""
