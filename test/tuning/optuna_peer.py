"""Optuna's part of optuna.test.ts: python optuna_peer.py ACTION FILE [COUNT]; prints what it then sees as JSON."""

import json
import sys
import time
import warnings

import optuna

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
action, file = sys.argv[1:3]
count = int(sys.argv[3]) if len(sys.argv) > 3 else 0


def objective(trial):
    rate = trial.suggest_float("rate", 1e-4, 1, log=True)
    units = trial.suggest_int("units", 16, 64, step=16)
    kind = trial.suggest_categorical("kind", ["sgd", "adam", None])
    momentum = trial.suggest_float("momentum", 0, 0.9) if kind == "sgd" else 0
    trial.report(rate, 0)
    if trial.should_prune():
        raise optuna.TrialPruned()
    if action == "beside":
        time.sleep(0.01)
    return rate + units / 64 + momentum


def odd(trial):
    trial.set_user_attr("note", {"number": trial.number})
    trial.report(float("nan"), 0)
    trial.report(trial.number, 3)
    if trial.number == 1:
        raise optuna.TrialPruned()
    if trial.number == 2:
        raise ValueError("broken")
    return float("nan") if trial.number == 3 else objective(trial)


storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(file))
study = optuna.create_study(study_name="study", storage=storage, load_if_exists=True)
if action in ("continue", "beside"):
    study.optimize(objective, n_trials=count)
elif action == "make":
    study.enqueue_trial({"rate": 0.5})
    study.optimize(odd, n_trials=6, catch=ValueError)
    study.enqueue_trial({"rate": 0.25, "units": 32})

result = {
    "optuna": optuna.__version__,
    "direction": study.direction.name.lower(),
    "trials": [
        {
            "number": trial.number,
            "state": trial.state.name.lower(),
            "value": trial.value,
            "params": trial.params,
            "reports": [[step, str(value)] for step, value in sorted(trial.intermediate_values.items())],
            "userAttrs": trial.user_attrs,
        }
        for trial in study.trials
    ],
}
if action == "importances":
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=1)
    result["importances"] = optuna.importance.get_param_importances(study, evaluator=evaluator)
print(json.dumps(result))
