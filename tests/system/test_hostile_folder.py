"""The server is started in its user's project, whose files may have any name and mean any harm."""

import os
from pathlib import Path

import pytest

from support.sources import SNIPPET, write
from support.starting import Starter
from support.toolcrew import Toolcrew

TRAP = "import os\nopen('SPRUNG', 'a').write(__name__)\nraise SystemExit('hostile ' + __name__)\n"
IN_THE_WAY = (
    "cache/__init__.py",
    "coordinator/__init__.py",
    "coordinator.py",
    "workers/__init__.py",
    "workers.py",
    "protocol/__init__.py",
    "protocol.py",
    "msgspec.py",
    "select.py",
    "_json.py",
    "psutil.py",
    "tree_sitter.py",
    "tree_sitter_python/__init__.py",
    "asyncio/__init__.py",
    "json.py",
    "signal.py",
    "encodings/__init__.py",
    "sitecustomize.py",
    "usercustomize.py",
)

NAMES = (
    "with blanks.py",
    " leading blank.py",
    "trailing blank .py",
    "'single' and \"double\".py",
    "new\nline.py",
    "tab\tand\rreturn.py",
    "😀.py",
    "größe.py",
    "-rf.py",
    "--help.py",
    "#hash.py",
    "back\\slash.py",
    "$(touch SPRUNG).py",
    "`touch SPRUNG`.py",
    "a;b&c|d.py",
    "%s%d%n.py",
    "{braces}.py",
    "question?.py",
    "x" * 250 + ".py",
    "..py",
    "\u202egnorts.py",
    "e\u0301.py",
    "\u00e9.py",
)


def error_code(server: Toolcrew, **arguments: object) -> str:
    result = server.call("code_parse", **arguments)
    assert result["isError"], result
    assert "\n" not in result["content"][0]["text"]
    code: str = result["_meta"]["toolcrew/error"]["code"]
    return code


# --- modules in the way


def test_modules_of_the_project_are_never_imported(start: Starter, project: Path) -> None:
    write(project, dict.fromkeys(IN_THE_WAY, TRAP))
    server = start()

    server.workers()
    result = server.parse(code=SNIPPET, language="python")

    assert result["totals"]["files"] == 1
    assert not (project / "SPRUNG").exists()
    assert server.leave() == (0, [])


def test_modules_of_the_project_are_read_like_any_other_file(start: Starter, project: Path) -> None:
    write(project, dict.fromkeys(IN_THE_WAY, TRAP))
    server = start()

    result = server.parse(path=".", detail="summary")

    assert result["totals"]["files"] == len(IN_THE_WAY)
    assert not (project / "SPRUNG").exists()


@pytest.mark.parametrize("arguments", [("tools",), ("config",), ("call", "admin_get_metrics")])
def test_commands_import_no_module_of_the_project_either(
    start: Starter, project: Path, arguments: tuple[str, ...]
) -> None:
    write(project, dict.fromkeys(IN_THE_WAY, TRAP))

    done = start.run(*arguments)

    assert (done.returncode, done.stderr) == (0, "")
    assert not (project / "SPRUNG").exists()


def test_a_configuration_in_the_project_is_not_believed(start: Starter, project: Path) -> None:
    hostile = '[server]\nroots = ["/"]\n'
    write(project, {"toolcrew.toml": hostile, ".config/toolcrew/config.toml": hostile})
    server = start()

    assert error_code(server, path="/etc/passwd", language="python") == "not_allowed"


# --- names


def test_a_file_of_any_name_is_parsed_alone_and_in_its_folder(
    server: Toolcrew, project: Path
) -> None:
    write(project, {f"sub/{name}": SNIPPET for name in NAMES})

    alone = [server.parse(path=f"sub/{name}")["files"][0]["path"] for name in NAMES]
    folder = server.parse(path="sub")

    assert alone == [f"sub/{name}" for name in NAMES]
    assert sorted(file["path"] for file in folder["files"]) == sorted(alone)
    assert not list(project.rglob("SPRUNG"))


def test_a_name_that_is_not_utf_8_is_said_and_does_not_fail_the_rest(
    server: Toolcrew, project: Path
) -> None:
    write(project, {"plain.py": SNIPPET})
    Path(os.fsdecode(os.fsencode(project) + b"/\xff\xfe.py")).write_text(SNIPPET)
    os.mkdir(os.fsencode(project) + b"/\xfffolder")
    Path(os.fsdecode(os.fsencode(project) + b"/\xfffolder/x.py")).write_text(SNIPPET)

    result = server.parse(path=".")

    assert [file["path"] for file in result["files"]] == ["plain.py"]
    assert {one["code"] for one in result["skipped"]} == {"bad_name"}
    assert len(result["skipped"]) == 2


def test_a_path_that_no_file_can_have_is_an_error_of_the_call(server: Toolcrew) -> None:
    impossible = ("x" * 300 + ".py", "a/" * 3000 + "b.py", "nul\0byte.py", "")

    codes = {error_code(server, path=path) for path in impossible}

    assert codes <= {"not_found", "unreadable", "bad_name"}


# --- what is no file of the project


def test_nothing_outside_the_root_is_read(server: Toolcrew, project: Path) -> None:
    write(project.parent, {"outside.py": SNIPPET, "home/outside.py": SNIPPET, "out/x.py": SNIPPET})
    write(project, {"sub/a.py": SNIPPET})
    (project / "link.py").symlink_to(project.parent / "outside.py")
    (project / "dir").symlink_to(project.parent / "out")
    outside = (
        "/etc/passwd",
        "../outside.py",
        "sub/../../outside.py",
        "~/outside.py",
        "link.py",
        "dir/x.py",
        "dir",
        "..",
    )

    codes = {path: error_code(server, path=path, language="python") for path in outside}

    assert codes == dict.fromkeys(outside, "not_allowed")


def test_links_out_of_the_root_are_left_out_of_a_folder_and_said(
    server: Toolcrew, project: Path
) -> None:
    write(project.parent, {"outside.py": SNIPPET, "out/x.py": SNIPPET})
    write(project, {"a.py": SNIPPET})
    (project / "link.py").symlink_to(project.parent / "outside.py")
    (project / "dir").symlink_to(project.parent / "out")
    (project / "loop").symlink_to(project)
    (project / "dangling.py").symlink_to("nowhere.py")

    result = server.parse(path=".")

    assert [file["path"] for file in result["files"]] == ["a.py"]
    said = {one["path"]: one["code"] for one in (*result["skipped"], *result["failed"])}
    assert said["link.py"] == "not_allowed"
    assert said["dangling.py"] == "not_found"


def test_a_pipe_is_never_opened(server: Toolcrew, project: Path) -> None:
    """To open one would wait for ever for somebody to write."""
    write(project, {"a.py": SNIPPET})
    os.mkfifo(project / "pipe.py")
    os.mkfifo(project / "pipe")

    alone = error_code(server, path="pipe.py")
    folder = server.parse(path=".")

    assert alone == "not_a_file"
    assert [file["path"] for file in folder["files"]] == ["a.py"]


def test_a_device_is_never_read(start: Starter) -> None:
    server = start("--root", "/dev")

    assert error_code(server, path="/dev/zero", language="python") == "not_a_file"


def test_a_folder_that_links_to_itself_is_walked_once(server: Toolcrew, project: Path) -> None:
    write(project, {"a/b/c.py": SNIPPET})
    (project / "a/b/again").symlink_to(project)

    result = server.parse(path=".")

    assert [file["path"] for file in result["files"]] == ["a/b/c.py"]


def test_a_folder_deeper_than_a_path_can_be_named_does_not_fail_the_rest(
    server: Toolcrew, project: Path
) -> None:
    write(project, {"plain.py": SNIPPET})
    here = os.getcwd()
    os.chdir(project)
    try:
        for _ in range(60):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
    finally:
        os.chdir(here)

    result = server.parse(path=".")

    assert [file["path"] for file in result["files"]] == ["plain.py"]


def test_a_working_directory_that_is_gone_is_said_and_snippets_still_work(
    server: Toolcrew, project: Path
) -> None:
    server.ready_workers(1)
    project.rmdir()

    assert error_code(server, path="a.py") in {"not_found", "not_allowed", "unreadable"}
    assert server.parse(code=SNIPPET, language="python")["totals"]["files"] == 1
