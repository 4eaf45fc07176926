"""Formulas as the pages write them, in plain text, as MathML.

    dW[d, m] = sum over n of  x[n, d] dy[n, m]
    rstd = (var + epsilon)^(-1/2)

The pages are read as text in an editor and typeset on the site; there is one source.
"""

import re
from html import escape

GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon theta lambda mu pi rho sigma phi".split(),
        "αβγδεθλμπρσφ",
        strict=True,
    )
)
OPERATORS = {
    "->": "→", "<-": "←", "<=": "≤", ">=": "≥", "!=": "≠", "-": "−", "@": "",
    "+=": "+=", "-=": "−=", "~": "∼",
}  # fmt: skip
TOKEN = re.compile(
    r"(?P<gap>\s{2,})|(?P<space>\s)|(?P<sum>sum over (?P<over>\w+(?: [<≤] \w+)?) of)"
    r"|(?P<number>\d[\d,]*\.?\d*(?:e-?\d+)?)|(?P<word>[A-Za-z∂δ∑Δ][A-Za-z0-9]*)"
    r"|(?P<operator>->|<-|<=|>=|!=|\+=|-=|.)"
)
CODE = re.compile(r"[\"'`{}$#;|\\]|--|\.\.\.\.|==|\*\*|::|\w\.\w|─|│|^\s*[-+]-")


def is_formula(block):
    """Whether an indented block is formulas, not code, a drawing or output."""
    lines = [line for line in block.splitlines() if line.strip()]
    return all(
        not CODE.search(line) and re.search(r"[A-Za-z]", line) for line in lines
    ) and any(re.search(r"\S [=~<>] ", line) for line in lines)


def mathml(block):
    """A block of formulas: a row for each line."""
    rows = []
    for line in block.splitlines():
        if line.strip():
            indent = (len(line) - len(line.lstrip())) / 2
            space = f'<mspace width="{indent:g}em"/>' if indent else ""
            rows.append(f"<mtr><mtd>{space}{row(line.strip())}</mtd></mtr>")
        else:
            rows.append('<mtr><mtd><mspace height="0.6em"/></mtd></mtr>')
    return (
        '<math display="block" class="formula"><mtable columnalign="left">'
        + "".join(rows)
        + "</mtable></math>"
    )


def row(text):
    """One line."""
    return "".join(Line(text).read(""))


class Line:
    """Reads the tokens of a line, one after the other."""

    def __init__(self, text):
        self.tokens = [m for m in TOKEN.finditer(text) if m.group()]
        self.at = 0

    def peek(self):
        return self.tokens[self.at].group() if self.at < len(self.tokens) else ""

    def read(self, closing):
        """MathML of what follows, up to the closing bracket, which is taken."""
        found = []
        while self.at < len(self.tokens):
            if closing and self.peek() == closing:
                self.at += 1
                return found
            found.append(self.item())
        return found

    def item(self):
        """One token, with the indices and powers behind it."""
        token = self.tokens[self.at]
        self.at += 1
        text, kind = token.group(), token.lastgroup
        if token["over"]:
            return f"<munder><mo>∑</mo><mrow>{row(token['over'])}</mrow></munder>"
        if kind == "gap":
            return '<mspace width="1.8em"/>'
        if kind == "space":
            return '<mspace width="0.25em"/>'
        if kind == "number":
            return self.scripted(f"<mn>{text}</mn>")
        if kind == "word":
            if text == "sqrt" and self.peek() == "(":
                self.at += 1
                return f"<msqrt>{''.join(self.read(')'))}</msqrt>"
            return self.scripted(word(text))
        if text in "([":
            close = {"(": ")", "[": "]"}[text]
            inner = "".join(self.read(close))
            return self.scripted(
                f'<mrow><mo stretchy="false">{text}</mo>{inner}'
                f'<mo stretchy="false">{close}</mo></mrow>'
            )
        shown = escape(OPERATORS.get(text, text))
        return f"<mo>{shown}</mo>" if shown else ""

    def scripted(self, base):
        """A base with _index, [index] and ^power, where they follow."""
        below = above = ""
        while self.peek() in ("_", "[", "^"):
            mark = self.peek()
            if mark != "^" and below:
                break
            self.at += 1
            if mark == "[":
                below = "".join(self.read("]"))
            elif mark == "_":
                below = self.script()
            else:
                above = self.script()
        if below and above:
            return f"<msubsup>{base}<mrow>{below}</mrow><mrow>{above}</mrow></msubsup>"
        if below:
            return f"<msub>{base}<mrow>{below}</mrow></msub>"
        return f"<msup>{base}<mrow>{above}</mrow></msup>" if above else base

    def script(self):
        """An index or a power: one token, or what stands in brackets."""
        text = self.peek()
        if text == "(":
            self.at += 1
            return "".join(self.read(")"))
        if text == "-":
            self.at += 1
            return f"<mo>−</mo>{self.script()}"
        self.at += 1
        return f"<mn>{text}</mn>" if text[:1].isdigit() else word(text)


def word(text):
    """A name: one letter and Greek ones slanted, others upright, hats as hats."""
    if text == "sum":
        return "<mo>∑</mo>"
    if text in GREEK:
        return f"<mi>{GREEK[text]}</mi>"
    if text.endswith("hat") and len(text) > 3:
        return f'<mover accent="true">{word(text[:-3])}<mo>^</mo></mover>'
    if len(text) == 1:
        return f"<mi>{text}</mi>"
    if text[0] in "d∂δ" and (len(text) == 2 or text[1:] in GREEK):
        return f'<mrow><mi mathvariant="normal">{text[0]}</mi>{word(text[1:])}</mrow>'
    return f"<mtext>{text}</mtext>"


def typeset(page):
    """A page of Markdown with its blocks of formulas as raw HTML."""
    out, lines, at, fenced = [], page.split("\n"), 0, False
    while at < len(lines):
        line = lines[at]
        if line.startswith("```"):
            fenced = not fenced
        begins = not fenced and line.startswith("    ") and (not out or not out[-1])
        if not begins:
            out.append(line)
            at += 1
            continue
        end = at
        while end < len(lines) and (lines[end].startswith("    ") or not lines[end]):
            end += 1
        while not lines[end - 1]:
            end -= 1
        block = "\n".join(line[4:] for line in lines[at:end])
        if is_formula(block) and not in_a_list(out):
            out += ["```{raw} html", mathml(block), "```"]
        else:
            out += lines[at:end]
        at = end
    return "\n".join(out)


def in_a_list(before):
    """Whether what stands before a block is an item of a list."""
    text = [line for line in before if line]
    return bool(text) and bool(re.match(r"\s*(?:[-*]|\d+\.) |   ?\S", text[-1]))
