"""The store: one SQLite file that holds jobs, items, batches, attempts and events, and the main files made from it."""
