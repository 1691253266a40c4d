"""The functions of objectives.ts, in the same order and with the same parameters."""

from math import cos, e, exp, log2, log10, pi, sqrt


def floats(trial, count, low, high):
    return [trial.suggest_float(f"x{i}", low, high) for i in range(count)]


def sphere(trial):
    return sum(x * x for x in floats(trial, 5, -5, 5))


def rosenbrock(trial):
    x, y = floats(trial, 2, -2, 2)
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def branin(trial):
    x = trial.suggest_float("x", -5, 10)
    y = trial.suggest_float("y", 0, 15)
    bend = y - (5.1 / (4 * pi**2)) * x * x + (5 / pi) * x - 6
    return bend**2 + 10 * (1 - 1 / (8 * pi)) * cos(x) + 10


ALPHA = [1, 1.2, 3, 3.2]
A = [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
]
P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]


def hartmann(trial):
    xs = floats(trial, 6, 0, 1)
    return -sum(
        ALPHA[i] * exp(-sum(A[i][j] * (xs[j] - P[i][j]) ** 2 for j in range(6))) for i in range(4)
    )


def ackley(trial):
    xs = floats(trial, 5, -32.768, 32.768)
    spread = sqrt(sum(x * x for x in xs) / 5)
    waves = sum(cos(2 * pi * x) for x in xs) / 5
    return -20 * exp(-0.2 * spread) - exp(waves) + 20 + e


def rastrigin(trial):
    xs = [trial.suggest_float(f"x{i}", -5, 5, step=0.25) for i in range(3)]
    return sum(10 + x * x - 10 * cos(2 * pi * x) for x in xs)


def camel(trial):
    x = trial.suggest_float("x", -3, 3)
    y = trial.suggest_float("y", -2, 2)
    return (4 - 2.1 * x**2 + x**4 / 3) * x * x + x * y + (4 * y * y - 4) * y * y


def conditional(trial):
    branch = trial.suggest_categorical("branch", ["line", "plane", "power"])
    if branch == "line":
        return 0.1 + abs(trial.suggest_float("line.x", -10, 10) - 3)
    if branch == "plane":
        x = trial.suggest_float("plane.x", -5, 5)
        y = trial.suggest_float("plane.y", -5, 5)
        return 0.05 * ((x - 1) ** 2 + (y + 2) ** 2)
    return 0.3 + abs(log10(trial.suggest_float("power.x", 1e-6, 1, log=True)) + 3)


def categorical(trial):
    total = 0
    for i in range(6):
        choice = trial.suggest_categorical(f"c{i}", list("abcdef"))
        total += abs("abcdef".index(choice) - (2 * i + 1) % 6) * (i + 1)
    return total


def network(trial):
    rate = trial.suggest_float("rate", 1e-5, 1, log=True)
    units = trial.suggest_int("units", 8, 1024, log=True)
    layers = trial.suggest_int("layers", 1, 8)
    batch = trial.suggest_int("batch", 16, 256, step=16)
    optimizer = trial.suggest_categorical("optimizer", ["sgd", "momentum", "adam"])
    best = {"sgd": -1, "momentum": -2, "adam": -3}[optimizer]
    return (
        (log10(rate) - best) ** 2
        + 0.3 * abs(log2(units) - 7)
        + 0.2 * (layers - 4) ** 2
        + 0.5 * abs(batch - 96) / 32
        + {"sgd": 0.4, "momentum": 0.1, "adam": 0}[optimizer]
    )


OBJECTIVES = {
    "sphere, 5 dimensions": sphere,
    "Rosenbrock, 2 dimensions": rosenbrock,
    "Branin": branin,
    "Hartmann, 6 dimensions": hartmann,
    "Ackley, 5 dimensions": ackley,
    "Rastrigin in steps, 3 dimensions": rastrigin,
    "six-hump camel": camel,
    "conditional": conditional,
    "categorical": categorical,
    "a network's settings": network,
}
