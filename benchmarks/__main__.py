"""Times minigan beside other libraries; see docs/benchmarks.md for what they say."""

import argparse
import json
import os
import sys
from pathlib import Path


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="workloads, contestants, who is installed")
    run = commands.add_parser("run", help="measure, print tables, write JSON")
    _run_options(run)
    plot = commands.add_parser("plot", help="draw what a run measured")
    plot.add_argument("json", type=Path, nargs="+")
    plot.add_argument("--out", type=Path, default=Path("docs/images"), metavar="DIR")
    docs = commands.add_parser("docs", help="write the page from a run's results")
    docs.add_argument("json", type=Path, nargs="+")
    docs.add_argument(
        "--out", type=Path, default=Path("docs/benchmarks.md"), metavar="FILE"
    )
    table = commands.add_parser("table", help="print the tables of a run again")
    table.add_argument("json", type=Path, nargs="+")
    verify = commands.add_parser("verify", help="do all compute the same step?")
    verify.add_argument("--only", nargs="+", default=(), metavar="PATTERN")
    verify.add_argument("--python", default=os.environ.get("BENCHMARK_PYTHON"))
    commands.add_parser("guard", help="minigan's products beside NumPy's, in a line")
    commands.add_parser("roofline", help="minigan's instructions and roofs, as JSON")
    commands.add_parser("versions", help="of the packages here, as JSON")
    compare = commands.add_parser("compare", help="one contestant's losses, as JSON")
    compare.add_argument("workload")
    compare.add_argument("contestant")
    child = commands.add_parser("child", help="one measurement, as JSON")
    child.add_argument("workload")
    child.add_argument("contestant")
    child.add_argument("seconds", type=float)
    child.add_argument("started", type=float, nargs="?")
    child.add_argument("size", type=int, nargs="?")
    answer = commands.add_parser("answer", help="as many measurements as it is asked")
    answer.add_argument("workload")
    answer.add_argument("contestant")
    options = parser.parse_args(arguments)
    return globals()[f"_{options.command}"](options)


def _run_options(run):
    run.add_argument("--quick", action="store_true", help="short: does all work?")
    run.add_argument(
        "--only",
        nargs="+",
        default=(),
        metavar="PATTERN",
        help="workload or group, or workload:contestant; shell patterns",
    )
    run.add_argument("--json", type=Path, metavar="FILE", help="write the results here")
    run.add_argument("--force", action="store_true", help="run on a busy machine too")
    run.add_argument(
        "--python",
        default=os.environ.get("BENCHMARK_PYTHON"),
        metavar="EXE",
        help="interpreter for the peers [default: BENCHMARK_PYTHON, or this one]",
    )
    run.add_argument("--seconds", type=float, help="of a block; three in a process")
    run.add_argument("--repetitions", type=int, help="processes for each pair")
    run.add_argument("--tries", type=int, default=3, help="of what was disturbed")
    run.add_argument("--command-steps", type=int, help="steps of whole commands")


def _run(options):
    from .results import Results
    from .run import Busy, Plan, interpreters, run

    def keep(results):
        if options.json:
            options.json.write_text(json.dumps(results, indent=1) + "\n")

    plan = Plan(
        options.quick,
        options.seconds,
        options.repetitions,
        options.command_steps,
        options.tries,
    )
    try:
        pythons = interpreters(options.python)
        found = run(options.only, plan, pythons, options.force, keep=keep)
    except Busy as busy:
        print(f"refused: {busy}", file=sys.stderr)
        return 1
    keep(found)
    _print_tables(Results(found))
    return 1 if any("error" in row for row in found["results"]) else 0


def _table(options):
    from .results import Results

    _print_tables(Results.read(*options.json))


def _print_tables(results):
    for table in results.tables():
        print(f"\n{table}")


def _list(options):
    from .machine import versions
    from .registry import CONTESTANTS, WORKLOADS

    have = versions()
    for workload in WORKLOADS.values():
        print(f"{workload.group:11} {workload.name:32} {workload.description}")
    print()
    for contestant in CONTESTANTS.values():
        missing = [name for name in contestant.requires if name not in have]
        state = f"absent: needs {', '.join(missing)}" if missing else "installed"
        print(f"{contestant.name:22} {contestant.label:48} {state}")


def _plot(options):
    from .plot import plot
    from .results import Results

    options.out.mkdir(parents=True, exist_ok=True)
    for path in plot(Results.read(*options.json), options.out):
        print(path)
    return 0


def _docs(options):
    from .docs import page
    from .results import Results

    options.out.write_text(page(Results.read(*options.json)))


def _verify(options):
    from .run import interpreters, verify

    patterns = options.only or ("recipes", "convolutions")
    return verify(patterns, interpreters(options.python), print)


def _compare(options):
    from .registry import CONTESTANTS
    from .verify import close

    print(json.dumps(close(options.workload, CONTESTANTS[options.contestant])))


def _guard(options):
    from .guard import main

    return main()


def _roofline(options):
    from .roofline import measure

    print(json.dumps(measure()))


def _versions(options):
    from .machine import versions

    print(json.dumps(versions()))


def _child(options):
    from .child import main

    main(
        options.workload,
        options.contestant,
        options.seconds,
        options.started,
        options.size,
    )


def _answer(options):
    from .busy import answer

    answer(options.workload, options.contestant)


if __name__ == "__main__":
    sys.exit(main())
