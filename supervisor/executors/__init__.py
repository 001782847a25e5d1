"""Executors: they take a SessionRequest and give a SessionResult; where and how is theirs."""
