"""The faults that the embedded agent has when it is asked to, each as an agent would really go wrong."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from supervisor.agents.phrasebook.fault_injection import KINDS, SLOW_S, drawn
from supervisor.agents.phrasebook.phrasebook_program import main
from supervisor.agents.phrasebook.prompt_parser import read_prompt
from tests.agents.phrasebook.course_batches import (
    PHASES,
    SEEDS,
    Prompt,
    Run,
    command,
    environment,
    items_of,
    judged,
    pairs_of,
    rendered,
    vocabulary_of,
)


def seed_for(kind: str, phase: int, items: Mapping[str, Any]) -> int:
    """A seed with which the first session of the batch has this fault."""
    read = read_prompt(rendered(phase, items, "x"))
    return next(seed for seed in range(1000) if drawn(1, seed, read, 1) == kind)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("kind", ["wrong_id", "missing_item", "bad_tiling"])
def test_a_fault_of_content_spoils_one_item(
    prompt: Prompt, run: Run, output: Path, answers: Callable[..., Any], kind: str, phase: int
) -> None:
    items = items_of(phase, "spa")
    clean = answers(phase, items, vocabulary=vocabulary_of("spa"))
    path = prompt(phase, items, vocabulary=vocabulary_of("spa"))
    done = run(path, "--faults", 1, "--seed", seed_for(kind, phase, items))
    assert done.returncode == 0
    assert f"phrasebook: fault {kind}" in done.stdout.splitlines()
    written = json.loads(output.read_bytes())
    good, spoiled = ({row[0]: row[1:] for row in rows} if phase == 3 else rows for rows in (clean, written))
    lost, strange = good.keys() - spoiled.keys(), spoiled.keys() - good.keys()
    assert (len(lost), len(strange)) == {"wrong_id": (1, 1), "missing_item": (1, 0), "bad_tiling": (0, 0)}[kind]
    changed = {item_id for item_id in good.keys() & spoiled.keys() if good[item_id] != spoiled[item_id]}
    assert len(changed) == (1 if kind == "bad_tiling" else 0)
    named = {error.item_id for error in judged(phase, items, "spa", written).errors}
    assert named == changed


def test_a_half_written_file_ends_in_the_middle(prompt: Prompt, run: Run, output: Path) -> None:
    done = run(prompt(1, SEEDS), "--faults", 1, "--seed", seed_for("half_written", 1, SEEDS))
    assert done.returncode == 0
    assert done.stdout.splitlines()[1] == "phrasebook: fault half_written"
    assert output.read_bytes()
    with pytest.raises(json.JSONDecodeError):
        json.loads(output.read_bytes())


def test_a_crash_writes_nothing(prompt: Prompt, run: Run, output: Path) -> None:
    done = run(prompt(1, SEEDS), "--faults", 1, "--seed", seed_for("crash", 1, SEEDS))
    assert done.returncode == 70
    assert done.stdout.splitlines()[-1] == "phrasebook: fault crash"
    assert not output.exists()


def test_a_hang_lasts_until_it_is_ended(prompt: Prompt, output: Path) -> None:
    path = prompt(1, SEEDS)
    hung = subprocess.Popen(
        command(path, "--faults", 1, "--seed", seed_for("hang", 1, SEEDS)),
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with hung:
        assert hung.stdout is not None
        assert "phrasebook: fault hang\n" in iter(hung.stdout.readline, "")
        with pytest.raises(subprocess.TimeoutExpired):
            hung.wait(timeout=0.3)
        assert not output.exists()
        hung.terminate()
    assert hung.returncode == -15


def test_a_slow_session_is_right_in_the_end(
    prompt: Prompt, output: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    waited: list[tuple[float, bool]] = []
    monkeypatch.setattr(time, "sleep", lambda seconds: waited.append((seconds, output.exists())))
    words = [str(prompt(1, SEEDS)), "--faults", "1", "--seed", str(seed_for("slow", 1, SEEDS))]
    assert main(words, {}) == 0
    assert waited == [(SLOW_S, False)]
    assert "phrasebook: fault slow" in capfd.readouterr().out
    assert json.loads(output.read_bytes()) == pairs_of("spa")


def test_output_after_exit_comes_from_a_process_that_is_left_behind(prompt: Prompt, output: Path) -> None:
    path = prompt(1, SEEDS)
    reading, writing = os.pipe()  # the process left behind holds it open until it ends
    arguments = command(path, "--faults", 1, "--seed", seed_for("output_after_exit", 1, SEEDS))
    with os.fdopen(reading, "rb") as until_it_ends:
        done = subprocess.run(
            arguments, env=environment(), pass_fds=[writing], capture_output=True, timeout=30, check=False
        )
        there = output.exists()
        os.close(writing)
        assert until_it_ends.read() == b""
    assert done.returncode == 0
    assert b"phrasebook: fault output_after_exit\n" in done.stdout
    assert not there
    assert json.loads(output.read_bytes()) == pairs_of("spa")


def test_faults_are_drawn_from_the_seed_and_the_session() -> None:
    read = read_prompt(rendered(1, SEEDS, "x"))
    draws = [drawn(0.5, seed, read, session) for seed in range(200) for session in (1, 2)]
    assert draws == [drawn(0.5, seed, read, session) for seed in range(200) for session in (1, 2)]
    assert 150 < sum(draw is not None for draw in draws) < 250
    assert {draw for draw in draws if draw} == set(KINDS)
    assert len({tuple(drawn(1, seed, read._replace(batch=batch), 1) for seed in range(9)) for batch in range(9)}) == 9


def test_the_third_session_is_clean_unless_every_session_is_to_fail(prompt: Prompt, run: Run, output: Path) -> None:
    read = read_prompt(rendered(1, SEEDS, "x"))
    assert [drawn(0.999, seed, read, session) for seed in range(100) for session in (3, 4)] == [None] * 200
    assert all(drawn(1, seed, read, session) for seed in range(100) for session in range(1, 6))
    assert drawn(0.999, 0, read, 2)
    done = run(prompt(1, SEEDS), "--faults", 0.999, session=3)
    assert "fault" not in done.stdout
    assert json.loads(output.read_bytes()) == pairs_of("spa")
