"""An output is read only where it is one plain file of the session's own, of bounded size."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from supervisor.model.session import OutputRejection
from supervisor.workspaces.untrusted_file import read_untrusted_file

CONTENT = b'{"a": 1}'


def test_a_plain_file_is_read_whole_up_to_the_limit(tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    output.write_bytes(CONTENT)
    assert read_untrusted_file(output, len(CONTENT)) == CONTENT
    output.write_bytes(b"")
    assert read_untrusted_file(output, 1) == b""


def test_a_file_beyond_the_limit_is_refused_with_both_sizes(tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    output.write_bytes(b"x" * 2001)
    refused = read_untrusted_file(output, 2000)
    assert isinstance(refused, OutputRejection)
    assert (refused.kind, refused.message) == (
        "too_large",
        "out.json has 2,001 bytes, more than the 2,000 of `max_output_bytes`",
    )
    assert refused.suggestion


def link(path: Path) -> None:
    (path.parent / "other.json").write_bytes(CONTENT)
    path.symlink_to("other.json")


def dangling_link(path: Path) -> None:
    path.symlink_to("nothing.json")


def hard_link(path: Path) -> None:
    (path.parent / "other.json").write_bytes(CONTENT)
    path.hardlink_to(path.parent / "other.json")


def listening_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def file_of_another(path: Path) -> None:
    path.write_bytes(CONTENT)
    os.chown(path, 12345, -1)


@pytest.mark.parametrize(
    ("make", "kind", "said"),
    [
        (lambda path: None, "no_output", "the session ended without the file out.json"),
        (link, "not_a_file", "out.json is a symbolic link"),
        (dangling_link, "not_a_file", "out.json is a symbolic link"),
        (hard_link, "linked_file", "out.json has a second name"),
        (os.mkdir, "not_a_file", "out.json is not a regular file"),
        (os.mkfifo, "not_a_file", "out.json is not a regular file"),
        (listening_socket, "not_a_file", "out.json cannot be read"),
        pytest.param(
            file_of_another,
            "foreign_file",
            "out.json belongs to another user",
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away"),
        ),
    ],
    ids=["nothing", "link", "dangling_link", "hard_link", "folder", "pipe", "socket", "file_of_another"],
)
def test_anything_but_a_plain_file_of_its_own_is_refused(
    tmp_path: Path, make: Callable[[Path], None], kind: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    make(Path("out.json"))
    refused = read_untrusted_file(tmp_path / "out.json", 1000)
    assert isinstance(refused, OutputRejection)
    assert refused.kind == kind
    assert said in refused.message
    assert "plain file" in refused.suggestion


def test_a_link_in_place_of_the_working_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "out.json").write_bytes(CONTENT)
    (tmp_path / "workspace").symlink_to("real")
    refused = read_untrusted_file(tmp_path / "workspace" / "out.json", 1000)
    assert isinstance(refused, OutputRejection)
    assert refused.kind == "no_workspace"


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "out.json"
    output.write_bytes(CONTENT)
    read = os.read

    def read_and_grow(file: int, size: int) -> bytes:
        data = read(file, size)
        with output.open("ab") as more:
            more.write(b" ")
        return data

    monkeypatch.setattr(os, "read", read_and_grow)
    refused = read_untrusted_file(output, 1000)
    assert isinstance(refused, OutputRejection)
    assert refused.kind == "still_changing"
