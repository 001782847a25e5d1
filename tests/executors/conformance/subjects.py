"""The executors that the conformance suite is run for. Another one is one more factory in `FACTORIES`."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import psutil

from supervisor.agents.agent_registry import make_agent
from supervisor.agents.cli_driver import CliDriver
from supervisor.executors.executor import Executor, ExecutorContext
from supervisor.executors.executor_registry import make_executor
from supervisor.host.file_events import PollingEvents
from supervisor.model.session_handle import SessionHandle
from supervisor.project.project import find_project
from tests.support.repository_content import REPOSITORY
from tests.support.scripted_executor import OtherSide, ScriptedExecutor, play_on
from tests.support.session_play import AGENT, OUTPUT_NAME, SessionPlay, playing
from tests.support.waiting import eventually

ACTOR = f"""\
import json, os, subprocess, sys
from pathlib import Path

here = Path(os.environ["SUPERVISOR_WORKSPACE"])
play = json.loads(Path(os.environ["SUPERVISOR_INPUT_FILE"]).read_text())


def put(name, text):
    (here / f".{{name}}").write_text(text)
    (here / f".{{name}}").rename(here / name)


def tell(cost_usd):
    if cost_usd is not None:
        print(json.dumps({{"type": "supervisor_usage", "cost_usd": cost_usd}}), flush=True)


(here / "begun").touch()
print("nothing to be heard\\n" * play["chatter"], end="", flush=True)
tell(play["cost_usd"])
if play["limited"]:
    print(json.dumps({{"type": "supervisor_limit", "message": play["limited"]}}), flush=True)
if play["output"] is not None:
    put("{OUTPUT_NAME}", play["output"])
if play["brood"]:
    subprocess.Popen(["sleep", "3600"], start_new_session=True)
if play["stays"]:
    os.mkfifo(here / "gate")
    put("stays", "")
    open(here / "gate").read()
tell(play["last_cost_usd"])
sys.exit(play["exit_status"])
"""
"""The program of a local session: it does what the play in its input says."""


class Subject(Protocol):
    """One kind of executor, and what can be seen of its sessions from outside."""

    agent: CliDriver

    def executor(self) -> Executor:
        """A new one, as in a supervisor that has just begun."""
        ...

    def running(self) -> set[str]:
        """The sessions of which anything runs."""
        ...

    def begun(self) -> set[str]:
        """The sessions that ever did anything."""
        ...

    def staying(self) -> set[str]:
        """The sessions that did all that they had to do, and stay."""
        ...

    def release(self, name: str) -> None:
        """Let a session that stays go on to its end."""
        ...

    async def leave(self, plays: Mapping[str, SessionPlay]) -> list[SessionHandle]:
        """Have another supervisor run sessions that stay, and die without a word once all of them stay."""
        ...


class LocalSubject:
    """Real processes in a project of its own."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True)
        words = json.dumps([sys.executable, "-I", "-S", "{project}/actor.py"])
        (root / "supervisor.toml").write_text(f"[agents.{AGENT}]\ncommand = {words}\n")
        (root / "actor.py").write_text(ACTOR)
        self.project = find_project(root)
        self.project.sessions.mkdir(parents=True)
        self.agent = make_agent(self.project, AGENT)

    def executor(self) -> Executor:
        return make_executor("local", ExecutorContext(self.project, PollingEvents("a test")))

    def running(self) -> set[str]:
        return {name for name in self._names() if self.processes(name)}

    def begun(self) -> set[str]:
        return {name for name in self._names() if (self.workspace(name) / "begun").exists()}

    def staying(self) -> set[str]:
        return {name for name in self.running() if (self.workspace(name) / "stays").exists()}

    def release(self, name: str) -> None:
        os.close(os.open(self.workspace(name) / "gate", os.O_WRONLY))

    async def leave(self, plays: Mapping[str, SessionPlay]) -> list[SessionHandle]:
        left = await self.supervised(plays)
        left.process.kill()
        left.process.wait()
        return left.handles

    async def supervised(self, plays: Mapping[str, SessionPlay]) -> AnotherSupervisor:
        """Another supervisor, whose sessions all stay."""
        requests = [playing(name, play).model_dump_json() for name, play in plays.items()]
        another = AnotherSupervisor(self.project.root, requests)
        await eventually(lambda: self.staying() >= set(plays), "all of them stay")
        return another

    def workspace(self, name: str) -> Path:
        return self.project.sessions / name / "workspace"

    def processes(self, name: str) -> list[psutil.Process]:
        """Those that have to do with a session by their environment, or by where they work."""
        found = []
        for process in psutil.process_iter():
            try:
                is_its = process.environ().get("SUPERVISOR_SESSION") == f"{self.project.key}/{name}"
                if is_its or Path(process.cwd()) == self.workspace(name):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def _names(self) -> list[str]:
        return [folder.name for folder in self.project.sessions.iterdir()]


class AnotherSupervisor:
    """A process with a local executor in it, which runs sessions until it is killed."""

    def __init__(self, root: Path, requests: list[str]) -> None:
        words = [sys.executable, "-m", "tests.executors.conformance.another_supervisor", str(root), *requests]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
        assert self.process.stdout is not None
        self.handles = [SessionHandle.model_validate_json(self.process.stdout.readline()) for _ in requests]

    def spawner(self) -> psutil.Process:
        """The process that holds its sessions' terminals."""
        below = psutil.Process(self.process.pid).children()
        return next(each for each in below if any("spawner" in word for word in each.cmdline()))


class ScriptedSubject:
    """Sessions on another side that is only told of them."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True)
        (root / "supervisor.toml").write_text(f'[agents.{AGENT}]\ncommand = ["true"]\n')
        self.agent = make_agent(find_project(root), AGENT)
        self.side = OtherSide(play_on)

    def executor(self) -> Executor:
        return ScriptedExecutor(self.side)

    def running(self) -> set[str]:
        return set(self.side.running)

    def begun(self) -> set[str]:
        return {request.name for request in self.side.submitted}

    def staying(self) -> set[str]:
        return self.running()

    def release(self, name: str) -> None:
        self.side.release(name)

    async def leave(self, plays: Mapping[str, SessionPlay]) -> list[SessionHandle]:
        executor = self.executor()
        submitted = (executor.submit(playing(name, play), self.agent, lambda _: None) for name, play in plays.items())
        return list(await asyncio.gather(*submitted))


FACTORIES: dict[str, Callable[[Path], Subject]] = {"local": LocalSubject, "scripted": ScriptedSubject}
"""By name; each is made with a folder of its own that is not there yet."""
