"""Runs the project's own Python in worker processes."""
