"""Network policies: what they let out of a client, and in to each endpoint."""
