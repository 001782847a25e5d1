"""What starts next, and whether it may."""
