// @ts-check
/** What all views are, and what they share: waiting, failing, having nothing to show. */

import { el, fill } from './dom.js';
import { Refusal } from './api.js';

/** @typedef {import('./api.js').Facts} Facts */
/** @typedef {import('./api.js').Index} Index */

/**
 * What views know of the page.
 * @typedef {object} Page
 * @property {Facts} facts
 * @property {Index} index
 * @property {HTMLElement} tools where a view puts its own buttons
 * @property {(text: string | null) => void} found tells beside the search box what was found
 */

/**
 * A view that is shown.
 * @typedef {object} Shown
 * @property {() => void} [remove] ends it
 * @property {() => boolean} [update] takes in a new state without starting over, and tells whether it could
 * @property {(key: string) => boolean} [key] a key that was pressed outside of everything
 */

/** @typedef {(host: HTMLElement, page: Page, signal: AbortSignal) => Promise<Shown | void>} View */

/**
 * A sign that work is under way, after a moment.
 * @param {HTMLElement} host
 */
export function waiting(host) {
  fill(host, el('div', { class: 'waiting', role: 'status' }, el('span', { class: 'visually-hidden' }, 'Loading'),
    el('i'), el('i'), el('i'), el('i')));
}

/**
 * In place of a view: what is the matter and what to do.
 * @param {HTMLElement} host
 * @param {string} title
 * @param {...(Node | string | null)} more
 */
export function notice(host, title, ...more) {
  fill(host, el('div', { class: 'notice' }, el('h2', {}, title), ...more.map((part) => part && el('p', {}, part))));
}

/**
 * @param {HTMLElement} host
 * @param {unknown} error
 */
export function failed(host, error) {
  if (error instanceof Refusal) {
    const title = error.status === 0 ? 'No connection' : error.status === 422 ? 'Nothing to show' : 'This cannot be shown';
    notice(host, title, error.message);
  } else {
    notice(host, 'An error of this page', String(error));
    console.error(error);
  }
}
