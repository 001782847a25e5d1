"""What Gemini CLI's lines and its end mean: ids, tokens, and what keeps it from working."""

from __future__ import annotations

import pytest

from supervisor.agents.gemini.gemini_display import display_line
from supervisor.agents.gemini.gemini_parser import GeminiParser
from supervisor.model.agent_report import AgentReport, Usage
from tests.agents.gemini.gemini_lines import (
    ASKED,
    BUSY,
    HOURS,
    INIT,
    KEY,
    MINUTE,
    NOW,
    PICTURE,
    REFUSED,
    RESULT,
    SAID,
    WRITTEN,
    WROTE,
    heard,
    result,
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
BARE = (
    'Attempt 1 failed with status 429. Retrying with backoff... _ApiError: {"error":{"code":429,"message":"Resource has'
    ' been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}}'
)
SPENT = (
    'Attempt 1 failed with status 429. Retrying with backoff... _ApiError: {"error":{"code":429,"message":"Your'
    ' prepayment credits are depleted. Please go to AI Studio.","status":"RESOURCE_EXHAUSTED"}}'
)


# Lines ----------------------------------------------------------------------------------------------------------------


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


# Troubles -------------------------------------------------------------------------------------------------------------

QUOTA = "\nPlease wait and try again later. To increase your limits, request a quota increase through AI Studio"
TIP = "\n\n💡 Tip: The shared Google Cloud project is experiencing high traffic.]\nPossible quota limitations in place."
TROUBLES = [
    (KEY, "not_signed_in", "API key not valid. Please pass a valid API key."),
    ("[API Error: terminated]", "overload", "terminated"),
    ("[API Error: exception TypeError: terminated]", "overload", "exception TypeError: terminated"),
    ("[API Error: Incomplete JSON segment at the end]", "overload", "Incomplete JSON segment"),
    ("[API Error: Body Timeout Error]", "overload", "Body Timeout Error"),
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
        "[API Error: The plan was terminated by the model]",
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


# How it ends ----------------------------------------------------------------------------------------------------------


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
