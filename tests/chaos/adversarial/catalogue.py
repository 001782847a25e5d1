"""Agents that do what no agent should: each a few lines, with what has to come of it.

A case is an item of one job, in a batch of its own; its program runs as the session of that batch. `good` is the right
answer, `output` where it belongs, `write` puts bytes or JSON there.
"""

from __future__ import annotations

from typing import NamedTuple

MERGED = "merged"


class Case(NamedTuple):
    """One agent."""

    name: str
    """What it does."""
    does: str
    """How, in Python."""
    outcome: str
    """Type of the error that its item fails by (two, where that depends on the level of isolation), or MERGED."""


PROGRAM = '''\
import array, contextlib, ctypes, fcntl, json, mmap, os, random, resource, shutil, signal, socket, stat, subprocess
import sys, termios, threading, time, tty
from pathlib import Path

asked = json.load(open(os.environ["SUPERVISOR_INPUT_FILE"]))["items"]
output = Path(os.environ["SUPERVISOR_OUTPUT_FILE"])
here = Path(os.environ["SUPERVISOR_WORKSPACE"])
project = Path(os.environ["SUPERVISOR_PROJECT"])
item = next(iter(asked))
good = {item: {"ok": 1}}
row = [{"id": item, "ok": 1}]


def write(value, path=output):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    with open(path, "wb") as file:
        file.write(data)


def put(value):
    """Whole at once."""
    write(value, here / ".part")
    os.rename(here / ".part", output)


text = json.dumps(good).encode()
exec(asked[item]["does"])
'''

FILES = [
    Case("writes the right answer", "write(good)", MERGED),
    Case("renames the right answer into place", "put(good)", MERGED),
    Case("writes nothing", "pass", "no_output"),
    Case("writes an empty file", "write(b'')", "not_json"),
    Case("writes a symbolic link to its own file", "write(good, here / 'x'); os.symlink('x', output)", "not_a_file"),
    Case("writes a symbolic link to a file of the system", "os.symlink('/etc/passwd', output)", "not_a_file"),
    Case(
        "writes a symbolic link to the store",
        "os.symlink(project / 'vfs/.supervisor/store.sqlite', output)",
        "not_a_file",
    ),
    Case("writes a symbolic link that leads nowhere", "os.symlink('nowhere', output)", "not_a_file"),
    Case("writes a symbolic link to itself", "os.symlink(output.name, output)", "not_a_file"),
    Case("writes a link into /proc", "os.symlink('/proc/self/environ', output)", "not_a_file"),
    Case("gives its file a second name", "write(good); os.link(output, here / 'second')", "linked_file"),
    Case("links its input as its output", "os.link(os.environ['SUPERVISOR_INPUT_FILE'], output)", "linked_file"),
    Case("makes a folder in place of the file", "output.mkdir()", "not_a_file"),
    Case("makes a folder that is not empty", "output.mkdir(); write(good, output / 'x')", "not_a_file"),
    Case("makes a pipe", "os.mkfifo(output)", "not_a_file"),
    Case(
        "makes a pipe and waits to write into it",
        "os.mkfifo(output); os.fork() or open(output, 'w').write('{}')",
        "not_a_file",
    ),
    Case("makes a socket", "os.chdir(here); socket.socket(socket.AF_UNIX).bind(output.name)", "not_a_file"),
    Case(
        "makes a device, or is not let",
        "try:\n    os.mknod(output, stat.S_IFCHR | 0o600, os.makedev(1, 5))\nexcept OSError:\n    os.mkfifo(output)",
        "not_a_file",
    ),
    Case("takes the reading of its file away", "write(good); os.chmod(output, 0)", MERGED),
    Case("writes more than is read", "write(b'[' + b'1,' * 40000 + b'1]')", "too_large"),
    Case("writes a file full of holes", "write(b'{'); os.truncate(output, 1 << 30)", "too_large"),
    Case("writes a small file full of holes", "write(b'{'); os.truncate(output, 5000)", "not_json"),
    Case("writes only spaces", "write(b' ' * 5000)", "not_json"),
    Case("deletes its file again", "write(good); output.unlink()", "no_output"),
    Case("deletes its workspace", "write(good); shutil.rmtree(here, ignore_errors=True)", "no_workspace or no_output"),
    Case("moves its file away", "write(good); os.rename(output, here / 'elsewhere.json')", MERGED),
    Case("writes a file of another name", "write(good, here / 'answer.json')", MERGED),
    Case("writes into its home", "write(good, Path(os.environ['HOME']) / output.name)", "no_output"),
    Case("writes with a name in capitals", "write(good, here / output.name.upper())", MERGED),
    Case("locks its file and ends", "write(good); fcntl.flock(open(output), fcntl.LOCK_EX)", MERGED),
    Case(
        "keeps its file open in a child that stays",
        "write(good); f = open(output, 'r+'); os.fork() or time.sleep(10**5)",
        MERGED,
    ),
    Case(
        "maps its file and goes on writing to it",
        "write(good)\nwith open(output, 'r+b') as f:\n    m = mmap.mmap(f.fileno(), 0)\n    m[0:1] = b'{'",
        MERGED,
    ),
    Case(
        "replaces its whole folder by a link",
        "with contextlib.suppress(OSError):\n    os.rename(here, f'{here}2'); os.symlink(f'{here}2', here); write(good)",
        "no_workspace or no_output",
    ),
]

BYTES = [
    Case("begins with a byte order mark", "write(b'\\xef\\xbb\\xbf' + text)", MERGED),
    Case("writes UTF-16", "write(text.decode().encode('utf-16'))", MERGED),
    Case("writes UTF-16 without a mark", "write(text.decode().encode('utf-16-le'))", "not_json"),
    Case("writes Latin-1", "write('{\"é\": 1}'.encode('latin-1'))", "invalid_utf8"),
    Case("writes a byte that is no UTF-8", "write(text[:-1] + b'\\xff}')", "invalid_utf8"),
    Case("writes an overlong slash", "write(b'{\"\\xc0\\xaf\": 1}')", "invalid_utf8"),
    Case("writes a surrogate as bytes", "write(b'{\"\\xed\\xa0\\x80\": 1}')", "invalid_utf8"),
    Case("ends in the middle of a letter", "write(text[:-1] + b', \"\\xc3')", "invalid_utf8"),
    Case("writes zero bytes", "write(b'\\0' * 10)", "not_json"),
    Case("writes a zero byte behind its answer", "write(text + b'\\0')", MERGED),
    Case("writes a zero byte into a text", 'write(b\'{"a": "\\0"}\')', "not_json"),
    Case("writes half of a surrogate pair", "write({item: {'ok': chr(0xd83d)}})", "lone_surrogate"),
    Case("writes the other half of a surrogate pair", "write({item: {'ok': chr(0xde00)}})", "lone_surrogate"),
    Case("writes half of a surrogate pair as a name", "write({item: {chr(0xdc00): 1}})", "lone_surrogate"),
    Case(
        "writes a whole surrogate pair",
        'write(b\'{"\' + item.encode() + b\'": {"ok": "\\\\ud83d\\\\ude00"}}\')',
        MERGED,
    ),
    Case("compresses its answer", "import gzip; write(gzip.compress(text))", "invalid_utf8"),
    Case("fences its answer", "write(b'```json\\n' + text + b'\\n```')", MERGED),
    Case("talks before its answer", "write(b'Here it is:\\n' + text)", MERGED),
    Case("talks after its answer", "write(text + b'\\nDone!')", MERGED),
    Case("writes two answers", "write(text + text)", "not_json"),
    Case("writes JSON Lines", "write(text + b'\\n' + text)", "not_json"),
    Case("writes half of its answer", "write(text[: len(text) // 2])", "not_json"),
    Case("writes a comma too many", "write(text[:-1] + b',}')", MERGED),
    Case("writes a comment", "write(b'// mine\\n' + text)", MERGED),
    Case("writes Python", "write(repr(good).encode())", "not_json"),
    Case("writes YAML", "write(b'ok: 1')", "not_json"),
    Case("writes single quotes", "write(text.replace(b'\"', b\"'\"))", "not_json"),
    Case("writes a line break into a text", 'write(b\'{"a": "x\\ny"}\')', "not_json"),
    Case("writes a tab into a text", 'write(b\'{"a": "x\\ty"}\')', "not_json"),
    Case("writes an escape that JSON has not", 'write(b\'{"a": "\\\\x41"}\')', "not_json"),
    Case("writes a number with a leading zero", "write(b'{\"a\": 01}')", "not_json"),
    Case("writes a hexadecimal number", "write(b'{\"a\": 0x10}')", "not_json"),
    Case("writes NaN", "write({item: float('nan')})", "not_finite"),
    Case("writes Infinity", "write({item: float('inf')})", "not_finite"),
    Case("writes -Infinity", "write({item: float('-inf')})", "not_finite"),
    Case("writes a number that overflows", "write(b'{\"a\": 1e400}')", "not_finite"),
    Case("writes a number of ten thousand digits", "write(b'{\"a\": ' + b'9' * 10000 + b'}')", "not_json"),
    Case("writes a large whole number", "write({item: {'ok': 2**63}})", MERGED),
    Case(
        "writes two hundred levels", "write(b'{\"' + item.encode() + b'\": ' + b'[' * 190 + b']' * 190 + b'}')", MERGED
    ),
    Case("writes levels beyond two hundred", "write(b'[' * 201 + b']' * 201)", "too_deep"),
    Case("writes fifty thousand levels", "write(b'[' * 50000)", "too_deep"),
    Case("writes fifty thousand levels of objects", "write(b'{\"a\":' * 10000)", "too_deep"),
]

SHAPES = [
    Case("writes null", "write(None)", "wrong_shape"),
    Case("writes a number", "write(3)", "wrong_shape"),
    Case("writes a text", "write('done')", "wrong_shape"),
    Case("writes a list", "write([good])", MERGED),
    Case("writes an empty object", "write({})", "missing_item"),
    Case("wraps its answer", "write({'answers': good})", MERGED),
    Case("answers an item of another batch", "write({'other': 1})", "missing_item"),
    Case("answers its item and another one", "write({**good, 'other': 1})", MERGED),
    Case("names its item twice", "write(text[:-1] + b', ' + text[1:])", "doubled_item"),
    Case("names something twice inside", 'write(b\'{"\' + item.encode() + b\'": {"a": 1, "a": 2}}\')', "doubled_name"),
    Case("writes its id with a space", "write({item + ' ': 1})", MERGED),
    Case("writes its id in capitals", "write({item.upper(): 1})", "missing_item"),
    Case("writes its id with a letter that looks alike", "write({item.replace('c', '\\u0441'): 1})", "missing_item"),
    Case("writes its id with an invisible letter", "write({item + '\\u200b': 1})", "missing_item"),
    Case("writes an id with a path", "write({'../../' + item: 1})", "missing_item"),
    Case("writes an id with a zero byte", "write({item + '\\0': 1})", "missing_item"),
    Case("writes an id with a line break", "write({item + '\\n': 1})", MERGED),
    Case("writes an empty id", "write({'': 1})", "missing_item"),
    Case("writes an id of a megabyte", "write({'x' * 60000: 1})", "missing_item"),
    Case("writes forty thousand ids", "write({str(n): 1 for n in range(5000)})", "missing_item"),
    Case(
        "writes an id that a program might take for its own",
        "write({'__class__': 1, 'constructor': 2, '__proto__': 3})",
        "missing_item",
    ),
    Case("answers with null", "write({item: None})", MERGED),
    Case("answers with an empty text", "write({item: ''})", MERGED),
    Case(
        "answers with what a template would take for its own", "write({item: '{{ items }} {% raw %} {# x #}'})", MERGED
    ),
    Case("answers with what closes a code block", "write({item: '````\\n```\\n# RETRY'})", MERGED),
    Case("answers with an SQL statement", 'write({item: "\'); DROP TABLE items; --"})', MERGED),
    Case("answers with terminal escapes", "write({item: '\\x1b[2J\\x1b]0;title\\x07'})", MERGED),
    Case("answers with text that runs backwards", "write({item: '\\u202egnp.exe'})", MERGED),
    Case("answers with every control character", "write({item: ''.join(map(chr, range(32)))})", MERGED),
]

BEHAVIOURS = [
    Case("crashes", "sys.exit(3)", "crashed"),
    Case("is killed", "os.kill(os.getpid(), signal.SIGKILL)", "crashed"),
    Case("crashes after its answer", "write(good); os.abort()", "crashed"),
    Case("ends with an error after its answer", "write(good); sys.exit(1)", MERGED),
    Case("stops itself", "write(good); os.kill(os.getpid(), signal.SIGSTOP)", MERGED),
    Case("stops itself before its answer", "os.kill(os.getpid(), signal.SIGSTOP)", "timed_out"),
    Case("hangs", "time.sleep(10**5)", "timed_out"),
    Case("hangs deaf", "[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 15)]; time.sleep(10**5)", "timed_out"),
    Case("turns in circles", "while True: pass", "timed_out"),
    Case("waits for somebody to type", "sys.stdin.readline(); time.sleep(10**5)", "timed_out"),
    Case("stays after its answer, deaf", "signal.signal(15, signal.SIG_IGN); write(good); time.sleep(10**5)", MERGED),
    Case("corrects itself within the quiet period", "write(b'{'); time.sleep(0.05); write(good)", MERGED),
    Case("spoils its answer within the quiet period", "write(good); time.sleep(0.05); write(b'{')", "not_json"),
    Case(
        "writes letter by letter",
        "with open(output, 'wb', 0) as f:\n    for n in text:\n        f.write(bytes([n])); time.sleep(0.01)",
        MERGED,
    ),
    Case("writes its answer a hundred times", "for _ in range(100): write(good)", MERGED),
    Case(
        "leaves a child that writes later",
        "if os.fork() == 0:\n    os.setsid(); time.sleep(0.3); write(good)",
        "no_output",
    ),
    Case(
        "leaves a daemon",
        "if os.fork() == 0:\n    os.setsid()\n    os.fork() and os._exit(0)\n    time.sleep(10**5)\nwrite(good)",
        MERGED,
    ),
    Case(
        "leaves a daemon that hides whose it is",
        "write(good); subprocess.Popen(['sleep', '100000'], env={}, cwd='/', start_new_session=True)",
        MERGED,
    ),
    Case(
        "leaves a daemon deaf to signals",
        "write(good); subprocess.Popen(['sh', '-c', 'trap \"\" 1 2 15; sleep 100000'], start_new_session=True)",
        MERGED,
    ),
    Case("leaves fifty children", "write(good)\nfor _ in range(50):\n    if os.fork() == 0: time.sleep(10**5)", MERGED),
    Case(
        "leaves a child that multiplies when it is asked to end",
        "def more(*_):\n    os.fork()\nif os.fork() == 0:\n    signal.signal(15, more)\n    while True: time.sleep(1)\nwrite(good)",
        MERGED,
    ),
    Case("closes its terminal", "[os.close(n) for n in (0, 1, 2)]; write(good)", MERGED),
    Case("closes its terminal and hangs", "[os.close(n) for n in (0, 1, 2)]; time.sleep(10**5)", "timed_out"),
    Case("lets its terminal go", "os.setsid() if os.fork() == 0 else os.wait(); write(good)", MERGED),
    Case("prints a megabyte", "sys.stdout.write('x' * (1 << 20)); write(good)", MERGED),
    Case("prints bytes that are no text", "os.write(1, bytes(range(256)) * 10); write(good)", MERGED),
    Case(
        "prints escapes that change the terminal",
        "os.write(1, b'\\x1b[?1049h\\x1b]52;c;AAAA\\x07\\x1bP+q\\x1b\\\\\\x1b[6n'); write(good)",
        MERGED,
    ),
    Case(
        "prints what looks like the supervisor's own lines",
        "print('2026-01-01 00:00:00 INFO    phase 1 batch 1/1: 20 items merged'); write(good)",
        MERGED,
    ),
    Case(
        "prints a report of its cost that cannot be",
        'print(\'{"type": "supervisor_usage", "cost_usd": -5, "input_tokens": true}\'); write(good)',
        MERGED,
    ),
    Case(
        "prints a report of its cost a thousand levels deep",
        'print(\'{"type": "supervisor_usage", "x": \' + \'[\' * 1000); write(good)',
        MERGED,
    ),
    Case(
        "sets its terminal to another size and mode",
        "tty.setraw(1); fcntl.ioctl(1, termios.TIOCSWINSZ, array.array('H', [1, 1, 0, 0])); write(good)",
        MERGED,
    ),
    Case(
        "types into its own terminal",
        "with contextlib.suppress(OSError):\n    fcntl.ioctl(0, termios.TIOCSTI, b'x')\nwrite(good)",
        MERGED,
    ),
    Case(  # with what holds it, where it is in the same group: then it did not come to its end
        "signals its whole group",
        "signal.signal(15, signal.SIG_IGN); write(good); os.killpg(0, 15)",
        f"{MERGED} or crashed",
    ),
    Case("signals its parent", "with contextlib.suppress(OSError):\n    os.kill(os.getppid(), 0)\nwrite(good)", MERGED),
    Case(
        "raises its own limits",
        "with contextlib.suppress(ValueError, OSError):\n    resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))\nwrite(good)",
        MERGED,
    ),
    Case(
        "writes over its prompt and its input",
        "write(b'x', os.environ['SUPERVISOR_PROMPT_FILE']); write(b'x', os.environ['SUPERVISOR_INPUT_FILE']); write(good)",
        MERGED,
    ),
    Case("fills its workspace with files", "for n in range(500): (here / str(n)).write_text('x')\nwrite(good)", MERGED),
    Case(
        "fills its workspace with folders in folders",
        "path = here\nfor n in range(100):\n    path = path / 'd'; path.mkdir()\nwrite(good)",
        MERGED,
    ),
    Case(
        "leaves files that cannot be deleted by their mode",
        "(here / 'd').mkdir(); (here / 'd/x').write_text('x'); os.chmod(here / 'd', 0); write(good)",
        MERGED,
    ),
    Case(
        "leaves names that are no text",
        "open(os.fsencode(here) + b'/\\xff\\xfe', 'w').close(); open(here / 'a\\nb', 'w').close(); write(good)",
        MERGED,
    ),
    Case("ends as if it were set up wrongly, with its answer", "write(good); sys.exit(78)", MERGED),
]

CASES = FILES + BYTES + SHAPES + BEHAVIOURS
