"""Normalisations."""

from tests.verification.published.form import Form

BATCH = """
m[i] = sum[n](x[n,i])/N
v[i] = sum[n]((x[n,i] - m[i])**2)/N
h[n,i] = (x[n,i] - m[i])/sqrt(v[i] + eps)
y[n,i] = gamma[i]*h[n,i] + beta[i]
L = sum[n,i](U[n,i]*y[n,i])
"""
LAYER = """
m[n] = sum[i](x[n,i])/D
v[n] = sum[i]((x[n,i] - m[n])**2)/D
h[n,i] = (x[n,i] - m[n])/sqrt(v[n] + eps)
y[n,i] = gamma[i]*h[n,i] + beta[i]
L = sum[n,i](U[n,i]*y[n,i])
"""
GIVEN = {"x": "N D", "gamma": "D", "beta": "D", "eps": ">= 0", "U": "N D"}

FORMS = (
    Form(
        "batch_norm",
        "Ioffe, Szegedy, ICML, 448-456 (2015), in one line",
        GIVEN,
        {"m": "D", "v": "D", "h": "N D", "y": "N D"},
        BATCH,
        {
            "dbeta": "U.sum(axis=0)",
            "dgamma": "(U*h).sum(axis=0)",
            "dh": "U*gamma",
            "dx": "(N*dh - dh.sum(axis=0) - h*(dh*h).sum(axis=0))/(N*sqrt(v + eps))",
        },
        {
            "dgamma": ("U.sum(axis=0)", "(U*y).sum(axis=0)", "(U*x).sum(axis=0)"),
            "dh": ("U", "U*gamma + beta"),
            "dx": (
                "(N*dh - dh.sum(axis=0) - h @ (dh.T @ h))/(N*sqrt(v + eps))",
                "(N*dh - h*(dh*h).sum(axis=0))/(N*sqrt(v + eps))",
                "(N*dh - dh.sum(axis=0) - h*(dh*h).sum(axis=0))/(N*sqrt(v))",
                "(N*dh - dh.sum(axis=0) - h*(dh*h).sum(axis=0))/sqrt(v + eps)",
                "dh/sqrt(v + eps)",
            ),
        },
    ),
    Form(
        "batch_norm_step_by_step",
        "Ioffe, Szegedy, ICML, 448-456 (2015)",
        GIVEN,
        {"m": "D", "v": "D", "h": "N D", "y": "N D"},
        BATCH,
        {
            "dh": "U*gamma",
            "dv": "(dh*(x - m)).sum(axis=0)*(-1/2)*(v + eps)**(-3/2)",
            "dm": "(-dh/sqrt(v + eps)).sum(axis=0) + dv*(-2*(x - m)).sum(axis=0)/N",
            "dx": "dh/sqrt(v + eps) + dv*2*(x - m)/N + dm/N",
        },
        {
            "dv": ("(dh*(x - m)).sum(axis=0)*(-1/2)*(v + eps)**(-1/2)", "dh.sum(axis=0)*(-1/2)*(v + eps)**(-3/2)"),
            "dx": ("dh/sqrt(v + eps) + dv*2*(x - m)/N", "dh/sqrt(v + eps) + dv*(x - m)/N + dm/N"),
        },
    ),
    Form(
        "layer_norm",
        "Ba, Kiros, Hinton, arXiv:1607.06450 (2016)",
        GIVEN,
        {"m": "N", "v": "N", "h": "N D", "y": "N D"},
        LAYER,
        {
            "dbeta": "U.sum(0)",
            "dgamma": "(U*h).sum(0)",
            "dh": "U*gamma",
            "dx": "(dh - dh.mean(1, keepdims=True) - h*(dh*h).mean(1, keepdims=True))/sqrt(v + eps)[:, None]",
        },
        {
            "dgamma": ("(U*h).sum(1)", "(U*y).sum(0)"),
            "dh": ("U", "U/gamma"),
            "dx": (
                "(dh - h*(dh*h).mean(1, keepdims=True))/sqrt(v + eps)[:, None]",
                "(dh - dh.mean(1, keepdims=True))/sqrt(v + eps)[:, None]",
                "(dh - dh.mean(1, keepdims=True) - h*(dh*h).mean(1, keepdims=True))/sqrt(v)[:, None]",
                "(dh - dh.mean(0) - h*(dh*h).mean(0))/sqrt(v + eps)[:, None]",
                "(dh - dh.sum(1, keepdims=True) - h*(dh*h).sum(1, keepdims=True))/sqrt(v + eps)[:, None]",
            ),
        },
    ),
    Form(
        "rms_norm",
        "Zhang, Sennrich, NeurIPS 32 (2019)",
        {"x": "N D", "g": "D", "eps": ">= 0", "U": "N D"},
        {"r": "N", "y": "N D"},
        """
        r[n] = sqrt(sum[i](x[n,i]**2)/D + eps)
        y[n,i] = g[i]*x[n,i]/r[n]
        L = sum[n,i](U[n,i]*y[n,i])
        """,
        {
            "dg": "(U*x/r[:, None]).sum(axis=0)",
            "dx": "(U*g - x*(U*g*x).mean(axis=1, keepdims=True)/r[:, None]**2)/r[:, None]",
        },
        {
            "dg": ("(U*x).sum(axis=0)", "(U*x/r[:, None]).mean(axis=0)"),
            "dx": (
                "(U*g - g*x*(U*x).mean(axis=1, keepdims=True)/r[:, None]**2)/r[:, None]",
                "(U*g - x*(U*g*x).mean(axis=1, keepdims=True))/r[:, None]",
                "U*g/r[:, None]",
                "(U*g - x*(U*g*x).sum(axis=1, keepdims=True)/r[:, None]**2)/r[:, None]",
            ),
        },
    ),
    Form(
        "weight_norm",
        "Salimans, Kingma, NeurIPS 29, equation 3 (2016)",
        {"x": "N D", "V": "D H", "g": "H", "U": "N H"},
        {"s": "H", "W": "D H", "z": "N H"},
        """
        s[j] = sqrt(sum[i](V[i,j]**2))
        W[i,j] = g[j]*V[i,j]/s[j]
        z[n,j] = sum[i](x[n,i]*W[i,j])
        L = sum[n,j](U[n,j]*z[n,j])
        """,
        {
            "dW": "x.T @ U",
            "dg": "(dW*V).sum(axis=0)/s",
            "dV": "g/s*dW - g*dg/s**2*V",
            "dx": "U @ W.T",
        },
        {
            "dg": ("(dW*V).sum(axis=0)", "(dW*W).sum(axis=0)/s"),
            "dV": ("g/s*dW", "g/s*dW - dg/s**2*V", "g/s*dW + g*dg/s**2*V", "g/s*dW - g*dg/s*V"),
        },
    ),
    Form(
        "cosine_similarity",
        "Luo et al., ICANN, 382-391 (2018)",
        {"a": "N D", "b": "N D", "U": "N"},
        {"p": "N", "q": "N", "c": "N"},
        """
        p[n] = sqrt(sum[i](a[n,i]**2))
        q[n] = sqrt(sum[i](b[n,i]**2))
        c[n] = sum[i](a[n,i]*b[n,i])/(p[n]*q[n])
        L = sum[n](U[n]*c[n])
        """,
        {
            "da": "U[:, None]*(b/(p*q)[:, None] - c[:, None]*a/(p**2)[:, None])",
            "db": "U[:, None]*(a/(p*q)[:, None] - (c/q**2)[:, None]*b)",
        },
        {
            "da": (
                "U[:, None]*b/(p*q)[:, None]",
                "U[:, None]*(b/(p*q)[:, None] - c[:, None]*a/p[:, None])",
                "U[:, None]*(b/(p*q)[:, None] - c[:, None]*a/(q**2)[:, None])",
            ),
            "db": ("U[:, None]*(a/(p*q)[:, None] + (c/q**2)[:, None]*b)", "U[:, None]*(a - c[:, None]*b)"),
        },
    ),
)
