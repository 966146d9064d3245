"""Benchmarks as ratios of two things timed in one run, interleaved A/B/B/A, medians: `python -m tests.bench`.

A ratio is printed beside its budget; the run fails where a median is over 1.4 times the budget, which is what a busy
machine can do to one.
"""
