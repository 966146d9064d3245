"""NGINX Inc's controller: `ways` is what is asked."""
