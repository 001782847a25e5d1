"""Reads that join tables."""
