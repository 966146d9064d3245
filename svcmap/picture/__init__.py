"""The picture of a Service: its ways in as lanes of cells, groups of endpoints, steps, and their drawing."""
