"""Strange surroundings: homes, locales, files of other programs in the way."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .counts import Counts
from .runs import ENVIRONMENT, STUCK, contents, differences, unprivileged

RUN = ("train", "parabola", "--backend", "numpy", "--batch-size", "8")
LENGTH = ("--steps", "6", "--report-every", "3")


@dataclass
class Place:
    """Where a run is started.

    here: the current folder.  out: of the run.  set: variables; unset: those left out.
    bounded: whether it may write only where its user may, also if that is root.
    code: the exit code; of one that is not 0 there is one line that says why.
    """

    here: Path
    out: Path
    set: dict[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    bounded: bool = False
    code: int = 0


Setting = Callable[[Place], None]
OWN = ("MPLCONFIGDIR", "MINIGAN_CACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
SETTINGS: dict[str, Setting] = {}


def setting(made: Setting) -> Setting:
    """Register one by its name."""
    SETTINGS[made.__name__.replace("_", " ")] = made
    return made


@setting
def a_home_that_is_not_there(place: Place) -> None:
    place.set, place.unset = {"HOME": "/nonexistent"}, OWN


@setting
def a_home_that_cannot_be_written(place: Place) -> None:
    home = place.here / "home"
    home.mkdir(mode=0o555)
    place.set, place.unset, place.bounded = {"HOME": str(home)}, OWN, True


@setting
def no_home_at_all(place: Place) -> None:
    place.unset, place.bounded = ("HOME", "USER", "LOGNAME", *OWN), True


@setting
def a_home_that_is_a_file(place: Place) -> None:
    (place.here / "home").touch()
    place.set, place.unset = {"HOME": str(place.here / "home")}, OWN


@setting
def the_locale_C(place: Place) -> None:
    place.set = {"LC_ALL": "C", "LANG": "C"}


@setting
def plain_ASCII(place: Place) -> None:
    place.set = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@setting
def plain_ASCII_and_a_folder_of_other_letters(place: Place) -> None:
    plain_ASCII(place)
    place.out = place.here / "größe Å 数"


@setting
def printing_in_an_old_encoding(place: Place) -> None:
    place.set = {"PYTHONIOENCODING": "cp437:strict"}
    place.out = place.here / "größe 数"


@setting
def a_locale_that_is_none(place: Place) -> None:
    place.set = {"LC_ALL": "xx_XX.UTF-99", "LANGUAGE": "xx"}


@setting
def a_Turkish_locale(place: Place) -> None:
    place.set = {"LC_ALL": "tr_TR.UTF-8"}


@setting
def a_German_locale(place: Place) -> None:
    place.set = {"LC_ALL": "de_DE.UTF-8"}


@setting
def a_matplotlibrc_of_other_bytes(place: Place) -> None:
    (place.here / "matplotlibrc").write_bytes(bytes(range(256)) * 4)


@setting
def a_wild_matplotlibrc(place: Place) -> None:
    (place.here / "matplotlibrc").write_text(
        "backend: nowhere\ntext.usetex: True\nfigure.dpi: 7000\nfont.size: x\n"
        "savefig.bbox: tight\nno.such.key: 1\naxes.prop_cycle: cycler(\n: : :\n"
    )


@setting
def a_folder_called_matplotlibrc(place: Place) -> None:
    (place.here / "matplotlibrc").mkdir()


@setting
def a_matplotlibrc_that_cannot_be_read(place: Place) -> None:
    path = place.here / "matplotlibrc"
    path.touch(mode=0o000)
    place.bounded = True


@setting
def damaged_settings_of_matplotlib(place: Place) -> None:
    folder = place.here / "mpl"
    (folder / "stylelib").mkdir(parents=True)
    (folder / "matplotlibrc").write_bytes(b"\xff\xfe\0\x80")
    (folder / "stylelib" / "bad.mplstyle").write_bytes(b"\x80\0: [\n")
    place.set = {"MPLCONFIGDIR": str(folder)}


@setting
def a_damaged_list_of_fonts(place: Place) -> None:
    import matplotlib

    folder = place.here / "mpl"
    folder.mkdir()
    for path in Path(matplotlib.get_cachedir()).glob("fontlist*.json"):
        (folder / path.name).write_bytes(path.read_bytes()[:500])
    place.set = {"MPLCONFIGDIR": str(folder)}


@setting
def damaged_settings_of_numba(place: Place) -> None:
    (place.here / ".numba_config.yaml").write_bytes(b"\x80: [\n")
    place.code = 2


@setting
def no_terminal_and_no_colours(place: Place) -> None:
    place.set = {"TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "0", "LINES": "-1"}


@setting
def a_terminal_that_is_forced(place: Place) -> None:
    place.set = {"FORCE_COLOR": "1", "TERM": "nonsense", "COLUMNS": "40"}


@setting
def no_place_for_temporary_files(place: Place) -> None:
    place.set = {"TMPDIR": "/nonexistent"}


@setting
def modules_of_the_user_in_the_way(place: Place) -> None:
    for name in ("json.py", "random.py", "click.py", "PIL.py"):
        (place.here / name).write_text("raise ImportError('the wrong one')\n")


def all_of(folder: Path) -> Counts:
    """A run in each of the surroundings: right, and without a word too many."""
    found = Counts("strange surroundings")
    whole = _run(Place(folder, folder / "whole"))
    assert (whole.returncode, whole.stderr) == (0, b""), whole.stderr
    files = contents(folder / "whole")
    for k, (name, made) in enumerate(SETTINGS.items()):
        here = folder / str(k)
        here.mkdir()
        place = Place(here, here / "run")
        made(place)
        process = _run(place)
        found.tried += 1
        lines = process.stderr.decode(errors="replace").splitlines()
        faults = [f"exit code {process.returncode}"] * (
            process.returncode != place.code
        )
        faults += [f"says {line:.80}" for line in lines[place.code > 0 :][:1]]
        if place.code == 0:
            faults += [f"another {file}" for file in differences(place.out, files)]
        for fault in faults:
            found.fault(f"{name}: {fault}", k)
        if not faults:
            found.outcomes["refused in one line" if place.code else "byte-equal"] += 1
    return found


def _run(place: Place) -> "subprocess.CompletedProcess[bytes]":
    """`minigan train ...` as its user would start it there."""
    kept = {name: text for name, text in os.environ.items() if name not in place.unset}
    return subprocess.run(
        [
            *(unprivileged() if place.bounded else []),
            sys.executable,
            "-c",
            START,
            *RUN,
            *LENGTH,
            "--out",
            str(place.out),
        ],
        env={**kept, **ENVIRONMENT, **place.set},
        cwd=place.here,
        capture_output=True,
        timeout=STUCK,
    )


# As the script that pip installs does; the current folder is not looked at.
START = (
    "import sys; sys.path.remove(''); sys.argv[0] = 'minigan'; "
    "from minigan.cli import main; main()"
)
