"""Products of matrices: layers, adapters, attention, contrastive losses."""

from tests.verification.published.form import Form

FORMS = (
    Form(
        "two_layer_network",
        "Rumelhart, Hinton, Williams, Nature 323, 533-536 (1986)",
        {"x": "N D", "W1": "D H", "b1": "H", "W2": "H C", "b2": "C", "t": "N C"},
        {"Z1": "N H", "A1": "N H", "Z2": "N C"},
        """
        Z1[n,j] = sum[i](x[n,i]*W1[i,j]) + b1[j]
        A1[n,j] = sigmoid(Z1[n,j])
        Z2[n,c] = sum[j](A1[n,j]*W2[j,c]) + b2[c]
        L = sum[n,c]((Z2[n,c] - t[n,c])**2)/(2*N)
        """,
        {
            "dZ2": "(Z2 - t)/N",
            "dW2": "A1.T @ dZ2",
            "db2": "dZ2.sum(axis=0)",
            "dZ1": "(dZ2 @ W2.T)*A1*(1 - A1)",
            "dW1": "x.T @ dZ1",
            "db1": "dZ1.sum(axis=0)",
            "dx": "dZ1 @ W1.T",
        },
        {
            "dZ1": ("(dZ2 @ W2.T)*(1 - A1)", "(dZ2 @ W2.T)*Z1*(1 - Z1)", "dZ2 @ W2.T"),
            "dW1": ("x.T @ (dZ2 @ W2.T)", "x.T @ dZ1/N"),
            "db2": ("dZ2.mean(axis=0)", "dZ2[0]"),
        },
    ),
    Form(
        "low_rank_product",
        "Sainath et al., ICASSP, 6655-6659 (2013)",
        {"X": "N D", "A": "D R", "B": "R H", "U": "N H"},
        {"Y": "N H"},
        """
        Y[n,j] = sum[i,r](X[n,i]*A[i,r]*B[r,j])
        L = sum[n,j](U[n,j]*Y[n,j])
        """,
        {"dA": "X.T @ U @ B.T", "dB": "(X @ A).T @ U", "dX": "U @ (A @ B).T"},
        {"dA": ("X.T @ U @ B.T/N", "-X.T @ (U @ B.T)"), "dB": ("A.T @ X.T @ (U - Y)", "2*(X @ A).T @ U")},
    ),
    Form(
        "lora",
        "Hu et al., ICLR (2022)",
        {"X": "N D", "W": "D H", "A": "D R", "B": "R H", "s": "", "U": "N H"},
        {"Y": "N H"},
        """
        Y[n,j] = sum[i](X[n,i]*(W[i,j] + s*sum[r](A[i,r]*B[r,j])))
        L = sum[n,j](U[n,j]*Y[n,j])
        """,
        {
            "dW": "X.T @ U",
            "dA": "s*dW @ B.T",
            "dB": "s*A.T @ dW",
            "ds": "sum(dW*(A @ B))",
            "dX": "U @ (W + s*A @ B).T",
        },
        {
            "dA": ("dW @ B.T", "s*dW @ (s*B).T"),
            "dB": ("A.T @ dW", "s*A.T @ (X.T @ Y)"),
            "dX": ("U @ W.T", "U @ (W + A @ B).T"),
        },
    ),
    Form(
        "bilinear_form",
        "Petersen, Pedersen, The Matrix Cookbook, equation 70 (2012)",
        {"x": "N D", "A": "D H", "z": "N H", "U": "N"},
        {"q": "N"},
        """
        q[n] = sum[i,j](x[n,i]*A[i,j]*z[n,j])
        L = sum[n](U[n]*q[n])
        """,
        {"dA": "(x*U[:, None]).T @ z", "dx": "U[:, None]*(z @ A.T)", "dz": "U[:, None]*(x @ A)"},
        {
            "dA": ("x.T @ z", "outer(U @ x, U @ z)", "2*(x*U[:, None]).T @ z"),
            "dx": ("z @ A.T", "U[:, None]*(z @ A.T) + x"),
        },
    ),
    Form(
        "quadratic_form",
        "Petersen, Pedersen, The Matrix Cookbook, equation 81 (2012)",
        {"x": "N D", "A": "D D", "U": "N"},
        {"q": "N"},
        """
        q[n] = sum[i,j](x[n,i]*A[i,j]*x[n,j])
        L = sum[n](U[n]*q[n])
        """,
        {"dA": "x.T @ (x*U[:, None])", "dx": "U[:, None]*(x @ (A + A.T))"},
        {
            "dx": ("2*U[:, None]*(x @ A)", "U[:, None]*(x @ A)", "2*U[:, None]*(x @ A.T)"),
            "dA": ("2*x.T @ x", "x.T @ x"),
        },
    ),
    Form(
        "tied_autoencoder",
        "Vincent et al., Journal of Machine Learning Research 11, 3371-3408 (2010)",
        {"X": "N D", "W": "D H", "b": "H", "c": "D"},
        {"Z": "N H", "A": "N H", "R": "N D"},
        """
        Z[n,j] = sum[i](X[n,i]*W[i,j]) + b[j]
        A[n,j] = tanh(Z[n,j])
        R[n,i] = sum[j](A[n,j]*W[i,j]) + c[i]
        L = sum[n,i]((R[n,i] - X[n,i])**2)/N
        """,
        {
            "dR": "2*(R - X)/N",
            "dZ": "(dR @ W)*(1 - A**2)",
            "dW": "X.T @ dZ + dR.T @ A",
            "db": "dZ.sum(0)",
            "dc": "dR.sum(0)",
            "dX": "dZ @ W.T - dR",
        },
        {
            "dW": ("X.T @ dZ", "dR.T @ A", "X.T @ dZ + X.T @ A", "2*(X.T @ dZ + dR.T @ A)"),
            "dX": ("dZ @ W.T", "dZ @ W.T + dR"),
        },
    ),
    Form(
        "attention",
        "Vaswani et al., NeurIPS 30, 5998-6008 (2017)",
        {"Q": "T D", "K": "M D", "V": "M H", "U": "T H"},
        {"S": "T M", "A": "T M", "O": "T H"},
        """
        S[t,s] = sum[d](Q[t,d]*K[s,d])/sqrt(D)
        A[t,s] = exp(S[t,s])/sum[r](exp(S[t,r]))
        O[t,j] = sum[s](A[t,s]*V[s,j])
        L = sum[t,j](U[t,j]*O[t,j])
        """,
        {
            "dV": "A.T @ U",
            "dA": "U @ V.T",
            "dS": "A*(dA - (dA*A).sum(axis=1, keepdims=True))",
            "dQ": "dS @ K/sqrt(D)",
            "dK": "dS.T @ Q/sqrt(D)",
        },
        {
            "dV": ("S.T @ U", "A.T @ O"),
            "dS": ("A*(1 - A)*dA", "A*dA", "A*(dA - dA.sum(axis=1, keepdims=True))", "A*(dA - (dA*A).sum(axis=0))"),
            "dQ": ("dS @ K", "dS @ K/D"),
            "dK": ("dS.T @ Q", "dS.T @ Q*sqrt(D)"),
        },
    ),
    Form(
        "attention_with_the_row_sum_of_the_output",
        "Dao et al., FlashAttention, NeurIPS 35, appendix B (2022)",
        {"Q": "T D", "K": "M D", "V": "M H", "U": "T H"},
        {"S": "T M", "A": "T M", "O": "T H"},
        """
        S[t,s] = sum[d](Q[t,d]*K[s,d])/sqrt(D)
        A[t,s] = exp(S[t,s])/sum[r](exp(S[t,r]))
        O[t,j] = sum[s](A[t,s]*V[s,j])
        L = sum[t,j](U[t,j]*O[t,j])
        """,
        {"dS": "A*(U @ V.T - (U*O).sum(axis=1, keepdims=True))", "dQ": "dS @ K/sqrt(D)"},
        {"dS": ("A*(U @ V.T - (U*O).sum(axis=1, keepdims=True)/D)", "A*(U @ V.T - U.sum(axis=1, keepdims=True))")},
    ),
    Form(
        "self_attention",
        "Vaswani et al., NeurIPS 30, 5998-6008 (2017)",
        {"X": "N T D", "Wq": "D H", "Wk": "D H", "Wv": "D H", "U": "N T H"},
        {"Q": "N T H", "K": "N T H", "V": "N T H", "S": "N T T", "A": "N T T", "O": "N T H"},
        """
        Q[n,t,j] = sum[i](X[n,t,i]*Wq[i,j])
        K[n,t,j] = sum[i](X[n,t,i]*Wk[i,j])
        V[n,t,j] = sum[i](X[n,t,i]*Wv[i,j])
        S[n,t,s] = sum[j](Q[n,t,j]*K[n,s,j])/sqrt(H)
        A[n,t,s] = [s <= t]*exp(S[n,t,s])/sum[r: r <= t](exp(S[n,t,r]))
        O[n,t,j] = sum[s](A[n,t,s]*V[n,s,j])
        L = sum[n,t,j](U[n,t,j]*O[n,t,j])
        """,
        {
            "dV": "einsum('nts,ntj->nsj', A, U)",
            "dA": "einsum('ntj,nsj->nts', U, V)",
            "dS": "A*(dA - (dA*A).sum(axis=2, keepdims=True))",
            "dQ": "einsum('nts,nsj->ntj', dS, K)/sqrt(H)",
            "dK": "einsum('nts,ntj->nsj', dS, Q)/sqrt(H)",
            "dX": "dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T",
        },
        {
            "dV": ("einsum('nst,ntj->nsj', A, U)", "einsum('nts,ntj->nsj', S, U)"),
            "dK": ("einsum('nst,ntj->nsj', dS, Q)/sqrt(H)", "einsum('nts,ntj->nsj', dS, K)/sqrt(H)"),
            "dX": ("dQ @ Wq.T + dV @ Wv.T", "dQ @ Wk.T + dK @ Wq.T + dV @ Wv.T"),
        },
    ),
    Form(
        "info_nce",
        "van den Oord, Li, Vinyals, arXiv:1807.03748 (2018)",
        {"Q": "N D", "K": "N D", "tau": ">= 0"},
        {"S": "N N", "P": "N N"},
        """
        S[n,m] = sum[i](Q[n,i]*K[m,i])/tau
        P[n,m] = exp(S[n,m])/sum[k](exp(S[n,k]))
        L = -sum[n](log(P[n,n]))/N
        """,
        {
            "dS": "(P - eye(N))/N",
            "dQ": "dS @ K/tau",
            "dK": "dS.T @ Q/tau",
            "dtau": "-sum(dS*S)/tau",
        },
        {
            "dS": ("(P - 1)/N", "P - eye(N)", "(P.T - eye(N))/N"),
            "dQ": ("dS @ K", "dS.T @ K/tau"),
            "dK": ("dS @ Q/tau", "dS.T @ K/tau"),
        },
    ),
    Form(
        "triplet_loss",
        "Schroff, Kalenichenko, Philbin, CVPR, 815-823 (2015)",
        {"a": "N D", "p": "N D", "q": "N D", "m": ">= 0"},
        {"z": "N"},
        """
        z[n] = sum[i]((a[n,i] - p[n,i])**2 - (a[n,i] - q[n,i])**2) + m
        L = sum[n](max(z[n], 0))/N
        """,
        {
            "dz": "(z > 0)/N",
            "da": "2*(q - p)*dz[:, None]",
            "dp": "2*(p - a)*dz[:, None]",
            "dq": "2*(a - q)*dz[:, None]",
        },
        {
            "dz": ("(z > m)/N", "1/N + 0*z", "(z < 0)/N"),
            "da": ("2*(p - q)*dz[:, None]", "2*(2*a - p - q)*dz[:, None]", "2*(a - p)*dz[:, None]"),
            "dq": ("2*(q - a)*dz[:, None]", "-2*q*dz[:, None]"),
        },
        verdict="PROVED EXCEPT AT KINKS",
    ),
    Form(
        "gaussian_kl",
        "Kingma, Welling, ICLR, appendix B (2014)",
        {"mu": "N D", "lv": "N D"},
        {},
        """
        L = -sum[n,i](1 + lv[n,i] - mu[n,i]**2 - exp(lv[n,i]))/(2*N)
        """,
        {"dmu": "mu/N", "dlv": "(exp(lv) - 1)/(2*N)"},
        {"dmu": ("mu", "2*mu/N"), "dlv": ("(1 - exp(lv))/(2*N)", "(exp(lv/2) - 1)/N", "(exp(lv) + 1)/(2*N)")},
    ),
    Form(
        "gaussian_kl_between_two",
        "Kingma, Welling, ICLR, appendix B (2014)",
        {"m": "N D", "s": "N D >= 0", "u": "D", "t": "D >= 0", "U": "N"},
        {"k": "N"},
        """
        k[n] = sum[i](log(t[i]/s[n,i]) + (s[n,i]**2 + (m[n,i] - u[i])**2)/(2*t[i]**2) - 1/2)
        L = sum[n](U[n]*k[n])
        """,
        {
            "dm": "U[:, None]*(m - u)/t**2",
            "ds": "U[:, None]*(s/t**2 - 1/s)",
            "du": "U @ (u - m)/t**2",
            "dt": "(U[:, None]*(1/t - (s**2 + (m - u)**2)/t**3)).sum(axis=0)",
        },
        {
            "ds": ("U[:, None]*(s/t**2 + 1/s)", "U[:, None]*(s - 1/s)"),
            "dt": ("(U[:, None]*(1/t - (m - u)**2/t**3)).sum(axis=0)", "(U[:, None]*(1/t)).sum(axis=0)"),
        },
    ),
    Form(
        "variational_autoencoder",
        "Kingma, Welling, ICLR (2014), by reparametrisation",
        {"mu": "N D", "lv": "N D", "e": "N D", "U": "N D"},
        {"z": "N D"},
        """
        z[n,i] = mu[n,i] + exp(lv[n,i]/2)*e[n,i]
        L = sum[n,i](U[n,i]*z[n,i] - (1 + lv[n,i] - mu[n,i]**2 - exp(lv[n,i]))/2)/N
        """,
        {"dz": "U/N", "dmu": "dz + mu/N", "dlv": "dz*e*exp(lv/2)/2 + (exp(lv) - 1)/(2*N)"},
        {
            "dmu": ("dz", "mu/N"),
            "dlv": ("dz*e*exp(lv/2) + (exp(lv) - 1)/(2*N)", "dz*exp(lv/2)/2 + (exp(lv) - 1)/(2*N)"),
        },
    ),
)
