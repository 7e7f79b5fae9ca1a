/**
 * How much likelier a deviation is under "this is the cause" than under "all is well", as a natural logarithm.
 *
 * All is well: Student's t with 3 degrees of freedom, because series of services have heavy tails. The cause: any size from 1 to 10,000
 * spreads, each decade as likely as the next. The two are equal near 3.5 spreads; each further decade adds 3 ln 10.
 */
export function likelihoodRatio(spreads: number): number {
  const size = Math.min(LARGEST_SPREADS, Math.max(1, Math.abs(spreads)));
  const cause = -Math.log(size * Math.log(LARGEST_SPREADS));
  const well = Math.log(2 * T3_AT_ZERO) - 2 * Math.log1p(Math.min(LARGEST_SPREADS, Math.abs(spreads)) ** 2 / 3);
  return Math.min(MOST, cause - well);
}

const LARGEST_SPREADS = 1e4;
/** Density of Student's t with 3 degrees of freedom at zero: 2 / (pi sqrt 3). */
const T3_AT_ZERO = 2 / (Math.PI * Math.sqrt(3));
/** Beyond this more size says nothing: a series that was nearly constant would drown all others. */
const MOST = 12;

/** 0 to 1: how much of a deviation is to be taken for real, with even odds before. */
export function realness(spreads: number): number {
  return 1 / (1 + Math.exp(-likelihoodRatio(spreads)));
}

/** Weight beyond the knee counts a fifth: enough to tell two of a kind apart, too little to outweigh another kind. */
export function softened(weight: number, knee: number): number {
  return weight <= knee ? weight : knee + (weight - knee) / 5;
}
