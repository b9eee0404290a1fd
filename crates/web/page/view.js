// @ts-check
/** What all views are, and what they share: waiting, failing, having nothing to show. */

import { el, fill } from './dom.js';
import { Refusal } from './api.js';

/** @typedef {import('./api.js').Facts} Facts */
/** @typedef {import('./api.js').Index} Index */
/** @typedef {import('./menu.js').Entry} Entry */

/**
 * What a search found in a view, in the order in which people come by.
 * @typedef {object} Hits
 * @property {number} count
 * @property {(index: number) => void} go brings one into view and chooses it
 */

/**
 * What views know of the page.
 * @typedef {object} Page
 * @property {Facts} facts
 * @property {Index} index
 * @property {HTMLElement} tools where a view puts its own buttons
 * @property {(text: string | null) => void} found tells beside the search box what was found
 * @property {(hits: Hits | null) => void} hits what next and previous lead to
 */

/**
 * A view that is shown.
 * @typedef {object} Shown
 * @property {() => void} [remove] ends it
 * @property {() => boolean} [update] takes in a new state without starting over, and tells whether it could
 * @property {(key: string) => boolean} [key] a key that was pressed outside of everything
 * @property {() => Entry[]} [files] downloads of exactly what is shown
 * @property {() => Promise<import('./picture.js').Picture> | import('./picture.js').Picture} [picture] what is shown as a drawing
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
    // What is more than a sentence or two is for those who ask for it.
    const [first, ...rest] = error.message.split('\n');
    const short = first.length > 300 ? `${first.slice(0, 300)}…` : first;
    const details = short === error.message ? null : el('details', { class: 'why' }, el('summary', {}, 'Details'), el('pre', {}, short === first ? rest.join('\n') : error.message));
    notice(host, title, short, details);
  } else {
    notice(host, 'An error of this page', String(error));
    console.error(error);
  }
}

/**
 * Hits that are elements of a view: the one that is chosen is brought into view and marked.
 * @param {Element[]} elements
 * @returns {Hits}
 */
export function elementHits(elements) {
  return {
    count: elements.length,
    go: (index) => {
      document.querySelector('.hit-now')?.classList.remove('hit-now');
      const element = elements[index];
      element.closest('details')?.setAttribute('open', '');
      element.classList.add('hit-now');
      element.scrollIntoView({ block: 'center', inline: 'nearest' });
    },
  };
}

/**
 * The elements whose text has the words of a search, which are marked.
 * @param {ParentNode} host
 * @param {string} css
 * @param {string} text
 * @returns {Element[]}
 */
export function withText(host, css, text) {
  const wanted = text.toLowerCase();
  const all = [...host.querySelectorAll(css)];
  const found = wanted === '' ? [] : all.filter((element) => element.textContent?.toLowerCase().includes(wanted));
  for (const element of all) element.classList.toggle('hit', found.includes(element));
  return found;
}

/**
 * Gives a text to keep as a file.
 * @param {string | Blob} content
 * @param {string} name
 * @param {string} [type]
 */
export function keep(content, name, type = 'text/plain') {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const url = URL.createObjectURL(blob);
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * Rows as comma-separated values, as in RFC 4180.
 * @param {(string | number)[][]} rows
 */
export function csv(rows) {
  const cell = (/** @type {string | number} */ value) => {
    // A text that a spreadsheet would take for a formula is kept a text.
    const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
