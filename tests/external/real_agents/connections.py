"""Whom a CLI speaks to while it works, seen by strace."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.external.real_agents.agent_clis import Cli, Squares


class Traced(NamedTuple):
    """A program that is the CLI with its connections written down."""

    program: str
    trace: Path

    def reached(self) -> set[tuple[str, str]]:
        """Port and address of everybody whom it spoke to over a network."""
        text = self.trace.read_text(errors="replace")
        return set(re.findall(r"sin6?_port=htons\((\d+)\).*?\"([^\"]+)\"", text))


def traced(squares: Squares, cli: Cli) -> Traced:
    """The CLI below strace; the test is left out where strace cannot be used."""
    strace = shutil.which("strace")
    if strace is None or subprocess.run([strace, "-o", os.devnull, "true"], check=False).returncode != 0:
        pytest.skip("strace is not there or may not look at processes")
    trace = squares.root / "trace"
    words = f"exec {strace} -f -qq -e trace=connect,sendto,sendmsg -o {trace} {cli.program}"
    program = squares.write("traced", f'#!/bin/sh\n{words} "$@"\n')
    program.chmod(0o755)
    return Traced(str(program), trace)
