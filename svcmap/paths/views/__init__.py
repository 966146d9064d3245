"""Views of traces: names, reverse look-up, needs, graph, forecast, and the keys of the contract."""
