"""Benchmarks: each is one command, `python -m benchmarks.NAME`, and takes its baseline in the same run."""
