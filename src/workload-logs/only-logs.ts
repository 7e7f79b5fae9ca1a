/** Why nothing is written for what only a log tells: whoever can make a program log a line could else make Hale act. */
export const ONLY_LOGS = 'only lines of a log tell of it, and nothing that Hale measured itself';
