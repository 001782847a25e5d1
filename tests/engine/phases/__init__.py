"""Tests of how phases come to items and answers."""
