"""`supervisor webhooks`: what was sent of which job, and sending it again."""

from __future__ import annotations

from pathlib import Path

from supervisor.store.database import Database, open_store
from supervisor.store.tables import webhook_deliveries
from tests.support.facts_project import SmallProject
from tests.support.webhook_store import ended, submitted

URL = "https://hooks.example.com/in?token=secret"


def store(project: SmallProject) -> Database:
    return open_store(project.root / "vfs/.supervisor/store.sqlite", create=True)


def test_without_webhooks_it_says_so(project: SmallProject) -> None:
    assert project.supervisor("webhooks", "list").stdout == "no webhooks yet\n"
    store(project).close()
    assert project.supervisor("webhooks", "list").stdout == "no webhooks yet\n"


def test_each_message_is_a_line_that_says_how_it_stands_without_what_may_be_secret(project: SmallProject) -> None:
    database = store(project)
    messages = [ended(database, target, URL) for target in ("a", "b", "c")]
    with database.transaction() as transaction:
        webhook_deliveries.note_try(transaction, messages[0], "answered 200 OK", 5.0, delivered=True, next_try=None)
        webhook_deliveries.note_try(transaction, messages[1], "no connection", 5.0, delivered=False, next_try=None)
    database.close()
    ran = project.supervisor("webhooks", "list")
    lines = ran.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [message.id for message in messages]
    assert "  delivered, 1 try  hooks.example.com  answered 200 OK" in lines[0]
    assert "  given up, 1 try  hooks.example.com  no connection" in lines[1]
    assert "  waiting, 0 tries  hooks.example.com; next try " in lines[2]
    assert "secret" not in ran.stdout
    assert project.supervisor("webhooks", "list", "facts/b").stdout.splitlines() == lines[1:2]


def test_a_message_is_sent_again(project: SmallProject) -> None:
    database = store(project)
    message = ended(database, "a", URL)
    with database.transaction() as transaction:
        webhook_deliveries.note_try(transaction, message, "no connection", 5.0, delivered=False, next_try=None)
    ran = project.supervisor("webhooks", "redeliver", str(message.job))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "is sent again by `supervisor serve`" in ran.stdout
    (after,) = webhook_deliveries.of_job(database, message.job)
    database.close()
    assert (after.state, after.attempts) == ("waiting", 0)


def test_a_job_without_a_message_has_none_to_send_again(project: SmallProject) -> None:
    database = store(project)
    job = submitted(database, "a", None)
    database.close()
    ran = project.supervisor("webhooks", "redeliver", str(job))
    assert ran.returncode == 2
    assert "job 1 has no webhook" in ran.stderr
    assert project.supervisor("webhooks", "list", str(job)).stdout == "no webhooks of job 1 yet\n"
    assert "there is no job 7" in project.supervisor("webhooks", "list", "7").stderr


def test_hosts_that_webhooks_may_go_to_are_checked_as_the_settings_are_read(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    settings = (tmp_path / "supervisor.toml").read_text()
    for good in ("127.0.0.1:9000", "hooks.internal", "[::1]:9000"):
        project.write("supervisor.toml", f'{settings}\n[serve]\nwebhook_hosts = ["{good}"]\n')
        assert project.supervisor("webhooks", "list").returncode == 0
    for bad in ("http://hooks.internal", "hooks.internal/x", "a b", "", "*"):
        project.write("supervisor.toml", f'{settings}\n[serve]\nwebhook_hosts = ["{bad}"]\n')
        ran = project.supervisor("webhooks", "list")
        assert ran.returncode == 2
        assert "webhook_hosts" in ran.stderr
