// @ts-check
/** Callers and callees of the places that match a pattern. */

import { ask } from './api.js';
import { actionMenu } from './actions.js';
import { groupColour } from './colour.js';
import { el, fill } from './dom.js';
import { deltaText, percentText, valueText } from './format.js';
import { openMenu } from './menu.js';
import { pickPlace } from './pick.js';
import { exactly, go, param } from './state.js';
import { isDark } from './theme.js';
import { waiting } from './view.js';

/** @typedef {import('./api.js').Neighbours} Neighbours */

/** More entries than that are a sign that the pattern is too wide. */
const MOST_ENTRIES = 200;

/** @type {import('./view.js').View} */
export async function peekView(host, page, signal) {
  fill(page.tools);
  const q = param('q') || param('f');
  if (!q) return pickPlace(host, page, signal, 'Whose neighbours?', (place) => go('peek', { q: exactly(place.label) }));
  waiting(host);
  const answer = /** @type {Neighbours} */ (await ask('peek', { q }, signal));
  const { format, total } = answer.header;
  const text = page.facts.comparison ? deltaText : valueText;
  /** @param {string} label @param {number} weight @param {number} whole @param {string} kind @param {boolean} [inline] */
  const line = (label, weight, whole, kind, inline) => el('button', { class: `peek-line ${kind}`, type: 'button',
    onclick: () => go('peek', { q: exactly(label) }) },
    el('span', { class: 'value' }, text(weight, format)),
    el('span', { class: 'share' }, percentText(weight, whole)),
    el('span', { class: 'peek-bar' }, el('i', { style: { width: `${Math.min(Math.abs(weight / (whole || 1)), 1) * 100}%` } })),
    el('span', { class: 'name' }, label), inline && el('span', { class: 'badge' }, 'inline'));
  const entries = answer.entries.slice(0, MOST_ENTRIES).map((entry) => {
    const heading = el('div', { class: 'peek-head' },
      el('i', { class: 'dot', style: { background: groupColour({ id: 0, ...entry.place }, isDark()) } }),
      el('a', { class: 'name', href: `sandwich?pivot=${encodeURIComponent(entry.place.label)}`, onclick: (/** @type {Event} */ event) => {
        event.preventDefault();
        go('sandwich', { pivot: entry.place.label });
      } }, entry.place.label),
      el('span', { class: 'soft' }, `self ${text(entry.flat, format)} (${percentText(entry.flat, total) || '0%'})`),
      el('span', { class: 'soft' }, `total ${text(entry.cum, format)} (${percentText(entry.cum, total) || '0%'})`));
    heading.addEventListener('contextmenu', (event) => {
      event.preventDefault();
      openMenu(actionMenu(entry.place), event.clientX, event.clientY);
    });
    return el('section', { class: 'peek-entry' },
      el('h4', {}, 'Callers'),
      entry.callers.length > 0 ? entry.callers.map((other) => line(other.label, other.weight, entry.cum, 'caller', other.inline)) : el('p', { class: 'soft' }, 'none'),
      heading,
      el('h4', {}, 'Callees'),
      entry.callees.length > 0 ? entry.callees.map((other) => line(other.label, other.weight, entry.cum, 'callee', other.inline)) : el('p', { class: 'soft' }, 'none'));
  });
  const more = answer.entries.length - entries.length;
  fill(host, el('div', { class: 'scroll' }, entries, more > 0 && el('p', { class: 'soft' }, `${more} more places match.`)));
}
