"""Whether an output is an answer: shape, ids, and the project's validator."""
