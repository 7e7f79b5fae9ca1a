export type { EpisodeOptions, EpisodeState } from './episode.ts';
export { createEpisodeState, pushEpisode } from './episode.ts';
export { BYTES_PER_SERIES, createSeriesBank, type SeriesBank } from './series-bank.ts';
export type { SeriesScore } from './series-scorer.ts';
