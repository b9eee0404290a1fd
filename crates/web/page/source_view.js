// @ts-check
/** Source code with what each line weighs. */

import { ask } from './api.js';
import { patternOf } from './actions.js';
import { el, fill } from './dom.js';
import { deltaText, percentText, valueText } from './format.js';
import { pickPlace } from './pick.js';
import { go, param } from './state.js';
import { waiting } from './view.js';

/** @typedef {import('./api.js').Listing} Listing */
/** @typedef {import('./api.js').Routine} Routine */

const MOST_ROUTINES = 50;

/** @type {import('./view.js').View} */
export async function sourceView(host, page, signal) {
  fill(page.tools);
  const q = param('q') || param('f');
  if (!q) return pickPlace(host, page, signal, 'Whose source?', (place) => go('source', { q: patternOf(place) }));
  waiting(host);
  const answer = /** @type {Listing} */ (await ask('list', { q }, signal));
  const { format, total } = answer.header;
  const text = page.facts.comparison ? deltaText : valueText;
  const routines = [...answer.routines].sort((a, b) => Math.abs(b.cum) - Math.abs(a.cum));

  /** @param {Routine} routine @param {boolean} first */
  const section = (routine, first) => {
    const largest = routine.lines.reduce((most, line) => Math.max(most, Math.abs(line.cum), Math.abs(line.flat)), 0);
    const heat = (/** @type {number} */ value) => (largest === 0 ? 0 : Math.sqrt(Math.abs(value) / largest));
    const nothing = routine.error ?? (routine.file === null ? 'The profile names no source file for it.' : 'The file has no such lines.');
    return el('details', { class: 'routine', open: first },
      el('summary', {},
        el('span', { class: 'name' }, routine.name),
        el('span', { class: 'soft' }, `self ${text(routine.flat, format)} (${percentText(routine.flat, total) || '0%'})`),
        el('span', { class: 'soft' }, `total ${text(routine.cum, format)} (${percentText(routine.cum, total) || '0%'})`),
        routine.file && el('span', { class: 'path' }, routine.found_at ? `${routine.file} (shown: ${routine.found_at})` : routine.file)),
      routine.lines.length === 0
        ? el('p', { class: 'routine-error' }, nothing)
        : el('div', { class: 'code', role: 'table' }, routine.lines.map((line) => el('div', {
          class: line.cum || line.flat ? 'code-line hot' : 'code-line', role: 'row', style: { '--heat': heat(line.cum).toFixed(3) } },
          el('span', { class: 'code-number' }, line.number),
          el('span', { class: 'code-value' }, line.flat ? text(line.flat, format) : ''),
          el('span', { class: 'code-value' }, line.cum ? text(line.cum, format) : ''),
          el('span', { class: 'code-share' }, line.cum ? percentText(line.cum, total) : ''),
          el('code', {}, line.text || ' ')))));
  };
  const more = routines.length - MOST_ROUTINES;
  fill(host, el('div', { class: 'scroll' },
    el('div', { class: 'code-legend soft' }, el('span', {}, 'Line'), el('span', {}, 'Self'), el('span', {}, 'Total')),
    routines.slice(0, MOST_ROUTINES).map((routine, row) => section(routine, row < 5)),
    more > 0 && el('p', { class: 'soft' }, `${more} more functions match.`)));
}
