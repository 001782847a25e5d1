"""Which agent does a job where none is named: the pipeline's, else the project's."""

from __future__ import annotations

from tests.support.scripted_project import ANSWER, PIPELINE, Small, numbered


def with_its_own_agent(small: Small) -> Small:
    small.lay_out(numbered(2), agents={"other": ANSWER})
    path = small.root / f"phase_intelligence/{PIPELINE}/pipeline.toml"
    path.write_text(f'agent = "other"\n{path.read_text(encoding="utf-8")}', encoding="utf-8")
    return small


def test_the_agent_that_the_pipeline_names_comes_before_the_project_s(small: Small) -> None:
    with_its_own_agent(small).run()
    assert small.status()["agent"] == "other"


def test_the_agent_of_the_command_line_comes_first(small: Small) -> None:
    with_its_own_agent(small).run("--agent", "plain")
    assert small.status()["agent"] == "plain"


def test_a_pipeline_whose_agent_is_not_there_is_refused(small: Small) -> None:
    with_its_own_agent(small)
    settings = (small.root / "supervisor.toml").read_text(encoding="utf-8")
    small.write("supervisor.toml", settings.replace("[agents.other]", "[agents.them]"))
    refused = small.run(status=2)
    assert "there is no agent 'other'" in refused.err
