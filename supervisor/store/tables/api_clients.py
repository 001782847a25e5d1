"""Programs and people that may use the service, each known by a secret of which only the hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
import time

from supervisor.errors import UsageError
from supervisor.model.frozen_model import FrozenModel
from supervisor.store.database import Database
from supervisor.store.transaction import StoreReader

PREFIX = "sup_"
"""Begins every secret, so that scanners for leaked ones know it."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Client(FrozenModel):
    """Who may use the service."""

    name: str
    sees_all: bool
    """Whether it sees and steers the jobs of others, and those of the command line."""
    created_at: float
    revoked_at: float | None


def add(database: Database, name: str, *, sees_all: bool) -> str:
    """Make a client; its secret, which is not shown again. UsageError where the name is taken or none."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a name",
            where="tokens add",
            remedy="Use 1 to 64 letters, digits, dots, dashes and underscores.",
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    with database.transaction():
        row = database.row("SELECT revoked_at FROM api_clients WHERE name = ?", (name,))
        if row is not None and row["revoked_at"] is None:
            raise UsageError(
                f"there is a client {name!r} already",
                where="tokens add",
                remedy=f"Choose another name, or take its secret back with `supervisor tokens revoke {name}` first.",
            )
        database.execute(
            "INSERT OR REPLACE INTO api_clients (name, secret_hash, sees_all, created_at) VALUES (?, ?, ?, ?)",
            (name, _hash(secret), int(sees_all), time.time()),
        )
    return secret


def revoke(database: Database, name: str) -> None:
    """Take a client's secret back; UsageError where there is no such client."""
    with database.transaction():
        done = database.execute(
            "UPDATE api_clients SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL", (time.time(), name)
        ).rowcount
    if not done:
        raise UsageError(
            f"there is no client {name!r}", where="tokens revoke", remedy="`supervisor tokens list` names them."
        )


def all_clients(database: StoreReader) -> list[Client]:
    """Everybody who may, or once might, use the service, by name."""
    return [_client(row) for row in database.rows("SELECT * FROM api_clients ORDER BY name")]


def find(database: StoreReader, secret: str) -> Client | None:
    """Whose secret this is; None where it is nobody's, or was taken back."""
    wanted = _hash(secret)
    row = database.row("SELECT * FROM api_clients WHERE secret_hash = ? AND revoked_at IS NULL", (wanted,))
    return _client(row) if row is not None and hmac.compare_digest(row["secret_hash"], wanted) else None


def named(database: StoreReader, name: str) -> Client | None:
    """The client of this name; None where there is none, or its secret was taken back."""
    row = database.row("SELECT * FROM api_clients WHERE name = ? AND revoked_at IS NULL", (name,))
    return None if row is None else _client(row)


def _hash(secret: str) -> str:
    # A secret is 256 random bits: there is nothing to be guessed that a slow hash would keep from being tried.
    return hashlib.sha256(secret.encode()).hexdigest()


def _client(row: sqlite3.Row) -> Client:
    return Client(
        name=row["name"], sees_all=bool(row["sees_all"]), created_at=row["created_at"], revoked_at=row["revoked_at"]
    )
