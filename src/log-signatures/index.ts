export { matchSignature, type SignatureMatch } from './match.ts';
