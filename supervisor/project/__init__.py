"""A project's directory: its settings, pipelines, prompts, and its lock."""
