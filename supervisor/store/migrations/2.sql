-- From schema 1: gates, and what agents tell of a session.
ALTER TABLE attempts ADD COLUMN model TEXT;
ALTER TABLE attempts ADD COLUMN conversation TEXT;
CREATE TABLE gates (
    agent TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    until REAL,
    next_try REAL NOT NULL,
    tries INTEGER NOT NULL,
    closed_at REAL NOT NULL
) WITHOUT ROWID;
