"""What tests of all folders share; the folder of a test says which target of the Makefile runs it."""

from __future__ import annotations

from hypothesis import settings

from tests.support.property_examples import LONG

settings.register_profile("project", deadline=None, derandomize=not LONG)  # no test is about time
settings.load_profile("project")

pytest_plugins = ("tests.support.fixtures",)
