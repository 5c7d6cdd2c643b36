"""The tables of third parties' workers: what they may say, and what stops the start."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.config import Config, Loaded, WorkerConfig, describe, load
from coordinator.config.third_party import require_name
from protocol.errors import ConfigError

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home and a working directory that are not the folder of the file."""
    for name in ("home", "project", "folder"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "project")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "toolcrew.toml"


def load_text(file: Path, text: str) -> Loaded:
    file.write_text(text)
    return load({}, {}, str(file))


def problem(file: Path, text: str) -> str:
    with pytest.raises(ConfigError) as error:
        load_text(file, text)
    line = str(error.value)
    assert "\n" not in line
    assert line.startswith(f"file {file}: ")
    return line.removeprefix(f"file {file}: ")


def test_a_table_is_one_kind_of_worker(file: Path) -> None:
    text = '[workers.lint]\ncommand = ["lint", "-x"]\nmost = 3\n[workers.b-2]\nmodule = "a.b"\n'

    workers = load_text(file, text).config.workers

    assert workers["lint"] == WorkerConfig(command=("lint", "-x"), most=3)
    assert workers["b-2"] == WorkerConfig(module="a.b")


def test_without_a_table_there_is_no_such_worker() -> None:
    assert load({}, {}).config == Config()
    assert Config().workers == {}


def test_paths_are_relative_to_the_folder_of_the_file(file: Path, tmp_path: Path) -> None:
    loaded = load_text(
        file,
        '[workers.a]\ncommand = ["./bin/a", "x/y"]\nread = ["data", "/etc"]\nwrite = ["~/out"]\n'
        '[workers.b]\ncommand = ["b"]\n[workers.c]\ncommand = ["~/c"]\n',
    )

    a, b, c = (loaded.config.workers[name] for name in "abc")
    assert a.command == (str(file.parent / "bin/a"), "x/y")
    assert a.read == (str(file.parent / "data"), "/etc")
    assert a.write == (str(tmp_path / "home/out"),)
    assert b.command == ("b",)
    assert c.command == (str(tmp_path / "home/c"),)
    assert loaded.folder == str(file.parent)


def test_a_file_that_a_flag_names_relatively_has_a_folder_all_the_same(file: Path) -> None:
    file.write_text("")

    assert load({}, {}, f"../{file.parent.name}/{file.name}").folder == str(file.parent)


def test_without_a_file_the_folder_is_the_working_directory(tmp_path: Path) -> None:
    loaded = load({"workers.a.command": "./a"}, {})

    assert loaded.config.workers["a"].command == (str(tmp_path / "project" / "a"),)


def test_a_flag_adds_to_a_table_and_wins_over_it(file: Path) -> None:
    file.write_text('[workers.a]\ncommand = ["a"]\nmost = 2\nleast = 2\n')

    loaded = load({"workers.a.most": "5"}, {}, str(file))

    assert (loaded.config.workers["a"].least, loaded.config.workers["a"].most) == (2, 5)
    assert loaded.sources["workers.a.most"] == "flag --workers.a.most"
    assert loaded.sources["workers.a.least"] == f"file {file}"
    assert loaded.sources["workers.a.network"] == "default"


def test_every_setting_of_a_worker_is_described_and_no_secret_is_shown(file: Path) -> None:
    loaded = load_text(file, '[workers.a]\ncommand = ["a"]\nenvironment = {KEY = "hush"}\n')

    settings = {setting.key: setting for setting in describe(loaded)}

    own = {key.removeprefix("workers.a.") for key in settings if key.startswith("workers.a.")}
    assert own == set(WorkerConfig.__struct_fields__)
    assert settings["workers.a.environment"].value == {"KEY": "***"}
    assert loaded.config.workers["a"].environment == {"KEY": "hush"}
    assert all(settings[f"workers.a.{name}"].variable == "" for name in own)
    assert all(setting.description.endswith(".") for setting in settings.values())
    assert b"hush" not in msgspec.json.encode(settings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[workers.a]\n", "workers.a must be a table with a command or a module"),
        ("[workers]\na = 3\n", "workers.a must be a table with a command or a module"),
        ("workers = 3\n", "workers must be a table, not 3"),
        ("[workers.a]\nmost = 2\n", "workers.a must have either a command or a module"),
        (
            '[workers.a]\ncommand = ["a"]\nmodule = "b"\n',
            "workers.a must have either a command or a module",
        ),
        (
            '[workers.a]\ncommand = ["a"]\nmost = 2\nleast = 3\n',
            "workers.a.least (3) must not be more than most (2)",
        ),
        (
            '[workers.parse]\ncommand = ["a"]\n',
            "workers.parse is a built-in kind; choose another name",
        ),
        (
            '[workers.draft]\ncommand = ["a"]\n',
            "workers.draft is a built-in kind; choose another name",
        ),
        (
            '[workers.ollama]\ncommand = ["a"]\n',
            "workers.ollama is a built-in kind; choose another name",
        ),
        (
            '[workers.a]\ncommand = ["a"]\ndeadline = 3\n',
            "unknown setting 'workers.a.deadline'; did you mean workers.a.deadline_s?",
        ),
        (
            '[workers.a]\ncommand = "a"\n',
            "workers.a.command must be a list of texts, none of them empty, not 'a'",
        ),
        (
            '[workers.a]\ncommand = ["a"]\ndeadline_s = 0\n',
            "workers.a.deadline_s must be a number of seconds from 0.01 to 86400, not 0",
        ),
        (
            '[workers.a]\nmodule = "../a"\n',
            "workers.a.module must be a dotted name, such as my_package.kind, not '../a'",
        ),
        (
            '[workers.a]\ncommand = ["a"]\nnetwork = "no"\n',
            "workers.a.network must be true or false, not 'no'",
        ),
    ],
)
def test_a_mistake_in_a_table_is_said_in_one_line(file: Path, text: str, expected: str) -> None:
    assert problem(file, text) == expected


@pytest.mark.parametrize("name", ["A", "1", "-", "_a", '""', '"a.b"', '"a b"', '"ä"', "a" * 33])
def test_a_bad_name_is_refused(file: Path, name: str) -> None:
    assert "the name of a worker must be" in problem(file, f'[workers.{name}]\ncommand = ["a"]\n')


@pytest.mark.parametrize(
    "table", ['{"A=" = "hush"}', '{A = 5, B = "hush"}', '{A = "hush\\u0000"}', '["hush"]']
)
def test_a_mistake_in_the_environment_is_said_without_its_values(file: Path, table: str) -> None:
    line = problem(file, f'[workers.a]\ncommand = ["a"]\nenvironment = {table}\n')

    assert line == "workers.a.environment must be a table of texts by names of variables"


def test_a_table_cannot_be_made_with_variables() -> None:
    with pytest.raises(ConfigError, match="unknown variable 'TOOLCREW_WORKERS_A_COMMAND'"):
        load({}, {"TOOLCREW_WORKERS_A_COMMAND": "a"})


@given(NAMES)
def test_any_good_name_that_is_not_taken_is_taken(name: str) -> None:
    if name == "parse":
        return
    require_name(name, "test")
