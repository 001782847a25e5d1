"""What happened: a change and its event in one transaction, and the log that people read."""
