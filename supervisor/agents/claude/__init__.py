"""Claude Code, with its switches and in its terminal."""
