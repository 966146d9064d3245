"""The proxies of layer 7: from the rules of an entry to the backends of one of them."""
