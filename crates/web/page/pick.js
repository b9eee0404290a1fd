// @ts-check
/** Choosing a place, for views that show one: the heaviest ones, narrowed down by what is typed. */

import { ask } from './api.js';
import { groupColour } from './colour.js';
import { el, fill } from './dom.js';
import { percentText, valueText } from './format.js';
import { go, linkTo, param } from './state.js';
import { isDark } from './theme.js';
import { waiting } from './view.js';

/** @typedef {import('./api.js').Place} Place */

/**
 * @param {HTMLElement} host
 * @param {import('./view.js').Page} page
 * @param {AbortSignal} signal
 * @param {string} title
 * @param {(place: Place) => {view: import('./state.js').ViewName, changes: import('./state.js').Changes}} chosen where a place leads
 * @returns {Promise<import('./view.js').Shown>}
 */
export async function pickPlace(host, page, signal, title, chosen) {
  waiting(host);
  const table = /** @type {import('./api.js').Table} */ (await ask('top', { n: '2000', nf: '0', sort: 'cum' }, signal));
  const input = el('input', { type: 'search', placeholder: 'Part of its name', 'aria-label': 'Part of its name', spellcheck: false });
  const list = el('ul', { class: 'pick-list', tabIndex: -1 });
  const { format, total } = table.header;
  /** @type {import('./api.js').TableRow[]} */
  let rows = [];
  const show = () => {
    const text = input.value.toLowerCase();
    rows = table.rows.filter((row) => row.place.label.toLowerCase().includes(text)).slice(0, 200);
    fill(list, rows.map((row) => {
      const { view, changes } = chosen(row.place);
      return el('li', {}, el('a', { class: 'pick-row', ...linkTo(view, changes) },
        el('i', { class: 'dot', style: { background: groupColour({ id: 0, ...row.place }, isDark()) } }),
        el('span', { class: 'pick-name' }, row.place.label),
        el('span', { class: 'pick-value' }, valueText(row.cum, format)),
        el('span', { class: 'pick-share' }, percentText(row.cum, total))));
    }), rows.length === 0 && el('li', { class: 'pick-none' }, 'Nothing has this name.'));
  };
  input.addEventListener('input', show);
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || rows.length === 0) return;
    const { view, changes } = chosen(rows[0].place);
    go(view, changes);
  });
  fill(host, el('div', { class: 'pick' }, el('h2', {}, title), el('div', { class: 'search' }, input), list));
  input.value = param('q');
  show();
  return {};
}
