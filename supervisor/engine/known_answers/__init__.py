"""Answers that need no session: a door, and a file for each place where they are found."""
