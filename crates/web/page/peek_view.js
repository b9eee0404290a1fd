// @ts-check
/** Callers and callees of the places that match a pattern. */

import { answerAddress, ask } from './api.js';
import { actionMenu } from './actions.js';
import { groupColour } from './colour.js';
import { el, fill } from './dom.js';
import { deltaText, percentText, valueText } from './format.js';
import { openMenu } from './menu.js';
import { pickPlace } from './pick.js';
import { linkTo, param, values } from './state.js';
import { isDark } from './theme.js';
import { csv, elementHits, keep, waiting, withText } from './view.js';

/** @typedef {import('./api.js').Neighbours} Neighbours */
/** @typedef {import('./api.js').Neighbour} Neighbour */

/** More entries than that are a sign that the pattern is too wide. */
const MOST_ENTRIES = 200;

/**
 * What views of chosen places ask for: one place that was pointed at, or all that match what was typed; null when
 * nothing is chosen.
 * @returns {Record<string, string> | null}
 */
export function chosenPlaces() {
  const of = param('of');
  if (of) return { of };
  const q = param('q') || (values('f').at(-1) ?? '');
  return q ? { q } : null;
}

/** @type {import('./view.js').View} */
export async function peekView(host, page, signal) {
  fill(page.tools);
  const chosen = chosenPlaces();
  if (!chosen) return pickPlace(host, page, signal, 'Whose neighbours?', (place) => ({ view: 'peek', changes: { of: place.key } }));
  waiting(host);
  const answer = /** @type {Neighbours} */ (await ask('peek', chosen, signal));
  const { format, total } = answer.header;
  const text = page.facts.comparison ? deltaText : valueText;
  /** @param {Neighbour} other @param {number} whole @param {string} kind */
  const line = (other, whole, kind) => el('li', {}, el('a', { class: `peek-line ${kind}`, ...linkTo('peek', { of: other.key }) },
    el('span', { class: 'value' }, text(other.weight, format)),
    el('span', { class: 'share' }, percentText(other.weight, whole)),
    el('span', { class: 'peek-bar' }, el('i', { style: { width: `${Math.min(Math.abs(other.weight / (whole || 1)), 1) * 100}%` } })),
    el('span', { class: 'name' }, other.label), other.inline && el('span', { class: 'badge' }, 'inline')));
  const shown = answer.entries.slice(0, MOST_ENTRIES);
  const entries = shown.map((entry) => {
    /** @param {Neighbour[]} others @param {string} kind */
    const list = (others, kind) => (others.length > 0 ? el('ul', { class: 'plain-list' }, others.map((other) => line(other, entry.cum, kind))) : el('p', { class: 'soft' }, 'none'));
    const heading = el('div', { class: 'peek-head' },
      el('i', { class: 'dot', style: { background: groupColour({ id: 0, ...entry.place }, isDark()) } }),
      el('a', { class: 'name', ...linkTo('sandwich', { pivot: entry.place.key }) }, entry.place.label),
      el('span', { class: 'soft' }, `self ${text(entry.flat, format)} (${percentText(entry.flat, total) || '0%'})`),
      el('span', { class: 'soft' }, `total ${text(entry.cum, format)} (${percentText(entry.cum, total) || '0%'})`));
    heading.addEventListener('contextmenu', (event) => {
      event.preventDefault();
      openMenu(actionMenu(entry.place), event.clientX, event.clientY, heading);
    });
    return el('section', { class: 'peek-entry', 'aria-label': entry.place.label.slice(0, 200) },
      el('h2', { class: 'visually-hidden' }, entry.place.label.slice(0, 200)), el('h3', {}, 'Callers'), list(entry.callers, 'caller'), heading, el('h3', {}, 'Callees'), list(entry.callees, 'callee'));
  });
  const more = answer.entries.length - entries.length;
  const scroll = el('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Neighbours' }, entries, more > 0 && el('p', { class: 'soft' }, `${more} more places match.`));
  fill(host, scroll);
  // With a place in the middle the search goes through its neighbours.
  const search = () => page.hits(param('of') ? elementHits(withText(scroll, '.peek-line, .peek-head', param('q'))) : elementHits([...scroll.querySelectorAll('.peek-head')]));
  search();
  const asked = answerAddress('peek', chosen);
  return {
    update: () => {
      const now = chosenPlaces();
      if (!now || answerAddress('peek', now) !== asked) return false;
      search();
      return true;
    },
    files: () => [
      { label: 'Neighbours (CSV)', run: () => keep(csv([['place', 'neighbour', 'kind', 'weight', 'unit'],
        ...shown.flatMap((entry) => [...entry.callers.map((other) => [entry.place.label, other.label, 'caller', other.weight, format.sample_unit]),
          ...entry.callees.map((other) => [entry.place.label, other.label, 'callee', other.weight, format.sample_unit])])]), 'peek.csv', 'text/csv') },
      { label: 'Neighbours (JSON)', href: answerAddress('peek/json', chosen), download: 'peek.json' },
      { label: 'Text', href: answerAddress('peek/text', chosen), download: 'peek.txt' },
    ],
  };
}
