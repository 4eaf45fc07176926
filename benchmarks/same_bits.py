"""Does this version compute the same bytes as another one?  All recipes, all forms.

    python -m benchmarks.same_bits --before REVISION_OR_FOLDER
    python -m benchmarks.same_bits --before REVISION_OR_FOLDER --keep FILE
    python -m benchmarks.same_bits --against FILE

Both versions train in one environment: every recipe, the parabola with each objective,
optimizer and option, a convolutional GAN, and the golden vectors; in float32 and
float64; eagerly, captured, and by NumPy; with one thread and with two.  Compared are
the digests of parameters, running statistics, optimizer vectors and cells, history and
random states.  Exit code 1 where anything differs.

NumPy's bits depend on its BLAS, so digests hold in one environment alone: `--keep`
runs the version before alone and saves its digests, job by job and beside those that
the file has already; `--against` refuses those of another environment.
"""

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from minigan.tables import Table

from . import trees
from .processes import Failed
from .run import ROOT

# (forms, threads): what one process runs
JOBS = (
    (("numpy",), 1),
    (("eager", "captured"), 1),
    (("eager", "captured"), 2),
)
COLUMNS = [(form, threads) for forms, threads in JOBS for form in forms]
PROCESSES = 2  # at a time, of one thread each
# Threads that wait leave the cores to others: the machine need not be quiet.  And the
# arithmetic of products that every version and CPU has.
SETTINGS = {"OMP_WAIT_POLICY": "PASSIVE", "MINIGAN_PRODUCTS": "chain"}
NAMED = 4  # differences beyond which they are only counted
MISSING = "missing"


def digests(folders, patterns, scale, keep=None, say=print):
    """For each folder, {"environment": ..., "scale": ..., "results": {name: result}}.

    keep: called with that of the first folder whenever a process is done.
    Names end in the number of threads, results are those of `digests.line`.
    Errors: Failed where a process ends without its results.
    """
    found = [{"scale": scale, "results": {}} for _ in folders]

    def run(job):
        place, forms, threads = job
        started = time.perf_counter()
        arguments = folders[place], ",".join(forms), ",".join(patterns), scale
        command = trees.python(trees.script("digests.py"), *arguments)
        env = trees.environment(folders[place], threads, blas_threads=1) | SETTINGS
        lines = [json.loads(t) for t in trees.output(command, env).splitlines()]
        what = f"{' and '.join(forms)}, {threads} thread{'s' * (threads > 1)}"
        spent = time.perf_counter() - started
        text = f"{folders[place]}: {what}: {len(lines) - 1} runs, {spent:.0f} s"
        say(text, flush=True)
        return place, threads, lines

    for threads in sorted({threads for _, threads in JOBS}):
        jobs = [
            (place, forms, threads)
            for forms, count in JOBS
            for place in range(len(folders))
            if count == threads
        ]
        with ThreadPoolExecutor(max(1, PROCESSES // threads)) as pool:
            for place, count, (first, *others) in pool.map(run, jobs):
                found[place]["environment"] = first["environment"]
                for result in others:
                    name = f"{result.pop('case')}/{count}"
                    found[place]["results"][name] = result
                if keep and place == 0:
                    keep(found[0])
    return found


def differences(before, now):
    """Names of what differs between two results of one case; [] where nothing does.

    What only the new version has is no difference.  A random state that the version
    before had must be there, whatever its name is now.
    """
    for result in (before, now):
        if "error" in result:
            return [result["error"]]
    found = [
        name
        for name, digest in before["found"].items()
        if now["found"].get(name) != digest
    ]
    states = set(now["random"].values())
    return found + [
        f"random state of {name}"
        for name, digest in before["random"].items()
        if digest not in states
    ]


def compare(before, now):
    """name -> differences, for every case of the version before."""
    found = {}
    for name, result in before.items():
        other = now.get(name)
        found[name] = [MISSING] if other is None else differences(result, other)
    return found


def table(compared, new=()):
    """A row for each subject and type, a column for each form and count of threads.

    new: cases that only this version has.
    """
    rows, details, marked = {}, [], set()
    for name, differ in compared.items():
        subject, dtype, form, threads = name.rsplit("/", 3)
        row = rows.setdefault((subject, dtype), {})
        row[form, int(threads)] = "differs" if differ else "same"
        if differ:
            marked.add((subject, dtype))
            shown = ", ".join(differ[:NAMED])
            more = len(differ) - NAMED
            details.append(f"{name}: {shown}{f' and {more} more' * (more > 0)}")
    failed = sum(map(bool, compared.values()))
    verdict = (
        f"{len(compared)} runs, {failed} differ" if compared else "nothing was run"
    )
    if new:
        subjects = sorted({name.rsplit("/", 3)[0] for name in new})
        details.append(f"only in this version: {', '.join(subjects)}")
    titles = [f"{form} {threads}" for form, threads in COLUMNS]
    return Table(
        "The same bytes? Columns: form and threads",
        ("Subject", "Type", *titles),
        [[*key, *(row.get(c, "") for c in COLUMNS)] for key, row in rows.items()],
        [*details, verdict],
        frozenset(k for k, key in enumerate(rows) if key in marked),
    )


def keep(path, found):
    """Add what was found to a file, which is made where there is none.

    Errors: Failed for a file of another scale or environment.
    """
    content = {**found, "results": {}}
    if path.exists():
        content = kept(path, ["*"], found["scale"])
        refuse_another_environment(content["environment"], found["environment"])
    content["results"] |= found["results"]
    path.write_text(json.dumps(content, indent=1) + "\n")


def kept(path, patterns, scale):
    """The digests that `--keep` wrote, those of the patterns.

    Errors: Failed for those of another scale.
    """
    content = json.loads(Path(path).read_text())
    if content["scale"] != scale:
        raise Failed(f"{path}: kept with --steps-scale {content['scale']}, not {scale}")
    content["results"] = {
        name: result
        for name, result in content["results"].items()
        if any(fnmatch(name.rsplit("/", 1)[0], pattern) for pattern in patterns)
    }
    return content


def refuse_another_environment(before, now):
    """Errors: Failed that names what is another."""
    other = [k for k in before if before[k] != now.get(k)]
    if other:
        shown = ", ".join(f"{k} {before[k]}, now {now.get(k)}" for k in other)
        raise Failed(f"digests of another environment mean nothing here: {shown}")


def main(arguments=None, digests=digests):
    """Print the table; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.same_bits",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--before", metavar="REV", help="git revision or folder")
    source.add_argument("--against", metavar="FILE", help="digests that --keep wrote")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="only save those of REV"
    )
    parser.add_argument("--only", nargs="+", default=["*"], metavar="PATTERN")
    parser.add_argument("--steps-scale", type=float, default=1.0, metavar="FACTOR")
    options = parser.parse_args(arguments)
    if options.keep and not options.before:
        parser.error("--keep goes with --before")
    limits = options.only, options.steps_scale
    try:
        if options.against:
            before = kept(options.against, *limits)
            (now,) = digests([ROOT], *limits)
        else:
            with trees.tree(options.before) as folder:
                if options.keep:
                    digests([folder], *limits, partial(keep, options.keep))
                    return 0
                before, now = digests([folder, ROOT], *limits)
        refuse_another_environment(before["environment"], now["environment"])
    except Failed as failed:
        print(f"failed: {failed}", file=sys.stderr)
        return 1
    compared = compare(before["results"], now["results"])
    new = [name for name in now["results"] if name not in before["results"]]
    print(table(compared, new))
    return 1 if not compared or any(compared.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
