"""Where items come from: a door, and a file for each kind of place behind it."""
