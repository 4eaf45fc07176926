"""How threads share work: tasks in rows, taken from both ends.

Cutting the work in equal halves would wait for the slower core, and on a machine that
others use too, one core is often slower.  So there are more tasks than threads, and
who is ready takes the next.  Two threads share a row of tasks: one starts at its front
and one at its back, until they meet.  Thus each works on neighbours in memory, and
no cache line goes back and forth between them.  More threads have a row for each two;
who finds nothing left in his row goes on in the next.

    @kernel(inside=True)
    def some_blocks(share, x, y):
        task = next_task(share)
        while task >= 0:
            ...
            task = next_task(share)

    share_out(some_blocks, threads(), count, (x, y))

Which thread does a task never changes a bit of its result.  Without `np.int64` around
the numbers Numba would compile what they are handed to for several types of integers.
"""

import numpy as np

from .compiling import JIT_DISABLED, kernel

if JIT_DISABLED:

    def threads():
        """One: a loop of Python."""
        return 1

    def share_out(function, workers, count, arguments):
        """Call `function(share, *arguments)`, which does `count` tasks."""
        function((np.zeros(1, np.int64), 0, 1, count), *arguments)

    def _count(taken, row, amount):
        """taken[row], and then `amount` more."""
        taken[row] += amount
        return taken[row] - amount
else:
    from llvmlite import ir
    from numba import typeof, types
    from numba.core.cgutils import alloca_once
    from numba.extending import intrinsic

    from . import atomic
    from .team import LINE, lead
    from .team import threads as threads

    _I32, _I64 = ir.IntType(32), ir.IntType(64)

    @kernel(inside=True)
    def _count(taken, row, amount):
        """What stands in the row, and then `amount` more; no two get the same."""
        return atomic.add(taken + 8 * LINE * row, amount)

    @intrinsic
    def share_out(typing_context, function, workers, count, arguments):
        """Do `count` tasks with up to `workers` threads, this one among them.

        function: a kernel (share, *arguments) that does tasks until none is left, see
        the module.  It is called by each thread that comes, once.
        Errors: MemoryError where it found no memory.
        """
        share = types.UniTuple(types.int64, 4)
        work = function.get_call_type(typing_context, (share, *arguments), {})
        leading = typeof(lead)
        call = leading.get_call_type(typing_context, (types.int64,) * 4, {})

        def build(context, builder, signature, values):
            packed = values[3]  # a structure of the arguments, on the stack
            place = alloca_once(builder, packed.type)
            builder.store(packed, place)
            entry = _entry(context, builder, function, work, packed.type)
            numbers = [builder.ptrtoint(a, _I64) for a in (entry, place)]
            sizes = [
                context.cast(builder, value, kind, types.int64)
                for value, kind in zip(values[1:3], signature.args[1:3], strict=True)
            ]
            run = context.get_function(leading, call)
            context.add_linking_libs(run.libs)
            failed = run(builder, [*numbers, *sizes])
            with builder.if_then(builder.icmp_signed("!=", failed, _I64(0))):
                told = ("a kernel found no memory for its scratch",)
                context.call_conv.return_user_exc(builder, MemoryError, told)
            return context.get_dummy_value()

        return types.void(function, workers, count, arguments), build

    def _entry(context, builder, function, work, packed):
        """LLVM's function (context, taken, worker, workers, count) -> status.

        work: signature of the kernel.  packed: type of the structure of its arguments.
        """
        compiled = function.dispatcher.get_compile_result(work)
        context.add_linking_libs([compiled.library])
        name = f"share.{compiled.fndesc.mangled_name}"
        known = builder.module.globals.get(name)
        if known is not None:
            return known
        kind = ir.FunctionType(_I32, [_I64] * 5)
        entry = ir.Function(builder.module, kind, name)
        entry.linkage = "linkonce_odr"
        inside = ir.IRBuilder(entry.append_basic_block())
        place = inside.inttoptr(entry.args[0], packed.as_pointer())
        given = inside.load(place)
        operands = [inside.extract_value(given, k) for k in range(len(packed.elements))]
        numbers = ir.Constant(ir.ArrayType(_I64, 4), ir.Undefined)
        for k, number in enumerate(entry.args[1:]):
            numbers = inside.insert_value(numbers, number, k)
        target = context.declare_function(builder.module, compiled.fndesc)
        status, _ = context.call_conv.call_function(
            inside, target, work.return_type, work.args, [numbers, *operands]
        )
        inside.ret(status.code)
        return entry


_BACK = np.int64(1 << 32)  # the upper half of a row's number counts what its back gave


@kernel(inside=True)
def next_task(share):
    """The next task for a worker; -1: none is left.

    share: (where the rows are counted, worker, workers, number of tasks)
    """
    taken, worker, workers, count = share
    rows = (workers + 1) // 2
    for turn in range(rows):
        row = (worker // 2 + turn) % rows
        first = 2 * row * count // workers
        end = min(2 * row + 2, workers) * count // workers
        at_front = turn == 0 and worker % 2 == 0
        got = _count(taken, row, np.int64(1) if at_front else _BACK)
        front, back = got % _BACK, got // _BACK
        if front + back < end - first:
            return first + front if at_front else end - 1 - back
    return np.int64(-1)
