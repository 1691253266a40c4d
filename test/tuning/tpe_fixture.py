"""Writes tpe.json: how Optuna's TPE divides random histories into good trials and others, and its densities of both.

    python test/tuning/tpe_fixture.py
    npx biome format --write test/tuning/tpe.json

Trials are separated by `;`. One is `STATE VALUE REPORTS PARAMS`: reports `STEP:VALUE` and inner values of the parameters,
both separated by `,`, an inner value empty where the trial lacks the parameter.
"""

import functools
import json
import math
import random
import warnings
from pathlib import Path

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import TPESampler
from optuna.samplers._tpe.sampler import _split_trials, default_gamma
from optuna.trial import TrialState, create_trial

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)

# Of equal values the outer ones get the wider kernels. Which trials these are, numpy's default sort leaves to chance.
np.argsort = functools.partial(np.argsort, kind="stable")

SPACE = {
    "choice": CategoricalDistribution(["a", "b", "c"]),
    "float": FloatDistribution(-2, 3),
    "int": IntDistribution(1, 9),
    "log": FloatDistribution(1e-4, 1, log=True),
    "logInt": IntDistribution(2, 50, log=True),
    "step": FloatDistribution(0, 1, step=0.125),
    "stepInt": IntDistribution(0, 30, step=3),
}


def draw_inner(draw, distribution):
    if isinstance(distribution, CategoricalDistribution):
        return draw.randrange(len(distribution.choices))
    low, high = distribution.low, distribution.high
    if distribution.log:
        value = math.exp(draw.uniform(math.log(low), math.log(high)))
        return round(value) if isinstance(distribution, IntDistribution) else value
    if distribution.step:
        return low + distribution.step * draw.randint(0, round((high - low) / distribution.step))
    return draw.uniform(low, high)


def make_case(seed):
    draw = random.Random(seed)
    direction = draw.choice(["minimize", "maximize"])
    count = draw.choice([10, 12, 27, 60, 300])
    names = draw.sample(sorted(SPACE), draw.choice([1, 2, 4]))
    study = optuna.create_study(direction=direction)
    trials = []
    for _ in range(count):
        params = {
            name: draw_inner(draw, distribution)
            for name, distribution in SPACE.items()
            if name not in names or draw.random() < 0.9
        }
        reports = [
            [step, float("nan") if draw.random() < 0.1 else round(draw.gauss(0, 1), 1)]
            for step in range(draw.choice([0, 1, 1, 3]))
        ]
        state = draw.choice(["complete", "pruned"] if seed % 3 else ["complete", "pruned", "pruned", "pruned", "pruned"])
        value = round(draw.gauss(0, 1), 1) if state == "complete" else None
        study.add_trial(
            create_trial(
                state=TrialState[state.upper()],
                value=value,
                params={name: SPACE[name].to_external_repr(inner) for name, inner in params.items()},
                distributions={name: SPACE[name] for name in params},
                intermediate_values=dict(reports),
            )
        )
        shown = ",".join(f"{step}:{report}" for step, report in reports)
        inner = ",".join(str(params.get(name, "")) for name in names)
        trials.append(f"{state} {value} {shown} {inner}")
    sampler = TPESampler()
    space = {name: SPACE[name] for name in names}
    below, above = _split_trials(study, study.trials, default_gamma(count))
    points = {name: np.array([draw_inner(draw, SPACE[name]) for _ in range(5)], float) for name in names}
    densities = [
        sampler._build_parzen_estimator(study, space, part, handle_below=part is below).log_pdf(points).tolist()
        for part in (below, above)
    ]
    return {
        "direction": direction,
        "space": [optuna.distributions.distribution_to_json(SPACE[name]) for name in names],
        "names": names,
        "trials": ";".join(trials),
        "good": [trial.number for trial in below],
        "points": [points[name].tolist() for name in names],
        "densities": densities,
    }


cases = [make_case(seed) for seed in range(60)]
text = json.dumps({"optuna": optuna.__version__, "cases": cases}, separators=(",", ":"))
Path(__file__).with_name("tpe.json").write_text(text)
