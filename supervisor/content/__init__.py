"""A project's content: its settings, pipelines, items, prompts and validators."""
