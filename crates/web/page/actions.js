// @ts-check
/** What can be done with a place of the program, the same in every view. */

import { toast } from './menu.js';
import { either, exactly, go, param, quoted } from './state.js';

/** @typedef {import('./api.js').Place} Place */
/** @typedef {import('./menu.js').Entry} Entry */

/** A regular expression for the filters that matches a place alone. @param {Place} place */
export function patternOf(place) {
  if (place.function) return exactly(place.function);
  const path = place.file || place.object;
  return path ? exactly(path) : quoted(place.label);
}

/**
 * The actions, by the key that does each.
 * @type {Record<string, {label: string, run: (place: Place) => void}>}
 */
export const ACTIONS = {
  s: { label: 'Show callers and callees', run: (place) => go('sandwich', { pivot: place.label }) },
  o: { label: 'Open source', run: (place) => go('source', { q: patternOf(place) }) },
  d: { label: 'Open disassembly', run: (place) => go('disasm', { q: patternOf(place) }) },
  p: { label: 'Peek at neighbours', run: (place) => go('peek', { q: exactly(place.label) }) },
  f: { label: 'Focus: only samples with it', run: (place) => here({ f: patternOf(place) }) },
  i: { label: 'Ignore: no samples with it', run: (place) => here({ i: either(param('i'), patternOf(place)) }) },
  h: { label: 'Hide it', run: (place) => here({ h: either(param('h'), patternOf(place)) }) },
  r: { label: 'Show from here on', run: (place) => here({ sf: patternOf(place) }) },
  c: { label: 'Copy name', run: (place) => copy(place.label) },
};

/** @param {Record<string, string>} changes */
function here(changes) {
  const view = /** @type {import('./state.js').ViewName} */ (location.pathname.split('/').pop());
  go(view, changes);
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast('Copied');
  } catch {
    toast('The browser does not let this page copy');
  }
}

/**
 * The actions as a menu.
 * @param {Place} place
 * @returns {Entry[]}
 */
export function actionMenu(place) {
  const entry = (/** @type {string} */ key) => ({ label: ACTIONS[key].label, hint: key, run: () => ACTIONS[key].run(place) });
  return [
    { title: place.label.length > 80 ? `${place.label.slice(0, 80)}…` : place.label },
    ...['s', 'o', 'd', 'p'].map(entry), 'line',
    ...['f', 'i', 'h', 'r'].map(entry), 'line',
    entry('c'),
  ];
}

/**
 * Does what a key stands for.
 * @param {string} key
 * @param {Place | undefined} place
 */
export function actOnKey(key, place) {
  if (!place || !(key in ACTIONS)) return false;
  ACTIONS[key].run(place);
  return true;
}
