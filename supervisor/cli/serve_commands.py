"""`serve`, `tokens`: the job service, and who may use it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from supervisor.cli import cli_options as o

if TYPE_CHECKING:
    from pathlib import Path

    from supervisor.store.database import Database


tokens = typer.Typer(help="Secrets of programs and people that use the service.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Of the client.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.add_typer(tokens, name="tokens")


def serve(
    host: Annotated[
        str | None, typer.Option("--host", envvar="SUPERVISOR_HOST", help="Address to listen at; default: 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", envvar="SUPERVISOR_PORT", min=0, max=65535, help="Default: 8321; 0 takes a free one."),
    ] = None,
    project: o.ProjectOption = None,
) -> None:
    """Take jobs over HTTP, and show them on a web page, until Ctrl-C; the daemon is started when there is work."""
    from supervisor.errors import UsageError

    here = o.project_at(project)
    try:
        from supervisor.service.http_server import serve as run
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the service needs {error.name}, which is not installed",
            where="serve",
            remedy="Install it with `pip install 'phase-supervisor[serve]'`.",
        ) from error
    settings = here.settings.serve

    def told(address: str) -> None:
        typer.echo(f"serving {here.root} at {address}")
        if not _anybody(here.store):
            typer.echo("nobody may use it yet: `supervisor tokens add NAME --operator` makes a secret to sign in with")

    run(here, settings.host if host is None else host, settings.port if port is None else port, told)


@tokens.command()
def add(
    name: NameArgument,
    operator: Annotated[
        bool, typer.Option("--operator", help="Sees and steers all jobs, also those of the command line.")
    ] = False,
    project: o.ProjectOption = None,
) -> None:
    """Make a client NAME; prints its secret, which cannot be shown again, and what it verifies webhooks with."""
    from supervisor.service.auth.service_key import service_key
    from supervisor.service.webhooks.webhook_signing import webhook_secret
    from supervisor.store.tables import api_clients

    database = _store(project)
    typer.echo(api_clients.add(database, name, sees_all=operator))
    typer.echo("this is the secret: send it as `X-API-Secret`, or sign in on the page with it", err=True)
    typer.echo(f"webhooks are signed with {webhook_secret(service_key(database.path.parent), name)}", err=True)


@tokens.command("list")
def list_tokens(project: o.ProjectOption = None) -> None:
    """Who may use the service."""
    from supervisor.store.tables import api_clients

    for each in api_clients.all_clients(_store(project)):
        state = "revoked" if each.revoked_at is not None else "operator" if each.sees_all else "own jobs"
        typer.echo(f"{each.name:<24}  {state:<9}  since {datetime.fromtimestamp(each.created_at):%Y-%m-%d %H:%M}")


@tokens.command()
def revoke(name: NameArgument, project: o.ProjectOption = None) -> None:
    """Take the secret of NAME back: it is refused from now on; its jobs go on."""
    from supervisor.store.tables import api_clients

    api_clients.revoke(_store(project), name)
    typer.echo(f"the secret of {name} is refused from now on")


def _store(project: o.ProjectOption) -> Database:
    from supervisor.project.store_guard import require_sound
    from supervisor.store.database import open_store

    here = o.project_at(project)
    require_sound(here)
    return open_store(here.store, create=True)


def _anybody(store: Path) -> bool:
    from supervisor.store.database import open_store
    from supervisor.store.tables import api_clients

    database = open_store(store)
    try:
        return any(each.revoked_at is None for each in api_clients.all_clients(database))
    finally:
        database.close()
