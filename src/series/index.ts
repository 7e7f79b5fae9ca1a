export type { Episode, EpisodeChange, EpisodeOptions, EpisodeState } from './episode.ts';
export { createEpisodeState, pushEpisode } from './episode.ts';
export type { SeriesScore, SeriesScorer } from './series-scorer.ts';
export { createSeriesScorer } from './series-scorer.ts';
