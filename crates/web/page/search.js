// @ts-check
/** What the search box found: totals of the matches, worked out by the server over all samples, and the way from hit to hit. */

import { Refusal, ask } from './api.js';
import { el, fill, icon } from './dom.js';
import { countText, percentText, valueText } from './format.js';

/** @typedef {import('./api.js').Matches} Matches */
/** @typedef {import('./view.js').Hits} Hits */

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

/** The buttons for the next and the previous hit, and which one is shown. */
export class HitSteps {
  constructor() {
    /** @type {Hits | null} */
    this.hits = null;
    this.at = -1;
    this.text = el('output', { class: 'hit-count' });
    const step = (/** @type {'up' | 'down'} */ name, /** @type {string} */ label, /** @type {number} */ by) => el('button', {
      class: 'button only-icon', type: 'button', title: label, 'aria-label': label, onclick: () => this.step(by) }, icon(name));
    this.element = el('div', { class: 'hits', hidden: true }, this.text,
      step('up', 'Previous hit (N, Shift-Enter)', -1), step('down', 'Next hit (n, Enter)', 1));
  }

  /** @param {Hits | null} hits */
  set(hits) {
    this.hits = hits;
    // Views tell their hits anew whenever they are drawn: people stay where they are.
    if (!hits || this.at >= hits.count) this.at = -1;
    this.show();
  }

  /** Begins anew with the next search. */
  reset() {
    this.at = -1;
  }

  show() {
    const count = this.hits?.count ?? 0;
    this.element.hidden = count === 0;
    fill(this.text, this.at < 0 ? `${countText(count)} ${count === 1 ? 'hit' : 'hits'}` : `${countText(this.at + 1)} of ${countText(count)}`);
  }

  /**
   * Goes to the next hit or the one before.
   * @param {number} by
   */
  step(by) {
    const count = this.hits?.count ?? 0;
    if (count === 0) return false;
    this.at = this.at < 0 ? (by > 0 ? 0 : count - 1) : (this.at + by + count) % count;
    this.hits?.go(this.at);
    this.show();
    return true;
  }
}
