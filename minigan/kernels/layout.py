"""How an instruction lies in memory: which column of its row holds what."""

WIDTH = 16  # int64 columns: opcode, kernel, parts, operands (all addresses), sizes
PARTS = 2  # column: how many rows, from this one on, run side by side
FIRST = 3  # column of the first operand
CONSTANTS = 4  # float64 columns: the primitive's Python floats


def layout(primitive):
    """operand or size name -> its column; float constants -> theirs."""
    columns, constants = {}, {}
    for operand in primitive.operands:
        if operand.kind in ("array", "rng"):
            columns[operand.name] = FIRST + len(columns)
        elif operand.kind == "float":
            constants[operand.name] = len(constants)
    for size in primitive.sizes:
        columns["size " + size] = FIRST + len(columns)
    assert FIRST + len(columns) <= WIDTH and len(constants) <= CONSTANTS, primitive.name
    return columns, constants
