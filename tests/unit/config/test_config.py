"""What a configuration is made of, which source wins, and what stops the start."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from coordinator.config import AnalyzeConfig, Config, describe, load
from protocol.errors import ConfigError

CONFIG = "TOOLCREW_CONFIG"
BEAT = "TOOLCREW_CREW_BEAT_S"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and an empty working directory, so that no file is read by accident."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "home"


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def problem(
    flags: dict[str, str] | None = None,
    environ: dict[str, str] | None = None,
    file: str | None = None,
) -> str:
    with pytest.raises(ConfigError) as error:
        load(flags or {}, environ or {}, file)
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.mark.usefixtures("home")
def test_without_any_source_every_setting_has_its_default() -> None:
    loaded = load({}, {})

    assert loaded.config == Config()
    assert set(loaded.sources.values()) == {"default"}
    assert loaded.file is None


def test_each_source_wins_over_the_ones_before(home: Path) -> None:
    file = write(home / "a.toml", "[crew]\nbeat_s = 2\nmissed_beats = 4\nmax_jobs = 5\n")
    environ = {BEAT: "3", "TOOLCREW_CREW_MISSED_BEATS": "6", CONFIG: file}

    loaded = load({"crew.beat_s": "4"}, environ)

    crew = loaded.config.crew
    assert (crew.beat_s, crew.missed_beats, crew.max_jobs, crew.deadline_s) == (4, 6, 5, 30)
    assert [loaded.sources[f"crew.{name}"] for name in ("beat_s", "missed_beats")] == [
        "flag --crew.beat_s",
        "environment TOOLCREW_CREW_MISSED_BEATS",
    ]
    assert loaded.sources["crew.max_jobs"] == f"file {file}"
    assert loaded.sources["crew.deadline_s"] == "default"


def test_the_named_file_wins_over_the_variable_and_that_over_the_usual_place(home: Path) -> None:
    usual = write(home / ".config/toolcrew/config.toml", "[queue]\nsize = 1\n")
    xdg = write(home / "xdg/toolcrew/config.toml", "[queue]\nsize = 2\n")
    variable = write(home / "variable.toml", "[queue]\nsize = 3\n")
    flag = write(home / "flag.toml", "[queue]\nsize = 4\n")
    environ = {"XDG_CONFIG_HOME": str(home / "xdg"), CONFIG: variable}

    assert load({}, {}).file == usual
    assert load({}, environ, flag).file == flag
    assert load({}, environ).file == variable
    assert load({}, environ | {CONFIG: ""}).file == xdg
    assert load({}, environ).config.queue.size == 3


@pytest.mark.usefixtures("home")
def test_no_file_of_the_working_directory_is_read_unless_a_flag_names_it(tmp_path: Path) -> None:
    """The working directory is the user's project, and its author need not be the user's friend."""
    for name in ("config.toml", "toolcrew.toml", "toolcrew/config.toml"):
        write(tmp_path / "project" / name, '[server]\nroots = ["/"]\n')

    assert load({}, {}).file is None
    assert load({}, {"XDG_CONFIG_HOME": "."}).file is None
    assert load({}, {"XDG_CONFIG_HOME": ""}).file is None
    assert "must be an absolute path" in problem(environ={CONFIG: "config.toml"})
    assert load({}, {}, "config.toml").config.server.roots == ("/",)


@pytest.mark.usefixtures("home")
def test_a_home_that_cannot_be_found_is_not_looked_for_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "project/~/.config/toolcrew/config.toml", "[queue]\nsize = 1\n")
    monkeypatch.setattr(os.path, "expanduser", str)  # changes nothing, as where no home is known

    assert load({}, {}).file is None


def test_a_tilde_stands_for_the_home(home: Path) -> None:
    write(home / "a.toml", '[server]\nroots = ["~/src"]\n')

    assert load({}, {}, "~/a.toml").config.server.roots == (str(home / "src"),)
    assert load({}, {CONFIG: "~/a.toml"}).file == str(home / "a.toml")


@pytest.mark.usefixtures("home")
def test_a_list_is_split_like_a_path() -> None:
    text = os.pathsep.join(["/a", "/b c"])

    assert load({}, {"TOOLCREW_SERVER_ROOTS": text}).config.server.roots == ("/a", "/b c")
    assert load({"server.roots": text}, {}).config.server.roots == ("/a", "/b c")
    assert load({}, {"TOOLCREW_SERVER_ROOTS": ""}).config.server.roots == ()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("TRUE", True), ("1", True), ("False", False), ("0", False)]
)
def test_a_switch_is_spelled_as_people_spell_it(text: str, *, value: bool) -> None:
    assert load({"crew.zygote": text}, {}).config.crew.zygote is value
    assert load({}, {"TOOLCREW_CREW_ZYGOTE": text}).config.crew.zygote is value


@pytest.mark.usefixtures("home")
def test_workers_are_forked_and_locked_in_unless_somebody_says_no() -> None:
    crew = load({}, {}).config.crew

    assert (crew.zygote, crew.sandbox) == (True, True)


@pytest.mark.usefixtures("home")
def test_a_switch_says_what_it_takes() -> None:
    settings = {setting.key: setting for setting in describe(load({"crew.sandbox": "0"}, {}))}

    sandbox = settings["crew.sandbox"]
    assert (sandbox.value, sandbox.default, sandbox.expected) == (False, True, "true or false")


@pytest.mark.usefixtures("home")
def test_what_a_worker_inherits_from_a_server_does_not_stop_a_server_that_it_starts() -> None:
    environ = {"TOOLCREW_WORKER": "{}", "TOOLCREW_CREW": "1-2"}

    assert load({}, environ).config == Config()


@pytest.mark.usefixtures("home")
def test_variables_of_others_and_those_of_a_worker_are_left_alone() -> None:
    environ = {"TOOLCREW_WORKER": "{}", "TOOLCREWS_X": "1", "toolcrew_x": "1", "PATH": "/bin"}

    assert load({}, environ).config == Config()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("flags", "environ", "expected"),
    [
        (
            {"crew.parse_worker": "4"},
            {},
            (
                "flag --crew.parse_worker: unknown setting 'crew.parse_worker'; "
                "did you mean crew.parse_workers?"
            ),
        ),
        ({"zzz": "4"}, {}, "flag --zzz: unknown setting 'zzz'"),
        (
            {},
            {"TOOLCREW_CREW_PARSE_WORKER": "4"},
            (
                "environment: unknown variable 'TOOLCREW_CREW_PARSE_WORKER'; "
                "did you mean TOOLCREW_CREW_PARSE_WORKERS?"
            ),
        ),
        (
            {},
            {"TOOLCREW_CONFIGS": "/x"},
            "environment: unknown variable 'TOOLCREW_CONFIGS'; did you mean TOOLCREW_CONFIG?",
        ),
        (
            {},
            {BEAT: "often"},
            (
                "environment TOOLCREW_CREW_BEAT_S: crew.beat_s must be a number of seconds "
                "from 0.01 to 60, not 'often'"
            ),
        ),
        (
            {"crew.parse_workers": "-1"},
            {},
            (
                "flag --crew.parse_workers: crew.parse_workers must be a whole number "
                "from 0 to 1024, not '-1'"
            ),
        ),
        (
            {"server.log_level": "loud"},
            {},
            (
                "flag --server.log_level: server.log_level must be one of debug, info, warning, "
                "error, not 'loud'"
            ),
        ),
        (
            {"crew.zygote": "on"},
            {},
            "flag --crew.zygote: crew.zygote must be true or false, not 'on'",
        ),
        (
            {},
            {"TOOLCREW_CREW_UTILISATION": "70"},
            (
                "environment TOOLCREW_CREW_UTILISATION: crew.utilisation must be a number "
                "from 0.1 to 1, not '70'"
            ),
        ),
        (
            {"server.roots": "/a" + os.pathsep},
            {},
            (
                "flag --server.roots: server.roots must be a list of paths, none of them empty, "
                "not '/a:'"
            ),
        ),
        (
            {"crew.backoff_base_s": "20"},
            {},
            (
                "crew.backoff_base_s (20.0, flag --crew.backoff_base_s) must not be more than "
                "crew.backoff_max_s (10.0, default)"
            ),
        ),
    ],
)
def test_a_mistake_is_said_in_one_line(
    flags: dict[str, str], environ: dict[str, str], expected: str
) -> None:
    assert problem(flags, environ) == expected


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[crews]\n", "unknown section 'crews'; did you mean crew?"),
        ("[crew]\nbeat = 1\n", "unknown setting 'crew.beat'; did you mean crew.beat_s?"),
        ("crew = 3\n", "crew must be a table, not 3"),
        ("[[crew]]\n", "crew must be a table, not [{}]"),
        ("[crew.beat_s]\n", "crew.beat_s must be a number of seconds from 0.01 to 60, not {}"),
        ("[crew]\nbeat_s = '1'\n", "from 0.01 to 60, not '1'"),
        ("[crew]\nmax_jobs = true\n", "from 1 to 10000000, not True"),
        ("[crew]\nsandbox = 1\n", "crew.sandbox must be true or false, not 1"),
        ("[crew]\nsandbox = 'false'\n", "crew.sandbox must be true or false, not 'false'"),
        ("[crew]\nmax_jobs = 1.5\n", "from 1 to 10000000, not 1.5"),
        ("[crew]\nbeat_s = nan\n", "from 0.01 to 60, not nan"),
        ("[server]\nroots = '/'\n", "must be a list of paths, none of them empty, not '/'"),
        ('[server]\nroots = ["a\\u0000"]\n', "none of them empty, not ['a\\x00']"),
        ('"a\\nb" = 1\n', "unknown section 'a\\nb'"),
        ("[crew\n", "is not valid TOML"),
        ("a = " + "[" * 10_000, "is not valid TOML"),
        ("[crew]\nbeat_s = 1\nbeat_s = 1\n", "is not valid TOML"),
    ],
)
def test_a_mistake_in_a_file_names_the_file(tmp_path: Path, text: str, expected: str) -> None:
    file = write(tmp_path / "config.toml", text)

    line = problem(file=file)

    assert line.startswith(f"file {file}: ")
    assert expected in line


def test_a_file_that_was_named_must_be_readable(home: Path) -> None:
    home.mkdir()
    (home / "latin.toml").write_bytes(b"# caf\xe9\n")

    assert "cannot be read: No such file" in problem(file=str(home / "none.toml"))
    assert "cannot be read: No such file" in problem(environ={CONFIG: str(home / "none.toml")})
    assert "cannot be read: Is a directory" in problem(file=str(home))
    assert "is not valid TOML" in problem(file=str(home / "latin.toml"))


@pytest.mark.usefixtures("home")
def test_a_mistake_counts_even_where_a_later_source_wins() -> None:
    assert "not 'often'" in problem({"crew.beat_s": "1"}, {BEAT: "often"})


@pytest.mark.usefixtures("home")
def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(problem({"crew.beat_s": "9" * 10_000})) < 200


@pytest.mark.usefixtures("home")
def test_every_setting_is_described() -> None:
    settings = {setting.key: setting for setting in describe(load({"queue.size": "7"}, {}))}

    size = settings["queue.size"]
    assert (size.value, size.default, size.source) == (7, 1000, "flag --queue.size")
    assert size.variable == "TOOLCREW_QUEUE_SIZE"
    assert size.expected == "a whole number from 1 to 1000000"
    assert list(settings) == list(_keys(Config()))
    assert all(setting.description.endswith(".") for setting in settings.values())


@pytest.mark.usefixtures("home")
def test_every_number_has_its_unit_in_its_name_or_counts_things() -> None:
    """A time or an amount of memory without a unit is misread sooner or later."""
    counts = {"page_size", "parse_workers", "missed_beats", "restart_intensity", "max_jobs"}
    counts |= {"parse_workers_min", "utilisation", "size", "max_listed_files", "batch_files"}
    counts |= {"analyze_workers", "analyze_workers_min"}
    counts |= set(AnalyzeConfig.__struct_fields__)
    counts |= {
        "slots",
        "most_models",
        "retries",
        "most_waiting",
        "breaker_failures",
        "breaker_rate",
    }
    counts |= {"budget_calls", "budget_tokens", "budget_money", "max_drafts", "backups"}
    numbers = {
        setting.key.split(".")[1]
        for setting in describe(load({}, {}))
        if isinstance(setting.default, int | float) and not isinstance(setting.default, bool)
    }

    assert {name for name in numbers if not name.endswith(("_s", "_bytes"))} == counts


@pytest.mark.usefixtures("home")
def test_reading_the_configuration_imports_nothing_heavy() -> None:
    heavy = ["asyncio", "anyio", "psutil", "difflib", "tomllib"]
    code = (
        "import sys; before = set(sys.modules); "  # a coverage run brings its own
        "from coordinator.config import load; load({}, {}); "
        f"print(sorted(set({heavy!r}) & (set(sys.modules) - before)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )

    assert done.stdout.strip() == "[]"


def _keys(config: Config) -> Iterable[str]:
    for section in config.__struct_fields__:
        if section == "workers":
            continue  # there is none yet
        part: msgspec.Struct = getattr(config, section)
        yield from (f"{section}.{name}" for name in part.__struct_fields__)
