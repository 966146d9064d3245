"""A live cluster as a source: whom to ask, as whom, and how to keep asking. Alone imports the kubernetes client."""
