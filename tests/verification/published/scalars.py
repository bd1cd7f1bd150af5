"""Classification losses and activations."""

from tests.verification.published.form import Form

SOFTMAX = "P[n,c] = exp(Z[n,c])/sum[k](exp(Z[n,k]))"

FORMS = (
    Form(
        "softmax_cross_entropy",
        "Bridle, Neurocomputing, NATO ASI Series 68, 227-236 (1990)",
        {"Z": "N C", "y": "N < C"},
        {"P": "N C", "Y": "N C"},
        f"""
        {SOFTMAX}
        Y[n,c] = [y[n] == c]
        L = -sum[n,c](Y[n,c]*log(P[n,c]))/N
        """,
        {"dZ": "(P - onehot(y))/N"},
        {"dZ": ("P - onehot(y)", "-onehot(y)*(1 - P)/N", "(onehot(y) - P)/N", "(P - onehot(y))/C", "P - 1/N")},
    ),
    Form(
        "softmax_cross_entropy_of_given_rows",
        "Bridle, Neurocomputing, NATO ASI Series 68, 227-236 (1990)",
        {"Z": "N C", "Y": "N C rows"},
        {"P": "N C"},
        f"""
        {SOFTMAX}
        L = -sum[n,c](Y[n,c]*log(P[n,c]))/N
        """,
        {"dZ": "(P - Y)/N"},
        {"dZ": ("(P - Y)", "(Y - P)/N", "(P - Y)*P/N")},
        assumptions=("rows of Y sum to 1",),
    ),
    Form(
        "softmax_cross_entropy_of_free_targets",
        "Bridle, Neurocomputing, NATO ASI Series 68, 227-236 (1990)",
        {"Z": "N C", "Y": "N C", "U": "N"},
        {"P": "N C"},
        f"""
        {SOFTMAX}
        L = -sum[n,c](U[n]*Y[n,c]*log(P[n,c]))
        """,
        {"dZ": "U[:, None]*(P*Y.sum(axis=1, keepdims=True) - Y)"},
        {"dZ": ("U[:, None]*(P - Y)", "U[:, None]*(P*Y.sum() - Y)", "U[:, None]*(P*Y.sum(axis=0) - Y)")},
    ),
    Form(
        "softmax_jacobian_vector_product",
        "Bishop, Pattern Recognition and Machine Learning, 4.106 (2006)",
        {"Z": "N C", "U": "N C"},
        {"P": "N C"},
        f"""
        {SOFTMAX}
        L = sum[n,c](U[n,c]*P[n,c])
        """,
        {"dZ": "P*(U - (P*U).sum(axis=1, keepdims=True))"},
        {
            "dZ": (
                "P*(1 - P)*U",
                "P*(U - U.sum(axis=1, keepdims=True))",
                "P*(U - (P*U).sum(axis=0, keepdims=True))",
                "P*U - (P*U).sum(axis=1, keepdims=True)",
            )
        },
    ),
    Form(
        "logistic_gradient",
        "Cox, Journal of the Royal Statistical Society B 20, 215-242 (1958)",
        {"X": "N D", "w": "D", "y": "N"},
        {"z": "N", "p": "N"},
        """
        z[n] = sum[i](X[n,i]*w[i])
        p[n] = sigmoid(z[n])
        L = -sum[n](y[n]*log(p[n]) + (1 - y[n])*log(1 - p[n]))/N
        """,
        {"dz": "(sigmoid(z) - y)/N", "dw": "X.T @ (p - y)/N"},
        {"dw": ("X.T @ (y - p)/N", "X.T @ (p - y)", "X.T @ ((p - y)*p*(1 - p))/N"), "dz": ("(p - y)*z/N", "(z - y)/N")},
    ),
    Form(
        "focal_loss",
        "Lin, Goyal, Girshick, He, Dollar, ICCV, 2980-2988 (2017)",
        {"z": "N", "y": "N", "f": ">= 0", "U": "N"},
        {"p": "N"},
        """
        p[n] = sigmoid(z[n])
        L = -sum[n](U[n]*(y[n]*(1 - p[n])**f*log(p[n]) + (1 - y[n])*p[n]**f*log(1 - p[n])))
        """,
        {"dz": "U*(y*(1-p)**f*(f*p*log(p) + p - 1) - (1-y)*p**f*(f*(1-p)*log(1-p) - p))"},
        {
            "dz": (
                "U*(y*(1-p)**f*(p - 1) + (1-y)*p**f*p)",
                "U*(y*(1-p)**f*(f*log(p) + p - 1) - (1-y)*p**f*(f*log(1-p) - p))",
                "U*(y*(1-p)**f*(f*p*log(p) + p - 1) + (1-y)*p**f*(f*(1-p)*log(1-p) - p))",
            )
        },
    ),
    Form(
        "gelu_by_erf",
        "Hendrycks, Gimpel, arXiv:1606.08415 (2016)",
        {"x": "N D", "U": "N D"},
        {"y": "N D"},
        """
        y[n,i] = x[n,i]*(1 + erf(x[n,i]/sqrt(2)))/2
        L = sum[n,i](U[n,i]*y[n,i])
        """,
        {"dx": "U*(0.5*(1 + erf(x/sqrt(2))) + x*exp(-x**2/2)/sqrt(2*pi))"},
        {
            "dx": (
                "U*0.5*(1 + erf(x/sqrt(2)))",
                "U*(0.5*(1 + erf(x/sqrt(2))) + x*exp(-x**2)/sqrt(2*pi))",
                "U*(0.5*(1 + erf(x/sqrt(2))) + x*exp(-x**2/2)/sqrt(pi))",
            )
        },
    ),
    Form(
        "gelu_by_tanh",
        "Hendrycks, Gimpel, arXiv:1606.08415 (2016)",
        {"x": "N D", "U": "N D"},
        {"t": "N D", "y": "N D"},
        """
        t[n,i] = tanh(sqrt(2/pi)*(x[n,i] + 0.044715*x[n,i]**3))
        y[n,i] = x[n,i]*(1 + t[n,i])/2
        L = sum[n,i](U[n,i]*y[n,i])
        """,
        {"dx": "U*(0.5*(1 + t) + 0.5*x*(1 - t**2)*sqrt(2/pi)*(1 + 3*0.044715*x**2))"},
        {
            "dx": (
                "U*(0.5*(1 + t) + 0.5*x*(1 - t**2)*sqrt(2/pi)*(1 + 0.044715*x**2))",
                "U*(0.5*(1 + t) + 0.5*x*(1 - t)**2*sqrt(2/pi)*(1 + 3*0.044715*x**2))",
                "U*(0.5*(1 + t) + 0.5*x*(1 - t**2)*(1 + 3*0.044715*x**2))",
            )
        },
    ),
    Form(
        "swiglu",
        "Shazeer, arXiv:2002.05202 (2020)",
        {"x": "N D", "W": "D H", "V": "D H", "W2": "H D", "U": "N D"},
        {"a": "N H", "b": "N H", "h": "N H", "y": "N D"},
        """
        a[n,j] = sum[i](x[n,i]*W[i,j])
        b[n,j] = sum[i](x[n,i]*V[i,j])
        h[n,j] = silu(a[n,j])*b[n,j]
        y[n,i] = sum[j](h[n,j]*W2[j,i])
        L = sum[n,i](U[n,i]*y[n,i])
        """,
        {
            "dW2": "h.T @ U",
            "dh": "U @ W2.T",
            "db": "dh*silu(a)",
            "da": "dh*b*(silu(a) + sigmoid(a)*(1 - silu(a)))",
            "dW": "x.T @ da",
            "dV": "x.T @ db",
            "dx": "da @ W.T + db @ V.T",
        },
        {
            "da": (
                "dh*b*sigmoid(a)*(1 - sigmoid(a))",
                "dh*b*sigmoid(a)*(1 - silu(a))",
                "dh*(silu(a) + sigmoid(a)*(1 - silu(a)))",
            ),
            "db": ("dh*sigmoid(a)", "dh*a"),
            "dx": ("da @ W.T", "da @ V.T + db @ W.T"),
        },
    ),
)
