import type { Trial } from '../../lib/tuning';

/** Functions to minimize, in the same order and with the same parameters as in objectives.py. */
export const objectives: Readonly<Record<string, (trial: Trial) => number>> = {
  'sphere, 5 dimensions': (trial) => sum(floats(trial, 5, -5, 5), (x) => x * x),

  'Rosenbrock, 2 dimensions': (trial) => {
    const [x, y] = floats(trial, 2, -2, 2);
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
  },

  Branin: (trial) => {
    const x = trial.suggestFloat('x', { low: -5, high: 10 });
    const y = trial.suggestFloat('y', { low: 0, high: 15 });
    const bend = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6;
    return bend ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
  },

  'Hartmann, 6 dimensions': (trial) => {
    const xs = floats(trial, 6, 0, 1);
    return -sum([0, 1, 2, 3], (i) => {
      const distance = sum([...xs.keys()], (j) => hartmannA[i][j] * (xs[j] - hartmannP[i][j]) ** 2);
      return hartmannAlpha[i] * Math.exp(-distance);
    });
  },

  'Ackley, 5 dimensions': (trial) => {
    const xs = floats(trial, 5, -32.768, 32.768);
    const spread = Math.sqrt(sum(xs, (x) => x * x) / 5);
    const waves = sum(xs, (x) => Math.cos(2 * Math.PI * x)) / 5;
    return -20 * Math.exp(-0.2 * spread) - Math.exp(waves) + 20 + Math.E;
  },

  'Rastrigin in steps, 3 dimensions': (trial) =>
    sum([0, 1, 2], (i) => {
      const x = trial.suggestFloat(`x${i}`, { low: -5, high: 5, step: 0.25 });
      return 10 + x * x - 10 * Math.cos(2 * Math.PI * x);
    }),

  'six-hump camel': (trial) => {
    const x = trial.suggestFloat('x', { low: -3, high: 3 });
    const y = trial.suggestFloat('y', { low: -2, high: 2 });
    return (4 - 2.1 * x ** 2 + x ** 4 / 3) * x * x + x * y + (4 * y * y - 4) * y * y;
  },

  conditional: (trial) => {
    if (trial.suggestCategorical('branch', ['line', 'plane', 'power']) === 'line') {
      return 0.1 + Math.abs(trial.suggestFloat('line.x', { low: -10, high: 10 }) - 3);
    }
    if (trial.params.branch === 'plane') {
      const x = trial.suggestFloat('plane.x', { low: -5, high: 5 });
      const y = trial.suggestFloat('plane.y', { low: -5, high: 5 });
      return 0.05 * ((x - 1) ** 2 + (y + 2) ** 2);
    }
    return 0.3 + Math.abs(Math.log10(trial.suggestFloat('power.x', { low: 1e-6, high: 1, log: true })) + 3);
  },

  categorical: (trial) =>
    sum([0, 1, 2, 3, 4, 5], (i) => {
      const choice = trial.suggestCategorical(`c${i}`, ['a', 'b', 'c', 'd', 'e', 'f']);
      return Math.abs('abcdef'.indexOf(choice) - ((2 * i + 1) % 6)) * (i + 1);
    }),

  "a network's settings": (trial) => {
    const rate = trial.suggestFloat('rate', { low: 1e-5, high: 1, log: true });
    const units = trial.suggestInt('units', { low: 8, high: 1024, log: true });
    const layers = trial.suggestInt('layers', { low: 1, high: 8 });
    const batch = trial.suggestInt('batch', { low: 16, high: 256, step: 16 });
    const optimizer = trial.suggestCategorical('optimizer', ['sgd', 'momentum', 'adam']);
    const best = { sgd: -1, momentum: -2, adam: -3 }[optimizer];
    return (
      (Math.log10(rate) - best) ** 2 +
      0.3 * Math.abs(Math.log2(units) - 7) +
      0.2 * (layers - 4) ** 2 +
      (0.5 * Math.abs(batch - 96)) / 32 +
      { sgd: 0.4, momentum: 0.1, adam: 0 }[optimizer]
    );
  },
};

function floats(trial: Trial, count: number, low: number, high: number): number[] {
  return Array.from({ length: count }, (_, i) => trial.suggestFloat(`x${i}`, { low, high }));
}

function sum<T>(values: readonly T[], term: (value: T) => number): number {
  return values.reduce((total, value) => total + term(value), 0);
}

// Hartmann's function in 6 dimensions: Dixon and Szegö, Towards Global Optimisation 2, 1978.
const hartmannAlpha = [1, 1.2, 3, 3.2];
const hartmannA = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const hartmannP = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];
