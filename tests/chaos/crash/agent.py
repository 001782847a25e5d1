"""The agent of the crash test: before every step it asks the test whether to go on, so that the test knows each moment.

It answers as the course's validators want it, but for one item at its first try; it ignores requests to leave; one of
its sessions leaves a process behind, one stays when it is done.
"""

import json
import os
import signal
import socket
import sys
import time

NAME = os.environ["SUPERVISOR_SESSION"].partition("/")[2]
OUTPUT = os.environ["SUPERVISOR_OUTPUT_FILE"]
WRONG_AT_FIRST = "w3"
LEAVES_A_PROCESS, STAYS = (1, 1), (2, 2)
"""Phase and batch."""

with open(os.environ["SUPERVISOR_INPUT_FILE"]) as file:
    task = json.load(file)
with open(os.environ["SUPERVISOR_PROMPT_FILE"]) as file:
    corrected = "wrong_square" in file.read()
place = (task["phase"], task["batch"])
test = socket.socket(socket.AF_UNIX)
test.connect("\0" + os.environ["CRASH_TEST"])


def say(step, **more):
    """Tell the test, and do what it answers."""
    test.sendall(json.dumps({"step": step, **more}).encode() + b"\n")
    answer = test.recv(100).decode()
    if answer == "stay":
        time.sleep(100_000)
    return answer


def tell(line, **more):
    """Print a line that costs something to lose."""
    say("telling", **more)
    try:
        os.write(1, json.dumps(line).encode() + b"\n")
    except OSError:
        say("unheard", **more)  # nobody is at the other side of the terminal any more
    else:
        say("told", **more)


def tell_usage(tokens):
    """In the form that the agent's kind has."""
    if "GEMINI_CLI_HOME" in os.environ:
        stats = {"total_tokens": tokens, "input_tokens": tokens}
        tell({"type": "result", "status": "success", "stats": stats}, tokens=tokens)
    else:
        usage = {"type": "supervisor_usage", "input_tokens": tokens, "output_tokens": 0, "cost_usd": tokens / 1000}
        tell(usage, tokens=tokens)


def answer(item, payload):
    """What the validators want."""
    if task["phase"] == 1:
        square = payload["n"] ** 2
        return {"n": payload["n"], "square": square + 1 if item == WRONG_AT_FIRST and not corrected else square}
    if task["phase"] == 2:
        return {"halves": [payload["square"] // 2, payload["square"] - payload["square"] // 2]}
    return {"half": payload, "of": task["context"][item]}


def write_output():
    """Whole at once."""
    answers = {item: answer(item, payload) for item, payload in task["items"].items()}
    whole = [{"id": item, **value} for item, value in answers.items()] if task["phase"] == 2 else answers
    with open(OUTPUT + ".part", "w") as file:
        json.dump(whole, file)
    os.rename(OUTPUT + ".part", OUTPUT)


def renew_sign_in(number):
    """Put another sign-in in the place of the one that was lent."""
    path = os.path.join(os.environ["HOME"], ".gemini", "oauth_creds.json")
    with open(path + ".part", "w") as file:
        json.dump({"access_token": f"access-{number}", "refresh_token": f"refresh-{number}"}, file)
    os.rename(path + ".part", path)


for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
if place == LEAVES_A_PROCESS and os.fork() == 0:
    os.setsid()
    test.close()
    time.sleep(100_000)

spent = 100 * task["phase"] + 10 * task["batch"] + int(os.environ["SUPERVISOR_ATTEMPT"])
if say("begun", name=NAME, asked=list(task["items"]), corrected=corrected) == "limited":
    until = time.time() + 1
    tell({"type": "supervisor_limit", "message": "used up", "until": until})
    say("done", limited=True)
    sys.exit(75)
if "GEMINI_CLI_HOME" in os.environ:
    os.write(1, b'{"type": "init", "session_id": "one", "model": "none"}\n')
    renew_sign_in(say("renewing"))
    say("renewed")
else:
    tell_usage(1000 + spent)
if place == STAYS and "GEMINI_CLI_HOME" not in os.environ:  # it may be ended as soon as it wrote
    tell_usage(2000 + spent)
    write_output()
    say("done")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    time.sleep(100_000)
write_output()
say("written")
tell_usage(2000 + spent)
say("done")
