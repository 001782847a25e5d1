"""Tests of answers that need no session."""
