"""Writes sklearn.json beside this file: what scikit-learn and SciPy give for the inputs of cases.ts.

    python3 -m venv /tmp/sklearn && /tmp/sklearn/bin/pip install scikit-learn
    /tmp/sklearn/bin/python test/evaluation/sklearn_fixture.py
    npx biome format --write test/evaluation/sklearn.json

NaN is written as -9, which none of these values can be. Lists hold one value a case, in order, unless said otherwise.
"""

import json
import platform
import warnings
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy import optimize, special, stats
from sklearn import metrics
from sklearn.calibration import calibration_curve

CASES = 1000


def create_draw(seed):
    state = seed

    def advance():
        nonlocal state
        state = (1664525 * state + 1013904223) % 2**32
        return state >> 8

    for _ in range(3):
        advance()
    return lambda limit: advance() % limit


def make_case(index):
    draw = create_draw(index)
    num_classes = 2 + draw(9)
    count = 400 if index % 49 == 0 else 1 + draw(60)
    kind = index % 5
    levels = 4 if index % 2 == 0 else 1000
    single = draw(num_classes)
    choose = [
        lambda: draw(num_classes),
        lambda: draw(draw(num_classes) + 1),
        lambda: draw((num_classes + 1) >> 1),
        lambda: single,
        lambda: draw(num_classes),
    ][kind]
    labels, predictions, rows = [], [], []
    for _ in range(count):
        label = choose()
        labels.append(label)
        guess = draw(num_classes)
        predictions.append(label if draw(20 if kind == 4 else 2) > 0 else guess)
        row = [draw(levels) for _ in range(num_classes)]
        row[label] += draw(levels)
        if not any(row):
            row[0] = 1
        rows.append(row)
    weights = np.array(rows, dtype=float)
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    return num_classes, np.array(labels), np.array(predictions), weights, probabilities


def top_k(labels, probabilities, k):
    num_classes = probabilities.shape[1]
    if num_classes == 2:  # scikit-learn takes two classes as one column, and k = 1 as a threshold
        return np.nan
    return metrics.top_k_accuracy_score(labels, probabilities, k=k, labels=range(num_classes))


def calibration_errors(labels, probabilities, bins=10):
    """Expected and maximum, over the bins that calibration_curve gives; it does not give their counts."""
    confidence = probabilities.max(axis=1)
    correct = (probabilities.argmax(axis=1) == labels).astype(int)
    accuracy, mean = calibration_curve(correct, confidence, n_bins=bins, pos_label=1)
    counts = np.bincount(np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence))
    gaps = np.abs(accuracy - mean)
    return np.average(gaps, weights=counts[counts > 0]), gaps.max()


def values_of(labels, predictions, probabilities):
    """One number each: name -> value."""
    num_classes = probabilities.shape[1]
    classes = range(num_classes)
    one_hot = np.eye(num_classes, dtype=int)[labels]
    expected, maximum = calibration_errors(labels, probabilities)
    of_first = (labels == labels[0]).astype(int), probabilities[:, labels[0]]
    values = {
        "accuracy": metrics.accuracy_score(labels, predictions),
        "balancedAccuracy": metrics.balanced_accuracy_score(labels, predictions),
        "cohenKappa": metrics.cohen_kappa_score(labels, predictions, labels=classes),
        "matthewsCorrelation": metrics.matthews_corrcoef(labels, predictions),
        "top1": top_k(labels, probabilities, 1),
        "top2": top_k(labels, probabilities, 2),
        "top3": top_k(labels, probabilities, 3),
        "logLoss": metrics.log_loss(labels, probabilities, labels=classes),
        "brierScore": metrics.brier_score_loss(labels, probabilities, labels=classes, scale_by_half=False),
        "expectedCalibrationError": expected,
        "maximumCalibrationError": maximum,
        "rocAucMacro": metrics.roc_auc_score(one_hot, probabilities, average="macro"),
        "rocAucWeighted": metrics.roc_auc_score(one_hot, probabilities, average="weighted"),
        "rocAucOfFirst": metrics.roc_auc_score(*of_first) if len(set(of_first[0])) == 2 else np.nan,
        "averagePrecisionOfFirst": metrics.average_precision_score(*of_first),
    }
    micro = averages(labels, predictions, num_classes, 0, "micro")
    assert micro[0] == micro[1] == micro[2], "micro averages differ"
    values["micro"] = micro[0]
    for zero_division in (0, 1, np.nan):
        for average in ("macro", "weighted"):
            scores = averages(labels, predictions, num_classes, zero_division, average)
            for name, score in zip(("precision", "recall", "f1"), scores):
                values[f"{average} {name}, {zero_division}"] = score
    return values


def averages(labels, predictions, num_classes, zero_division, average):
    return metrics.precision_recall_fscore_support(
        labels, predictions, labels=range(num_classes), average=average, zero_division=zero_division
    )[:3]


def curves_of(index):
    _, labels, _, _, probabilities = make_case(index)
    scores = probabilities[:, labels[0]]
    fpr, tpr, thresholds = metrics.roc_curve(labels == labels[0], scores, drop_intermediate=False)
    dropped_fpr, dropped_tpr, _ = metrics.roc_curve(labels == labels[0], scores)
    precision, recall, pr_thresholds = metrics.precision_recall_curve(labels == labels[0], scores)
    return {
        "case": index,
        "falsePositiveRates": fpr,
        "truePositiveRates": tpr,
        "thresholdsAfterInfinity": thresholds[1:],
        "falsePositiveRatesDropped": dropped_fpr,
        "truePositiveRatesDropped": dropped_tpr,
        "precisions": precision,
        "recalls": recall,
        "recallThresholds": pr_thresholds,
    }


def confusion_of(index):
    num_classes, labels, predictions, _, _ = make_case(index)
    of = lambda normalize: metrics.confusion_matrix(
        labels, predictions, labels=range(num_classes), normalize=normalize
    ).ravel()
    return {"case": index, "counts": of(None), "true": of("true"), "predicted": of("pred"), "all": of("all")}


def report_of(index):
    num_classes, labels, predictions, _, _ = make_case(index)
    digits, zero_division = index % 5, (0, 1, np.nan)[index % 3]
    names = ["é" * (index % 20) + str(c) for c in range(num_classes)]
    text = metrics.classification_report(
        labels,
        predictions,
        labels=range(num_classes),
        target_names=names,
        digits=digits,
        zero_division=zero_division,
    )
    return {"case": index, "digits": digits, "zeroDivision": str(zero_division), "text": text}


def temperature_of(index):
    """The weights, divided by 4 or 1000, taken as logits."""
    _, labels, _, weights, _ = make_case(index)
    logits = weights / (4 if index % 2 == 0 else 1000)

    def slope(inverse):
        scaled = special.softmax(inverse * logits, axis=1)
        return ((scaled * logits).sum(axis=1) - logits[np.arange(len(labels)), labels]).sum()

    if slope(1 / 100) > 0 or slope(100) < 0:
        return None
    return {"case": index, "temperature": 1 / optimize.brentq(slope, 1 / 100, 100, xtol=1e-14, rtol=1e-14)}


def intervals_and_tests():
    draw = create_draw(CASES)
    wilson, mcnemar = [], []
    for index in range(100):
        total = 1 + draw(10000 if index % 2 == 0 else 20)
        correct, level = draw(total + 1), (1 + draw(999)) / 1000
        interval = stats.binomtest(correct, total).proportion_ci(level, method="wilson")
        wilson.append([correct, total, level, interval.low, interval.high])
    for index in range(100):
        # The exact test up to 25; above it chi-squared, with a correction that takes no difference below 0.
        limit = 13 if index % 2 == 0 else 200
        first, second = draw(limit), draw(limit)
        both = first + second
        if both <= 25:
            p_value = stats.binomtest(first, both).pvalue if both else 1
        else:
            p_value = stats.chi2.sf(max(0, abs(first - second) - 1) ** 2 / both, 1)
        mcnemar.append([first, second, p_value])
    return wilson, mcnemar


def per_class(labels, predictions, num_classes):
    return metrics.precision_recall_fscore_support(
        labels, predictions, labels=range(num_classes), zero_division=np.nan
    )


def main():
    warnings.simplefilter("ignore")
    values, classes = {}, {"precision": [], "recall": [], "f1": [], "support": []}
    for index in range(CASES):
        num_classes, labels, predictions, _, probabilities = make_case(index)
        for name, value in values_of(labels, predictions, probabilities).items():
            values.setdefault(name, []).append(value)
        for name, row in zip(classes, per_class(labels, predictions, num_classes)):
            classes[name].extend(row)
    wilson, mcnemar = intervals_and_tests()
    few = range(3, CASES, 29)
    fixture = {
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "values": values,
        "perClass": classes,
        "confusion": [confusion_of(index) for index in few],
        "curves": [curves_of(index) for index in few],
        "reports": [report_of(index) for index in range(0, CASES, 13)],
        "temperatures": [found for index in few if (found := temperature_of(index))],
        "wilson": wilson,
        "mcnemar": mcnemar,
    }
    Path(__file__).with_name("sklearn.json").write_text(json.dumps(plain(fixture), ensure_ascii=False))


def plain(value):
    """As json takes it, NaN as -9."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (str, int)):
        return value
    return -9 if np.isnan(value) else int(value) if value == int(value) else float(value)


if __name__ == "__main__":
    main()
