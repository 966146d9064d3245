"""OpenShift's Routes: what its router makes of a request."""
