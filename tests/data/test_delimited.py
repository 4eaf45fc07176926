"""Tables of text: the form is found out, and whatever is wrong has line and column."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan.data import delimited
from minigan.errors import ArgumentError, DatasetError, MiniganError


def read(tmp_path, text, columns=None, encoding="utf-8"):
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    names, values = delimited.read(path, "read", columns)
    return names, values.tolist()


AB, ROWS = ["a", "b"], [[1.0, 2.5], [3.0, 4.0]]
FORMS = {
    "comma": ("a,b\n1,2.5\n3,4\n", AB, ROWS),
    "no header": ("1,2.5\n3,4\n", None, ROWS),
    "no last line end": ("a,b\n1,2.5\n3,4", AB, ROWS),
    "blanks behind commas": ("a, b\n1, 2.5\n 3 , 4\n", AB, ROWS),
    "semicolon": ("a;b\n1;2.5\n3;4\n", AB, ROWS),
    "decimal comma": ("a;b\n1;2,5\n3;4\n", AB, ROWS),
    "decimal comma, tab": ("a\tb\n1\t2,5\n3\t4,0\n", AB, ROWS),
    "three decimals": ("a;b\n1,000;2,5\n3,000;4,000\n", AB, ROWS),
    "tab": ("a\tb\n1\t2.5\n3\t4\n", AB, ROWS),
    "bar": ("a|b\n1|2.5\n3|4\n", AB, ROWS),
    "blanks": ("a b\n 1  2.5\n3 4e0\n", AB, ROWS),
    "savetxt": ("# a b\n1.0e+00 2.5e+00\n3.0e+00 4.0e+00\n", AB, ROWS),
    "savetxt, commas": ("# a,b\n1.0,2.5\n3,4\n", AB, ROWS),
    "a quote in a comment": ('# size in "\n1,2.5\n3,4\n', None, ROWS),
    "comments": ("# made by me\na,b\n1,2.5\n# half\n3,4\n", AB, ROWS),
    "empty lines": ("\na,b\n\n1,2.5\n\n3,4\n\n", AB, ROWS),
    "Excel's hint": ("sep=;\na;b\n1;2.5\n3;4\n", AB, ROWS),
    "carriage returns": ("a,b\r\n1,2.5\r\n3,4\r\n", AB, ROWS),
    "those alone": ("a,b\r1,2.5\r3,4\r", AB, ROWS),
    "quoted": ('"a, ""1""",b\n"1","2.5"\n3,4\n', ['a, "1"', "b"], ROWS),
    "years": ("id,2019\n1,2.5\n3,4\n", ["id", "2019"], ROWS),
    "one column": ("a\n1\n2.5\n", ["a"], [[1.0], [2.5]]),
    "one, decimal comma": ("a\n1,0\n2,5\n", ["a"], [[1.0], [2.5]]),
    "one without header": ("1\n2.5\n", None, [[1.0], [2.5]]),
    "signs": ("a,b\n-1,+2\n.5,-1.e-3\n", AB, [[-1.0, 2.0], [0.5, -0.001]]),
    "no name of an index": (",b\n1,2.5\n3,4\n", ["", "b"], ROWS),
}


@pytest.mark.parametrize(("text", "names", "values"), FORMS.values(), ids=FORMS)
def test_forms(tmp_path, text, names, values):
    assert read(tmp_path, text) == (names, values)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path, encoding):
    text = "Größe (cm)\tb\r\n1\t2.5\r\n3\t4\r\n"
    assert read(tmp_path, text, encoding=encoding) == (["Größe (cm)", "b"], ROWS)


def test_columns_by_name(tmp_path):
    text = "name,a,city,b\nAnna,1,Paris,2.5\nBert,3,,4\n"
    assert read(tmp_path, text, ["a", "b"]) == (AB, ROWS)
    assert read(tmp_path, text, ["b"]) == (["b"], [[2.5], [4.0]])
    assert read(tmp_path, "1,2,3\n4,5,6\n", ["x2"]) == (["x2"], [[3.0], [6.0]])
    for wanted, words in (
        (["c"], "some of the columns 'name', 'a', 'city', 'b', each .*got 'c'"),
        (["a", "A"], "got 'A'"),
    ):
        with pytest.raises(ArgumentError, match=f"read: argument 'columns': .*{words}"):
            read(tmp_path, text, wanted)
    with pytest.raises(ArgumentError, match="2 columns of the name 'a'"):
        read(tmp_path, "a,a\n1,2\n", ["a"])


WRONG = {
    "text": ("a,b\n1,2\n3,x\n", "line 3, column 'b': expected a number, found 'x'"),
    "missing": ("a,b\n1,2\n3,\n", "line 3, column 'b': .* found an empty field"),
    "not known": ("a,b\n1,NA\n", "line 2, column 'b': .* found 'NA'"),
    "not a number": (
        "1,2\n3,nan\n",
        "line 2, column 2: expected a number, found 'nan'",
    ),
    "in the first line": ("1.0,nan,3\n1,2,3\n", "line 1, column 2: .*'nan'"),
    "infinite": ("a,b\n1,inf\n", "column 'b': expected a number, found 'inf'"),
    "too large": ("a,b\n1,1e999\n", "column 'b': expected a number, found '1e999'"),
    "underscores": ("a,b\n1,1_000\n", "expected a number, found '1_000'"),
    "thousands": ('a,b\n1,"1,000"\n', "expected a number, found '1,000'"),
    "thousands, tab": ("a\tb\n1\t1,000\n", "column 'b': .* found '1,000'"),
    "a field less": ("a,b\n1,2\n\n3\n", "line 4: expected 2 fields, found 1"),
    "a field more": ("a,b\n1,2\n3,4,5\n", "line 3: expected 2 fields, found 3"),
    "below a hint": ("sep=;\na;b\n1;x\n", "line 3, column 'b'"),
    "a quote": ('a,b\n1,2\n3,"4\n', "behind line 2: expected fields .* broken ones"),
    "a header alone": ("a,b\n", "expected rows of numbers, found a header alone"),
    "nothing": ("", "expected a table of text .*, found an empty file"),
    "empty lines": ("\n\n", "expected a table of numbers, found no line with any"),
    "a page": ("<html>", "found an HTML or XML page"),
    "a pointer": ("version https://git-lfs", "found a Git LFS pointer"),
    "zeros": (b"1,2\0", "found the bytes 31 2c 32 00"),
    "half a letter": ("a\n1\n".encode("utf-16")[:-1], "expected text in utf-16, found"),
    "columns": (",".join(["1"] * 10_001), "at most 10,000 columns, found 10,001"),
    "a long text": ("a,b\n1," + "x" * 10_000, "found 'xxx.*xxx'"),
}


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_place(tmp_path, text, words):
    with pytest.raises(DatasetError, match=words) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "t.csv"))
    assert len(message) < len(str(tmp_path)) + 300 and "\n" not in message


def test_numbers_come_back_to_the_bit(tmp_path):
    values = np.random.default_rng(0).normal(size=(40, 3)) * [1e-300, 1, 1e300]
    for delimiter in ",;\t ":
        np.savetxt(tmp_path / "x", values, "%.17g", delimiter)
        names, found = delimited.read(tmp_path / "x", "read")
        assert names is None
        np.testing.assert_array_equal(found, values)


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=80) | st.text("19.,;\t \n\r\"'#e-axé", max_size=60))
def test_any_content_is_a_table_or_an_error_of_ours(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        _, values = delimited.read(path, "read")
    except MiniganError:
        return
    assert values.ndim == 2 and values.size and np.isfinite(values).all()
