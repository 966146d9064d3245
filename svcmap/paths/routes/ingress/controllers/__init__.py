"""What controllers do between an Ingress and a Service, a module each; `ways` is the seam, `registry` has them all."""
