export { labelsOf, lineOf, NORMALISE_DEFAULTS, type NormaliseLimits, normalise } from './normalise.ts';
