"""The functions against mpmath, against themselves elsewhere, and in assembly."""

import hashlib
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan.jit import mathfun
from minigan.jit.compiling import JIT_DISABLED, kernel

mp = pytest.importorskip("mpmath").MPContext()  # our own: nobody else's precision
NAMES = ("exp", "log", "log1p_exp_neg", "tanh", "sigmoid")
DTYPES = (np.float32, np.float64)
mp.prec = 240

EXACT = {
    "exp": mp.exp,
    "log": lambda x: mp.log(x) if x > 0 else (mp.ninf if x == 0 else mp.nan),
    "log1p_exp_neg": lambda a: mp.log1p(mp.exp(-a)),
    "tanh": mp.tanh,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
}


def make_loop(function):
    """A kernel that fills out with function(x).  Uncached: its assembly is wanted."""

    @kernel(cached=False)
    def loop(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    return loop


LOOPS = {name: make_loop(getattr(mathfun, name)) for name in NAMES}


def run(name, x):
    out = np.empty_like(x)
    LOOPS[name](x, out)
    return out


def ulps(got, exact):
    """|got - exact| in units of the last place of `exact`, rounded to got's type."""
    info = np.finfo(got.dtype)
    if mp.isnan(exact) or np.isnan(got):
        return 0 if mp.isnan(exact) and np.isnan(got) else np.inf
    if mp.isinf(exact) or np.isinf(got):
        # from half an ulp above the largest number on, inf is the right answer
        limit = mp.mpf(float(info.max)) * (1 + mp.mpf(2) ** -(info.nmant + 2))
        good = abs(exact) >= limit and np.isinf(got) and (got > 0) == (exact > 0)
        return 0 if good else np.inf
    exponent = mp.mag(exact) - 1 if exact else info.minexp
    unit = mp.mpf(2) ** (max(exponent, info.minexp) - info.nmant)
    return float(abs(mp.mpf(float(got)) - exact) / unit)


def points(name, dtype):
    """All exponents, neighbourhoods of every threshold, and where the work is done."""
    rng = np.random.default_rng(5)
    info = np.finfo(dtype)
    exponents = np.arange(info.minexp - info.nmant, info.maxexp)
    if dtype == np.float64:
        exponents = np.union1d(exponents[::4], np.arange(-60, 60))
    scale = np.ldexp(1.0, exponents)
    every = np.concatenate([scale, scale * rng.uniform(1, 2, scale.size)])
    special = [0.0, info.tiny, info.smallest_subnormal, info.max, info.eps, np.inf]
    special += [1, 2, 0.5**0.5, 2**0.5, 2**0.5 - 1, 1 - 0.5**0.5, 20, 10, 9.0109, 19.06]
    special += [16.6356, 36.737, 88.72284, 87.33655, 103.9721, 709.7827, 708.3964]
    special += [745.1332, 744.4401, np.log(2), np.log(2) / 2, 3.5536418]
    special += list(np.arange(1, 40) * np.log(2) / 4)
    near = np.array(special, dtype)
    with np.errstate(all="ignore"):
        up, down = near, near
        neighbours = [near]
        for _ in range(4):
            up, down = np.nextafter(up, dtype(np.inf)), np.nextafter(down, dtype(-1))
            neighbours += [up, down]
        work = (
            rng.uniform(0, 2, 500),
            rng.uniform(0, 120, 300),
            rng.uniform(0, 760, 200),
        )
        x = np.concatenate([every, *work]).astype(dtype)
    x = np.concatenate([x, *neighbours, 1 - rng.uniform(0, 1e-3, 100).astype(dtype)])
    x = np.concatenate([x, -x, [dtype(np.nan)]]).astype(dtype)
    return x[~(x < 0)] if name == "log1p_exp_neg" else x


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_within_four_ulps_over_the_whole_range(name, dtype):
    x = points(name, dtype)
    got = run(name, x)
    errors = []
    for a, b in zip(x, got, strict=True):
        exact = mp.nan if np.isnan(a) else EXACT[name](mp.mpf(float(a)))
        errors.append(ulps(b, exact))
    worst = int(np.argmax(errors))
    limit = {"exp": 1, "log": 1, "log1p_exp_neg": 2}.get(name, 3)
    assert errors[worst] < limit, (x[worst], got[worst], errors[worst])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_within_four_ulps_where_hypothesis_looks(data):
    width = data.draw(st.sampled_from((32, 64)))
    dtype = np.float32 if width == 32 else np.float64
    value = data.draw(st.floats(width=width, allow_nan=False, allow_infinity=False))
    for name in NAMES:
        x = np.array([abs(value) if name == "log1p_exp_neg" else value], dtype)
        assert ulps(run(name, x)[0], EXACT[name](mp.mpf(float(x[0])))) < 4, name


def in_float64(name, x):
    """NumPy's float64 value, exact enough to judge float32."""
    t = np.exp(-np.abs(x))
    return {
        "exp": lambda: np.exp(x),
        "log": lambda: np.log(x),
        "log1p_exp_neg": lambda: np.log1p(np.exp(-x)),
        "tanh": lambda: np.tanh(x),
        "sigmoid": lambda: np.where(x < 0, t, 1) / (1 + t),
    }[name]()


@pytest.mark.parametrize("name", NAMES)
def test_float32_on_two_hundred_thousand_bit_patterns(name):
    size = 2_000 if JIT_DISABLED else 200_000
    x = np.random.default_rng(6).integers(0, 2**32, size, dtype=np.uint32)
    x = x.view(np.float32)
    assert_float32(name, np.abs(x) if name == "log1p_exp_neg" else x)


def assert_float32(name, x):
    with np.errstate(all="ignore"):
        exact = in_float64(name, x.astype(np.float64))
        got = run(name, x).astype(np.float64)
        rounded = exact.astype(np.float32)
        unit = np.ldexp(1.0, np.maximum(np.frexp(np.abs(exact))[1] - 1, -126) - 23)
        plain = np.isfinite(rounded)
        assert np.all(np.abs(got - exact)[plain] < 3 * unit[plain])
        np.testing.assert_array_equal(got[~plain], rounded[~plain])


@pytest.mark.parametrize("dtype", DTYPES)
def test_special_values(dtype):
    inf, nan = np.inf, np.nan
    table = {
        "exp": [(0, 1), (-0.0, 1), (inf, inf), (-inf, 0), (1e4, inf), (-1e4, 0)],
        "log": [(1, 0), (0, -inf), (-0.0, -inf), (-1, nan), (inf, inf), (-inf, nan)],
        "log1p_exp_neg": [(inf, 0), (1e4, 0)],
        "tanh": [(0, 0), (-0.0, -0.0), (inf, 1), (-inf, -1), (20, 1), (-20, -1)],
        "sigmoid": [(0, 0.5), (-0.0, 0.5), (inf, 1), (-inf, 0), (40, 1), (-1e4, 0)],
    }
    for name, pairs in table.items():
        x, want = np.array([*pairs, (nan, nan)], dtype).T.copy()
        got = run(name, x)
        np.testing.assert_array_equal(got, want, name)
        signs = np.signbit(got) & ~np.isnan(got)  # a NaN's sign means nothing
        np.testing.assert_array_equal(signs, np.signbit(want), name)


def test_values_from_the_specification():
    x = np.array([-80, 16.6355, 16.6356, 16.64], np.float32)
    got = run("sigmoid", x)
    assert got[0] == pytest.approx(float(mp.exp(-80)), rel=3e-7)
    assert got[1] < 1
    assert got[3] == 1
    # subnormal results keep their few digits
    assert run("sigmoid", np.float32([-100]))[0] == np.float32(float(mp.exp(-100)))
    assert run("exp", np.array([-745.1]))[0] == np.finfo(float).smallest_subnormal


@pytest.mark.parametrize("dtype", DTYPES)
def test_tanh_is_odd_to_the_bit(dtype):
    x = points("tanh", dtype)[:-1]
    np.testing.assert_array_equal(run("tanh", -x), -run("tanh", x))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_vector_lane_scalar_tail_and_python_give_the_same_bits(name, dtype):
    x = points(name, dtype)[-181:-1]
    whole = run(name, x)
    function = getattr(mathfun, name)
    python = np.array([function(a) for a in x])
    assert python.dtype == dtype
    np.testing.assert_array_equal(whole, python)
    for size in (1, 3, 7, 9, 15, 17, 33):
        for start in range(0, 60, 7):
            part = slice(start, start + size)
            np.testing.assert_array_equal(run(name, x[part]), whole[part])


@kernel(cached=False)
def mixture(x, out):
    """Several functions in one loop, their results multiplied and added."""
    for i in range(x.size):
        a = x[i]
        out[i] = mathfun.exp(a) * mathfun.sigmoid(a) + mathfun.tanh(mathfun.log(a))


@pytest.mark.parametrize("dtype", DTYPES)
def test_functions_inlined_together_give_the_same_bits(dtype):
    x = np.random.default_rng(7).uniform(0, 5, 1003).astype(dtype)
    out = np.empty_like(x)
    mixture(x, out)
    alone = run("exp", x) * run("sigmoid", x) + run("tanh", run("log", x))
    np.testing.assert_array_equal(out, alone)


@pytest.mark.soak
@pytest.mark.skipif(JIT_DISABLED, reason="for hours")
@pytest.mark.parametrize("name", NAMES)
def test_float32_on_every_bit_pattern(name):
    """All 2^32 numbers, 2^22 at a time."""
    for start in range(0, 2**32, 2**22):
        x = np.arange(start, start + 2**22, dtype=np.uint32).view(np.float32)
        assert_float32(name, np.abs(x) if name == "log1p_exp_neg" else x)


def digest():
    """sha256 over all results; NaN signs are nobody's business."""
    total = hashlib.sha256()
    for name in NAMES:
        for dtype in DTYPES:
            out = run(name, points(name, dtype))
            total.update(np.where(np.isnan(out), dtype(7), out).tobytes())
    return total.hexdigest()


def elsewhere(folder, **environment):
    """`digest()` in a fresh process with other settings."""
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            f"import {__name__} as m; print(m.digest())",
        ],
        env={**os.environ, "MINIGAN_CACHE_DIR": str(folder), **environment},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


X86 = platform.machine().lower() in ("x86_64", "amd64") and not JIT_DISABLED
needs_x86 = pytest.mark.skipif(not X86, reason="compiled code on x86-64")


@needs_x86
def test_the_oldest_cpu_gives_the_same_bits(tmp_path):
    """Four lanes instead of eight or sixteen, and no fused multiply-add."""
    settings = {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": ""}
    assert elsewhere(tmp_path, **settings) == digest()


@needs_x86
def test_python_without_jit_gives_the_same_bits_and_no_warning(tmp_path):
    assert elsewhere(tmp_path, NUMBA_DISABLE_JIT="1") == digest()


@needs_x86
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_the_loop_is_vectorised_and_calls_nothing(name, dtype):
    loop = LOOPS[name]
    run(name, np.ones(4, dtype))
    (text,) = (
        text
        for signature, text in loop.inspect_asm().items()
        if signature[0].dtype.name == np.dtype(dtype).name
    )
    text = text.split(".size")[0]  # the kernel itself; wrappers for Python follow
    suffix = "ps" if dtype == np.float32 else "pd"
    assert re.search(rf"\bv?mul{suffix}\s.*%[xyz]mm", text)
    assert re.search(rf"\bv?add{suffix}\s.*%[xyz]mm", text)
    assert not re.search(r"\bcallq?\b", text)
    assert "fmadd" not in text and "fmsub" not in text
    if dtype == np.float32:
        assert not re.search(r"cvtss2sd|cvtps2pd", text)  # no detour through float64


def test_one_text_serves_both_types():
    for c, dtype in ((mathfun.F32, np.float32), (mathfun.F64, np.float64)):
        flat = [a for a in c if not isinstance(a, tuple)] + [*c.exp_tail, *c.log_tail]
        assert {type(a) for a in flat} == {dtype}
        for k in range(-1074, 1025) if dtype is np.float64 else range(-150, 129):
            assert mp.mpf(float(dtype(k) * c.ln2_high)) == k * mp.mpf(float(c.ln2_high))
        off = abs(mp.log(2) - float(c.ln2_high) - float(c.ln2_low))
        assert off < float(c.ln2_low) * float(np.finfo(dtype).eps)
