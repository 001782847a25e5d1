"""Lines as Claude Code prints them; written here, so that no test needs the program."""

from __future__ import annotations

import json
from datetime import UTC, datetime

NOW = datetime(2026, 11, 21, 10, 42, tzinfo=UTC).timestamp()
INIT = (
    '{"type":"system","subtype":"init","cwd":"/s/ws","session_id":"734f240a-2eb7","tools":["Read","Write"],'
    '"mcp_servers":[],"model":"claude-sonnet-5-5","permissionMode":"acceptEdits","slash_commands":[],'
    '"apiKeySource":"ANTHROPIC_API_KEY","claude_code_version":"2.1.330","output_style":"default","skills":[]}'
)
REQUESTING = '{"type":"system","subtype":"status","status":"requesting","session_id":"734f240a-2eb7"}'
STARTED = (
    '{"type":"stream_event","event":{"type":"message_start","message":{"id":"msg_01","type":"message","role":'
    '"assistant","model":"claude-sonnet-5-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":'
    '{"input_tokens":11,"cache_creation_input_tokens":22,"cache_read_input_tokens":33,"output_tokens":1}}},'
    '"session_id":"734f240a-2eb7","parent_tool_use_id":null,"ttft_ms":23,"api_message_id":"msg_01"}'
)
DELTA = (
    '{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta",'
    '"partial_json":"{\\"file_path\\": \\"/s/ws/out.json\\""}},"session_id":"734f240a-2eb7"}'
)
WROTE = (
    '{"type":"assistant","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-sonnet-5-5",'
    '"content":[{"type":"tool_use","id":"toolu_01","name":"Write","input":{"file_path":"/s/ws/out.json","content":'
    '"{\\"a\\":1}\\n"}}],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":11,'
    '"cache_creation_input_tokens":22,"cache_read_input_tokens":33,"output_tokens":1},"context_management":null},'
    '"parent_tool_use_id":null,"session_id":"734f240a-2eb7","request_id":"req_test"}'
)
COUNTED = (
    '{"type":"stream_event","event":{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},'
    '"usage":{"output_tokens":44}},"session_id":"734f240a-2eb7","parent_tool_use_id":null}'
)
WRITTEN = (
    '{"type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_01","type":"tool_result","content":'
    '"File created successfully at: /s/ws/out.json"}]},"parent_tool_use_id":null,"session_id":"734f240a-2eb7"}'
)
REFUSED = (
    '{"type":"user","message":{"role":"user","content":[{"type":"tool_result","content":"/etc/hostname is outside'
    ' /s/ws; --restricted confines the file tools to the working directory.","is_error":true,"tool_use_id":'
    '"toolu_12"}]},"parent_tool_use_id":null,"session_id":"734f240a-2eb7"}'
)
SAID = (
    '{"type":"assistant","message":{"id":"msg_02","type":"message","role":"assistant","model":"claude-sonnet-5-5",'
    '"content":[{"type":"text","text":"All done."}],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":11,'
    '"cache_creation_input_tokens":22,"cache_read_input_tokens":33,"output_tokens":1}},"session_id":"734f240a-2eb7"}'
)
THINKS = '{"type":"system","subtype":"thinking_tokens","estimated_tokens":50,"estimated_tokens_delta":50}'
RESULT = (
    '{"duration_api_ms":64,"stop_reason":"end_turn","session_id":"734f240a-2eb7","total_cost_usd":0.0010406,"usage":'
    '{"input_tokens":22,"cache_creation_input_tokens":44,"cache_read_input_tokens":66,"output_tokens":88},"modelUsage":'
    '{"claude-sonnet-5-5":{"inputTokens":22,"outputTokens":88,"cacheReadInputTokens":66,"cacheCreationInputTokens":44,'
    '"webSearchRequests":0,"costUSD":0.0010406},"claude-haiku-5-5":{"inputTokens":1,"outputTokens":2,'
    '"cacheReadInputTokens":0,"cacheCreationInputTokens":0}},"permission_denials":[],"terminal_reason":"completed",'
    '"is_error":false,"num_turns":2,"subtype":"success","api_error_status":null,"result":"All done.","type":"result"}'
)
FAILED = (
    '{"duration_api_ms":0,"session_id":"734f240a-2eb7","total_cost_usd":0,"usage":{"input_tokens":0,"output_tokens":0},'
    '"modelUsage":{},"terminal_reason":"api_error","is_error":true,"num_turns":1,"subtype":"success",'
    '"api_error_status":429,"result":"It did not work","type":"result"}'
)
USED_UP = (
    '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1795264975,"rateLimitType":'
    '"five_hour","overageStatus":"rejected","overageDisabledReason":"org_level_disabled","isUsingOverage":false,'
    '"unifiedWindows":{"five_hour":{"utilization":1,"resetsAt":1795264975,"status":"rejected"}}}}'
)
NEARLY = (
    '{"type":"rate_limit_event","rate_limit_info":{"status":"allowed_warning","resetsAt":1795264975,"rateLimitType":'
    '"five_hour","utilization":0.92,"isUsingOverage":false,"surpassedThreshold":0.9}}'
)
FINE = '{"type":"rate_limit_event","rate_limit_info":{"status":"allowed","isUsingOverage":false}}'


def failed(error: str, text: str, status: int | None = None) -> str:
    """The line before the last one, of a session that an error ended."""
    message = {
        "id": "f377f204",
        "model": "<synthetic>",
        "role": "assistant",
        "content": [{"type": "text", "text": text}],
    }
    known = {} if status is None else {"api_error_status": status}
    return json.dumps({"type": "assistant", "message": message, "error": error, "is_api_error_message": True, **known})


def retry(status: int | None, error: str, attempt: int, wait_ms: float) -> str:
    line = {"attempt": attempt, "max_retries": 10, "retry_delay_ms": wait_ms, "error_status": status, "error": error}
    return json.dumps({"type": "system", "subtype": "api_retry", **line})


def at(day: int, hour: int, minute: int) -> float:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC).timestamp()
