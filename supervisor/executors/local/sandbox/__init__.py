"""Sessions kept apart from each other and from the rest of the machine."""
