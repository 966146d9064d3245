"""Who sends: the request, its client, and the parties that policies see."""
