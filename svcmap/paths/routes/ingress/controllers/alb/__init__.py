"""ALB: `ways` is what is asked."""
