"""Looks at everything, and mends what it can."""
