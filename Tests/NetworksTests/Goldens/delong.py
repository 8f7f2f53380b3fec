# SPDX-License-Identifier: Apache-2.0
"""Makes delong.json beside this file: the difference of two AUROCs and its standard deviation, by the definition of DeLong, DeLong and
Clarke-Pearson (1988): every pair of a case and a control compared, and the covariances of the structural components.

    python3 -m venv venv && venv/bin/pip install numpy && venv/bin/python delong.py
"""
import json
import pathlib

import numpy as np


def delong(first, second, labels):
    labels = np.array(labels)
    components = []
    for scores in (np.array(first), np.array(second)):
        cases, controls = scores[labels], scores[~labels]
        wins = (cases[:, None] > controls[None, :]) + 0.5 * (cases[:, None] == controls[None, :])
        components.append((wins.mean(axis=1), wins.mean(axis=0)))
    of_cases = np.cov(np.array([c[0] for c in components]))
    of_controls = np.cov(np.array([c[1] for c in components]))
    covariance = of_cases / labels.sum() + of_controls / (~labels).sum()
    contrast = np.array([1.0, -1.0])
    difference = components[0][0].mean() - components[1][0].mean()
    return float(difference), float(np.sqrt(contrast @ covariance @ contrast))


def main():
    random = np.random.default_rng(1988)
    cases = []
    for rows, prevalence, levels in [(12, 0.4, None), (60, 0.2, None), (60, 0.5, 5), (200, 0.1, None), (200, 0.3, 12)]:
        labels = random.random(rows) < prevalence
        labels[:2], labels[2:4] = True, False
        common = labels + random.normal(size=rows)
        first, second = common + 0.5 * random.normal(size=rows), common + random.normal(size=rows)
        if levels:  # ties
            first, second = (np.round(scores * levels / 4) for scores in (first, second))
        first, second = (np.round(scores, 6).tolist() for scores in (first, second))
        difference, deviation = delong(first, second, labels.tolist())
        cases.append({"first": first, "second": second, "labels": labels.tolist(), "difference": difference,
                      "deviation": deviation})
    path = pathlib.Path(__file__).parent / "delong.json"
    path.write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
