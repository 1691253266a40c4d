"""Writes pruners.json: what Optuna's pruners decide in many random studies, as the events that led there.

    python test/tuning/pruners_fixture.py
    npx biome format --write test/tuning/pruners.json

Events are separated by `;`. One is `NUMBER STEP VALUE go|stop` for a report and the decision, or `NUMBER STATE VALUE` for
an end. Trials overlap, steps have gaps, values repeat and are sometimes nan.
"""

import json
import random
import warnings
from pathlib import Path

import optuna
from optuna.pruners import MedianPruner, PercentilePruner, SuccessiveHalvingPruner
from optuna.trial import TrialState

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")  # numpy's, for steps with nothing but nan


def make_pruner(draw):
    kind = draw.choice(["median", "percentile", "successive halving"])
    if kind == "successive halving":
        options = {
            "minResource": draw.choice([None, 1, 2, 3]),
            "reductionFactor": draw.choice([2, 3, 4]),
            "minEarlyStoppingRate": draw.choice([0, 0, 1]),
        }
        options["bootstrapCount"] = draw.choice([0, 0, 2]) if options["minResource"] else 0
        pruner = SuccessiveHalvingPruner(
            min_resource=options["minResource"] or "auto",
            reduction_factor=options["reductionFactor"],
            min_early_stopping_rate=options["minEarlyStoppingRate"],
            bootstrap_count=options["bootstrapCount"],
        )
        return {"kind": kind, "options": options}, pruner
    options = {
        "startupTrials": draw.choice([0, 1, 3, 5]),
        "warmupSteps": draw.choice([0, 0, 2, 5]),
        "intervalSteps": draw.choice([1, 1, 2, 3]),
        "minTrials": draw.choice([1, 1, 2, 4]),
    }
    renamed = {
        "n_startup_trials": options["startupTrials"],
        "n_warmup_steps": options["warmupSteps"],
        "interval_steps": options["intervalSteps"],
        "n_min_trials": options["minTrials"],
    }
    if kind == "median":
        return {"kind": kind, "options": options}, MedianPruner(**renamed)
    percentile = draw.choice([10, 25, 33.3, 66, 90])
    return (
        {"kind": kind, "percentile": percentile, "options": options},
        PercentilePruner(percentile, **renamed),
    )


def make_study(seed):
    draw = random.Random(seed)
    config, pruner = make_pruner(draw)
    direction = draw.choice(["minimize", "maximize"])
    study = optuna.create_study(direction=direction, pruner=pruner)
    events, running = [], []
    digits, steps = draw.choice([0, 1, 6]), draw.choice([6, 12, 40])
    for _ in range(draw.randint(60, 160)):
        if len(running) < draw.choice([1, 1, 3]):
            running.append([study.ask(), -1])
        entry = draw.choice(running)
        trial, step = entry
        step += draw.choice([1, 1, 1, 2])
        if step < steps and draw.random() < 0.95:
            value = float("nan") if draw.random() < 0.05 else round(draw.gauss(0, 3), digits)
            trial.report(value, step)
            decision = trial.should_prune()
            events.append(f"{trial.number} {step} {value} {'stop' if decision else 'go'}")
            entry[1] = step
            if not decision or draw.random() < 0.2:
                continue
            state, value = TrialState.PRUNED, None
        else:
            state = draw.choice([TrialState.COMPLETE, TrialState.COMPLETE, TrialState.FAIL])
            value = draw.gauss(0, 3) if state == TrialState.COMPLETE else None
        study.tell(trial, value, state=state)
        events.append(f"{trial.number} {state.name.lower()} {value}")
        running.remove(entry)
    return {**config, "direction": direction, "events": ";".join(events)}


fixture = {"optuna": optuna.__version__, "studies": [make_study(seed) for seed in range(120)]}
Path(__file__).with_name("pruners.json").write_text(json.dumps(fixture))
