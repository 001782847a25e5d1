"""The statements on one table each."""
