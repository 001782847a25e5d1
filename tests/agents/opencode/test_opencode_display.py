"""What people are shown of opencode's lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.agents.opencode.opencode_driver import OpencodeDriver
from tests.agents.opencode.opencode_lines import (
    DENIED,
    MODEL,
    RATE,
    TEXT,
    TOOL_STEP,
    WRITE,
    error,
    not_found,
    refused,
    retry,
)
from tests.agents.session_setup import make_driver

PATCH = (
    '{"type":"tool_use","timestamp":1,"sessionID":"ses_1","part":{"type":"tool","tool":"apply_patch","state":{"status":'
    '"completed","input":{"patchText":"*** Begin Patch\\n*** Add File: out.json\\n+{}\\n*** End Patch\\n"}}}}'
)
STREAM_ERROR = (
    'timestamp=2026-11-21T10:46:18.922Z level=ERROR run=3577c8dc message="stream error" providerID=local modelID=m'
    ' session.id=ses_1 small=false agent=build error.error="AI_APICallError: Incorrect API key provided: dummy."'
)
SHOWN = {
    TEXT: "Done.",
    WRITE: "write out.json",
    PATCH: "apply_patch out.json",
    DENIED: "write ../../top.txt: The user has specified a rule which prevents you from using this specific tool call.",
    TOOL_STEP: "",
    MODEL: "",
    STREAM_ERROR: "",
    retry(RATE): f"{RATE}; it waits and tries again",
    refused(401, "invalid x-api-key"): "error: invalid x-api-key",
    error("UnknownError", "Unexpected server error. Check server logs.", ref="err_aed6c1a4"): "",
    not_found("nope/m", "x"): "ProviderModelNotFoundError: Model not found: nope/m. Did you mean: x?",
    "Error: You must provide a message": "Error: You must provide a message",
    '{"no": "line of its own"}': '{"no": "line of its own"}',
}


@pytest.mark.parametrize("line", SHOWN)
def test_people_are_shown_what_it_says_and_does(line: str, tmp_path: Path) -> None:
    assert make_driver(OpencodeDriver, tmp_path).display(line) == SHOWN[line]
