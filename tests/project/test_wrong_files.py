"""What is wrong in a settings or pipeline file is told in words: where, what may stand there, what was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from supervisor.errors import PipelineError, ProjectError
from supervisor.model.pipeline import Pipeline
from supervisor.project.project_settings import ProjectSettings
from supervisor.project.toml_file import TomlFile
from supervisor.text import toml_text

TIME = 'has to be a time: seconds, or "90s", "15m", "8h", "2d"'
FILE = "has to be a file's name without folders, of letters, digits, `_`, `.` and `-`"
ITEMS = "has to be a file's path in quotes, or a table: { phase = 1 }, { file = …, at = … } or { input = … }"
SANDBOX = "'auto' or 'workspace' or 'bubblewrap'"
MINE = "[agents.mine]\ncommand = ['x']\n"
HEAD = "name = 'f'\ncollection = 'f'\n"
BODY = "id = 1\nname = 'x'\nitems = 'a'\nintelligence = 'a.md'\noutput = 'a.json'\n"
PHASE = f"[[phases]]\n{BODY}"

SETTINGS = {
    "timeout = '1q'": f"timeout: {TIME}; above 0 and of at most 7d; it is '1q' (line 1)",
    "timeout = '9d'": f"timeout: {TIME}; above 0 and of at most 7d; it is '9d' (line 1)",
    "timeout = true": f"timeout: {TIME}; above 0 and of at most 7d; it is true (line 1)",
    "timeout = nan": f"timeout: {TIME}; above 0 and of at most 7d; it is nan (line 1)",
    "max_runtime = inf": f"max_runtime: {TIME}; above 0; it is inf (line 1)",
    "finish_timeout = -1": f"finish_timeout: {TIME}; from 0 to 7d; it is -1 (line 1)",
    "quiet_period = 1": "quiet_period: no key any more; an answer that passes stands after `finish_timeout` seconds without"
    " a change (line 1)",
    "\n\nconcurrency = 0": "concurrency: has to be a whole number from 1 to 10,000; it is 0 (line 3)",
    "concurrency = true": "concurrency: has to be a whole number from 1 to 10,000; it is true (line 1)",
    "max_cost = 0": "max_cost: has to be a number above 0; it is 0 (line 1)",
    "max_sessions = 1.5": "max_sessions: has to be a whole number of at least 1; it is 1.5 (line 1)",
    "agent = 5": "agent: has to be text in quotes; it is 5 (line 1)",
    "strict = 'maybe'": "strict: has to be true or false; it is 'maybe' (line 1)",
    "network = 5": "network: has to be 'on' or 'none', or a list of texts; it is 5 (line 1)",
    "network = 'non'": "network: has to be 'on' or 'none', or a list of texts; it is 'non'. Did you mean 'none'? (line 1)",
    "network = ['a', 5]": "network[2]: has to be text in quotes; it is 5 (line 1)",
    "known_answers = 'x'": "known_answers: has to be a list of texts; it is 'x'. Write known_answers = [\"x\"] (line 1)",
    "limits = 5": "limits: has to be a table; it is 5 (line 1)",
    "[limits]\nmemory = '2GB'": "limits.memory: has to be a whole number of at least 0; it is '2GB' (line 2)",
    "[limits]\nmem = 5": "limits.mem: unknown key; did you mean 'memory'? (line 2)",
    "agents = []": "agents: has to be a table; it is empty (line 1)",
    f"[{MINE.replace(']', ']]', 1)}": "agents.mine: has to be a table; it is a list. Write [agents.mine], with one bracket,"
    " once (line 1)",
    "[agents]\ncommand = ['x']": "agents.command: has to be a table; it is a list. It belongs under a name:"
    " [agents.NAME] (line 2)",
    "[agent.mine]\ncommand = ['x']": "agent: has to be text in quotes; it is a table. Did you mean [agents.NAME]? (line 1)",
    "command = ['x']": "command: unknown key here; command belongs into [agents.NAME] (line 1)",
    "port = 1": "port: unknown key here; port belongs into [serve] (line 1)",
    "max-cost = 5": "max-cost: unknown key; did you mean 'max_cost'? (line 1)",
    "[[serve]]\nport = 1": "serve: has to be a table; it is a list. Write [serve], with one bracket, once (line 1)",
    "[serve]\nport = 99999": "serve.port: has to be a whole number from 0 to 65,535; it is 99999 (line 2)",
    "[serve]\nrate = 'fast'": 'serve.rate: has to be text like "20/second" or "6000/minute"; it is \'fast\' (line 2)',
    "[serve]\nwebhook_hosts = ['a/b']": "serve.webhook_hosts[1]: has to be a host's name or address, perhaps with :port;"
    " it is 'a/b' (line 2)",
    "[serve]\ntiers = {gold = 'x'}": "serve.tiers.gold: has to be a whole number; it is 'x' (line 2)",
    f"{MINE}max_cost = 5": "agents.mine.max_cost: unknown key here; max_cost is written above the first [table] (line 3)",
    f"{MINE}mode = 'batch'": "agents.mine.mode: has to be 'headless' or 'interactive'; it is 'batch' (line 3)",
    f"{MINE}readable = '/a b'": "agents.mine.readable: has to be a list of texts; it is '/a b'. Write readable = [\"/a b\"]"
    " (line 3)",
    "[agents.mine]\ncommand = 'sh -c \"a b\"'": "agents.mine.command: has to be a list of texts that is not empty; it is"
    ' \'sh -c "a b"\'. Write command = ["sh", "-c", "a b"] (line 2)',
    f"{MINE}[agents.mine.dialogs]\nshows = 'x'\nanswer = 'y'": "agents.mine.dialogs: has to be a list of tables; it is a"
    " table. Write [[agents.mine.dialogs]], with two brackets, above each of them (line 3)",
    f"{MINE}[[agents.mine.dialogs]]\nshow = 'x'\nanswer = 'y'": "agents.mine.dialogs[1].show: unknown key; did you mean"
    " 'shows'? (line 4)",
    f"{MINE}price = {{input = 'a', output = 1}}": "agents.mine.price.input: has to be a number of at least 0; it is 'a'"
    " (line 3)",
}
PIPELINES = {
    f"{HEAD}[phases]\n{BODY}": "phases: has to be a list of tables that is not empty; it is a table. Write [[phases]],"
    " with two brackets, above each of them (line 3)",
    f"{HEAD}{PHASE}limit = 0": "phases[1].limit: has to be a whole number of at least 1, or text that has a `{part}` of the"
    " target; it is 0 (line 9)",
    f"{HEAD}{PHASE}timeout = '10x'": f"phases[1].timeout: {TIME}; above 0 and of at most 7d; it is '10x' (line 9)",
    f"{HEAD}{PHASE.replace('items', 'item')}": "phases[1].item: unknown key; did you mean 'items'? (line 6)",
    f"{HEAD}{PHASE.replace('output', 'outptu')}": "phases[1].outptu: unknown key; did you mean 'output'? (line 8)",
    f"{HEAD}{PHASE.replace('a.json', '../a.json')}": f"phases[1].output: {FILE}; it is '../a.json' (line 8)",
    f"{HEAD}{PHASE}merge = 'aray'": "phases[1].merge: has to be 'object' or 'array'; it is 'aray'. Did you mean 'array'?"
    " (line 9)",
    f"{HEAD}{PHASE}validator = 5": "phases[1].validator: has to be text in quotes, or a list of texts; it is 5 (line 9)",
    f"{HEAD}{PHASE}validator = ['a', 5]": "phases[1].validator[2]: has to be text in quotes; it is 5 (line 9)",
    f"{HEAD}{PHASE}progress = 3": "phases[1].progress: has to be a whole number above 5 and of at most 100; it is 3 (line 9)",
    f"name = 'f'\n{PHASE}collection = 'x'": "phases[1].collection: unknown key here; collection is written above the first"
    " [table] (line 8)",
    f"{HEAD}batch_size = 5\n{PHASE}": "batch_size: unknown key here; batch_size belongs into [[phases]] (line 3)",
    f"{HEAD}{PHASE.replace('phases', 'phase')}": "phase: unknown key; did you mean 'phases'? (line 3)",
    f"{HEAD}{PHASE}{PHASE.replace('1', '2').replace('name', 'nmae')}": "phases[2].nmae: unknown key; did you mean 'name'?"
    " (line 11)",
    HEAD: "phases: missing; add it: a list of tables that is not empty",
    f"name = 'F A'\ncollection = 'f'\n{PHASE}": "name: has to be 1 to 64 of the characters a-z, 0-9 and _; it is 'F A'"
    " (line 1)",
    **{
        f"{HEAD}{PHASE.replace(chr(39) + 'a' + chr(39), written, 1)}": f"phases[1].items{said} (line 6)"
        for written, said in {
            "5": f": {ITEMS}; it is 5",
            "['a']": f": {ITEMS}; it is a list",
            "''": f": {ITEMS}; it is empty",
            "{fiel = 'x'}": ".fiel: unknown key; did you mean 'file'?",
            "{phas = 1}": ".phas: unknown key; did you mean 'phase'?",
            "{phase = 'one'}": ".phase: has to be a whole number; it is 'one'",
            "{phase = 1, by = '../x'}": f".by: {FILE}; it is '../x'",
            "{file = 'a', at = 5}": ".at: has to be text in quotes that is not empty; it is 5",
            "{input = 5}": ".input: has to be text in quotes that is not empty; it is 5",
        }.items()
    },
}
NOT_TOML = {
    "agent = = 1": "line 1, column 9, `agent = = 1`: no value, or not a whole one; text stands in quotes",
    "a = 1\nb = facts": "line 2, column 5, `b = facts`: no value, or not a whole one; text stands in quotes",
    "timeout = 10m": 'line 1, column 13, `timeout = 10m`: more than a value; text, and times like "10m", stand'
    " in quotes",
    "[[a]\n": "line 1, column 4, `[[a]`: the bracket is not closed as it was opened",
    "a = 1\na = 2\n": "line 2, column 6, `a = 2`: this is written already further up; keep one of them",
    'a = "C:\\Users"': 'line 1, column 10, `a = "C:\\Users"`: a backslash in text; write it twice, or put the text in single'
    " quotes",
    'a = """x': "at its end: a text is not closed",
}


def said_of(folder: Path, text: str | bytes, model: Any, refused: type[ProjectError | PipelineError]) -> str:
    path = folder / "it.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(refused) as caught:
        TomlFile(path, refused).read(model)
    assert caught.value.where == str(path)
    assert caught.value.remedy == "Correct the file."
    assert caught.value.exit_code == 2
    return caught.value.what


@pytest.mark.parametrize(("text", "said"), SETTINGS.items())
def test_a_wrong_setting_is_told_in_words_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert said_of(tmp_path, text, ProjectSettings, ProjectError) == said


@pytest.mark.parametrize(("text", "said"), PIPELINES.items())
def test_a_wrong_pipeline_is_told_in_words_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert said_of(tmp_path, text, Pipeline, PipelineError) == said


@pytest.mark.parametrize(("text", "said"), NOT_TOML.items())
def test_what_is_no_toml_is_told_with_its_line_as_it_is_written(tmp_path: Path, text: str, said: str) -> None:
    assert said_of(tmp_path, text, ProjectSettings, ProjectError) == f"not TOML: {said}"


def test_all_that_is_wrong_is_told_up_to_twenty(tmp_path: Path) -> None:
    said = said_of(tmp_path, "".join(f"x{n} = 1\n" for n in range(30)), ProjectSettings, ProjectError).splitlines()
    assert len(said) == 21
    assert said[-1].strip() == "and 10 more"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_is_harmless(tmp_path: Path, mark: bytes) -> None:
    (tmp_path / "it.toml").write_bytes(mark + b"timeout = '1h30m'\r\nconcurrency = 3\r\n")
    settings = TomlFile(tmp_path / "it.toml", ProjectError).read(ProjectSettings)
    assert (settings.timeout, settings.concurrency) == (5400.0, 3)


def test_another_encoding_is_named(tmp_path: Path) -> None:
    said = said_of(tmp_path, "agent = 'x'".encode("utf-16"), ProjectSettings, ProjectError)
    assert said == "not TOML: it is saved as UTF-16; save it as UTF-8"
    said = said_of(tmp_path, b"a = 1\nb = '\xe4'", ProjectSettings, ProjectError)
    assert said == "not TOML: line 2 is not valid UTF-8 (byte 11); save it as UTF-8"


@pytest.mark.parametrize("written", ["60", "60.0", "'60'", "'60s'", "'1m'", "'0.5m 30s'"])
def test_a_time_is_written_as_on_the_command_line_or_as_a_number(tmp_path: Path, written: str) -> None:
    (tmp_path / "it.toml").write_text(f"{HEAD}{PHASE}timeout = {written}\nlimit = 20\n")
    (phase,) = TomlFile(tmp_path / "it.toml", PipelineError).read(Pipeline).phases
    assert (phase.timeout, phase.limit) == (60.0, "20")


def test_lines_are_found_in_what_other_lines_are_within() -> None:
    text = '# x\na = """\nb = 1\n"""\nlist = [\n  "b = [",\n  { b = 1 },\n]\nb = 2\n[[t."x y"]]\n[[t."x y"]]\nc.d = 1\n'
    found = {
        place: toml_text.line_of(text, place) for place in (("b",), ("t", "x y", 1, "c", "d"), ("list", 1), ("z",))
    }
    assert list(found.values()) == [9, 12, 5, None]
