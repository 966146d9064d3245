"""One thin module per command: source → engine → report. Only here do a source and the engine meet."""
