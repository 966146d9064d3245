"""What is known of a state: look-ups, settled assumptions, near misses."""
