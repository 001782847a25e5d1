"""A validator may be none, a shell command, or a program in another language."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.support.facts_project import SmallProject


def test_without_a_validator_what_has_the_right_shape_passes(project: SmallProject) -> None:
    project.phases({"validator": None})
    project.agent('import sys\nopen(sys.argv[2], \'w\').write(\'{"a": null, "b": [], "c": "?"}\')\n')
    assert project.run().returncode == 0
    assert project.result() == {"a": None, "b": [], "c": "?"}


def test_a_shell_command_can_be_the_validator(project: SmallProject) -> None:
    project.phases({"validator": ["sh", "check.sh", "two words"], "settings": {"limit": 3}})
    project.write("validators/facts/check.sh", 'cat > "$1"; echo \'{"valid": true, "errors": []}\'\n')
    assert project.run().returncode == 0
    asked = json.loads((project.root / "validators/facts/two words").read_text())
    assert asked == {
        "pipeline": "facts",
        "target": "demo",
        "phase": 1,
        "batch": 1,
        "items": {"a": {"n": 1}, "b": {"n": 2}, "c": {"n": 3}},
        "output": {"a": {"square": 1}, "b": {"square": 4}, "c": {"square": 9}},
    }


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")
def test_a_node_program_can_be_the_validator(project: SmallProject) -> None:
    project.phases({"validator": ["node", "check.cjs"], "max_attempts": 1})
    project.write(
        "validators/facts/check.cjs",
        """\
const { items, output } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const odd = Object.keys(items).filter((id) => output[id].square % 2);
console.log(JSON.stringify({ errors: odd.map((id) => ({
    type: "odd", item_id: id, message: `${output[id].square} is odd`, suggestion: "take an even number" })) }));
""",
    )
    ran = project.run()
    assert ran.returncode == 1
    assert project.result() == {"b": {"square": 4}}
    assert "failed: phase 1 c: odd: 9 is odd" in ran.stdout
    failed = {item["id"]: item["errors"] for item in project.job()["failed_items"]}
    assert failed["c"] == [{"type": "odd", "item_id": "c", "message": "9 is odd", "suggestion": "take an even number"}]
    assert list(failed) == ["a", "c"]
