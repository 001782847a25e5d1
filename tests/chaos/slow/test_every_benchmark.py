"""Every benchmark in its smallest form: it prints and saves what it found, and the charts are drawn from that."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import BENCHMARKS
from tests.support.repository_content import REPOSITORY

SMALLEST = {
    "startup": ["--repeat", "1", "--no-peers"],
    "overhead": ["--batches", "3", "--repeat", "1", "--agents", "sh", "--no-peers"],
    "sandbox": ["--sessions", "2", "--repeat", "1"],
    "merge_latency": ["--waiting", "2", "--samples", "2", "--repeat", "1"],
    "makespan": ["--batches", "2", "--batch-size", "1", "--slots", "2", "--median", "0.05", "--repeat", "1",
        "--no-peers"],
    "resume": ["--sizes", "3", "--repeat", "1", "--no-peers"],
    "idle": ["--sessions", "2", "--seconds", "0.2", "--repeat", "1", "--no-peers"],
    "growth": ["--sizes", "12", "14", "--shapes", "1", "2x9", "--repeat", "1", "--no-peers"],
    "service": ["--rate", "20", "--seconds", "0.5", "--listeners", "50", "--sessions", "2", "--at-once", "2",
        "--repeat", "1"],
}  # fmt: skip
SAYS = {
    "startup": {"supervisor --help": {"cpu_ms", "wall_ms", "cpu_ratio"}, "python -c pass": {"cpu_ms", "wall_ms"}},
    "overhead": {
        "supervisor": {"cpu_ms", "wall_ms", "peak_mb", "split_ms", "cpu_ms_to_limit: pexpect"},
        "supervisor, no validator": {"cpu_ms"},
        "limit: pexpect": {"cpu_ms"},
        "limit: forkpty": {"cpu_ms"},
    },
    "sandbox": {"workspace": {"cpu_ms", "beside_none_ms", "arguments_ms", "wall_ms"}},
    "merge_latency": {"2": {"median_ms", "p99_ms", "disk_flush_ms"}},
    "makespan": {"supervisor": {"took_s", "bound_s", "ideal_s", "optimum"}},
    "resume": {
        "supervisor run, one batch to do": {"first_s", "cpu_s", "wall_s"},
        "supervisor run, nothing to do": {"cpu_s", "wall_s"},
        "supervisor status": {"cpu_s", "wall_s"},
        "supervisor status --json": {"cpu_s", "wall_s"},
    },
    "idle": {name: {"percent", "wakes", "rss_mb"} for name in ("supervisor", "its spawner", "its worker")},
    "growth": {"supervisor": {"cpu_s_each_ms", "cpu_s_ratio", "written_to_result", "main_peak_mb", "result_bytes"}},
    "service": {
        "submissions, sessions wait": {"median_ms", "p99_ms", "percent"},
        "submissions, sessions work": {"median_ms", "p99_ms", "percent"},
        "listeners": {"heard", "median_ms", "p99_ms", "kb_each"},
        "job beside listeners": {"median_s", "slower_percent"},
    },
}
"""What is measured of each benchmark to the figures that its rows hold."""
CHARTED = {"growth": 4, "resume": 1, "merge_latency": 1}
NAMES = ("command", "runner", "process", "waiting", "level")


def python(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)], cwd=REPOSITORY, capture_output=True, encoding="utf-8", check=False
    )


def measured(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rows by what each is about."""
    return {str(next(row[name] for name in NAMES if name in row)): row for row in rows}


def test_no_benchmark_is_left_out_here() -> None:
    assert set(SMALLEST) == set(BENCHMARKS)


@pytest.mark.parametrize("name", SMALLEST)
def test_a_benchmark_prints_and_saves_its_figures(name: str, tmp_path: Path) -> None:
    ran = python(f"benchmarks.{name}", *SMALLEST[name], "--results", tmp_path)
    assert ran.returncode == 0, ran.stderr
    found = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert found["machine"]["cores"] >= 1 and found["machine"]["versions"]["pexpect"]
    rows = measured(found["rows"])
    for about, figures in SAYS[name].items():
        assert figures <= set(rows[about])
        assert f"{about}" in ran.stdout
    if name in CHARTED:
        assert_charts_are_drawn(name, tmp_path)
        # The least that can be measured is nothing: a run of few batches may take no longer than an empty one.
        found["rows"] = [{what: _nothing(value) for what, value in row.items()} for row in found["rows"]]
        (tmp_path / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")
        assert_charts_are_drawn(name, tmp_path)


def assert_charts_are_drawn(name: str, results: Path) -> None:
    charts = results / "charts"
    shutil.rmtree(charts, ignore_errors=True)
    drawn = python("benchmarks.charts", "--results", results, "--folder", charts)
    if "No module named 'matplotlib'" in drawn.stderr:
        pytest.skip("charts need the extra `bench`")
    images = list(charts.iterdir())
    assert len(images) == CHARTED[name], drawn.stderr
    assert all(image.read_text(encoding="utf-8").rstrip().endswith("</svg>") for image in images)


def _nothing(value: Any) -> Any:
    return type(value)() if isinstance(value, int | float) else value


def test_the_suite_runs_the_benchmarks_that_are_named(tmp_path: Path) -> None:
    ran = python("benchmarks", "startup", "--no-peers", "--results", tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["startup.json"]


def test_the_suite_refuses_a_name_that_is_none(tmp_path: Path) -> None:
    ran = python("benchmarks", "startups", "--results", tmp_path)
    assert ran.returncode == 2
    assert "there is no startups; there are startup, overhead" in ran.stderr
