// @ts-check
/** What the search box found: totals of the matches, worked out by the server over all samples. */

import { Refusal, ask } from './api.js';
import { countText, percentText, valueText } from './format.js';

/** @typedef {import('./api.js').Matches} Matches */

/**
 * Asks what matches and tells the sums beside the search box.
 * @param {import('./view.js').Page} page
 * @param {string} q
 * @param {AbortSignal} signal
 * @returns {Promise<Matches | null>} null when the text is no regular expression
 */
export async function searchText(page, q, signal) {
  try {
    const matches = /** @type {Matches & {format: import('./format.js').ValueFormat}} */ (await ask('search', { q }, signal));
    const sum = (/** @type {number} */ value) => `${valueText(value, matches.format)} (${percentText(value, matches.total) || '0%'})`;
    page.found(matches.places === 0
      ? 'no matches'
      : `${countText(matches.places)} ${matches.places === 1 ? 'place' : 'places'} · total ${sum(matches.cum)} · self ${sum(matches.flat)}`);
    return matches;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    page.found(error.message);
    return null;
  }
}
