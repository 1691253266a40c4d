"""Optuna's part of compare-samplers.ts: the best value of each function and seed, and whether the functions are the same.

    python compare_samplers.py SEEDS TRIALS ours.json

`ours.json` holds, for each function, parameters and the value they have in TypeScript.
"""

import json
import sys

import optuna

from objectives import OBJECTIVES

optuna.logging.set_verbosity(optuna.logging.ERROR)
seeds, trials = int(sys.argv[1]), int(sys.argv[2])
with open(sys.argv[3]) as file:
    ours = json.load(file)

results = {}
for name, objective in OBJECTIVES.items():
    for point in ours[name]:
        value = objective(optuna.trial.FixedTrial(point["params"]))
        assert abs(value - point["value"]) <= 1e-9 * max(1, abs(value)), (name, point, value)
    best = []
    for seed in range(1, seeds + 1):
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
        study.optimize(objective, n_trials=trials)
        best.append(study.best_value)
    results[name] = best
    print(name, file=sys.stderr, flush=True)
print(json.dumps({"optuna": optuna.__version__, "python": sys.version.split()[0], "best": results}))
