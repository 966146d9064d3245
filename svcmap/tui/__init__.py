"""The terminal UI. Panes get values of the engine and draw them; they compute nothing about Kubernetes."""
