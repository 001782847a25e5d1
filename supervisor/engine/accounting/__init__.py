"""What was done, what it cost, what may still be spent."""
