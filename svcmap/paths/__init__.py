"""Putting the answers of `semantics` together: the engine. `trace` follows a request; everything else views traces."""
