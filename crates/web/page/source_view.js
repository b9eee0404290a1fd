// @ts-check
/** Source code with what each line weighs; a click on a line shows its instructions where they are known. */

import { Refusal, ask } from './api.js';
import { patternOf } from './actions.js';
import { el, fill } from './dom.js';
import { deltaText, percentText, valueText } from './format.js';
import { pickPlace } from './pick.js';
import { go, param } from './state.js';
import { waiting } from './view.js';

/** @typedef {import('./api.js').Listing} Listing */
/** @typedef {import('./api.js').Routine} Routine */
/** @typedef {import('./api.js').ListedLine} ListedLine */

const MOST_ROUTINES = 50;

/** @type {import('./view.js').View} */
export async function sourceView(host, page, signal) {
  fill(page.tools);
  const q = param('q') || param('f');
  if (!q) return pickPlace(host, page, signal, 'Whose source?', (place) => go('source', { q: patternOf(place) }));
  waiting(host);
  const answer = await listing(page, q, signal);
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
        : el('div', { class: 'code', role: 'table' }, routine.lines.map((line) => row(line, heat(line.cum)))));
  };

  /** @param {ListedLine} line @param {number} heat */
  const row = (line, heat) => {
    const known = line.instructions?.length ?? 0;
    const element = el('div', {
      class: `code-line${line.cum || line.flat ? ' hot' : ''}${known > 0 ? ' opens' : ''}`, role: 'row', style: { '--heat': heat.toFixed(3) },
      ...(known > 0 ? { title: 'Show its instructions', tabIndex: 0 } : {}) },
      el('span', { class: 'code-number' }, line.number),
      el('span', { class: 'code-value' }, line.flat ? text(line.flat, format) : ''),
      el('span', { class: 'code-value' }, line.cum ? text(line.cum, format) : ''),
      el('span', { class: 'code-share' }, line.cum ? percentText(line.cum, total) : ''),
      el('code', {}, line.text || ' '));
    if (known > 0) {
      const toggle = () => {
        if (element.nextElementSibling?.classList.contains('instructions')) element.nextElementSibling.remove();
        else element.after(instructions(line));
      };
      element.addEventListener('click', toggle);
      element.addEventListener('keydown', (event) => event.key === 'Enter' && toggle());
    }
    return element;
  };

  /** @param {ListedLine} line */
  const instructions = (line) => el('div', { class: 'instructions' }, (line.instructions ?? []).map((at) => el('div', { class: 'code-line asm inner' },
    el('span', { class: 'code-value' }, at.flat ? text(at.flat, format) : ''),
    el('span', { class: 'code-value' }, at.cum ? text(at.cum, format) : ''),
    el('span', { class: 'code-share' }, at.cum ? percentText(at.cum, total) : ''),
    el('span', { class: 'code-address' }, at.address ? at.address.toString(16) : ''),
    el('code', {}, at.text || '(code not at hand)'),
    el('span', { class: 'code-place' }, (at.calls ?? []).map((call) => call.function).join(' → ')))));

  const more = routines.length - MOST_ROUTINES;
  fill(host, el('div', { class: 'scroll' },
    el('div', { class: 'code-legend soft' }, el('span', {}, 'Line'), el('span', {}, 'Self'), el('span', {}, 'Total')),
    routines.slice(0, MOST_ROUTINES).map((routine, row) => section(routine, row < 5)),
    more > 0 && el('p', { class: 'soft' }, `${more} more functions match.`)));
}

/**
 * The lines with their instructions where machine code can be read, else the lines.
 * @param {import('./view.js').Page} page
 * @param {string} q
 * @param {AbortSignal} signal
 * @returns {Promise<Listing>}
 */
async function listing(page, q, signal) {
  if (page.index.reports.some((report) => report.name === 'weblist')) {
    try {
      return await ask('weblist', { q }, signal);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status === 0) throw error;
    }
  }
  return ask('list', { q }, signal);
}
