"""The tile machine: LLVM selects the instructions, and the emulation has their bits."""

import re

import llvmlite.binding as llvm
import numpy as np
import pytest
from llvmlite import ir
from numba import types

from minigan.gemm import machine, model, tiles, vectors
from minigan.jit.compiling import JIT_DISABLED

from ..helpers import assert_same_bits
from .test_model import numbers

compiled_only = pytest.mark.skipif(JIT_DISABLED, reason="compiles")


def code_for(cpu, features, monkeypatch):
    """Machine code for another CPU: {"begin", "block", "end": text}."""
    monkeypatch.setattr(tiles, "MACHINES", {1: machine.Hardware})
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    module = ir.Module("tiles")
    module.triple = "x86_64-unknown-linux-gnu"
    floats, integer = ir.FloatType().as_pointer(), vectors.I64
    parts = {
        "begin": (tiles._begin, [floats, integer]),
        "block": (tiles._block, [floats] * 3 + [integer] * 10),
        "end": (tiles._end, [floats, integer]),
    }
    for name, (write, kinds) in parts.items():
        kind = ir.FunctionType(ir.VoidType(), kinds)
        function = ir.Function(module, kind, name)
        builder = ir.IRBuilder(function.append_basic_block())
        write(vectors.Writer(builder, types.float32), builder, *function.args)
        builder.ret_void()
    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    target = llvm.Target.from_triple(module.triple)
    made = target.create_target_machine(cpu=cpu, features=features, opt=2)
    text = made.emit_assembly(parsed)
    found = {}
    for name in parts:
        start = text.index(f"\n{name}:")
        found[name] = text[start : text.index(f".size\t{name}", start)]
    return found | {"data": text[text.index("\nminigan.tile_configuration:") :]}


SAPPHIRE_RAPIDS = "sapphirerapids", "+amx-tile,+amx-bf16"


def test_llvm_selects_the_instructions_of_the_unit(monkeypatch):
    code = code_for(*SAPPHIRE_RAPIDS, monkeypatch)

    def count(name):
        return len(re.findall(rf"\b{name}\b", code["block"]))

    blocks = 4 + 2 + 2 + 1  # tiles of C in a block of 2 x 2, 2 x 1, 1 x 2, 1 x 1
    assert count("tdpbf16ps") == 6 * blocks
    assert count("tilezero") == count("tilestored") == blocks
    # The parts of left and right for six products, and the sums that wait.
    assert count("tileloadd") == 14 + 10 + 11 + 7 + blocks
    assert not count("callq?")  # tiles are not kept across one
    assert set(re.findall(r"%tmm\d", code["block"])) == {f"%tmm{t}" for t in range(8)}
    assert "ldtilecfg" in code["begin"] and "tilerelease" in code["end"]


def test_the_configuration_is_eight_tiles_of_16_rows_of_64_bytes(monkeypatch):
    found = code_for(*SAPPHIRE_RAPIDS, monkeypatch)["data"]
    escaped = re.search(r'\.asci[iz]\s+"(.*)"', found).group(1)  # without a last zero
    content = escaped.encode().decode("unicode_escape").encode("latin-1")
    content = content.ljust(64, b"\0")
    assert len(content) == 64 and content[0] == 1
    assert np.frombuffer(content[16:32], "<u2").tolist() == [64] * 8
    assert content[48:56] == bytes([16] * 8)
    assert not any(content[1:16] + content[32:48] + content[56:])


@compiled_only
@pytest.mark.parametrize("number", machine.MACHINES)
@pytest.mark.parametrize("range_", [(-126, 127), (-66, -58), (-6, 6), (-127, -120)])
def test_every_machine_has_the_bits_of_the_model(number, range_):
    """Overflow, subnormal numbers, and what lies between."""
    if number == machine.HARDWARE and machine.refusal():
        pytest.skip(machine.refusal())
    A, B = (numbers(40 * 40, *range_, seed=s).reshape(40, 40) for s in (1, 2))
    A[::3, ::5] = 0
    B[5] = -0.0
    C = np.empty_like(A)
    tiles.tiles_nn(A, B, C, A[0], 0, 0.0, number)
    assert_same_bits(C, model.product(A, B))


def test_a_cpu_without_the_instructions_is_told(monkeypatch):
    monkeypatch.setattr(machine, "MACHINES", {0: machine.Emulated})
    assert machine.refusal() == "this CPU has no AMX"
    monkeypatch.setattr(machine.numba.config, "CPU_FEATURES", "+avx2,+amx-tile")
    assert not machine.written_for_hardware()
    monkeypatch.setattr(machine.numba.config, "CPU_FEATURES", "+amx-bf16,+amx-tile")
    assert machine.written_for_hardware()


def test_another_system_is_not_asked(monkeypatch):
    monkeypatch.setattr(machine, "MACHINES", {0: None, 1: None})
    monkeypatch.setattr(machine.sys, "platform", "darwin")
    assert machine.refusal() == "AMX is used on Linux alone"


@pytest.mark.skipif(not machine.sys.platform.startswith("linux"), reason="Linux")
def test_a_system_that_does_not_allow_it(monkeypatch):
    class Library:
        @staticmethod
        def syscall(*numbers):
            assert numbers == (158, 0x1023, 18)
            return -1

    monkeypatch.setattr(machine, "MACHINES", {0: None, 1: None})
    monkeypatch.setattr(machine.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(machine.ctypes, "CDLL", lambda name: Library)
    assert machine.refusal() == "the system does not allow AMX"
