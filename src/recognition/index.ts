export { type AlertRecogniser, createAlertRecogniser } from './alert-recogniser.ts';
