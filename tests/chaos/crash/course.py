"""The small course: three phases with all that a pipeline may have, seven sessions, one of them to correct another."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

PIPELINE, TARGET = "tiny", "demo"
COLLECTION = "courses"
OUTPUTS = {1: "squares.json", 2: "halves.json", 3: "parts.json"}
ITEMS = {f"w{number}": {"n": number} for number in range(1, 5)}
REDONE = "w2"
"""The item that `retry` asks for again."""
WRONG_AT_FIRST = "w3"
"""The item that `agent.py` answers wrongly at first."""
CONCURRENCY = 3
SIGN_IN = ".gemini/oauth_creds.json"

_SETTINGS = """\
agent = "{agent}"
concurrency = {concurrency}
finish_timeout = 0.05
keep_sessions = 0

[agents.plain]
command = [{python}, "-I", "-S", "{{project}}/agents/agent"]
pass_env = ["CRASH_TEST"]
sandbox = "{sandbox}"
{limits}

[agents.lent]
kind = "gemini"
program = "agents/agent"
pass_env = ["CRASH_TEST"]
sandbox = "{sandbox}"
"""
_LIMITS = "limits = { processes = 100 }"
_PIPELINE = """\
name = "tiny"
collection = "courses"

[[phases]]
id = 1
name = "squares"
items = "vfs/words.json"
intelligence = "how.md"
validator = "squares.py"
output = "squares.json"
batch_size = 2
max_attempts = 30

[[phases]]
id = 2
name = "halves"
items = { phase = 1 }
intelligence = "how.md"
validator = "halves.py"
output = "halves.json"
merge = "array"
batch_size = 2
max_attempts = 30

[[phases]]
id = 3
name = "parts"
items = { phase = 2, by = "parts.py" }
context = "wholes.py"
intelligence = "how.md"
validator = [{python}, "-I", "-S", "check_parts.py"]
output = "parts.json"
batch_size = 4
max_attempts = 30
"""
_FILES = {
    "phase_intelligence/tiny/pipeline.toml": _PIPELINE.replace("{python}", json.dumps(sys.executable)),
    "phase_intelligence/tiny/how.md": "# Do as the validators want\n",
    "phase_intelligence/tiny/parts.py": """\
def expand(item_id, payload):
    for number, half in enumerate(payload["halves"], 1):
        yield f"{item_id}p{number}", half
""",
    "phase_intelligence/tiny/wholes.py": """\
def context(batch, merged):
    return {item_id: merged[1][item_id[:2]]["square"] for item_id in batch.items}
""",
    "validators/tiny/squares.py": """\
from supervisor import ValidationError, ValidationReport


def validate(batch, output, merged):
    return ValidationReport(errors=[
        ValidationError(type="wrong_square", item_id=i, message=f"the square of {p['n']} is {p['n'] ** 2}")
        for i, p in batch.items.items() if output[i]["square"] != p["n"] ** 2
    ])
""",
    "validators/tiny/halves.py": """\
from supervisor import ValidationError, ValidationReport


def validate(batch, output, merged):
    seen = [row["halves"] for row in merged[2].values() if row is not None]
    return ValidationReport(errors=[
        ValidationError(type="wrong_halves", item_id=row["id"], message="they do not give the square")
        for row in output if sum(row["halves"]) != batch.items[row["id"]]["square"] or len(seen) > 4
    ])
""",
    "validators/tiny/check_parts.py": """\
import json
import sys

asked = json.load(sys.stdin)
errors = [
    {"type": "wrong_part", "item_id": i, "message": f"{p} of {asked['context'][i]}"}
    for i, p in asked["items"].items() if asked["output"][i] != {"half": p, "of": asked["context"][i]}
]
print(json.dumps({"errors": errors}))
""",
    "vfs/words.json": json.dumps(ITEMS),
}


def lay_out(root: Path, home: Path, *, sandbox: str, lent: bool) -> None:
    """Write all files of the project, and the user's sign-in into `home`."""
    settings = _SETTINGS.format(
        agent="lent" if lent else "plain",
        concurrency=CONCURRENCY,
        python=json.dumps(sys.executable),
        sandbox=sandbox,
        limits=_LIMITS if sandbox == "bubblewrap" else "",
    )
    for name, text in {**_FILES, "supervisor.toml": settings}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    program = root / "agents" / "agent"
    program.parent.mkdir()
    shutil.copy(Path(__file__).with_name("agent.py"), program)
    program.write_text(f"#!{sys.executable} -IS\n{program.read_text(encoding='utf-8')}", encoding="utf-8")
    program.chmod(0o755)
    sign_in = home / SIGN_IN
    sign_in.parent.mkdir(parents=True)
    sign_in.write_text(json.dumps({"access_token": "access-0", "refresh_token": "refresh-0"}), encoding="utf-8")
