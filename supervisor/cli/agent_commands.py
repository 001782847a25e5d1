"""`agents` and `agents test`: which agents there are, and whether they work."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from supervisor.cli import cli_options as o

app = typer.Typer(help="The agents that this project can use: installed, signed in, last used.")


def register(main: typer.Typer) -> None:
    """Add the commands."""
    main.add_typer(app, name="agents")


@app.callback(invoke_without_command=True)
def list_agents(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
    project: o.ProjectOption = None,
) -> None:
    """The agents that this project can use: installed, version, signed in, last used."""
    if context.invoked_subcommand is not None:
        return
    from concurrent.futures import ThreadPoolExecutor

    from supervisor.agents.agent_paths import home_hint
    from supervisor.agents.agent_registry import agent_names, agent_unless_open

    here = o.project_at(project)
    chosen = (agent_unless_open(here) or "").split(",")[0]
    names = agent_names(here)
    with ThreadPoolExecutor() as pool:
        rows = [{**row, "default": row["name"] == chosen} for row in pool.map(lambda n: _row(here, n), names)]
    used = _last_used(here)
    for row in rows:
        row["last_used"] = used.get(row["name"])
    if as_json:
        typer.echo(json.dumps({"agents": rows}, ensure_ascii=False, indent=2))
        return
    for row in rows:
        at = row["last_used"]
        last = f"last used {datetime.fromtimestamp(at):%Y-%m-%d %H:%M}" if at else "not used yet"
        name = f"{row['name']}{' (default)' if row['default'] else ''}"
        typer.echo(f"{name:<22}  {_installed(row):<34}  {_signed_in(row):<34}  {last}")
        for line in () if row["can_start"] else str(row["reason"]).splitlines():
            typer.echo(f"    {line.strip()}")
        if hint := home_hint(here.settings.agents.get(str(row["name"]))):
            typer.echo(f"    {hint}")


@app.command("test")
def try_agent(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An agent.")],
    model: o.ModelOption = None,
    project: o.ProjectOption = None,
) -> None:
    """Run one tiny session of the agent NAME: ends with 0 where it answered, else with 4."""
    import asyncio

    from supervisor.agents.agent_registry import make_agent
    from supervisor.cli.status_text import tokens_text
    from supervisor.doctor.agent_smoke_test import answered, smoke_test_agent
    from supervisor.text.human_units import duration, money
    from supervisor.workspaces.transcript_reader import readable

    here = o.project_at(project)
    agent = make_agent(here, name)
    agent.check()
    result = asyncio.run(smoke_test_agent(here, agent, model or here.settings.model))
    heard = result.heard
    if answered(result):
        typer.echo(
            f"{name} works: it answered in {duration(result.duration_s)}; model {heard.model or 'unknown'},"
            f" tokens {tokens_text(heard.usage)}, cost {money(heard.usage.cost_usd)}"
        )
        return
    why = "it wrote no JSON" if result.refusal is None else result.refusal.message
    remedy = "" if heard.trouble is None or not heard.trouble.remedy else f"\n  {heard.trouble.remedy}"
    last = readable(result.transcript_tail.encode(), agent.display)
    said = f"\n  It said last:\n{_indented(last)}" if last else ""
    typer.echo(f"supervisor: {name} does not work: {why}{remedy}{said}", err=True)
    raise typer.Exit(4)


def _row(here: Any, name: str) -> dict[str, Any]:
    from supervisor.agents.agent_registry import make_agent
    from supervisor.errors import SupervisorError
    from supervisor.executors.executor_registry import check_executor

    row: dict[str, Any] = {"name": name, "can_start": True, "reason": ""}
    try:
        agent = make_agent(here, name)
        presence = agent.status()
        row |= {
            "program": None if presence.program is None else str(presence.program),
            "version": presence.version,
            "signed_in": presence.signed_in,
            "by": presence.by,
        }
        agent.check()
        check_executor(here, name)
    except SupervisorError as error:
        row |= {"can_start": False, "reason": f"{error.what}\n{error.remedy}".strip()}
    return row


def _last_used(here: Any) -> dict[str, float]:
    from supervisor.project.store_damage import missing
    from supervisor.store.tables import attempts

    return attempts.last_used(o.store_of(here)) if missing(here) is None else {}


def _installed(row: dict[str, Any]) -> str:
    if row.get("program") is None:
        return "starts no program" if row["can_start"] else "not installed" if "program" in row else "cannot be used"
    return f"{Path(row['program']).name} {row['version'] or ''}".strip()


def _signed_in(row: dict[str, Any]) -> str:
    by = f" by {row['by']}" if row.get("by") else ""
    return {"yes": f"signed in{by}", "no": "not signed in"}.get(row.get("signed_in", ""), "needs no sign-in known here")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
