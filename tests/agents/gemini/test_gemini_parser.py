"""What Gemini CLI's lines, files and variables mean, without it: its lines are written here as it prints them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from supervisor.agents.agent_registry import make_agent
from supervisor.agents.gemini.gemini_display import display_line
from supervisor.agents.gemini.gemini_driver import GeminiDriver, session_begun
from supervisor.agents.gemini.gemini_parser import GeminiParser
from supervisor.errors import AgentError
from supervisor.model.agent_report import AgentReport, Usage
from supervisor.model.session import SessionRequest
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings, Price, ProjectSettings
from supervisor.workspaces.session_paths import SessionPaths

NOW = 1795260000.0
INIT = (
    '{"type":"init","timestamp":"2026-11-21T11:08:10.675Z","session_id":"910a42e4-6378-42a1-bf46-38b1898b69e8",'
    '"model":"gemini-2.5-pro"}'
)
ASKED = (
    '{"type":"message","timestamp":"2026-11-21T11:08:10.678Z","role":"user",'
    '"content":"Do now all that the task above asks."}'
)
WROTE = (
    '{"type":"tool_use","timestamp":"2026-11-21T10:38:22.391Z","tool_name":"write_file",'
    '"tool_id":"write_file__write_file_1795257502148_0","parameters":{"file_path":"/s/out.txt","content":"hello\\n"}}'
)
WRITTEN = (
    '{"type":"tool_result","timestamp":"2026-11-21T10:38:22.420Z","tool_id":"write_file__write_file_1795257502148_0",'
    '"status":"success"}'
)
REFUSED = (
    '{"type":"tool_result","timestamp":"2026-11-21T10:45:31.279Z","tool_id":"run_shell_command__1_0",'
    '"status":"error","output":"Tool \\"run_shell_command\\" not found.","error":{"type":"tool_not_registered",'
    '"message":"Tool \\"run_shell_command\\" not found."}}'
)
SAID = '{"type":"message","timestamp":"2026-11-21T10:38:22.453Z","role":"assistant","content":"All done.","delta":true}'
RESULT = (
    '{"type":"result","timestamp":"2026-11-21T10:38:22.460Z","status":"success","stats":{"total_tokens":2474,'
    '"input_tokens":2400,"output_tokens":60,"cached":400,"input":2000,"duration_ms":388,"tool_calls":1,'
    '"models":{"gemini-2.5-pro":{"total_tokens":2474,"input_tokens":2400,"output_tokens":60,"cached":400,"input":2000}}}}'
)
ANOTHER_MODEL = (
    '{"type":"result","timestamp":"2026-11-21T11:11:24.616Z","status":"success","stats":{"total_tokens":2474,'
    '"input_tokens":2400,"output_tokens":60,"cached":400,"input":2000,"duration_ms":153,"tool_calls":1,'
    '"models":{"gemini-3.5-flash-lite":{"total_tokens":0,"input_tokens":0,"output_tokens":0,"cached":0,"input":0},'
    '"gemini-3.8-flash":{"total_tokens":2474,"input_tokens":2400,"output_tokens":60,"cached":400,"input":2000}}}}'
)
NOT_SENT = (
    '{"type":"result","timestamp":"2026-11-21T11:22:48.016Z","status":"success","stats":{"total_tokens":0,'
    '"input_tokens":0,"output_tokens":0,"cached":0,"input":0,"duration_ms":228,"tool_calls":0,"models":{}}}'
)
EMPTY = (
    '{"type":"error","timestamp":"2026-11-21T10:45:18.598Z","severity":"error","message":"The model returned an empty'
    ' response with no text or thoughts. This may be a transient API issue; please try again."}'
)
CUT = (
    '{"type":"error","timestamp":"2026-11-21T10:45:18.598Z","severity":"error",'
    '"message":"Model stream ended without a finish reason."}'
)
FAILED_WITHOUT_WORDS = (
    '{"type":"result","timestamp":"2026-11-21T10:45:18.598Z","status":"error","stats":{"total_tokens":4948,'
    '"input_tokens":4800,"output_tokens":120,"cached":800,"input":4000,"duration_ms":7107,"tool_calls":0,'
    '"models":{"gemini-2.5-pro":{"total_tokens":4948,"input_tokens":4800,"output_tokens":120,"cached":800,"input":4000}}}}'
)
BUSY = (
    'Attempt 1 failed with status 503. Retrying with backoff... _ApiError: {"error":{"code":503,"message":"The model is'
    ' overloaded. Please try again later.","status":"UNAVAILABLE"}}'
)
BARE = (
    'Attempt 1 failed with status 429. Retrying with backoff... _ApiError: {"error":{"code":429,"message":"Resource has'
    ' been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}}'
)
MINUTE = (
    "Attempt 1 failed: You exceeded your current quota, please check your plan and billing details. For more"
    " information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. ",
    "* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 5,"
    " model: gemini-2.5-pro",
    "Please retry in 30.5s.",
    "Suggested retry after 30s.. Retrying after 34523ms...",
)
HOURS = (
    "Attempt 1 failed: You have exhausted your capacity on this model. Your quota will reset after 3h14m12s.. Retrying"
    " after 13633155ms..."
)
SPENT = (
    'Attempt 1 failed with status 429. Retrying with backoff... _ApiError: {"error":{"code":429,"message":"Your'
    ' prepayment credits are depleted. Please go to AI Studio.","status":"RESOURCE_EXHAUSTED"}}'
)
PICTURE = (
    "    at throwErrorIfNotOK (file:///cli/bundle/chunk.js:267833:24)",
    "  status: 429",
    "}",
)


def result(message: str, tokens: int = 0) -> str:
    """The last line of a session that failed."""
    counts = {"total_tokens": tokens, "input_tokens": tokens, "cached": 0}
    error = {"type": "unknown", "message": message}
    stats = {**counts, "models": {"gemini-2.5-pro": counts}}
    return json.dumps({"type": "result", "status": "error", "error": error, "stats": stats})


def heard(*lines: str) -> AgentReport:
    """What the lines come to."""
    parser = GeminiParser(lambda: NOW)
    for line in lines:
        parser.feed_line(line)
    return parser.heard


# Lines ------------------------------------------------------------------------------------------------------------


def test_a_session_that_went_well_tells_its_id_its_model_its_tokens_and_its_end() -> None:
    found = heard(INIT, ASKED, WROTE, WRITTEN, SAID, RESULT)
    assert found.provider_session_id == "910a42e4-6378-42a1-bf46-38b1898b69e8"
    assert found.model == "gemini-2.5-pro"
    assert found.ended
    assert found.trouble is None


def test_thinking_is_output_and_cached_input_is_apart() -> None:
    usage = heard(INIT, RESULT).usage
    assert usage == Usage(input_tokens=2000, output_tokens=74, cache_read_tokens=400)
    assert usage.tokens == 2474


def test_the_model_that_answered_is_told_not_the_one_that_was_asked_for() -> None:
    assert heard(INIT).model == "gemini-2.5-pro"
    assert heard(INIT, ANOTHER_MODEL).model == "gemini-3.8-flash"


def test_a_session_that_failed_in_the_middle_tells_its_tokens_too() -> None:
    assert heard(INIT, WROTE, WRITTEN, result("[API Error: daily quota]", tokens=1237)).usage.tokens == 1237


@pytest.mark.parametrize(
    "line",
    ["", "{", "{}", "[]", '{"type":7}', '{"type":"message","role":7}', '{"type":"message","role":"user"}'],
)
def test_lines_that_no_version_prints_do_no_harm(line: str) -> None:
    assert heard(line) == AgentReport()


@pytest.mark.parametrize("stats", ["{}", "7", "null", '{"models":7}', '{"models":{"m":7},"total_tokens":"8"}'])
def test_an_end_without_counts_is_an_end(stats: str) -> None:
    assert heard(f'{{"type":"result","status":"success","stats":{stats}}}') == AgentReport(ended=True)


# Troubles ---------------------------------------------------------------------------------------------------------

KEY = (
    '[API Error: {"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":'
    '"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}]'
)
QUOTA = "\nPlease wait and try again later. To increase your limits, request a quota increase through AI Studio"
TIP = "\n\n💡 Tip: The shared Google Cloud project is experiencing high traffic.]\nPossible quota limitations in place."
TROUBLES = [
    (KEY, "not_signed_in", "API key not valid. Please pass a valid API key."),
    ('[API Error: {"error":{"code":401,"message":"No.","status":"UNAUTHENTICATED"}}]', "not_signed_in", "No."),
    (
        '[API Error: {"error":{"code":403,"message":"Leaked.","status":"PERMISSION_DENIED"}}]',
        "not_signed_in",
        "Leaked.",
    ),
    ("[API Error: Verify your account to continue.]", "not_signed_in", "Verify your account to continue."),
    (
        "[API Error: models/gemini-9 is not found for API version v1beta, or is not supported for generateContent.]",
        "wrong_model",
        "models/gemini-9 is not found for API version v1beta, or is not supported for generateContent.",
    ),
    ("[API Error: Requested entity was not found.]", "wrong_model", "Requested entity was not found."),
    (
        f"[API Error: You exceeded your current quota.\n* limit: 0, model: m\nPlease retry in 41.7s.]{QUOTA}",
        "wrong_model",
        "You exceeded your current quota. * limit: 0, model: m Please retry in 41.7s.",
    ),
    (
        '[API Error: {"error":{"code":400,"message":"User location is not supported for the API use.",'
        '"status":"FAILED_PRECONDITION"}}]',
        "set_up_wrongly",
        "User location is not supported for the API use.",
    ),
    (
        f"[API Error: You have exhausted your daily quota on this model.]{QUOTA}",
        "usage_limit",
        "You have exhausted your daily quota on this model.",
    ),
    (
        f"[API Error: You have exhausted your capacity on this model. Your quota will reset after 3h14m12s.{TIP}",
        "usage_limit",
        "You have exhausted your capacity on this model. Your quota will reset after 3h14m12s.",
    ),
    (
        f"[API Error: Your prepayment credits are depleted. Go to AI Studio.]{QUOTA}",
        "usage_limit",
        "Your prepayment credits are depleted. Go to AI Studio.",
    ),
    (
        f"[API Error: Resource has been exhausted (e.g. check quota).]{QUOTA}",
        "rate_limit",
        "Resource has been exhausted (e.g. check quota).",
    ),
    (
        f"[API Error: No capacity available for model gemini-2.5-pro on the server{TIP}",
        "overload",
        "No capacity available for model gemini-2.5-pro on the server",
    ),
    ("[API Error: The model is overloaded. Please try again later.]", "overload", "The model is overloaded."),
    ('[API Error: {"error":{"code":500,"message":"Oh.","status":"INTERNAL"}}]', "overload", "Oh."),
    (
        "[API Error: exception TypeError: fetch failed sending request]",
        "overload",
        "exception TypeError: fetch failed sending request",
    ),
]


@pytest.mark.parametrize(("message", "kind", "said"), TROUBLES)
def test_the_end_of_a_session_says_what_kept_it_from_working(message: str, kind: str, said: str) -> None:
    found = heard(INIT, ASKED, result(message))
    assert found.trouble is not None
    assert found.trouble.kind == kind
    assert found.trouble.message.startswith(said)
    assert "API Error" not in found.trouble.message
    assert found.trouble.is_final
    assert found.ended
    assert found.trouble.remedy if found.trouble.needs_person else True


@pytest.mark.parametrize(
    "message",
    [
        '[API Error: {"error":{"code":400,"message":"The input token count (2000000) exceeds the maximum number of'
        ' tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]',
        "Reached max session turns for this session.",
        "Something that no version says",
    ],
)
def test_what_is_the_batch_s_own_fault_is_no_trouble_of_the_agent(message: str) -> None:
    found = heard(INIT, BUSY, result(message))
    assert found.trouble is None
    assert found.ended
    assert display_line(result(message)) != ""


def test_an_empty_answer_is_no_trouble_but_is_told() -> None:
    found = heard(INIT, EMPTY, FAILED_WITHOUT_WORDS)
    assert found.trouble is None
    assert found.usage.tokens == 4948
    assert "empty response" in display_line(EMPTY)
    assert display_line(FAILED_WITHOUT_WORDS) == ""


def test_a_connection_that_was_cut_is_an_overload() -> None:
    trouble = heard(INIT, CUT, FAILED_WITHOUT_WORDS).trouble
    assert trouble is not None
    assert (trouble.kind, trouble.message) == ("overload", "Model stream ended without a finish reason.")


def test_a_prompt_that_was_never_sent_is_told_though_the_session_calls_it_a_success() -> None:
    assert heard(INIT, NOT_SENT).trouble is None
    assert "longer than it takes" in display_line(NOT_SENT)
    assert display_line(RESULT) == ""


@pytest.mark.parametrize(
    ("lines", "kind", "until", "message"),
    [
        ([BUSY, *PICTURE], "overload", None, "The model is overloaded. Please try again later."),
        ([BARE, *PICTURE], "rate_limit", None, "Resource has been exhausted (e.g. check quota)."),
        (
            ["Attempt 1 failed. Retrying with backoff... Error: exception TypeError: fetch failed sending request"],
            "overload",
            None,
            "TypeError: fetch failed sending request",
        ),
        (
            ["Attempt 1 failed: Resource has been exhausted (e.g. check quota).. Retrying after 5848ms..."],
            "rate_limit",
            NOW + 5.848,
            "Resource has been exhausted (e.g. check quota).",
        ),
        (
            [
                "Attempt 1 failed: You have exhausted your capacity on this model. Your quota will reset after 3s.."
                " Retrying after 3500ms..."
            ],
            "rate_limit",
            NOW + 3,
            "You have exhausted your capacity on this model. Your quota will reset after 3s.",
        ),
        (
            ["Attempt 1 failed: No capacity available for model m on the server. Retrying after 1194ms..."],
            "overload",
            None,
            "No capacity available for model m on the server",
        ),
        (["Attempt 2 failed: who knows. Max attempts reached"], "overload", None, "who knows"),
    ],
)
def test_what_it_tries_again_soon_is_not_final(lines: list[str], kind: str, until: float | None, message: str) -> None:
    trouble = heard(INIT, ASKED, *lines).trouble
    assert trouble is not None
    assert (trouble.kind, trouble.until, trouble.is_final) == (kind, until, False)
    assert trouble.message == message


def test_a_report_of_several_lines_is_taken_as_one() -> None:
    before = heard(INIT, *MINUTE[:-1])
    assert before.trouble is None
    trouble = heard(INIT, *MINUTE).trouble
    assert trouble is not None
    assert (trouble.kind, trouble.until, trouble.is_final) == ("rate_limit", NOW + 30.5, False)
    assert trouble.message.startswith("You exceeded your current quota")


@pytest.mark.parametrize(
    ("line", "until"),
    [
        (HOURS, NOW + 3 * 3600 + 14 * 60 + 12),
        (SPENT, None),
        ("Attempt 1 failed: Quota exceeded.\nPlease retry in 200s.. Retrying after 220000ms...", NOW + 200),
    ],
)
def test_a_wait_that_would_hold_the_session_for_long_is_final(line: str, until: float | None) -> None:
    trouble = heard(INIT, *line.splitlines()).trouble
    assert trouble is not None
    assert trouble.is_final
    assert trouble.until == until
    assert trouble.is_rate_limited


@pytest.mark.parametrize("progress", [WROTE, WRITTEN, REFUSED, SAID, RESULT])
def test_progress_ends_a_trouble(progress: str) -> None:
    assert heard(INIT, BARE, progress).trouble is None


def test_the_echo_of_the_prompt_is_no_progress() -> None:
    assert heard(INIT, BARE, ASKED).trouble is not None


# How it ends ------------------------------------------------------------------------------------------------------


def ended(status: int | None, last_lines: str, *lines: str) -> AgentReport:
    parser = GeminiParser(lambda: NOW)
    for line in lines:
        parser.feed_line(line)
    parser.finish(status, last_lines)
    return parser.heard


@pytest.mark.parametrize(
    ("status", "said", "kind", "message"),
    [
        (
            41,
            "When using Gemini API, you must specify the GEMINI_API_KEY environment variable.\n"
            "Update your environment and try again (no reload needed if using .env)!",
            "not_signed_in",
            "When using Gemini API, you must specify the GEMINI_API_KEY environment variable.",
        ),
        (
            41,
            "  exitCode: 41\n}\nManual authorization is required but the current session is non-interactive.",
            "not_signed_in",
            "Manual authorization is required but the current session is non-interactive.",
        ),
        (
            42,
            "Error importing session from file: File not found or invalid format: /s/home/task.jsonl",
            "set_up_wrongly",
            "Error importing session from file: File not found or invalid format: /s/home/task.jsonl",
        ),
        (1, "", "set_up_wrongly", "it ended at once and said nothing"),
    ],
)
def test_one_that_does_not_even_begin_is_a_person_s_to_mend(status: int, said: str, kind: str, message: str) -> None:
    trouble = ended(status, said).trouble
    assert trouble is not None
    assert (trouble.kind, trouble.message, trouble.is_final) == (kind, message, True)
    assert trouble.remedy


def test_a_start_that_failed_for_the_provider_s_sake_is_no_person_s_to_mend() -> None:
    told = "An unexpected critical error occurred:Error: The service is currently unavailable."
    picture = "  code: 503,\n  [cause]: {\n    status: 'UNAVAILABLE'\n  }\n}"
    trouble = ended(1, picture, told, "    at x (file:///cli/chunk.js:429:10)").trouble
    assert trouble is not None
    assert (trouble.kind, trouble.message) == ("overload", "The service is currently unavailable.")


SIGNED_OUT = (
    "Error authenticating: FatalAuthenticationError: Manual authorization is required but the current session is"
    " non-interactive."
)


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        ("invalid_grant", "not_signed_in"),
        ("invalid_token", "not_signed_in"),
        ("unavailable", "overload"),
        ("request to https://oauth2.googleapis.com/tokeninfo failed, reason: socket hang up", "overload"),
        (None, "not_signed_in"),
    ],
)
def test_a_lost_network_is_told_from_a_lost_sign_in_by_the_record(
    why: str | None, kind: str, gemini: GeminiDriver, tmp_path: Path
) -> None:
    parser = gemini.parser()
    parser.feed_line(SIGNED_OUT)
    parser.finish(41, SIGNED_OUT)
    line = "" if why is None else f"[2026-11-21T11:54:50.154Z] [DEBUG] Cached credentials are not valid: {why}\n"
    (tmp_path / "debug.log").write_text(f"[2026-11-21T11:54:49.806Z] [DEBUG] Ignore file not found\n{line}")
    gemini.parse_files(tmp_path, parser)
    trouble = parser.heard.trouble
    assert trouble is not None
    assert trouble.kind == kind
    assert (why or "") in trouble.message if kind == "overload" else "Manual authorization" in trouble.message


def test_an_older_version_that_knows_not_all_arguments_says_so() -> None:
    trouble = ended(1, "  -y, --yolo  Automatically accept", "Unknown argument: session-file", "Usage: gemini").trouble
    assert trouble is not None
    assert (trouble.kind, trouble.message) == ("set_up_wrongly", "Unknown argument: session-file")
    assert "npm install" in trouble.remedy


@pytest.mark.parametrize("status", [0, None, -9, -15])
def test_one_that_was_ended_by_others_before_it_began_is_no_trouble(status: int | None) -> None:
    assert ended(status, "").trouble is None


def test_how_one_ends_that_had_begun_says_no_more_than_its_lines() -> None:
    assert ended(144, "}", INIT, result("[API Error: Too long.]")).trouble is None


# The record -------------------------------------------------------------------------------------------------------


def answer(name: str, **more: Any) -> str:
    tokens = {"input": 1200, "output": 30, "cached": 200, "thoughts": 7, "tool": 0, "total": 1237}
    return json.dumps(
        {"id": name, "type": "gemini", "content": "", "tokens": tokens, "model": "gemini-2.5-pro", **more},
        separators=(",", ":"),
    )


def recorded(home: Path, *lines: str, name: str = "session-1.jsonl") -> None:
    folder = home / ".gemini" / "tmp" / "workspace" / "chats"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(lines), encoding="utf-8")


def test_tokens_of_a_session_that_was_cut_off_come_from_its_record(gemini: GeminiDriver, tmp_path: Path) -> None:
    prompt = json.dumps({"id": "task", "type": "user", "content": [{"text": '"tokens" "type":"gemini"'}]})
    recorded(tmp_path, prompt, '{"$set":{"lastUpdated":"x"}}', answer("a"), answer("a", toolCalls=[]), answer("b")[:90])
    recorded(tmp_path, answer("c"), name="session-2.jsonl")
    (tmp_path / ".gemini" / "tmp" / "workspace" / "chats" / "link.jsonl").symlink_to("session-1.jsonl")
    parser = gemini.parser()
    parser.feed_line(INIT)
    gemini.parse_files(tmp_path, parser)
    assert parser.heard.usage == Usage(input_tokens=2000, output_tokens=74, cache_read_tokens=400)


def test_the_record_of_one_that_told_its_tokens_adds_none(gemini: GeminiDriver, tmp_path: Path) -> None:
    recorded(tmp_path, answer("a"))
    parser = gemini.parser()
    for line in (INIT, RESULT):
        parser.feed_line(line)
    gemini.parse_files(tmp_path, parser)
    assert parser.heard.usage.tokens == 2474


def test_one_that_never_began_has_no_record(gemini: GeminiDriver, tmp_path: Path) -> None:
    parser = gemini.parser()
    gemini.parse_files(tmp_path / "deleted", parser)
    assert parser.heard == AgentReport()


# What people are shown --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (INIT, ""),
        (ASKED, ""),
        (WROTE, "write_file out.txt"),
        (WRITTEN, ""),
        (REFUSED, 'failed: Tool "run_shell_command" not found.'),
        (SAID, "All done."),
        (RESULT, ""),
        (result(KEY), "API key not valid. Please pass a valid API key."),
        (BUSY, "Attempt 1 failed with status 503: The model is overloaded. Please try again later."),
        (MINUTE[2], "Please retry in 30.5s."),
        (
            HOURS,
            "Attempt 1 failed: You have exhausted your capacity on this model. Your quota will reset after 3h14m12s.",
        ),
        *((line, "") for line in PICTURE),
        ("Error executing tool run_shell_command: Tool not found.", ""),
        ("YOLO mode is enabled. All tool calls will be automatically approved.", ""),
        ("Unknown argument: nope", "Unknown argument: nope"),
        ('{"type":"tool_use","tool_name":"grep_search","parameters":{"pattern":"x+"}}', "grep_search x+"),
        ('{"type":"tool_use","tool_name":"run_shell_command","parameters":{"command":"ls"}}', "run_shell_command ls"),
        ('{"type":"tool_use","parameters":7}', "tool"),
        ("{broken", "{broken"),
    ],
)
def test_people_see_what_it_says_and_does(line: str, text: str) -> None:
    assert display_line(line) == text


# Session files ----------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no sign-in of the person who runs the tests reaches them."""
    for name in (*GeminiDriver.key_variables, *GeminiDriver.other_variables):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))


@pytest.fixture
def gemini(tmp_path: Path) -> GeminiDriver:
    return agent(tmp_path)


def agent(root: Path, **settings: Any) -> GeminiDriver:
    """The agent of a project with these settings."""
    found = make_agent(
        Project(root, ProjectSettings(agents={"gemini": AgentSettings(**settings)}), root / "supervisor.toml"), "gemini"
    ).driver
    assert isinstance(found, GeminiDriver)
    return found


@pytest.fixture
def paths(tmp_path: Path) -> SessionPaths:
    """The folders of a session, made."""
    folder = tmp_path / "session"
    for name in ("workspace", "home"):
        (folder / name).mkdir(parents=True)
    return SessionPaths(
        project=tmp_path,
        workspace=folder / "workspace",
        home=folder / "home",
        prompt_file=folder / "workspace" / "prompt.md",
        input_file=folder / "workspace" / "input.json",
        output_file=folder / "workspace" / "out.json",
    )


def spec(prompt: str = "# Task\n") -> SessionRequest:
    return SessionRequest(
        name="s", agent="gemini", prompt=prompt, input_json="{}", output_name="out.json", attempt=1, timeout_s=60
    )


def signed_in(tmp_path: Path, token: str = "first") -> Path:
    """A sign-in by subscription in the user's home."""
    path = tmp_path / "user" / ".gemini" / "oauth_creds.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"access_token": token, "refresh_token": "r", "expiry_date": 1}), encoding="utf-8")
    path.chmod(0o600)
    return path


def settings_in(paths: SessionPaths) -> Any:
    return json.loads((paths.home / ".gemini" / "settings.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "prompt",
    [
        "# Task\n",
        "/help me",
        "?",
        "<session_context> and so on",
        'a\u2028b\u0085c\r\nd\re\t"quoted" \\ back\x00\x1b[31m @input.json `x` 𝄞 \ufeff',
        "   ",
    ],
)
def test_the_prompt_is_in_the_session_file_as_it_is_and_is_never_the_first_thing(prompt: str) -> None:
    head, message = [json.loads(line) for line in session_begun(prompt).split("\n")[:-1]]
    assert all(head[name] for name in ("sessionId", "projectHash", "kind"))
    first, second = message["content"]
    assert second == {"text": prompt}
    assert first["text"].strip()[0] not in "/?<"


def test_a_session_gets_its_prompt_its_settings_and_an_end_of_the_search_for_variables(
    gemini: GeminiDriver, paths: SessionPaths
) -> None:
    gemini.prepare(paths, spec("ünï"))
    assert (paths.home / "task.jsonl").read_text(encoding="utf-8") == session_begun("ünï")
    assert (paths.workspace / ".gemini" / ".env").read_bytes() == b""
    assert (paths.home / "tmp").is_dir()
    assert settings_in(paths)["security"] == {
        "folderTrust": {"enabled": False},
        "auth": {"selectedType": "gemini-api-key"},
    }


def test_it_may_run_commands_only_where_it_is_told_to(
    tmp_path: Path, paths: SessionPaths, gemini: GeminiDriver
) -> None:
    gemini.prepare(paths, spec())
    assert "run_shell_command" not in settings_in(paths)["tools"]["core"]
    assert "auto_edit" in gemini.arguments(paths, None)
    bold = agent(tmp_path, args=("--approval-mode", "yolo"))
    (paths.home / "tmp").rmdir()
    bold.prepare(paths, spec())
    assert "run_shell_command" in settings_in(paths)["tools"]["core"]
    assert bold.arguments(paths, None).count("--approval-mode") == 1


@pytest.mark.parametrize(
    ("variables", "signed_in_too", "by", "selected"),
    [
        ({"GEMINI_API_KEY": "k"}, True, "GEMINI_API_KEY", "gemini-api-key"),
        ({}, True, "~/.gemini/oauth_creds.json", "oauth-personal"),
        ({}, False, None, "gemini-api-key"),
        ({"GOOGLE_API_KEY": "k"}, False, None, "gemini-api-key"),
        ({"GOOGLE_API_KEY": "k", "GOOGLE_GENAI_USE_VERTEXAI": "true"}, False, "GOOGLE_API_KEY", "vertex-ai"),
        (
            {"GOOGLE_APPLICATION_CREDENTIALS": "/a.json", "GOOGLE_GENAI_USE_VERTEXAI": "true", "GEMINI_API_KEY": "k"},
            True,
            "GOOGLE_APPLICATION_CREDENTIALS",
            "vertex-ai",
        ),
    ],
)
def test_by_what_it_is_signed_in(
    variables: dict[str, str],
    signed_in_too: bool,
    by: str | None,
    selected: str,
    tmp_path: Path,
    paths: SessionPaths,
    monkeypatch: pytest.MonkeyPatch,
    gemini: GeminiDriver,
) -> None:
    if signed_in_too:
        signed_in(tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    gemini.prepare(paths, spec())
    assert gemini.signed_in_by() == by
    assert settings_in(paths)["security"]["auth"] == {"selectedType": selected}
    assert (paths.home / ".gemini" / "oauth_creds.json").exists() == (selected == "oauth-personal")
    assert {name: gemini.environment(paths)[name] for name in variables} == variables


def test_an_account_that_only_chose_a_name_is_not_signed_in(tmp_path: Path, gemini: GeminiDriver) -> None:
    folder = tmp_path / "user" / ".gemini"
    folder.mkdir(parents=True)
    (folder / "google_accounts.json").write_text('{"active": null, "old": ["a@b.c"]}', encoding="utf-8")
    assert gemini.signed_in_by() is None


def test_where_it_is_not_signed_in_it_says_how(tmp_path: Path) -> None:
    program = tmp_path / "gemini"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(AgentError, match="not signed in") as refused:
        agent(tmp_path, program=str(program)).check()
    assert "GEMINI_API_KEY" in str(refused.value)


def test_a_renewed_sign_in_is_the_user_s_and_the_session_s_copy_is_gone(
    tmp_path: Path, paths: SessionPaths, gemini: GeminiDriver
) -> None:
    real = signed_in(tmp_path)
    gemini.prepare(paths, spec())
    copy = paths.home / ".gemini" / "oauth_creds.json"
    assert not copy.is_symlink()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert "first" in copy.read_text(encoding="utf-8")
    copy.write_text(json.dumps({"access_token": "second", "refresh_token": "r", "expiry_date": 2}), encoding="utf-8")
    gemini.reclaim_credentials(paths)
    assert json.loads(real.read_text(encoding="utf-8"))["access_token"] == "second"
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert not copy.exists()


def test_a_copy_that_was_not_renewed_changes_nothing(tmp_path: Path, paths: SessionPaths, gemini: GeminiDriver) -> None:
    real = signed_in(tmp_path)
    before = real.stat()
    gemini.prepare(paths, spec())
    gemini.reclaim_credentials(paths)
    assert (real.stat().st_ino, real.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


# Called how -------------------------------------------------------------------------------------------------------


def test_sessions_differ_in_nothing_that_is_sent(paths: SessionPaths, gemini: GeminiDriver) -> None:
    assert gemini.environment(paths)["GEMINI_CLI_HOME"] == f"..{os.sep}home"


def test_why_a_sign_in_failed_is_written_down_where_one_is_used(
    paths: SessionPaths, monkeypatch: pytest.MonkeyPatch, gemini: GeminiDriver
) -> None:
    assert "GEMINI_DEBUG_LOG_FILE" in gemini.environment(paths)
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    assert "GEMINI_DEBUG_LOG_FILE" not in gemini.environment(paths)
    assert gemini.secrets() == ["k"]


def test_the_model_is_the_one_named_else_that_of_its_variable_else_one_that_stays(
    tmp_path: Path, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch, gemini: GeminiDriver
) -> None:
    def asked(agent: GeminiDriver, model: str | None) -> str | None:
        words = agent.command(paths, model)
        return words[words.index("--model") + 1] if "--model" in words else None

    assert asked(gemini, "gemini-2.5-pro") == "gemini-2.5-pro"
    assert asked(agent(tmp_path, model="pro"), None) == "pro"
    assert asked(gemini, None) == "flash"
    monkeypatch.setenv("GEMINI_MODEL", "gemini-2.5-flash")
    assert asked(gemini, None) is None
    assert gemini.environment(paths)["GEMINI_MODEL"] == "gemini-2.5-flash"


def test_thinking_is_paid_as_output(tmp_path: Path, gemini: GeminiDriver) -> None:
    usage = heard(INIT, RESULT).usage
    assert not gemini.profile.tells_cost
    assert gemini.priced(usage).cost_usd is None
    priced = agent(tmp_path, price=Price(input=1.25, output=10.0, cache_read=0.125))
    assert priced.profile.tells_cost
    assert priced.priced(usage).cost_usd == pytest.approx((2000 * 1.25 + 74 * 10 + 400 * 0.125) / 1e6)
