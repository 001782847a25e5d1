"""The program itself: reads the prompt of a batch, answers its items one by one, and writes the output file."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from supervisor.agents.phrasebook.book import load
from supervisor.agents.phrasebook.cannot_work import CannotWork
from supervisor.agents.phrasebook.prompt_parser import Prompt, read_prompt
from supervisor.agents.phrasebook.tasks import AS_ROWS, TASKS, ItemLeftOut

EX_CONFIG = 78
EX_IOERR = 74
_USAGE = "expected: PROMPT_FILE [--faults RATE] [--seed N]"
_TOLD_EVERY = 10


class Options(NamedTuple):
    """What the command line and the environment say."""

    prompt_file: str
    faults: float
    seed: int
    session: int
    """Number of the session within its batch, from 1."""


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Do one batch; returns the exit status."""
    _say("a bundled phrasebook, no model, no network")
    try:
        options = _options(arguments, environment)
        prompt = read_prompt(_text_of(options.prompt_file))
        if prompt.phase not in TASKS:
            raise CannotWork(
                f'no task for the phase "{prompt.phase}"; it does {", ".join(TASKS)}: '
                "give the phase one of these names, or choose another agent"
            )
        return _work(prompt, options)
    except CannotWork as error:
        _say(str(error), stream=2)
        return EX_CONFIG
    except OSError as error:
        _say(f"{error.filename} cannot be used: {error.strerror}; the folder of the output must be writable", stream=2)
        return EX_IOERR


def _work(prompt: Prompt, options: Options) -> int:
    if options.faults:
        return _work_with_faults(prompt, options)
    answers = _answers(prompt)
    _write(prompt.output_file, _document(prompt, answers))
    _say_written(prompt, answers)
    return 0


def _work_with_faults(prompt: Prompt, options: Options) -> int:
    from supervisor.agents.phrasebook import fault_injection

    fault = fault_injection.drawn(options.faults, options.seed, prompt, options.session)
    if fault is None:
        return _work(prompt, options._replace(faults=0))
    load(prompt.target_language, prompt.known_language)  # what cannot be done is refused, fault or none
    _say(f"fault {fault}")
    if fault == "crash":
        return fault_injection.EX_SOFTWARE
    if fault == "hang":
        fault_injection.hang()
    answers = fault_injection.spoiled(fault, _answers(prompt), prompt, options.seed, options.session)
    document = _document(prompt, answers)
    if fault == "half_written":
        with open(prompt.output_file, "wb") as file:
            file.write(document[: len(document) // 2])
        return 0
    if fault == "output_after_exit":
        if fault_injection.left_behind():
            _write(prompt.output_file, document)
            os._exit(0)
        return 0
    if fault == "slow":
        time.sleep(fault_injection.SLOW_S)
    _write(prompt.output_file, document)
    _say_written(prompt, answers)
    return 0


def _answers(prompt: Prompt) -> dict[str, Any]:
    book = load(prompt.target_language, prompt.known_language)
    answer = TASKS[prompt.phase](book, prompt)
    answers: dict[str, Any] = {}
    for number, (item_id, content) in enumerate(prompt.items.items(), start=1):
        try:
            answers[item_id] = answer(item_id, content)
        except ItemLeftOut as reason:
            _say(str(reason))
        if number % _TOLD_EVERY == 0:
            _say(f"{number} of {len(prompt.items)} items")
    return answers


def _document(prompt: Prompt, answers: dict[str, Any]) -> bytes:
    document: Any = answers
    if prompt.phase in AS_ROWS:
        document = [[item_id, *answer] for item_id, answer in answers.items()]
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


def _write(path: str, document: bytes) -> None:
    """Put the file into place as a whole: whoever sees it sees all of it."""
    folder, name = os.path.split(path)
    part = os.path.join(folder, f".{name}.{os.getpid()}.part")
    with open(part, "wb") as file:
        file.write(document)
    os.replace(part, path)


def _text_of(prompt_file: str) -> str:
    try:
        with open(prompt_file, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise CannotWork(f"the prompt {prompt_file} is not UTF-8 at byte {error.start}; write it in UTF-8") from error
    except (OSError, ValueError) as error:
        raise CannotWork(f"the prompt {prompt_file} cannot be read: {error}; give the path of a prompt") from error


def _options(arguments: list[str], environment: Mapping[str, str]) -> Options:
    files: list[str] = []
    named = {"--faults": "0", "--seed": "0"}
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name in named:
            named[name] = value if equals else next(rest, "")
        elif argument.startswith("--"):
            raise CannotWork(f"the option {argument} is unknown; {_USAGE}")
        else:
            files.append(argument)
    if len(files) != 1:
        raise CannotWork(f"{len(files)} prompt files are given, one is needed; {_USAGE}")
    session = environment.get("SUPERVISOR_ATTEMPT") or "1"
    try:
        options = Options(files[0], float(named["--faults"]), int(named["--seed"]), int(session))
    except ValueError as error:
        raise CannotWork(f"RATE, N or SUPERVISOR_ATTEMPT is not a number ({error}); {_USAGE}") from error
    if not 0 <= options.faults <= 1:
        raise CannotWork(f"the rate of faults, {options.faults}, is not from 0 to 1; {_USAGE}")
    return options


def _say_written(prompt: Prompt, answers: dict[str, Any]) -> None:
    _say(f"wrote {len(answers)} items to {os.path.basename(prompt.output_file)}")


def _say(what: str, stream: int = 1) -> None:
    """Tell whoever listens, as one line; a terminal that is gone must not keep the output from being written."""
    line = " ".join(f"phrasebook: {what}".split())
    with contextlib.suppress(OSError):
        os.write(stream, (line + "\n").encode("utf-8", "backslashreplace"))
