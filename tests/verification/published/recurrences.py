"""Cells through time: recurrences in the length T."""

from tests.verification.published.form import Form

GATES = "ifog"

ELMAN = Form(
    "elman",
    "Elman, Cognitive Science 14, 179-211 (1990); Werbos, Proceedings of the IEEE 78, 1550-1560 (1990)",
    {"X": "N T D", "W": "D H", "V": "H H", "b": "H", "U": "N T H"},
    {"Z": "N T H", "A": "N T H"},
    """
    Z[n,t,j] = sum[d](X[n,t,d]*W[d,j]) + sum[k](A[n,t-1,k]*V[k,j]) + b[j]
    A[n,t,j] = tanh(Z[n,t,j])
    L = sum[n,t,j](U[n,t,j]*A[n,t,j])
    """,
    {
        "dZ[n,t,j]": "(U[n,t,j] + sum[k](dZ[n,t+1,k]*V[j,k]))*(1 - A[n,t,j]**2)",
        "dV[k,j]": "sum[n,t](A[n,t-1,k]*dZ[n,t,j])",
        "dW": "einsum('ntd,ntj->dj', X, dZ)",
        "db": "dZ.sum(axis=(0, 1))",
        "dX": "dZ @ W.T",
    },
    {
        "dZ[n,t,j]": (
            "(U[n,t,j] + sum[k](dZ[n,t+1,k]*V[k,j]))*(1 - A[n,t,j]**2)",
            "U[n,t,j]*(1 - A[n,t,j]**2)",
            "(U[n,t,j] + sum[k](dZ[n,t+1,k]*V[j,k]))*(1 - Z[n,t,j]**2)",
            "U[n,t,j] + sum[k](dZ[n,t+1,k]*V[j,k])*(1 - A[n,t,j]**2)",
            "(U[n,t,j] + sum[k](dZ[n,t-1,k]*V[j,k]))*(1 - A[n,t,j]**2)",
        ),
        "dV[k,j]": ("sum[n,t](A[n,t,k]*dZ[n,t,j])", "sum[n,t](A[n,t-1,k]*U[n,t,j])"),
    },
)

LSTM = Form(
    "lstm",
    "Hochreiter, Schmidhuber, Neural Computation 9, 1735-1780 (1997); Gers, Schmidhuber, Cummins (2000)",
    {"X": "N T D", "U": "N T H"} | {f"{m}{g}": a for g in GATES for m, a in (("W", "D H"), ("V", "H H"), ("b", "H"))},
    {f"{name}{g}": "N T H" for g in GATES for name in "ZA"} | {"C": "N T H", "Y": "N T H"},
    "\n".join(
        [
            *(
                f"Z{g}[n,t,j] = sum[d](X[n,t,d]*W{g}[d,j]) + sum[k](Y[n,t-1,k]*V{g}[k,j]) + b{g}[j]\n"
                f"A{g}[n,t,j] = {'tanh' if g == 'g' else 'sigmoid'}(Z{g}[n,t,j])"
                for g in GATES
            ),
            "C[n,t,j] = Af[n,t,j]*C[n,t-1,j] + Ai[n,t,j]*Ag[n,t,j]",
            "Y[n,t,j] = Ao[n,t,j]*tanh(C[n,t,j])",
            "L = sum[n,t,j](U[n,t,j]*Y[n,t,j])",
        ]
    ),
    {
        "dY[n,t,j]": "U[n,t,j] + " + " + ".join(f"sum[k](dZ{g}[n,t+1,k]*V{g}[j,k])" for g in GATES),
        "dC[n,t,j]": "dY[n,t,j]*Ao[n,t,j]*(1 - tanh(C[n,t,j])**2) + dC[n,t+1,j]*Af[n,t+1,j]",
        "dZi[n,t,j]": "dC[n,t,j]*Ag[n,t,j]*Ai[n,t,j]*(1 - Ai[n,t,j])",
        "dZf[n,t,j]": "dC[n,t,j]*C[n,t-1,j]*Af[n,t,j]*(1 - Af[n,t,j])",
        "dZo[n,t,j]": "dY[n,t,j]*tanh(C[n,t,j])*Ao[n,t,j]*(1 - Ao[n,t,j])",
        "dZg[n,t,j]": "dC[n,t,j]*Ai[n,t,j]*(1 - Ag[n,t,j]**2)",
        "dWf": "einsum('ntd,ntj->dj', X, dZf)",
        "dVi[k,j]": "sum[n,t](Y[n,t-1,k]*dZi[n,t,j])",
        "dbo": "dZo.sum((0, 1))",
    },
    {
        "dC[n,t,j]": (
            "dY[n,t,j]*Ao[n,t,j]*(1 - tanh(C[n,t,j])**2) + dC[n,t+1,j]*Af[n,t,j]",
            "dY[n,t,j]*Ao[n,t,j]*(1 - tanh(C[n,t,j])**2)",
            "dY[n,t,j]*Ao[n,t,j]*(1 - C[n,t,j]**2) + dC[n,t+1,j]*Af[n,t+1,j]",
        ),
        "dZf[n,t,j]": (
            "dC[n,t,j]*C[n,t,j]*Af[n,t,j]*(1 - Af[n,t,j])",
            "dC[n,t,j]*C[n,t-1,j]*(1 - Af[n,t,j]**2)",
        ),
        "dVi[k,j]": ("sum[n,t](Y[n,t,k]*dZi[n,t,j])", "sum[n,t](Y[n,t-1,k]*dZg[n,t,j])"),
    },
)

FORMS = (ELMAN, LSTM)
