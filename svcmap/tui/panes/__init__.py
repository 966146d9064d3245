"""The panes: each turns values of the engine into rows, posts what the user does, and knows nothing of its siblings."""
