"""Finds the polynomials of packages/autograd/src/backends/wasm/elements/{exponential32,logarithm32,gaussian32,trigonometry32}.ts: `python tools/minimax.py`.

Each is the weighted minimax polynomial (Lawson's iteration of least squares at Chebyshev points), whose coefficients
are rounded to float32 one after the other, the lowest power first, and the rest fitted again. Printed with the largest
weighted error; highest power first, as `Lanes.polynomial` takes them. Needs numpy and mpmath.
"""

import numpy as np
from mpmath import cos, erf, erfc, exp, log, mp, mpf, pi, sin, sqrt

mp.dps = 40


def fit(target, weight, low, high, count, points=500, rounds=60):
    """`count` coefficients, lowest power first, and the largest |error · weight|."""
    x = [(mpf(low) + high) / 2 + (mpf(high) - low) / 2 * cos(pi * (i + mpf(1) / 2) / points) for i in range(points)]
    y = np.array([float(target(t)) for t in x])
    w = np.array([float(weight(t)) for t in x])
    x = np.array([float(t) for t in x])
    scale = max(abs(low), abs(high))
    chosen = []
    while True:
        rest = y - sum((c * x**k for k, c in enumerate(chosen)), np.zeros_like(x))
        if len(chosen) == count:
            return chosen, np.abs(rest * w).max()
        powers = range(len(chosen), count)
        basis = np.stack([(x / scale) ** k for k in powers], 1)
        density = np.full_like(x, 1 / len(x))
        best, kept = np.inf, None
        for _ in range(rounds):
            root = np.sqrt(density) * w
            c, *_ = np.linalg.lstsq(basis * root[:, None], rest * root, rcond=None)
            error = np.abs((basis @ c - rest) * w)
            if error.max() < best:
                best, kept = error.max(), c
            density = density * error
            density /= density.sum()
        chosen.append(float(np.float32(kept[0] / scale ** len(chosen))))


def show(name, target, weight, low, high, count, **options):
    coefficients, error = fit(target, weight, low, high, count, **options)
    print(f"{name}: 2^{np.log2(error):.2f}\n  [{', '.join(f'{c:.9g}' for c in reversed(coefficients))}]")


def near(value, series):
    """A function with a removable singularity at 0."""
    return lambda x: value(x) if abs(x) > 1e-9 else mpf(series)


# e^r = 1 + r + r² p(r)
show("exp", near(lambda r: (exp(r) - 1 - r) / r**2, 0.5), lambda r: r * r / exp(r), -0.3475, 0.3475, 5)
# e^2r − 1 = 2r + r² p(r)
p = near(lambda r: (exp(2 * r) - 1 - 2 * r) / r**2, 2)
show("expm1 of 2r", p, near(lambda r: r * r / (exp(2 * r) - 1), 0), -0.1737, 0.1737, 5)
# ln(1 + f) = f − f²/2 + f³ p(f), for a mantissa in [√½, √2)
p = near(lambda f: (log(1 + f) - f + f * f / 2) / f**3, mpf(1) / 3)
show("log", p, near(lambda f: f**3 / log(1 + f), 0), -0.293, 0.4143, 8)
# ln(1 + f) = f + f² p(f) on [0, 1]
p = near(lambda f: (log(1 + f) - f) / f**2, -0.5)
show("log1p", p, near(lambda f: f * f / log(1 + f), 0), 0, 1, 9)
# sin r = r + r³ p(r²), cos r = 1 − r²/2 + r⁴ p(r²) up to π/4
p = near(lambda z: (sin(sqrt(z)) / sqrt(z) - 1) / z, -mpf(1) / 6)
show("sin", p, lambda z: z, 0, 0.6171, 3)
p = near(lambda z: (cos(sqrt(z)) - 1 + z / 2) / z**2, mpf(1) / 24)
show("cos", p, lambda z: z * z / cos(sqrt(z)), 0, 0.6171, 3)
# erf x = x + x p(x²) below 1.125
p = near(lambda z: erf(sqrt(z)) / sqrt(z) - 1, 2 / sqrt(pi) - 1)
show("erf near 0", p, lambda z: 1 / (1 + p(z)), 0, 1.125**2, 7)
# erf x = 1 − p(x − 1.125)⁻⁴ above
q = lambda x: erfc(x + 1.125) ** mpf(-0.25)
show("erf far from 0", q, lambda x: 4 * erfc(x + 1.125) / q(x) / erf(x + 1.125), 0, 3.95 - 1.125, 9)
# (1 + 2a) e^(a²) erfc a = 1 + t p(t − 0.45), t = a / (a + 5/2)
at = lambda s: mpf(2.5) * (s + 0.45) / (0.55 - s)
h = lambda s: (1 + 2 * at(s)) * exp(at(s) ** 2) * erfc(at(s))
show("erfc", lambda s: (h(s) - 1) / (s + 0.45), lambda s: (s + 0.45) / h(s), 1e-6 - 0.45, 10.07 / 12.57 - 0.45, 10)


def ratio(target, low, high, over, under, points=800, rounds=120):
    """Numerator and denominator (from 1 on), lowest power first, by the linearized problem weighted again and again."""
    x = [mpf(low) + (mpf(high) - low) * (1 - cos(pi * (i + mpf(1) / 2) / points)) / 2 for i in range(points)]
    y = np.array([float(target(t)) for t in x])
    x = np.array([float(t) for t in x])
    below, density, best, kept = 1 + x, np.full_like(x, 1 / len(x)), np.inf, None
    basis = np.stack([x**i for i in range(over + 1)] + [-y * x**i for i in range(1, under + 1)], 1)
    size = np.abs(basis).max(0)
    for step in range(rounds):
        w = np.sqrt(density) / (y * below)
        c = np.linalg.lstsq(basis / size * w[:, None], y * w, rcond=None)[0] / size
        top, bottom = c[: over + 1], np.append(1, c[over + 1 :])
        below = np.polyval(bottom[::-1], x)
        error = np.abs(np.polyval(top[::-1], x) / below / y - 1)
        if error.max() < best:
            best, kept = error.max(), (top, bottom)
        if step > 15:
            density = density * error
            density /= density.sum()
    return (*kept, best)


# e^(a²/2) Φ(−a) = p(a) / q(a)
top, bottom, error = ratio(lambda a: exp(a * a / 2) * erfc(a / sqrt(2)) / 2, 0, 14.25, 4, 5)
print(f"normalCdf: 2^{np.log2(error):.2f}")
for part in (top, bottom):
    print(f"  [{', '.join(f'{np.float32(c):.9g}' for c in part[::-1])}]")
