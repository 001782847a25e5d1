"""What tests of all folders share; the folder of a test says which target of the Makefile runs it."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.support", "tests.cli.bad_input")
pytest_plugins = ("tests.support.fixtures",)
