export const ALERTS_PATH = '/api/v1/alerts';
