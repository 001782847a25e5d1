"""How a supervisor process lives: in the foreground, or as a daemon."""
