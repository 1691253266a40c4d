/** The chance that a normal draw (mean 0, standard deviation 1) is below z, to about 15 digits, far below 0 too. */
export function normalBelow(z: number): number {
  const x = Math.abs(z) * Math.SQRT1_2;
  if (x < 0.46875) return 0.5 + 0.5 * z * Math.SQRT1_2 * ratio(nearA, nearB, x * x);
  const tail = 0.5 * Math.exp(-x * x) * (x <= 4 ? ratio(middleC, middleD, x) : farTail(x));
  return z < 0 ? tail : 1 - tail;
}

/** The chance that a normal draw is between a and b, without the loss of digits far from 0. */
export function normalBetween(a: number, b: number): number {
  return a > 0 ? normalBelow(-a) - normalBelow(-b) : normalBelow(b) - normalBelow(a);
}

/** The z between a and b below which a normal draw between them is with the chance `share`, 0 to 1. */
export function truncatedQuantile(share: number, a: number, b: number): number {
  if (a > 0) return -truncatedQuantile(1 - share, -b, -a); // to the side where small chances are exact
  const target = normalBelow(a) + share * normalBetween(a, b);
  let [low, high] = [a, b];
  for (let i = 0; i < 60 && high - low > 1e-12; i++) {
    const middle = (low + high) / 2;
    if (normalBelow(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function farTail(x: number): number {
  const y = 1 / (x * x);
  return (1 / Math.sqrt(Math.PI) - y * ratio(farP, farQ, y)) / x;
}

/** The ratio of two polynomials, highest coefficients first. */
function ratio(numerator: readonly number[], denominator: readonly number[], x: number): number {
  let [above, below] = [0, 0];
  for (let i = 0; i < numerator.length; i++) {
    above = above * x + numerator[i];
    below = below * x + denominator[i];
  }
  return above / below;
}

// Coefficients: Cody, Rational Chebyshev Approximations for the Error Function, Mathematics of Computation 23, 1969.
const nearA = [
  0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694,
];
const nearB = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171];
const middleC = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001,
  881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
];
const middleD = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
];
const farP = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
];
const farQ = [
  1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
];
