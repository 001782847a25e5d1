"""Terminals: started by the spawner, read, typed into, written down."""
