"""Functions as the code generator writes them: every construct of the SIMD layer, plain Python beside vector code."""

from __future__ import annotations

import math

import numpy as np

real = np.float64


def product(N, x, W, b, Z, A):  # type: ignore[no-untyped-def]
    for n in range(N):
        for j in range(13):
            total = real(0.0)
            for i in range(7):
                total += x[n, i] * W[i, j]
            v = total + b[j]
            Z[n, j] = v
            A[n, j] = max(real(0.0), v)


def outer(N, x, D, dW):  # type: ignore[no-untyped-def]
    for i in range(7):
        for j in range(13):
            total = real(0.0)
            for start in range(0, N, 4):
                part = real(0.0)
                for n in range(start, min(start + 4, N)):
                    part += x[n, i] * D[n, j]
                total += part
            dW[i, j] = total - real(0.5) * dW[i, j]


def turned(N, D, W, d):  # type: ignore[no-untyped-def]
    for n in range(N):
        for i in range(7):
            total = real(0.0)
            for j in range(13):
                total += D[n, j] * W[i, j]
            d[n, i] = total


def rows(N, Z, y, P):  # type: ignore[no-untyped-def]
    loss = 0.0
    for n in range(N):
        best = real(-np.inf)
        for k in range(13):
            v = Z[n, k]
            if v > best:
                best = v
        total = real(0.0)
        for k in range(13):
            total += np.exp(Z[n, k] - best)
        for c in range(13):
            P[n, c] = np.exp(Z[n, c] - best) / total - (real(1.0) if y[n] == c else real(0.0))
        w = np.log(total)
        for c in range(13):
            loss -= (real(1.0) if y[n] == c else real(0.0)) * (Z[n, c] - best - w)
    return real(loss) / real(N)


def picked(N, A, I, M):  # type: ignore[no-untyped-def]  # noqa: E741
    for n in range(N):
        for p in range(4):
            best = real(-np.inf)
            pick = 0
            for u in range(3):
                v = A[n, 2 * p + u]
                if v > best:
                    best = v
                    pick = u
            I[n, p] = pick
            M[n, p] = A[n, 2 * p + I[n, p]]


def window(N, S, w, Y):  # type: ignore[no-untyped-def]
    for n in range(N):
        for o in range(3):
            for p in range(5):
                for q in range(6):
                    total = real(0.0)
                    for u in range(max(0, -p + 1), min(3, -p + 6)):
                        for v in range(3):
                            inside = 0 <= q + v - 1 < 6
                            total += (S[n, p + u - 1, q + v - 1] if inside else real(0.0)) * w[o, u, v]
                    Y[n, o, p, q] = total


def looked_up(N, tok, E, e):  # type: ignore[no-untyped-def]
    for n in range(N):
        for t in range(3):
            for d in range(13):
                e[n, t, d] = E[tok[n, t], d]


def scattered(N, tok, D, dE):  # type: ignore[no-untyped-def]
    for k in range(5):
        for d in range(13):
            dE[k, d] = real(0.0)
    for n in range(N):
        for t in range(3):
            for d in range(13):
                dE[tok[n, t], d] += D[n, t, d]


def recurrence(N, X, U, H):  # type: ignore[no-untyped-def]
    for t in range(6):
        for n in range(N):
            for j in range(13):
                total = real(0.0)
                for k in range(13):
                    total += (H[n, t - 1, k] if t - 1 >= 0 else real(0.0)) * U[k, j]
                H[n, t, j] = np.tanh(X[n, t, j] + total)


def backwards(N, X, U, H):  # type: ignore[no-untyped-def]
    for t in range(5, -1, -1):
        for n in range(N):
            for j in range(13):
                total = real(0.0)
                if t + 1 < 6:
                    for k in range(13):
                        total += H[n, t + 1, k] * U[j, k]
                H[n, t, j] = X[n, t, j] - np.tanh(total)


def flattened(N, X, F):  # type: ignore[no-untyped-def]
    for n in range(N):
        for c in range(3):
            for h in range(5):
                F[n, (c * 5 + h) * 2] = X[n, c, h] * real(c + 1)
                F[n, (c * 5 + h) * 2 + 1] = real((c * 5 + h) // 4 - (h - 7) % 3)


def several(N, X, s, m):  # type: ignore[no-untyped-def]
    for n in range(N):
        total = real(0.0)
        for h in range(3):
            for w in range(5):
                total += X[n, h, w]
        s[n] = total / real(15.0)
        for h in range(3):
            low = real(np.inf)
            for w in range(5):
                v = abs(X[n, h, w] - s[n])
                if v < low:
                    low = v
            m[n, h] = np.sqrt(low) + np.floor(s[n]) - (real(2.0) if not low > s[n] else low ** real(1.5))


def waves(N, X, Y):  # type: ignore[no-untyped-def]
    for n in range(N):
        for j in range(13):
            v = X[n, j] * real(300.0)
            Y[n, j] = np.sin(v) + np.cos(X[n, j]) * np.sin(v) + abs(X[n, j]) ** real(0.3) + real(math.erfc(X[n, j]))


def branches(N, X, Y):  # type: ignore[no-untyped-def]
    for n in range(N):
        for j in range(13):
            v = X[n, j]
            if v > real(0.5) and j != 3:
                w = v * v
                r = w - real(1.0)
            else:
                w = -v
                r = real(0.25)
            Y[n, j] = w + r


def step(w, g, m, c):  # type: ignore[no-untyped-def]
    for place in range(29):
        own = w[place]
        m_ = m[place]
        m_ = real(0.9) * m_ + real(0.1) * g[place]
        m[place] = m_
        w[place] = own - c * m_ / (np.sqrt(abs(m_)) + real(1e-8))

def steps(N, x, W, h, U, p):  # type: ignore[no-untyped-def]
    for t in range(4):
        for n in range(N):
            for m in range(13):
                total1 = real(0.0)
                for d in range(5):
                    total1 += x[n, t, d] * W[d, m]
                total2 = real(0.0)
                if t >= 1:
                    for k in range(5):
                        total2 += h[n, t - 1, k] * U[k, m]
                p[n, t, m] = total1 + total2


def windows(N, x, W, b, A, B):  # type: ignore[no-untyped-def]
    for n in range(N):
        for o in range(3):
            for p in range(7):
                for q in range(11):
                    total = real(0.0)
                    for c in range(2):
                        for u in range(max(0, -p + 1), min(3, -p + 8)):
                            for v in range(max(0, -q + 1), min(3, -q + 12)):
                                total += x[n, c, p + u - 1, q + v - 1] * W[o, c, u, v]
                    A[n, o, p, q] = max(real(0.0), total + b[o])
        for o in range(3):
            for p in range(7):
                for q in range(11):
                    B[n, o, p, q] = real(2.0) * A[n, o, p, q] - b[o]


def columns(N, D, x, dW):  # type: ignore[no-untyped-def]
    for o in range(3):
        for c in range(2):
            for u in range(3):
                for v in range(3):
                    total = real(0.0)
                    for n in range(N):
                        for p in range(7):
                            total += D[n, p, o] * x[n, p, c, u, v]
                    dW[o, c, u, v] = total


def copied(N, W, T):  # type: ignore[no-untyped-def]
    for k in range(19):
        for j in range(37):
            T[k, j] = real(2.0) * W[j, k]


def copied_rows(N, X, T):  # type: ignore[no-untyped-def]
    for k in range(11):
        for n in range(N):
            for j in range(37):
                T[k, n, j] = X[n, j, k]


def wide(N, x, W, Z):  # type: ignore[no-untyped-def]
    for n in range(N):
        for j in range(137):
            total = real(0.0)
            for start in range(0, 300, 256):
                part = real(0.0)
                for i in range(start, min(start + 256, 300)):
                    part += x[n, i] * W[i, j]
                total += part
            Z[n, j] = total


def tall(N, x, D, dW):  # type: ignore[no-untyped-def]
    for i in range(35):
        for j in range(128):
            total = real(0.0)
            for n in range(N):
                total += x[n, i] * D[n, j]
            dW[i, j] = total


def across(N, D, W, d):  # type: ignore[no-untyped-def]
    for n in range(N):
        for j in range(75):
            total = real(0.0)
            for start in range(0, 300, 256):
                part = real(0.0)
                for k in range(start, min(start + 256, 300)):
                    part += D[n, k] * W[j, k]
                total += part
            d[n, j] = total


def chosen(N, x, W, Z):  # type: ignore[no-untyped-def]
    for n in range(N):
        for j in range(137):
            total = real(0.0)
            for i in range(300):
                total += x[n, i] * W[i, j] if x[n, i] > real(0.0) else real(0.0)
            Z[n, j] = total


def spread(N, I, D, Z, dZ):  # type: ignore[no-untyped-def]  # noqa: E741
    for n in range(N):
        for h in range(6):
            for w in range(23):
                total = real(0.0)
                p = (h) // 2
                q = (w) // 2
                if I[n, p, q] % 2 == h % 2 and 2 * q + I[n, p, q] // 3 == w:
                    total += D[n, p, q]
                dZ[n, h, w] = total * (real(1.0) if Z[n, h, w] > real(0.0) else real(0.0))


def thirds(N, D, dZ):  # type: ignore[no-untyped-def]
    for n in range(N):
        for w in range(29):
            q = w // 3
            r = (w + 1) % 3
            dZ[n, w] = D[n, q] * real(0.5) + D[n, 2 * q + 1] + (real(1.0) if r == 1 else real(0.25))


def pairs(N, A, M):  # type: ignore[no-untyped-def]
    for n in range(N):
        for q in range(14):
            total = real(0.0)
            for u in range(2):
                total += A[n, 2 * q + u] * real(0.5)
            M[n, q] = total - A[n, 28 - 2 * q]


def gates(N, P, Q):  # type: ignore[no-untyped-def]
    for n in range(N):
        for j in range(13):
            v = P[n, j] if P[n, j + 13] >= real(0.0) else np.exp(-abs(P[n, j + 26]))
            Q[n, j] = v * P[n, j + 13]
            Q[n, j + 13] = v + P[n, j]
            Q[n, j + 26] = P[n, j + 26] - v


def overlapping(N, P, Q):  # type: ignore[no-untyped-def]
    for n in range(N):
        for j in range(13):
            Q[n, j] = P[n, j] + real(1.0)
            Q[n, j + 12] = P[n, j + 13]


def activated(N, x, W, b, k, Z, E, A):  # type: ignore[no-untyped-def]
    for n in range(N):
        for j in range(37):
            total = real(0.0)
            for i in range(7):
                total += x[n, i] * W[i, j]
            s = total + b[j] + real(0.1) * real(n) - real(0.01) * real(j)
            Z[n, j] = s
            e = np.exp(-abs(s))
            E[n, j] = e
            A[n, j] = (s if s >= real(0.0) else s * e) / (real(1.0) + e) + b[k[n]] * total
def channels(N, x, W, b, A):  # type: ignore[no-untyped-def]
    for n in range(N):
        for o in range(17):
            for p in range(3):
                for q in range(5):
                    total = real(0.0)
                    for c in range(4):
                        for u in range(3):
                            for v in range(3):
                                total += W[c, u, v, o] * x[n, c, p + u, q + v]
                    A[n, o, p, q] = max(real(0.0), total + b[o])


def much_behind_kernels(N, D, x, m, dW):  # type: ignore[no-untyped-def]
    for o in range(9):
        for c in range(3):
            for u in range(3):
                for v in range(3):
                    total = real(0.0)
                    for n in range(N):
                        for p in range(4):
                            total += D[n, p, o] * x[n, c, p + u, v]
                    s = real(0.9) * m[o, c, u, v] + real(0.1) * total
                    m[o, c, u, v] = s
                    e = np.exp(-abs(s)) * real(0.5) + real(u)
                    dW[o, c, u, v] = s * e / (real(1.0) + e * e) - dW[o, c, u, v]


def few_channels(N, x, W, A):  # type: ignore[no-untyped-def]
    for n in range(N):
        for o in range(6):
            for p in range(2):
                for q in range(3):
                    total = real(0.0)
                    for c in range(2):
                        for u in range(4):
                            for v in range(5):
                                total += W[c, u, v, o] * x[n, c, 2 * p + u, 3 * q + v]
                    A[n, o, p, q] = total


def kernels(N, D, x, dW):  # type: ignore[no-untyped-def]
    for o in range(9):
        for c in range(3):
            for u in range(2):
                for v in range(3):
                    total = real(0.0)
                    for n in range(N):
                        part = real(0.0)
                        for p in range(4):
                            for q in range(5):
                                part += D[n, p, q, o] * x[n, c, p + u, q + v]
                        total += part
                    dW[o, c, u, v] = total


def taken(N, A, U, V, Z, D, dA):  # type: ignore[no-untyped-def]
    for n in range(N):
        for p in range(3):
            for q in range(13):
                best = real(-np.inf)
                row = 0
                column = 0
                value = A[n, 2 * p, 2 * q]
                for u in range(2):
                    for v in range(2):
                        entry = A[n, 2 * p + u, 2 * q + v]
                        if entry > best:
                            best = entry
                            row = u
                            column = v
                            value = entry
                U[n, p, q] = row
                V[n, p, q] = column
                Z[n, p, q] = value
        for h in range(6):
            for w in range(26):
                total = real(0.0)
                p = h // 2
                q = w // 2
                if 2 * p + U[n, p, q] == h and 2 * q + V[n, p, q] == w:
                    total += D[n, p, q]
                dA[n, h, w] = total


def plane_sums(N, D, s):  # type: ignore[no-untyped-def]
    for o in range(3):
        total = real(0.0)
        for n in range(N):
            part = real(0.0)
            for p in range(5):
                for q in range(7):
                    part += D[n, o, p, q]
            total += part
        s[o] = total


def ordered(N, U, V, Z):  # type: ignore[no-untyped-def]
    for n in range(N):
        for j in range(11):
            kind = real(0.0)
            if U[n, j] + n < n + j - V[n, j]:
                kind = real(1.0)
            if j - U[n, j] <= n - V[n, j] + 3:
                kind = kind + real(2.0)
            Z[n, j] = kind


def single(N, x, W, y, Z, D):  # type: ignore[no-untyped-def]
    loss = 0.0
    for n in range(N):
        for j in range(1):
            total = real(0.0)
            for i in range(5):
                total += x[n, i] * W[i, j]
            Z[n, j] = total
    for n in range(N):
        for j in range(1):
            loss += (np.exp(-abs(Z[n, j])) - y[n, j]) * real(0.5)
    for n in range(N):
        for j in range(1):
            D[n, 0, j] = y[n, j] - Z[n, j] * y[n, 0]
    return real(loss) / real(N)


def columns_product(N, W, X, Z, A):  # type: ignore[no-untyped-def]
    for j in range(11):
        for n in range(N):
            total = real(0.0)
            for i in range(5):
                total += W[j, i] * X[i, n]
            Z[j, n] = total
            e = np.exp(-abs(total)) + real(0.1) * real(j)
            A[j, n] = (total if total >= real(0.0) else total * e) / (real(1.0) + e * e) - real(0.5) * e


def extremes(N, x, low, high):  # type: ignore[no-untyped-def]
    for j in range(3):
        best = real(-np.inf)
        least = real(np.inf)
        for n in range(N):
            v = x[j, n]
            u = x[j, n] * real(0.5)
            if v > best:
                best = v
            if u < least:
                least = u
        high[j] = best
        low[j] = least


def sums_of_parts(N, x, w, s):  # type: ignore[no-untyped-def]
    for n in range(N):
        total = real(0.0)
        for i in range(57):
            total += np.exp(x[n, i]) * w[i] + real(0.25)
        s[n] = total


LARGE = {
    wide: {"x": "N, 300", "W": "300, 137", "Z": "N, 137"},
    tall: {"x": "N, 35", "D": "N, 128", "dW": "35, 128"},
    across: {"D": "N, 300", "W": "75, 300", "d": "N, 75"},
    chosen: {"x": "N, 300", "W": "300, 137", "Z": "N, 137"},
}
"""Products whose rows are copied beside one another where there are enough of them, too large to run in Python."""

SHAPES = {
    single: {"x": "N, 5", "W": "5, 1", "y": "N, 1", "Z": "N, 1", "D": "N, 1, 1"},
    columns_product: {"W": "11, 5", "X": "5, N", "Z": "11, N", "A": "11, N"},
    extremes: {"x": "3, N", "low": "3", "high": "3"},
    sums_of_parts: {"x": "N, 57", "w": "57", "s": "N"},
    gates: {"P": "N, 39", "Q": "N, 39"},
    overlapping: {"P": "N, 26", "Q": "N, 26"},
    activated: {"x": "N, 7", "W": "7, 37", "b": "37", "k": "N: integer", "Z": "N, 37", "E": "N, 37", "A": "N, 37"},
    spread: {"I": "N, 3, 12: integer", "D": "N, 3, 12", "Z": "N, 6, 23", "dZ": "N, 6, 23"},
    thirds: {"D": "N, 20", "dZ": "N, 29"},
    pairs: {"A": "N, 29", "M": "N, 14"},
    copied: {"W": "37, 19", "T": "19, 37"},
    copied_rows: {"X": "N, 37, 11", "T": "11, N, 37"},
    steps: {"x": "N, 4, 5", "W": "5, 13", "h": "N, 4, 5", "U": "5, 13", "p": "N, 4, 13"},
    windows: {"x": "N, 2, 7, 11", "W": "3, 2, 3, 3", "b": "3", "A": "N, 3, 7, 11", "B": "N, 3, 7, 11"},
    columns: {"D": "N, 7, 3", "x": "N, 7, 2, 3, 3", "dW": "3, 2, 3, 3"},
    waves: {"X": "N, 13", "Y": "N, 13"},
    product: {"x": "N, 7", "W": "7, 13", "b": "13", "Z": "N, 13", "A": "N, 13"},
    outer: {"x": "N, 7", "D": "N, 13", "dW": "7, 13"},
    turned: {"D": "N, 13", "W": "7, 13", "d": "N, 7"},
    rows: {"Z": "N, 13", "y": "N: integer", "P": "N, 13"},
    picked: {"A": "N, 9", "I": "N, 4: integer", "M": "N, 4"},
    window: {"S": "N, 5, 6", "w": "3, 3, 3", "Y": "N, 3, 5, 6"},
    looked_up: {"tok": "N, 3: integer", "E": "5, 13", "e": "N, 3, 13"},
    scattered: {"tok": "N, 3: integer", "D": "N, 3, 13", "dE": "5, 13"},
    recurrence: {"X": "N, 6, 13", "U": "13, 13", "H": "N, 6, 13"},
    backwards: {"X": "N, 6, 13", "U": "13, 13", "H": "N, 6, 13"},
    flattened: {"X": "N, 3, 5", "F": "N, 30"},
    several: {"X": "N, 3, 5", "s": "N", "m": "N, 3"},
    branches: {"X": "N, 13", "Y": "N, 13"},
    channels: {"x": "N, 4, 5, 7", "W": "4, 3, 3, 17", "b": "17", "A": "N, 17, 3, 5"},
    few_channels: {"x": "N, 2, 6, 11", "W": "2, 4, 5, 6", "A": "N, 6, 2, 3"},
    much_behind_kernels: {"D": "N, 4, 9", "x": "N, 3, 6, 3", "m": "9, 3, 3, 3", "dW": "9, 3, 3, 3"},
    kernels: {"D": "N, 4, 5, 9", "x": "N, 3, 5, 7", "dW": "9, 3, 2, 3"},
    taken: {
        "A": "N, 6, 26", "U": "N, 3, 13: short", "V": "N, 3, 13: short", "Z": "N, 3, 13", "D": "N, 3, 13",
        "dA": "N, 6, 26",
    },
    plane_sums: {"D": "N, 3, 5, 7", "s": "3"},
    ordered: {"U": "N, 11: short", "V": "N, 11: integer", "Z": "N, 11"},
    step: {"w": "29", "g": "29", "m": "29"},
}
