"""A job as one HTML file: where its time and money went, what was tried again, and why."""
