"""The equation of L: what is introduced, what is divided by, penalties and several terms."""

import pytest

from symprop.language import Network
from symprop.library import LOSSES
from symprop.network import Sketch


def lines(network: Network) -> list[str]:
    return list(map(str, network.equations))


def real(units: int = 2) -> Sketch:
    return Sketch("loss").input("x", 3).target("y", units).layer("dense", units=units, id="out")


def labelled(*shape: int) -> Sketch:
    return Sketch("loss").input("x", *shape, 3).target("y", *shape, classes=4).layer("dense", units=4, id="out")


P = "P_loss[n,c] = exp(Z_out[n,c])/sum[k](exp(Z_out[n,k]))"
Y = "Y[n,c] = [y[n] == c]"
BINARY = "L = -sum[n,j](y[n,j]*log(A_loss[n,j]) + (1 - y[n,j])*log(1 - A_loss[n,j]))/(2*N)"
ENTRY = {
    "mse": "L = sum[n,j]((Z_out[n,j] - y[n,j])**2)/(2*N)",
    "mae": "L = sum[n,j](abs(Z_out[n,j] - y[n,j]))/(2*N)",
    "huber": "L = sum[n,j](where(abs(Z_out[n,j] - y[n,j]) <= 1, (Z_out[n,j] - y[n,j])**2/2, "
    "abs(Z_out[n,j] - y[n,j]) - 0.5))/(2*N)",
    "log_cosh": "L = sum[n,j](log((exp(Z_out[n,j] - y[n,j]) + exp(y[n,j] - Z_out[n,j]))/2))/(2*N)",
    "hinge": "L = sum[n,j](max(0, 1 - y[n,j]*Z_out[n,j]))/(2*N)",
    "squared_hinge": "L = sum[n,j](max(0, 1 - y[n,j]*Z_out[n,j])**2)/(2*N)",
    "poisson": "L = sum[n,j](exp(Z_out[n,j]) - y[n,j]*Z_out[n,j])/(2*N)",
    "binary_cross_entropy": "L = -sum[n,j](y[n,j]*log(A_out[n,j]) + (1 - y[n,j])*log(1 - A_out[n,j]))/(2*N)",
    "binary_cross_entropy_with_logits": BINARY,
    "bce_with_logits": BINARY,
    "cross_entropy": "L = -sum[n,c](y[n,c]*log(A_out[n,c]))/N",
    "softmax_cross_entropy": "L = -sum[n,c](y[n,c]*log(P_loss[n,c]))/N",
    "nll": "L = -sum[n,c](y[n,c]*A_out[n,c])/N",
    "kl_divergence": "L = sum[n,c](where(y[n,c] > 0, y[n,c]*log(y[n,c]), 0) - y[n,c]*log(A_out[n,c]))/N",
}
ENTRY["binary_focal"] = (
    "L = -sum[n,j](y[n,j]*(1 - A_loss[n,j])**2*log(A_loss[n,j])/4 + 0.75*(1 - y[n,j])*A_loss[n,j]**2"
    "*log(1 - A_loss[n,j]))/(2*N)"
)
ENTRY["softmax_focal"] = "L = -sum[n,c](y[n,c]*(1 - P_loss[n,c])**2*log(P_loss[n,c]))/N"
COMPARED = [name for name, entry in LOSSES.items() if not entry.args]
ACTIVATION = {
    "binary_cross_entropy": "sigmoid",
    "cross_entropy": "softmax",
    "nll": "log_softmax",
    "kl_divergence": "softmax",
}


@pytest.mark.parametrize("name", COMPARED)
def test_the_equation_of_a_loss(name):
    sketch = (
        Sketch("loss").input("x", 3).target("y", 2).layer("dense", units=2, id="out", activation=ACTIVATION.get(name))
    )
    network = sketch.loss(name).build()
    assert lines(network)[-1] == ENTRY[name]
    assert network.outputs == ("A_out" if name in ACTIVATION else "Z_out",)
    assert network.tensors["L"].role == "loss"
    assert network.notes[0] == (
        "The loss is the mean over N rows." if LOSSES[name].per == "rows" else "The loss is the mean over N*2 entries."
    )


@pytest.mark.parametrize("name", COMPARED)
def test_a_sum_is_not_divided(name):
    sketch = (
        Sketch("loss").input("x", 3).target("y", 2).layer("dense", units=2, id="out", activation=ACTIVATION.get(name))
    )
    network = sketch.loss(name, reduce="sum").build()
    assert lines(network)[-1] == ENTRY[name].removesuffix("/(2*N)").removesuffix("/N")
    assert network.notes[0] == "The loss is the sum over all entries, not divided by their number."


def test_a_loss_on_logits_introduces_their_sigmoid():
    network = real().loss("bce_with_logits").build()
    assert lines(network)[1] == "A_loss[n,j] = sigmoid(Z_out[n,j])"
    assert (network.tensors["A_loss"].low, network.tensors["A_loss"].top) == (0, 1)
    assert list(network.functions) == ["sigmoid"]


def test_labels_become_one_hot_rows():
    network = labelled().loss("softmax_cross_entropy").build()
    assert lines(network)[1:] == [Y, P, "L = -sum[n,c](Y[n,c]*log(P_loss[n,c]))/N"]
    rows = network.tensors["Y"]
    assert (rows.low, rows.top, rows.simplex, rows.role) == (0, 1, 1, "intermediate")
    assert network.tensors["P_loss"].simplex == 1
    assert (network.tensors["y"].dtype, str(network.tensors["y"].high)) == ("integer", "4")


def test_smoothing_is_an_equation_of_its_own():
    network = labelled().loss("softmax_cross_entropy", label_smoothing=0.1).build()
    assert lines(network)[1:] == [
        Y,
        P,
        "Ys[n,c] = 0.9*Y[n,c] + 0.025",
        "L = -sum[n,c](Ys[n,c]*log(P_loss[n,c]))/N",
    ]
    assert network.tensors["Ys"].simplex == 1


def test_a_label_for_every_step_of_a_sequence():
    network = labelled(5).loss("softmax_cross_entropy").build()
    assert lines(network)[1:] == [
        "Y[n,t,c] = [y[n, t] == c]",
        "P_loss[n,t,c] = exp(Z_out[n,t,c])/sum[k](exp(Z_out[n,t,k]))",
        "L = -sum[n,t,c](Y[n,t,c]*log(P_loss[n,t,c]))/(5*N)",
    ]
    assert network.notes == ("The loss is the mean over N*5 rows.",)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("softmax_cross_entropy", (0, 1, 1)),
        ("bce_with_logits", (0, 1, None)),
        ("hinge", (-1, 1, None)),
        ("poisson", (0, None, None)),
        ("mse", (None, None, None)),
    ],
)
def test_a_target_has_the_range_that_its_loss_asks_for(name, facts):
    target = real().loss(name).build().tensors["y"]
    assert (target.low, target.top, target.simplex) == facts


def test_penalties_are_over_weights_and_not_over_biases():
    network = real().layer("dense", units=2, id="b").loss("mse", l1=0.5, l2=0.25).build()
    assert lines(network)[-1] == (
        "L = sum[n,j]((Z_b[n,j] - y[n,j])**2)/(2*N) + sum[i,j](abs(W_out[i,j]))/2 + sum[i,j](abs(W_b[i,j]))/2 "
        "+ sum[i,j](W_out[i,j]**2)/8 + sum[i,j](W_b[i,j]**2)/8"
    )
    assert network.notes[1:] == (
        "|w| has no derivative at 0; 0 is taken there.",
        "The loss includes the penalty 0.5*sum |w| over W_out, W_b; it is not divided by N.",
        "The loss includes the penalty (0.25/2)*sum w**2 over W_out, W_b; it is not divided by N.",
    )


def test_several_terms_are_summed_with_their_weights():
    sketch = labelled().target("u", 4).loss("softmax_cross_entropy", label_smoothing=0.2, l2=0.5)
    network = (
        sketch.loss("softmax_cross_entropy", weight=0.5, reduce="sum").loss("mse", target="u", weight=3, l2=0.5).build()
    )
    assert lines(network)[1:] == [
        Y,
        P,
        "Ys[n,c] = 0.8*Y[n,c] + 0.05",
        P.replace("P_loss", "P_loss2"),
        "L = -sum[n,c](Ys[n,c]*log(P_loss[n,c]))/N - sum[n,c](Y[n,c]*log(P_loss2[n,c]))/2 "
        "+ 0.75*sum[n,j]((Z_out[n,j] - u[n,j])**2)/N + sum[i,j](W_out[i,j]**2)/2",
    ]
    assert network.outputs == ("Z_out",)
    assert network.notes[:3] == (
        "Term 1 of the loss (softmax_cross_entropy) is the mean over N rows.",
        "Term 2 of the loss (softmax_cross_entropy) is the sum over all entries, not divided by their number.",
        "Term 3 of the loss (mse) is the mean over N*4 entries.",
    )


def test_two_targets_of_labels_have_rows_of_their_own():
    sketch = labelled().target("v", classes=4).loss("softmax_cross_entropy")
    network = sketch.loss("softmax_cross_entropy", target="v").build()
    assert [line for line in lines(network) if "==" in line] == [Y, "Y_v[n,c] = [v[n] == c]"]


def test_a_loss_of_ones_own_by_any_argument_names():
    sketch = real(1).loss_function("quartic", "(a - b)**4 + gelu(a)", args=("a", "b"))
    network = sketch.loss("quartic").build()
    assert lines(network)[-1] == "L = sum[n,j]((Z_out[n,j] - y[n,j])**4 + gelu(Z_out[n,j]))/N"
    assert list(network.functions) == ["gelu"]


def test_what_is_assumed_of_a_target_is_noted():
    rows = "The rows of y are taken to sum to 1; integer labels are accepted where the target has classes."
    assert rows in real().loss("softmax_cross_entropy").build().notes
    assert rows not in labelled().loss("softmax_cross_entropy").build().notes
    assert "Entries of y are -1 or 1." in real().loss("hinge").build().notes


def test_probabilities_that_need_not_sum_to_one_are_noted():
    note = "The rows of A_out, after sigmoid, need not sum to 1, which cross_entropy takes for granted."
    sketch = Sketch("loss").input("x", 3).target("y", 2)
    assert note in sketch.layer("dense", units=2, id="out", activation="sigmoid").loss("cross_entropy").build().notes
    assert (
        note not in sketch.layer("dense", units=2, id="out", activation="softmax").loss("cross_entropy").build().notes
    )


def test_kinks_of_a_loss_are_noted():
    assert "mae has no derivative where p = t; 0 is taken there." in real().loss("mae").build().notes
    assert "hinge has no derivative where t*p = 1; 0 is taken there." in real().loss("hinge").build().notes
