"""Benchmarks: each is one command, `python -m benchmarks.NAME`, and takes us, the limit and the peers in one run."""
