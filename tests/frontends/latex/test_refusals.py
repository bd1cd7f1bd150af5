"""What cannot be read is refused with its place, what is wrong, and the choices."""

from dataclasses import replace

import pytest

from symprop.errors import FormulaError
from symprop.frontends import ShapeError
from tests.frontends.latex.reading import names, read, reader

REFUSED: list[tuple[str, str]] = [
    (
        r"u w",
        r"column 3: the product: these are two vectors side by side; it is not clear which product is meant: "
        r"x^\top y for a number, x y^\top for a matrix, x \odot y for a vector",
    ),
    (
        r"G \times P",
        r"column 3: it is not clear which product \times is. Write \odot for entry by entry, or A B for the "
        r"product of matrices.",
    ),
    (
        r"G * P",
        r"column 3: it is not clear which product * is. Write \odot for entry by entry, or A B for the "
        r"product of matrices.",
    ),
    (
        r"M^2",
        r"column 1: it is not clear whether this is a power of the matrix or of its entries. Write ^{\odot "
        r"2}, or 1 \oslash A, for the entries.",
    ),
    (
        r"M^{-1}",
        r"column 1: it is not clear whether this is a power of the matrix or of its entries. Write ^{\odot "
        r"2}, or 1 \oslash A, for the entries.",
    ),
    (r"1^\top u", r"column 1: a number has no transpose; expected a name. Write \mathbf 1 for ones."),
    (
        r"2^c^2",
        r"column 4: it is not clear what a second exponent belongs to; expected braces. Write {a^b}^c.",
    ),
    (
        r"W^{[9]}",
        r"column 1: nothing is known by the name 'W^{[9]}'. Did you mean W, W1, W2 or W_fc?",
    ),
    (r"q", r"column 1: nothing is known by the name 'q'. Define it in a line above, or name it as the network does."),
    (r"X_{ij}", r"column 4: index i is neither on the left nor under a sum. Write \sum_{i} where it is summed over."),
    (
        r"\sum_k v_n",
        r"column 10: index n is neither on the left nor under a sum. Write \sum_{n} where it is summed over.",
    ),
    (
        r"\sum_{i=2}^{4} u_i",
        r"column 7: it is not clear whether indices count from 0 or from 1, on which this depends. Say so in the "
        r"document: % symprop: first_index: 0",
    ),
    (
        r"\sum_{i < c} u_i",
        r"column 9: a condition below a sum is about letters, k \ne i or s \le t",
    ),
    (r"\sum_{i=c}^4 u_i", r"column 9: a sum begins at a whole number, a letter, or a sum of these"),
    (r"\sum_{i \in I} u_i", r"column 9: '\in' cannot stand below a sum; expected letters, i=1, k \ne i or s \le t"),
    (
        r"\begin{cases} u & c > 0 \\ w & c < 0 \end{cases}",
        r"column 1: it is not clear what holds where no condition does. Write \text{otherwise} for the last case.",
    ),
    (r"\sum u", r"column 1: it is not clear what the sum runs over. Write \sum_{i}."),
    (
        r"\prod_i u_i",
        r"column 1: command '\prod' cannot be read in a formula. Write it out, or "
        r"define it above by \newcommand.",
    ),
    (
        r"\sum_{i} X_{ni}",
        r"column 13: index n is neither on the left nor under a sum. Write \sum_{n} where it is summed over.",
    ),
    (
        r"\delta_{ij}",
        r"column 9: index i is neither on the left nor under a sum. Write \sum_{i} where it is summed over.",
    ),
    (r"u_i w_j", r"column 3: index i is neither on the left nor under a sum. Write \sum_{i} where it is summed over."),
    (
        r"\foo X",
        r"column 1: command '\foo' cannot be read in a formula. Write it out, or "
        r"define it above by \newcommand.",
    ),
    (
        r"\newcommand{\R}{R}",
        r"column 1: command '\newcommand' cannot be read in a formula. A definition of this form is not "
        r"read; expected \newcommand{\name}[1]{...}.",
    ),
    (
        r"a / b c",
        r"column 7: it is not clear what stands below the stroke; expected brackets. Write \frac{a}{b} c, or "
        r"a/(b c).",
    ),
    (
        r"1/N X",
        r"column 5: it is not clear what stands below the stroke; expected brackets. Write \frac{a}{b} c, or "
        r"a/(b c).",
    ),
    (r"2 3", r"column 3: two numbers stand side by side. Write \cdot between them."),
    (r"X W)", r"column 4: ')' cannot be read here"),
    (r"(X W", r"column 5: a bracket is not closed; expected ')', got the end of the formula"),
    (r"\frac{X}{", r"column 10: the formula ends too early; expected an expression"),
    (r"\log P G", r"column 8: it is not clear where the argument of log ends; expected brackets. Write log(...)."),
    (r"\sigma(Z", r"column 9: the arguments of sigma are not closed; expected ')', got the end of the formula"),
    (
        r"\frac{\partial P}{\partial Z}",
        r"column 16: this is no derivative of the loss; expected L, which documents also call J, E, C or "
        r"\ell. Other derivatives are not read; write out what they are, or comment the line out.",
    ),
    (r"\partial Z", r"column 1: \partial stands alone; expected \frac{\partial L}{\partial W}"),
    (r"\nabla L", r"column 1: it is not clear what \nabla is taken by. Write \nabla_{W} L."),
    (
        r"\tanh^{-1}(Z)",
        r"column 8: it is not clear whether this is the inverse function or one over it. Write \frac{1}{...}.",
    ),
    (r"f'(Z)", r"column 1: it is not clear what f is; the network has no function"),
    (r"g(Z)", r"column 1: it is not clear what g is; the network has no function"),
    (
        r"\begin{cases} Z & Z > 0 \end{cases}",
        r"column 1: it is not clear what holds where no condition does. Write \text{otherwise} for the last "
        r"case.",
    ),
    (
        r"\begin{array} 1 \end{array}",
        r"column 1: environment 'array' cannot be read in a formula; expected cases or bmatrix",
    ),
    (
        r"|u|",
        r"column 1: it is not clear whether |x| is the norm of a vector or its entries. Write \|x\| for the "
        r"norm, or |x_i| for entries.",
    ),
    (r"u_1", r"column 1: nothing is known by the name 'u_1'. Did you mean u?"),
    (r"G / m", r"column 5: nothing is known by the name 'm'. The number of examples is N."),
    (r"x^{[0][1]}", r"column 7: a second label stands here; expected the letter of an example, as in z^{[2](i)}"),
    (
        r"W_{i:}",
        r"column 5: ':' cannot stand in a subscript; expected indices or the name of a layer. A row or a "
        r"column is written with an index, W_{ij}.",
    ),
    (r"\hat{W_2}", r"column 1: nothing is known by the name '\hat{W_2}'. Did you mean y_hat?"),
    (r"X^{100}", r"column 1: exponent 100 is too large; expected at most 64"),
    (r"1/0", r"column 3: a division by zero stands here"),
    (r"\mathbf 1", r"column 1: the length of \mathbf 1 or I does not follow from this formula"),
    (
        r"X \quad W",
        r"column 9: 'W' stands behind \quad; expected an operator or the end of the formula. Give every "
        r"equation a line of its own.",
    ),
    (
        r"W_j",
        r"column 1: it is not clear which axes of shape (4, 3) the indices of 'W_j' are on. Write all its "
        r"indices.",
    ),
    (
        r"\mathrm{sofmax}(Z)",
        r"column 1: nothing is known by the name '\mathrm{sofmax}'. Define it in a line above, or name it as "
        r"the network does.",
    ),
    (
        r"\int Z",
        r"column 1: command '\int' cannot be read in a formula. Write it out, or "
        r"define it above by \newcommand.",
    ),
    (r"x^y^z", r"column 4: it is not clear what a second exponent belongs to; expected braces. Write {a^b}^c."),
    (r"X é", r"column 3: character U+00E9 cannot stand in a formula; expected plain ASCII"),
    (r"P - y_n", r"column 7: index n is neither on the left nor under a sum. Write \sum_{n} where it is summed over."),
    (
        r"\softmax(Z)",
        r"column 1: command '\softmax' cannot be read in a formula. Write it out, or "
        r"define it above by \newcommand.",
    ),
    (r"\mathrm{sigmoid}", r"column 17: sigmoid needs an argument. Write sigmoid(z)."),
    (
        r"W_2^{[1]}",
        r"column 1: it is not clear which axes of shape (4, 3) the indices of 'W_2^{[1]}' are on. Write all "
        r"its indices.",
    ),
    (r"\lambda_2 W", r"column 1: nothing is known by the name '\lambda_2'. Did you mean lambda?"),
    (
        r"dW_1",
        r"column 2: dW1 is read before it is given. Write the line for dW1 above this one, or name it under given: "
        "to take the true one.",
    ),
    (r"H_{i}", r"column 4: index i is neither on the left nor under a sum. Write \sum_{i} where it is summed over."),
    (
        r"\text{the gradient}",
        r"column 1: nothing is known by the name '\text{the'. Define it in a line above, or name it as the "
        r"network does.",
    ),
    (r"X = W", r"column 5: one expression is expected, without ="),
    (r"\max(0, Z, 1)", r"column 1: max takes 2 arguments, got 3"),
    (
        r"\arg\max_k P",
        r"column 1: command '\arg' cannot be read in a formula. Write it out, or "
        r"define it above by \newcommand.",
    ),
    (
        r"[y = 1]",
        r"column 4: labels and indices are not compared with numbers; texts count them from 0 or 1. Write "
        r"[y_n = k] with an index k, or y_{nk} for the entries of one-hot rows.",
    ),
]

COUNTED = "it is not clear whether indices count from 0 or from 1, on which this depends. Say so in the document: "
COUNTED += "% symprop: first_index: 0"

UNFIT: list[tuple[str, str]] = [
    (
        r"X G",
        r"column 3: the product: shapes (N, 4) and (N, 3) do not fit: 4 columns on the left meet N rows on "
        r"the right. X (N, 4) is of the network; G (N, 3) is of the network.",
    ),
    (
        r"P G",
        r"column 3: the product: shapes (N, 3) and (N, 3) do not fit as matrices; entry by entry, the product "
        r"is written \odot. P (N, 3) is of the network; G (N, 3) is of the network.",
    ),
    (
        r"t + b^\top",
        r"column 3: the sum: shapes (N, 1) and (1, 3) are a column and a row. t (N, 1) is of the network; b "
        r"(3,) is of the network.",
    ),
    (
        r"X + G",
        r"column 3: the sum: shapes (N, 4) and (N, 3) do not broadcast. X (N, 4) is of the network; G (N, 3) "
        r"is of the network.",
    ),
    (r"\sum_{i=1}^{N} u_i", r"column 7: i runs over 4 entries, and the sum ends at N. u (4,) is of the network."),
    (
        r"\operatorname{tr}(X)",
        r"column 1: the trace: (N, 4) has a trace, which takes a square matrix; got shape (N, 4). X (N, 4) is "
        r"of the network.",
    ),
    (
        r"\operatorname{diag}(H)",
        r"column 1: diag takes a vector or a square matrix; got shape (N, 6, 2). H (N, 6, 2) is of the "
        r"network.",
    ),
    (
        r"1 - \delta_{fc} + Z",
        r"column 17: the sum: shapes (N, 2) and (N, 3) do not broadcast. dZ_fc (N, 2) is of the network; Z "
        r"(N, 3) is of the network.",
    ),
]

LINES: list[tuple[str, str]] = [
    (r"S_j = \sum_i u_{j+i} w_i", f"column 17: {COUNTED}"),
    (
        r"S_j = u_{j+i} \sum_i w_i",
        r"column 12: index i is neither on the left nor under a sum. Write \sum_{i} where it is summed over.",
    ),
    (r"S_{nj} = [j = 2] P_{nj}", f"column 13: {COUNTED}"),
    (r"S_{i+j} = u_i", "column 4: an index on the left is a letter alone"),
    (r"S_j = \sum_i u_{j+} w_i", "column 19: '}' cannot stand in the sum of an index"),
    (r"S_j = \sum_i u_{j+1.5} w_i", "column 17: an index is moved by a whole number of at most 64"),
    (r"S_j = \sum_i M_{i,2j+i^2}", "column 22: 'i^2' is no index and no integer tensor"),
    (
        r"S = \begin{bmatrix} c & c \end{bmatrix}",
        "column 5: the parts of a block matrix are whole arrays; numbers and entries cannot stand here",
    ),
    (
        r"S = \begin{tabular} c \end{tabular}",
        "column 5: environment 'tabular' cannot be read in a formula; expected cases or bmatrix",
    ),
    (
        r"\bar{Z} = G",
        r"column 1: '\bar{Z}' may be an adjoint or a mean. Write \mathrm{d}Z for the adjoint, or choose "
        r"another letter.",
    ),
    (
        r"2 X = G",
        r"column 3: this left side cannot be read; expected a gradient of L, an adjoint, a tensor of the "
        r"network or a name",
    ),
    (r"X", r"column 1: nothing is claimed here; expected left side = right side"),
    (r"N = 3", r"column 1: 'N' has a meaning of its own. Choose another name."),
    (
        r"\frac{\partial L}{\partial Q} = G",
        r"column 28: nothing is known by the name 'Q'. Define it in a line above, or name it as the network "
        r"does.",
    ),
    (
        r"W_{i+1} = u",
        r"column 1: W is given, and cannot be claimed; expected its gradient or a computed value. Write "
        r"\frac{\partial L}{\partial W} for the gradient.",
    ),
    (r"S_{ii} = M_{ii}", r"column 5: index i stands twice on the left"),
    (r"S_i = c", r"column 3: it is not clear what i runs over; the right side does not read it"),
    (
        r"\frac{\partial L}{\partial W} = X \delta",
        r"column 35: nothing is known by the name '\delta'. Define it in a line above, or name it as the "
        r"network does.",
    ),
    (
        r"\frac{\partial a}{\partial z} = 1",
        r"column 16: this is no derivative of the loss; expected L, which documents also call J, E, C or "
        r"\ell. Other derivatives are not read; write out what they are, or comment the line out.",
    ),
    (r"W^2 = M", r"column 1: 'W^2' may be W or W2 or a power. Name it another way."),
    (
        r"f'(Z) = 1",
        r"column 1: this left side cannot be read; expected a gradient of L, an adjoint, a tensor of the "
        r"network or a name",
    ),
    (
        r"\sigma(z) = 1",
        r"column 1: this left side cannot be read; expected a gradient of L, an adjoint, a tensor of the "
        r"network or a name",
    ),
    (
        r"\frac{\partial L}{\partial W_j} = \sum_n X_n",
        r"column 1: it is not clear which axes of shape (4, 3) the indices of '\frac{\partial L}{\partial "
        r"W_j}' are on. Write all its indices.",
    ),
    (
        r"\frac{\partial L_i}{\partial W} = X",
        r"column 16: this is no derivative of the loss; expected L, which documents also call J, E, C or "
        r"\ell. Other derivatives are not read; write out what they are, or comment the line out.",
    ),
]

COUNTING: list[tuple[int, str, str]] = [
    (0, r"\sum_{i=1}^{4} u_i", "column 7: i runs over 4 entries counted from 0, and the sum ends at 4"),
    (1, r"\sum_{i=2}^{5} u_i", "column 7: i runs over 4 entries, and the sum ends at 5"),
    (1, r"\sum_{i=0}^{3} u_i", "column 7: the sum begins at 0, and the document counts from 1"),
]

UNFIT_LINES: list[tuple[str, str]] = [
    (
        r"\frac{\partial L}{\partial W_{ij}} = \sum_n X_{nj} \delta_{ni}",
        r"column 49: index j runs over 3 entries in '\frac{\partial L}{\partial W_{ij}}' and over 4 in "
        r"'X_{nj}'. X (N, 4) is of the network.",
    ),
]


@pytest.mark.parametrize(("first", "text", "message"), COUNTING, ids=[text for _, text, _ in COUNTING])
def test_a_sum_beyond_its_axis_is_refused(first: int, text: str, message: str) -> None:
    with pytest.raises(FormulaError) as caught:
        reader(text, replace(names(), first=first)).expression("value")
    assert str(caught.value).startswith(f"hand.tex: {message}")


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text for text, _ in REFUSED])
def test_a_formula_is_refused_with_a_whole_sentence(text: str, message: str) -> None:
    with pytest.raises(FormulaError) as caught:
        read(text)
    assert str(caught.value) == f"hand.tex: {message}" and not isinstance(caught.value, ShapeError)


@pytest.mark.parametrize(("text", "message"), UNFIT, ids=[text for text, _ in UNFIT])
def test_shapes_that_do_not_fit_are_told_apart(text: str, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        read(text)
    assert str(caught.value) == f"hand.tex: {message}"


@pytest.mark.parametrize(("text", "message"), [*LINES, *UNFIT_LINES], ids=[text for text, _ in [*LINES, *UNFIT_LINES]])
def test_a_line_is_refused_with_a_whole_sentence(text: str, message: str) -> None:
    with pytest.raises(FormulaError) as caught:
        reader(text).program()
    assert str(caught.value) == f"hand.tex: {message}"
    assert isinstance(caught.value, ShapeError) == ((text, message) in UNFIT_LINES)
