"""What a session cannot get over by itself stays what it is, whatever it prints while it is ended for that."""

from __future__ import annotations

import pytest

from supervisor.agents.claude.claude_parser import ClaudeParser
from supervisor.agents.codex.codex_parser import CodexParser
from supervisor.agents.gemini.gemini_parser import GeminiParser
from supervisor.agents.json_lines_parser import JsonLinesParser
from supervisor.agents.opencode.opencode_parser import OpencodeParser

PARSERS = {"claude": ClaudeParser, "codex": CodexParser, "gemini": GeminiParser, "opencode": OpencodeParser}
MODEL = '{"type":"model","sessionID":"s","provider":"p","model":"m"}'
LIMITED = {
    "claude": ['{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","rateLimitType":"five_hour"}}'],
    "codex": ['{"type":"turn.failed","error":{"message":"You\'ve hit your usage limit."}}'],
    "gemini": [
        '{"type":"result","status":"error","error":{"message":"You have exhausted your daily quota on this model."}}'
    ],
    "opencode": [
        MODEL,
        '{"type":"error","timestamp":1795258989248,"error":{"name":"APIError","data":{"message":"usage limit",'
        '"statusCode":429}}}',
    ],
}
GOES_ON = {
    "claude": ['{"type":"user"}', '{"type":"result","is_error":false}'],
    "codex": [
        '{"type":"item.completed","item":{"type":"agent_message","text":"done"}}',
        '{"type":"error","message":"Reconnecting... 1/5 (stream disconnected before completion: overloaded)"}',
        '{"type":"item.completed","item":{"type":"agent_message","text":"done"}}',
        '{"type":"turn.completed","usage":{"input_tokens":5,"output_tokens":5}}',
    ],
    "gemini": [
        '{"type":"tool_use"}',
        '{"type":"message","role":"assistant","content":"done"}',
        '{"type":"result","status":"success"}',
    ],
    "opencode": [
        '{"type":"retry","timestamp":1,"status":{"message":"overloaded","next":2}}',
        '{"type":"text","part":{"text":"done"}}',
        '{"type":"tool_use"}',
        '{"type":"step_finish","part":{"reason":"stop"}}',
    ],
}


@pytest.mark.parametrize("name", PARSERS)
def test_what_is_final_is_there_at_the_end(name: str) -> None:
    parser: JsonLinesParser = PARSERS[name]()
    for line in LIMITED[name]:
        parser.feed_line(line)
    found = parser.heard.trouble
    assert found is not None
    assert (found.kind, found.is_final) == ("usage_limit", True)
    for line in GOES_ON[name]:
        parser.feed_line(line)
        assert parser.heard.trouble == found
