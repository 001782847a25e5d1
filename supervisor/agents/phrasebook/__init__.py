"""The embedded agent: does translation, LEGO decomposition and baskets from a bundled phrasebook."""
