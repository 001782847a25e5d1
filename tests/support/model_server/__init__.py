"""A scripted model server for real agent CLIs; `python -m tests.support.model_server` serves by hand."""
