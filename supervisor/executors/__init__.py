"""Executors: they take a SessionSpec and give a SessionResult; where and how is theirs."""
