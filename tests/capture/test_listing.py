"""The tables of a program: what stands in them, and that the sums are right."""

import re

import numpy as np
import pytest

from minigan.capture.listing import Machine, Profile
from minigan.gan import recipes
from minigan.jit.compiling import JIT_DISABLED
from minigan.jit.threads import Work

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="nothing can be captured")
SHARED = Work(pieces=3, elapsed=10, worked=15)
MACHINE = Machine(flops=1e9, bandwidth=1e9, draws=1e6)


@pytest.fixture(scope="module")
def program():
    return recipes.load("parabola", backend="jit").program()


def lines_of(table, first):
    """The rows that are instructions, as dicts; `first` is the column of numbers."""
    titles = [title.lstrip(">") for title in table.columns]
    return [dict(zip(titles, row, strict=True)) for row in table.rows if row[first]]


def number(text):
    return float(text.replace(",", ""))


def test_one_line_an_instruction_and_sums_below(program):
    table = program.show()
    assert program._repr_html_() == table._repr_html_()
    lines = lines_of(table, 0)
    assert [line["#"] for line in lines] == [str(k) for k in range(len(program))]
    assert len(table.rows) - len(lines) == sum(
        bool(i.heading) for i in program.instructions
    )
    flops = sum(number(line["FLOPs"]) for line in lines)
    moved = sum(number(line["Bytes"]) for line in lines)
    footer = " ".join(table.footer)
    assert f"{flops:,.0f} FLOPs" in footer and f"{moved:,.0f} bytes" in footer
    assert table.title == f"One step: {len(program)} instructions, float32"


def test_shapes_and_costs_of_a_weight_gradient(program):
    """dW += x^T dy of D's first layer: 64 rows, 2 features in, 25 out."""
    (line, *_) = (
        line
        for line in lines_of(program.show(), 0)
        if line["Instruction"].startswith("dense_dW") and "D0.dW" in str(line)
    )
    assert line["Shapes"] == "64x2 64x25 2x25"
    assert number(line["FLOPs"]) == 2 * 64 * 2 * 25
    assert 4 * (64 * 2 + 64 * 25 + 2 * 25) <= number(line["Bytes"])


def test_headings_stand_where_a_part_begins(program):
    text = str(program.show())
    order = [
        "Discriminator step: draw fakes and real rows",
        "D on real rows",
        "D on fakes",
        "What D answered",
        "Generator step: G, then D, frozen: no weight gradients",
        "The gradient goes on into G",
        "What the history keeps",
    ]
    places = [text.index(f"-- {heading} --") for heading in order]
    assert places == sorted(places)


def test_the_floor_counts_products_updates_and_draws_alone(program):
    kinds = {"products": 0.0, "updates": 0.0, "draws": 0.0}
    for instruction in program.instructions:
        name = instruction.primitive.name
        if re.match(r"dense_(\w+_)?(forward|dW|dx)", name):
            kinds["products"] += instruction.flops / 1e9
        elif name == "adam_update_norm":
            kinds["updates"] += instruction.bytes / 1e9
        elif name in ("standard_normal", "uniform"):
            kinds["draws"] += np.prod(instruction.shapes[-1]) / 1e6
    assert all(kinds.values())
    assert MACHINE.floor(program) == pytest.approx(sum(kinds.values()))


def test_a_profile_adds_times_and_rates(program):
    seconds = np.full(len(program), 2e-6)
    total = float(seconds.sum())
    table = Profile(program, seconds, total, total / 2, MACHINE, SHARED).table()
    lines = lines_of(table, 0)
    assert {line["us"] for line in lines} == {"2.00"}
    for line in lines:
        for amount, rate in (("FLOPs", "GFLOP/s"), ("Bytes", "GB/s")):
            expected = number(line[amount]) / 2e-6 / 1e9
            assert number(line[rate] or "0") == pytest.approx(expected, abs=0.06)
    footer = "\n".join(table.footer)
    assert f"{total * 1e6:,.1f} us a step, 2.00 times the floor" in footer
    assert "Large instructions: 1.5 of " in footer
    assert "\nProducts: " in footer
    shares = [int(share) for share in re.findall(r"(\d+)%", footer)]
    assert shares == sorted(shares, reverse=True) and 0 < sum(shares) <= 101


def test_a_profile_prints_in_all_three_ways(program):
    profile = Profile(
        program, np.full(len(program), 1e-6), 1e-4, 1e-5, MACHINE, Work(0, 0, 0)
    )
    assert str(profile) == str(profile.table())
    assert "GFLOP/s" in profile._repr_html_()
    assert profile.__rich__().row_count == len(profile.table().rows)


def test_the_machine_is_measured():
    machine = Machine.measure(np.float32)
    assert min(machine.flops, machine.bandwidth, machine.draws) > 0
