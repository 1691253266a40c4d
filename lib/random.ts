import seedrandom from 'seedrandom';

/** A seeded stream of random numbers; the same seed gives the same stream on every machine. */
export interface Random {
  /** A number in [0, 1). */
  uniform(): number;
  /** A whole number in [0, limit). */
  integer(limit: number): number;
  /** A draw from the normal distribution with mean 0 and standard deviation 1. */
  normal(): number;
  /** The numbers 0 to count - 1 in random order (Fisher-Yates). */
  permutation(count: number): Uint32Array;
  /**
   * An independent stream named by `label`. The child depends on the seed and the label alone, not on how many
   * numbers were drawn before: `random.fork('epoch 3')` is the same stream in a resumed run.
   */
  fork(label: string | number): Random;
}

/** Makes the stream of `seed`. Johannes Baagøe's Alea generator, from the seedrandom package. */
export function createRandom(seed: number | string): Random {
  const next = seedrandom.alea(String(seed));
  const integer = (limit: number): number => Math.floor(next() * limit);
  return {
    uniform: next,
    integer,
    // Box and Muller (1958); 1 - u keeps the logarithm's argument above 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    permutation: (count) => {
      const order = Uint32Array.from({ length: count }, (_, i) => i);
      for (let i = count - 1; i > 0; i--) {
        const j = integer(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    },
    fork: (label) => createRandom(`${seed}/${label}`),
  };
}
