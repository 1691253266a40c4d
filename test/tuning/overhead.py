"""Optuna's part of overhead.ts: seconds for the next trials of a study in a journal file, given on stdin one count a line.

    python overhead.py SAMPLER FILE
"""

import sys
import time

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(sys.argv[2]))
samplers = {"tpe": optuna.samplers.TPESampler, "random": optuna.samplers.RandomSampler}
study = optuna.create_study(storage=storage, sampler=samplers[sys.argv[1]](seed=1))


def objective(trial):
    return sum(trial.suggest_float(f"x{i}", -5, 5) ** 2 for i in range(5))


print(optuna.__version__, flush=True)
for line in sys.stdin:
    begin = time.perf_counter()
    study.optimize(objective, n_trials=int(line))
    print(time.perf_counter() - begin, flush=True)
