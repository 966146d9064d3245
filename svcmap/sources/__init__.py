"""Where state comes from: bytes in, `ClusterState` out. Knows the model and nothing of what is made of it."""
