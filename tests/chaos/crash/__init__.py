"""The crash test: a small course whose processes are killed at chosen points and moments, and what has to hold then."""
