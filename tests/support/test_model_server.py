"""The scripted model server, asked as the CLIs ask it: what it answers in four protocols, and how it misbehaves."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import jinja2
import pytest

from tests.support.model_server.modes import MODES
from tests.support.model_server.server import ModelServer
from tests.support.model_server.turns import CACHED, INPUT, OUTPUT
from tests.support.repository_content import REPOSITORY

PATHS = {
    "anthropic": "/v1/messages?beta=true",
    "responses": "/v1/responses",
    "chat": "/v1/chat/completions",
    "gemini": "/v1beta/models/m1:streamGenerateContent?alt=sse",
}
WRITERS = {"anthropic": "Write", "responses": "exec_command", "chat": "write", "gemini": "write_file"}
ITEMS = {"a": {"n": 3}, "b": {"word": "``` x"}, "c": {"n": 12}}
RIGHT = {"a": {"square": 9}, "b": {"echo": {"word": "``` x"}}, "c": {"square": 144}}

every_protocol = pytest.mark.parametrize("protocol", PATHS)


def prompt(*, retry: bool = False) -> str:
    """A prompt from the real template."""
    templates = REPOSITORY / "supervisor" / "project" / "templates"
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(templates))
    return environment.get_template("batch.md.j2").render(
        batch_begins="",
        intelligence="Square the numbers.",
        phase=SimpleNamespace(id=1, name="facts", merge="object"),
        pipeline="facts",
        target="demo",
        batch={"number": 1, "total": 1, "first": "a", "last": "c", "count": 3},
        context=None,
        items=f"````json\n{json.dumps(ITEMS)}\n````",
        output_file="output_1.json",
        retry={"ids": list(ITEMS), "kept": 0, "errors": []} if retry else None,
    )


def body(protocol: str, text: str, tools: list[str], results: int = 0, *, stream: bool = True) -> Any:
    """A request as that protocol has it, after so many tool results."""
    if protocol == "gemini":
        answers: list[Any] = [{"functionResponse": {"name": "a_tool", "response": {}}}] * results
        return {
            "contents": [{"role": "user", "parts": [{"text": text}]}, {"role": "user", "parts": answers}],
            "tools": [{"functionDeclarations": [{"name": name} for name in tools]}],
        }
    start: dict[str, Any] = {"model": "m1", "stream": stream}
    if protocol == "anthropic":
        answers = [{"type": "tool_result", "tool_use_id": "1", "content": "done"}] * results
        content = [{"type": "text", "text": text}, *answers]
        return {**start, "messages": [{"role": "user", "content": content}], "tools": [{"name": n} for n in tools]}
    if protocol == "chat":
        messages = [{"role": "user", "content": text}, *[{"role": "tool", "content": "done"}] * results]
        return {**start, "messages": messages, "tools": [{"function": {"name": name}} for name in tools]}
    outputs = [{"type": "function_call_output", "output": "done"}] * results
    asked = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return {**start, "input": [asked, *outputs], "tools": [{"type": "function", "name": name} for name in tools]}


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def events(self) -> list[Any]:
        lines = [line.removeprefix("data: ") for line in self.text.splitlines() if line.startswith("data: ")]
        return [json.loads(line) for line in lines if line != "[DONE]"]


def send(server: ModelServer, path: str, sent: Any = None, **headers: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request("GET" if sent is None else "POST", path, None if sent is None else json.dumps(sent), headers)
    return connection


def ask(server: ModelServer, path: str, sent: Any = None, **headers: str) -> Answer:
    response = send(server, path, sent, **headers).getresponse()
    return Answer(response.status, response.headers, response.read().decode())


def work(server: ModelServer, protocol: str, results: int = 0, *, retry: bool = False) -> Answer:
    return ask(server, PATHS[protocol], body(protocol, prompt(retry=retry), [WRITERS[protocol]], results))


def call(protocol: str, answer: Answer) -> tuple[str, Any]:
    """Name and arguments of the tool call in a stream."""
    for event in answer.events:
        if protocol == "anthropic" and event["type"] == "content_block_start":
            name = event["content_block"]["name"]
        if protocol == "anthropic" and event["type"] == "content_block_delta":
            return name, json.loads(event["delta"]["partial_json"])
        if protocol == "responses" and event["type"] == "response.output_item.done":
            return event["item"]["name"], json.loads(event["item"]["arguments"])
        if protocol == "chat":
            function = event["choices"][0]["delta"]["tool_calls"][0]["function"]
            return function["name"], json.loads(function["arguments"])
        if protocol == "gemini":
            function = event["candidates"][0]["content"]["parts"][0]["functionCall"]
            return function["name"], function["args"]
    raise AssertionError(answer.text)


def written(protocol: str, answer: Answer, folder: Path) -> str:
    """What the call writes to the output file, having carried it out."""
    name, arguments = call(protocol, answer)
    assert name == WRITERS[protocol]
    if protocol == "responses":
        subprocess.run(["sh", "-c", arguments["cmd"]], cwd=folder, check=True)
        return (folder / "output_1.json").read_text()
    path = arguments.get("file_path", arguments.get("filePath"))
    assert path == "output_1.json"
    return str(arguments["content"])


@every_protocol
def test_the_batch_is_answered_and_then_the_work_ends(protocol: str, tmp_path: Path) -> None:
    with ModelServer() as server:
        assert json.loads(written(protocol, work(server, protocol), tmp_path)) == RIGHT
        assert "The answers are in the file." in work(server, protocol, results=1).text
        assert [record.decision for record in server.requests] == ["answer", "answer"]
        assert server.prompts() == [prompt()]


@every_protocol
def test_the_last_event_tells_the_usage(protocol: str) -> None:
    with ModelServer() as server:
        events = work(server, protocol).events
    if protocol == "anthropic":
        assert events[-2]["usage"]["cache_read_input_tokens"] == CACHED
        assert sum(tokens for name, tokens in events[-2]["usage"].items() if name != "output_tokens") == INPUT
    elif protocol == "responses":
        assert events[-1]["response"]["usage"]["input_tokens_details"]["cached_tokens"] == CACHED
        assert events[-1]["response"]["output"][0]["name"] == "exec_command"
    elif protocol == "chat":
        assert events[-1]["usage"]["total_tokens"] == INPUT + OUTPUT
        assert events[-2]["choices"][0]["finish_reason"] == "tool_calls"
    else:
        assert events[-1]["usageMetadata"]["cachedContentTokenCount"] == CACHED
        assert events[-1]["candidates"][0]["finishReason"] == "STOP"


@every_protocol
def test_an_answer_may_be_asked_for_in_one_piece(protocol: str) -> None:
    path = PATHS[protocol].replace("streamGenerateContent?alt=sse", "generateContent")
    with ModelServer() as server:
        whole = ask(server, path, body(protocol, prompt(), [WRITERS[protocol]], stream=False))
    assert WRITERS[protocol] in json.dumps(whole.json) and "usage" in whole.text


def test_what_is_offered_no_writing_tool_is_not_the_work() -> None:
    with ModelServer() as server:
        title = ask(server, PATHS["chat"], body("chat", prompt(), []))
        assert "A batch of answers" in title.text
        assert server.requests[0].decision == "aside" and not server.prompts()


def test_an_answer_has_the_form_that_is_asked_for() -> None:
    properties = {"reasoning": {"type": "STRING"}, "score": {"type": "INTEGER"}, "ids": {"type": "ARRAY"}}
    sent = body("gemini", "How hard is it?", [])
    sent["generationConfig"] = {"responseJsonSchema": {"type": "OBJECT", "properties": properties}}
    with ModelServer() as server:
        answer = ask(server, "/v1beta/models/m1:generateContent", sent).json
    text = answer["candidates"][0]["content"]["parts"][0]["text"]
    assert json.loads(text) == {"reasoning": "A batch of answers", "score": 1, "ids": []}


def test_a_patch_is_written_where_the_cli_takes_patches() -> None:
    function = body("responses", prompt(), ["exec_command", "apply_patch"])
    plain = {**function, "tools": [{"type": "custom", "name": "apply_patch"}, *function["tools"][:1]]}
    tools = [{"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}]
    grouped = {**plain, "tools": None, "input": [{"type": "additional_tools", "tools": tools}, *plain["input"]]}
    with ModelServer() as server:
        for sent, name in ((plain, "apply_patch"), (grouped, "exec")):
            item = ask(server, PATHS["responses"], sent).events[-1]["response"]["output"][0]
            assert item["type"] == "custom_tool_call" and item["name"] == name
            assert "*** Add File: output_1.json" in item["input"]
        item = ask(server, PATHS["responses"], function).events[-1]["response"]["output"][0]
        assert item["type"] == "function_call" and item["name"] == "apply_patch"
        assert "*** Add File: output_1.json" in json.loads(item["arguments"])["patchText"]


@every_protocol
def test_wrong_outputs_are_right_after_a_retry(protocol: str, tmp_path: Path) -> None:
    with ModelServer("wrong_json") as server:
        with pytest.raises(json.JSONDecodeError):
            json.loads(written(protocol, work(server, protocol), tmp_path))
        server.mode = "missing_items"
        assert list(json.loads(written(protocol, work(server, protocol), tmp_path))) == ["a", "b"]
        assert json.loads(written(protocol, work(server, protocol, retry=True), tmp_path)) == RIGHT
        server.mode = "always_wrong_json"
        with pytest.raises(json.JSONDecodeError):
            json.loads(written(protocol, work(server, protocol, retry=True), tmp_path))


STATUS = {
    "rate_limit": {"": 429},
    "rate_limit_reset": {"": 429},
    "usage_limit": {"": 429},
    "no_credit": {"": 429, "anthropic": 400},
    "overloaded": {"": 503, "anthropic": 529},
    "overloaded_always": {"": 503, "anthropic": 529},
    "unauthorized": {"": 401, "gemini": 400},
    "wrong_model": {"": 404},
}
"""By mode and protocol, where that departs from the others."""


@every_protocol
def test_a_refusal_is_the_providers_own(protocol: str) -> None:
    with ModelServer() as server:
        for mode, status in STATUS.items():
            server.mode, server.failures = mode, 1
            refused = work(server, protocol)
            assert refused.status == status.get(protocol, status[""])
            error = refused.json["error"]
            assert error["message"] and error["status" if protocol == "gemini" else "type"]
            assert (work(server, protocol).status == 200) is not MODES[mode].lasting


@every_protocol
def test_a_limit_tells_when_it_is_reset(protocol: str) -> None:
    with ModelServer("rate_limit_reset", wait=77) as server:
        refused = work(server, protocol)
    if protocol == "gemini":
        assert refused.json["error"]["details"][-1]["retryDelay"] == "77s"
    else:
        assert refused.headers["retry-after"] == "77"
        assert any("reset" in name for name in refused.headers)


def test_titles_do_not_use_up_the_refusals() -> None:
    with ModelServer("overloaded", failures=2) as server:
        statuses = [ask(server, PATHS["chat"], body("chat", "A title", [])).status, work(server, "chat").status]
        statuses += [work(server, "chat").status, work(server, "chat").status]
        assert statuses == [503, 503, 503, 200]


def test_a_silent_model_ends_with_the_server() -> None:
    with ModelServer("never") as server:
        asked = (body("anthropic", "A title", []), body("anthropic", prompt(), ["Write"]))
        waiting = [send(server, PATHS["anthropic"], sent) for sent in asked]
        assert server.wait_for(2).decision == "never"
        assert server.prompts() == [prompt()]
    assert [connection.getresponse().status for connection in waiting] == [503, 503]


@every_protocol
def test_a_slow_model_goes_on_when_released(protocol: str) -> None:
    with ModelServer("slow") as server:
        response = send(server, PATHS[protocol], body(protocol, prompt(), [WRITERS[protocol]])).getresponse()
        while b"Well" not in response.readline():
            pass
        server.release()
        assert WRITERS[protocol].encode() in response.read()
        assert work(server, protocol).status == 200


def test_a_slow_model_is_cut_short_by_the_end_of_the_server() -> None:
    with ModelServer("slow") as server:
        response = send(server, PATHS["anthropic"], body("anthropic", prompt(), ["Write"])).getresponse()
        while b"Well" not in response.readline():
            pass
    with pytest.raises(http.client.IncompleteRead):
        response.read()


@every_protocol
def test_a_command_is_run_before_the_file_is_written(protocol: str, tmp_path: Path) -> None:
    with ModelServer() as server:
        for server.mode in ("background", "permission"):
            name, arguments = call(protocol, work(server, protocol))
            assert name in ("Bash", "bash", "run_shell_command", "exec_command")
            command = arguments.get("command", arguments.get("cmd"))
            assert (server.nap in command) is (server.mode == "background")
            assert json.loads(written(protocol, work(server, protocol, results=1), tmp_path)) == RIGHT
            assert "The answers are in the file." in work(server, protocol, results=2).text


def test_everything_asked_is_recorded_but_for_keys() -> None:
    with ModelServer() as server:
        assert ask(server, "/api/hello?x=1", Authorization="Bearer key", **{"X-Other": "y"}).status == 404
        assert ask(server, "/v1/models").status == 200
        assert ask(server, "/v1/messages/count_tokens", {"messages": []}).json == {"input_tokens": INPUT}
        first, *others = server.requests
    assert (first.method, first.path, first.decision) == ("GET", "/api/hello?x=1", "unknown")
    assert first.headers["x-other"] == "y" and "key" not in first.model_dump_json()
    assert [record.decision for record in others] == ["beside", "beside"]


def test_waiting_ends_with_the_request_that_is_wanted() -> None:
    with ModelServer() as server:
        asking = threading.Thread(target=lambda: [ask(server, path) for path in ("/one", "/two")])
        asking.start()
        assert server.wait_for(lambda record: record.path == "/two").path == "/two"
        assert server.wait_for(1).path == "/one"
        asking.join()
        with pytest.raises(TimeoutError, match="/one"):
            server.wait_for(3, timeout=0.01)


def test_it_can_be_run_by_hand(tmp_path: Path) -> None:
    record = tmp_path / "requests.jsonl"
    command = [sys.executable, "-m", "tests.support.model_server"]
    wide = {**os.environ, "COLUMNS": "500"}
    shown = subprocess.run(
        [*command, "--help"], capture_output=True, encoding="utf-8", check=True, env=wide, cwd=REPOSITORY
    ).stdout
    assert all(mode.meaning in shown for mode in MODES.values())
    with subprocess.Popen(
        [*command, "--record", record], stdout=subprocess.PIPE, encoding="utf-8", cwd=REPOSITORY
    ) as process:
        assert process.stdout is not None
        server = SimpleNamespace(url=process.stdout.readline().strip())
        assert work(server, "gemini").status == 200  # type: ignore[arg-type]
        assert process.stdout.readline() == f"POST {PATHS['gemini']} answer\n"
        process.terminate()
    assert json.loads(record.read_text())["decision"] == "answer"
