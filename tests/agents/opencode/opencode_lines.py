"""Lines as opencode and the plugin print them; written here, so that no test needs the program."""

from __future__ import annotations

import json
from typing import Any

SESSION = "ses_e0239cd6effed0RIQEUWLP3HtL"
NOW = 1795258119.0
MODEL = (
    '{"timestamp":1795258118000,"type":"model","sessionID":"ses_1","provider":"anthropic","model":"claude-sonnet-4-5"}'
)
TEXT = (
    '{"type":"text","timestamp":1795258989248,"sessionID":"ses_e0239cd6effed0RIQEUWLP3HtL","part":{"id":"prt_1",'
    '"messageID":"msg_1","type":"text","text":"Done.","time":{"start":1795258989205,"end":1795258989212}}}'
)
WRITE = (
    '{"type":"tool_use","timestamp":1795258989099,"sessionID":"ses_e0239cd6effed0RIQEUWLP3HtL","part":{"type":"tool",'
    '"tool":"write","callID":"call_1_0","state":{"status":"completed","input":{"filePath":"out.json","content":"{}"},'
    '"output":"Wrote file successfully.","title":"tmp/out.json","time":{"start":1,"end":2}},"id":"prt_2"}}'
)
DENIED = (
    '{"type":"tool_use","timestamp":1795259181660,"sessionID":"ses_1","part":{"type":"tool","tool":"write","state":{'
    '"status":"error","input":{"filePath":"../../top.txt","content":"x"},"error":"The user has specified a rule which'
    ' prevents you from using this specific tool call."}}}'
)
TOOL_STEP = (
    '{"type":"step_finish","timestamp":1795258072115,"sessionID":"ses_e0239cd6effed0RIQEUWLP3HtL","part":{"id":"prt_3",'
    '"reason":"tool-calls","messageID":"msg_1","type":"step-finish","tokens":{"total":1120,"input":400,"output":50,'
    '"reasoning":0,"cache":{"write":70,"read":600}},"cost":0.0023925}}'
)


def not_found(model: str, near: str) -> str:
    error = f"ProviderModelNotFoundError: Model not found: {model}. Did you mean: {near}?"
    start = "timestamp=2026-11-21T11:03:14.365Z level=ERROR run=fccd61f8 message=failed ref=err_aed6c1a4"
    return f'{start} error="{error}" cause="{error}\\n    at <anonymous> (/$bunfs/chunk.js:439:94416)"'


def retry(message: str, after_s: float = 2.0, **more: Any) -> str:
    status = {"type": "retry", "attempt": 1, "message": message, "next": int((NOW + after_s) * 1000), **more}
    return json.dumps({"timestamp": int(NOW * 1000), "type": "retry", "sessionID": SESSION, "status": status})


def error(name: str, message: str, **data: Any) -> str:
    inner = {"name": name, "data": {"message": message, **data}}
    return json.dumps({"type": "error", "timestamp": int(NOW * 1000), "sessionID": SESSION, "error": inner})


def refused(status: int, message: str, body: Any = None, **headers: str) -> str:
    told = {
        "date": "Sat, 21 Nov 2026 10:48:37 GMT",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    text = json.dumps({"error": body or {"message": message}})
    return error("APIError", message, statusCode=status, responseHeaders=told, responseBody=text)


RATE = "Rate limit reached for gpt-x on requests per min. Please try again in 20s."
