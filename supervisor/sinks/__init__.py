"""Where accepted results go: a door, and a file for each kind of place behind it."""
