"""A team of threads that nobody has to wait for.

The usual parallel loop (OpenMP's, Numba's `prange`) ends at a barrier, where it waits
until every thread has come.  On a machine that others use too, a thread may get no core
for milliseconds, every loop waits as long, and a step of a hundred loops becomes ten
times slower.  Here the thread that has work, the *leader*, does tasks until none is
left and waits only for those who are in the middle of one.  Who comes late finds the
work closed.

    state   = generation, closed?, how many members are inside
    leader    opens a generation, works, closes it, waits until nobody is inside
    member    sees a new generation; enters if it is open, works, leaves

A member that loses its core in the middle of a task is waited for.  Where that takes a
large part of the time, more threads do not help: the leader does without one, tries
again after a while, and waits longer for the next try if it was in vain.

Members look for work for a moment, then sleep until they are woken.  The team has one
leader at a time: another one (a second trainer, in a thread of its own) works alone.
Which thread does what never changes a bit of any result, see `tasks`.

The team's memory is one array of int64, in groups with cache lines of their own.
Compiled code finds it through the symbol `minigan_team`, since what is kept in the
cache of kernels cannot know an address.
"""

import ctypes
import os
from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once_value, get_or_insert_function
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from . import atomic
from .compiling import kernel
from .memory import MACHINE, ticks_now

MOST = 256  # threads
LINE = 16  # words of two cache lines, which processors fetch in pairs
STATE, LEADER, ASLEEP, STOP = (LINE * group for group in range(4))
WORK = range(LINE * 4, LINE * 5)  # of the generation, written while it is closed:
ENTRY, CONTEXT, TAKEN, WORKERS, COUNT, FAILED = WORK[:6]
SETTINGS = range(LINE * 5, LINE * 6)
LIMIT, READY, MOMENT, SECOND = SETTINGS[:4]  # threads wanted, there; turns; ticks
EVIDENCE = range(LINE * 6, LINE * 7)  # the leader's:
NOW, REST, UNTIL, SPAN, WAITED = EVIDENCE[:5]
REPORT = range(LINE * 7, LINE * 8)
SHARED, ELAPSED, WORKED = REPORT[:3]  # pieces of work, ticks they took, ticks at work
MUTEX, CONDITION = LINE * 8, LINE * 9
ROWS = LINE * 10  # a line for each row of tasks, see `tasks`
MEMBERS = ROWS + LINE * MOST // 2  # a line for each member: ticks at work
SIZE = MEMBERS + LINE * MOST

CLOSED = 1 << 20
GENERATION = 1 << 21

# Fractions of a second, as 1 / n.
WINDOW = 100  # after so long the leader looks whether waiting took too much of it
TRIAL = 400  # likewise, for the first look after a rest
SHORTEST, LONGEST = 20, 1  # rests

_room = np.zeros(SIZE + LINE, np.int64)
_start = -(_room.ctypes.data // 8) % LINE
MEMORY = _room[_start : _start + SIZE]
MEMORY[STATE] = CLOSED
MEMORY[[LIMIT, NOW]] = 1  # until `threads` says otherwise

# ---- words of the operating system -------------------------------------------------

_I8, _I32, _I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
WINDOWS = os.name == "nt"


@global_compiler_lock
def _publish() -> Any:
    """Make the memory, and on Windows two functions, known to compiled code.

    Returns what has to live as long as the process.
    """
    library = cpu_target.target_context.codegen().create_library("minigan.team")
    module = library.create_ir_module("minigan.team")
    function = ir.Function(module, ir.FunctionType(_I64, []), "minigan.team.memory")
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(_I64(MEMORY.ctypes.data))
    library.add_ir_module(module)
    library.finalize()
    address = library.get_pointer_to_function("minigan.team.memory")
    llvmlite.binding.add_symbol("minigan_team", address)
    if WINDOWS:
        windows: Any = ctypes
        for dll, name in (
            ("kernel32", "SwitchToThread"),
            ("api-ms-win-core-synch-l1-2-0", "WaitOnAddress"),
            ("api-ms-win-core-synch-l1-2-0", "WakeByAddressAll"),
        ):
            code = ctypes.cast(getattr(windows.WinDLL(dll), name), ctypes.c_void_p)
            llvmlite.binding.add_symbol(name, code.value)
    return library


_library = _publish()


def prepare_sleep() -> None:
    """Make the lock under which members fall asleep anew."""
    if not WINDOWS:
        system = ctypes.CDLL(None)
        for name, word in (("mutex", MUTEX), ("cond", CONDITION)):
            place = ctypes.c_void_p(MEMORY[word:].ctypes.data)
            MEMORY[word : word + LINE] = 0
            getattr(system, f"pthread_{name}_init")(place, None)


prepare_sleep()


def _call(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    """A call of a function of the system."""
    kind = ir.FunctionType(result, [a.type for a in arguments])
    return builder.call(get_or_insert_function(builder.module, kind, name), arguments)


@intrinsic
def memory(typing_context):
    """The address of the team's memory."""

    def build(context, builder, signature, arguments):
        builder.function.attributes.add("noinline")
        return _call(builder, "minigan_team", _I64)

    return types.int64(), build


@intrinsic
def _pause(typing_context):
    """Tell the processor that this is a loop that waits."""

    def build(context, builder, signature, arguments):
        if MACHINE in ("x86_64", "amd64"):
            _call(builder, "llvm.x86.sse2.pause", ir.VoidType())
        elif MACHINE in ("aarch64", "arm64"):
            _call(builder, "llvm.aarch64.hint", ir.VoidType(), _I32(1))  # yield
        return context.get_dummy_value()

    return types.void(), build


@intrinsic
def _let_others_run(typing_context):
    """Offer the core to a thread that waits for one."""

    def build(context, builder, signature, arguments):
        _call(builder, "SwitchToThread" if WINDOWS else "sched_yield", _I32)
        return context.get_dummy_value()

    return types.void(), build


@intrinsic
def _sleep(typing_context, team, state):
    """Sleep until woken, if the state is still this one; perhaps for nothing."""

    def build(context, builder, signature, arguments):
        team, state = arguments

        def place(word):
            return builder.inttoptr(builder.add(team, _I64(8 * word)), _I8.as_pointer())

        if WINDOWS:
            old = builder.bitcast(alloca_once_value(builder, state), _I8.as_pointer())
            args = place(STATE), old, _I64(8), _I32(-1)
            _call(builder, "WaitOnAddress", _I32, *args)
            return context.get_dummy_value()
        _call(builder, "pthread_mutex_lock", _I32, place(MUTEX))
        now = builder.inttoptr(builder.add(team, _I64(8 * STATE)), _I64.as_pointer())
        now = builder.load_atomic(now, "seq_cst", 8)
        with builder.if_then(builder.icmp_signed("==", now, state)):
            args = place(CONDITION), place(MUTEX)
            _call(builder, "pthread_cond_wait", _I32, *args)
        _call(builder, "pthread_mutex_unlock", _I32, place(MUTEX))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), build


@intrinsic
def _wake(typing_context, team):
    """Wake all who sleep."""

    def build(context, builder, signature, arguments):
        def place(word):
            address = builder.add(arguments[0], _I64(8 * word))
            return builder.inttoptr(address, _I8.as_pointer())

        if WINDOWS:
            _call(builder, "WakeByAddressAll", ir.VoidType(), place(STATE))
            return context.get_dummy_value()
        _call(builder, "pthread_mutex_lock", _I32, place(MUTEX))
        _call(builder, "pthread_cond_broadcast", _I32, place(CONDITION))
        _call(builder, "pthread_mutex_unlock", _I32, place(MUTEX))
        return context.get_dummy_value()

    return types.void(types.int64), build


@intrinsic
def _do(typing_context, entry, context, taken, worker, workers, count):
    """Do tasks of the work at `entry`; 0 if all went well.  See `tasks.share_out`."""

    def build(target, builder, signature, arguments):
        kind = ir.FunctionType(_I32, [_I64] * 5)
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        return builder.sext(builder.call(function, arguments[1:]), _I64)

    return types.int64(*[types.int64] * 6), build


@intrinsic
def _cell(typing_context):
    """The address of a zero on the stack."""

    def build(context, builder, signature, arguments):
        builder.function.attributes.add("noinline")
        cell = alloca_once_value(builder, _I64(0))
        builder.store(_I64(0), cell)
        return builder.ptrtoint(cell, _I64)

    return types.int64(), build


# ---- members -----------------------------------------------------------------------


@kernel
def serve(member):
    """What a member's thread does until the team is stopped.   member: 1, 2, ..."""
    team = memory()
    state_at, own = team + 8 * STATE, team + 8 * (MEMBERS + LINE * member)
    seen = atomic.load(state_at) // GENERATION
    atomic.add(team + 8 * READY, np.int64(1))
    while atomic.load(team + 8 * STOP) == 0:
        state = atomic.load(state_at)
        turns = atomic.load(team + 8 * MOMENT)
        while state // GENERATION == seen and turns > 0:
            _pause()
            turns -= 1
            state = atomic.load(state_at)
        if state // GENERATION == seen:
            atomic.add(team + 8 * ASLEEP, np.int64(1))
            _sleep(team, state)
            atomic.add(team + 8 * ASLEEP, np.int64(-1))
            continue
        seen = state // GENERATION
        while state // GENERATION == seen and state & CLOSED == 0:
            if atomic.swap(state_at, state, state + 1):
                workers = atomic.load(team + 8 * WORKERS)
                if member < workers:
                    began = ticks_now()
                    failed = _do(
                        atomic.load(team + 8 * ENTRY),
                        atomic.load(team + 8 * CONTEXT),
                        atomic.load(team + 8 * TAKEN),
                        member,
                        workers,
                        atomic.load(team + 8 * COUNT),
                    )
                    if failed != 0:
                        atomic.store(team + 8 * FAILED, np.int64(1))
                    atomic.add(own, ticks_now() - began)
                atomic.add(state_at, np.int64(-1))
                break
            state = atomic.load(state_at)


# ---- leaders -----------------------------------------------------------------------


@kernel(inside=True)
def threads():
    """How many threads the next piece of work should be cut for."""
    team = memory()
    there = atomic.load(team + 8 * READY) + 1
    limit = atomic.load(team + 8 * LIMIT)
    now = atomic.load(team + 8 * NOW)
    if now < limit and ticks_now() >= atomic.load(team + 8 * UNTIL):
        now += 1
    return min(there, limit, now)


@kernel(inside=True)
def _draw_conclusions(team, began, finished, left):
    """From a piece of work that began, was finished by the leader, and left by all.

    The last of n threads is worth its core as long as less than 1 / n of the time is
    spent waiting; that is made a little less for two, and not less than a quarter,
    since the ends of tasks make some waiting too.
    """
    second = atomic.load(team + 8 * SECOND)
    span = atomic.load(team + 8 * SPAN) + left - began
    waited = atomic.load(team + 8 * WAITED) + left - finished
    rest = atomic.load(team + 8 * REST)
    if span >= second // (TRIAL if rest else WINDOW):
        used, now = atomic.load(team + 8 * WORKERS), atomic.load(team + 8 * NOW)
        if waited * min(5 * used, 16) <= 4 * span:
            atomic.store(team + 8 * NOW, max(now, used))
            rest = rest if used < atomic.load(team + 8 * LIMIT) else np.int64(0)
        elif used >= now:
            rest = min(max(2 * rest, second // SHORTEST), second // LONGEST)
            atomic.store(team + 8 * NOW, used - 1)
            atomic.store(team + 8 * UNTIL, left + rest)
        atomic.store(team + 8 * REST, rest)
        span = waited = np.int64(0)
    atomic.store(team + 8 * SPAN, span)
    atomic.store(team + 8 * WAITED, waited)


@kernel(inside=True)
def _report(team, elapsed, worked):
    """Count a piece of work that could be shared, and the leader's ticks in it."""
    atomic.add(team + 8 * SHARED, np.int64(1))
    atomic.add(team + 8 * ELAPSED, elapsed)
    atomic.add(team + 8 * WORKED, worked)


@kernel(inside=True)
def lead(entry, context, workers, count):
    """Do all tasks of a piece of work with up to `workers` threads; 0 if all went well.

    entry: address of a function (context, taken, worker, workers, count) -> status.
    workers: what `threads()` said; 0 for work too small to be shared.
    """
    if workers == 0:
        return _do(entry, context, _cell(), np.int64(0), np.int64(1), count)
    team = memory()
    began = ticks_now()
    if workers == 1 or not atomic.swap(team + 8 * LEADER, np.int64(0), np.int64(1)):
        failed = _do(entry, context, _cell(), np.int64(0), np.int64(1), count)
        spent = ticks_now() - began
        _report(team, spent, spent)
        return failed
    taken = team + 8 * ROWS
    for row in range((workers + 1) // 2):
        atomic.store(taken + 8 * LINE * row, np.int64(0))
    atomic.store(team + 8 * ENTRY, entry)
    atomic.store(team + 8 * CONTEXT, context)
    atomic.store(team + 8 * TAKEN, taken)
    atomic.store(team + 8 * WORKERS, workers)
    atomic.store(team + 8 * COUNT, count)
    atomic.store(team + 8 * FAILED, np.int64(0))
    state_at = team + 8 * STATE
    generation = atomic.load(state_at) // GENERATION + 1
    atomic.store(state_at, generation * GENERATION)
    if atomic.load(team + 8 * ASLEEP) > 0:
        _wake(team)
    failed = _do(entry, context, taken, np.int64(0), workers, count)
    finished = ticks_now()
    atomic.set_bits(state_at, np.int64(CLOSED))
    turns = atomic.load(team + 8 * MOMENT)
    while atomic.load(state_at) & (CLOSED - 1) != 0:
        _pause()
        turns -= 1
        if turns < 0:
            _let_others_run()
    left = ticks_now()
    failed |= atomic.load(team + 8 * FAILED)
    _draw_conclusions(team, began, finished, left)
    _report(team, left - began, finished - began)
    atomic.store(team + 8 * LEADER, np.int64(0))
    return failed


# ---- for `threads` -----------------------------------------------------------------


@kernel
def wait(turns):
    """Do nothing for so many turns of a waiting loop; the ticks that it took."""
    began = ticks_now()
    for _ in range(turns):
        _pause()
    return ticks_now() - began


@kernel
def wake_all():
    """Wake the members, as after `STOP` was written."""
    team = memory()
    atomic.add(team + 8 * STATE, np.int64(GENERATION))  # somebody may be inside
    _wake(team)
