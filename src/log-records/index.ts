export { labelsOf, lineOf, NORMALISE_DEFAULTS, type Normalised, type NormaliseLimits, normalise } from './normalise.ts';
