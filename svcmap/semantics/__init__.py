"""What Kubernetes does with the objects: pure functions, one module per component, none importing another.

Rule ids (S1, E3, K8 ...) are those of the rule book; each docstring names the upstream file or page behind them.
"""
