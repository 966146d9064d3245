"""Kong: `ways` is what is asked."""
