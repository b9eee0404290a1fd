// @ts-check
/** What can be done with a place of the program, the same in every view. */

import { toast } from './menu.js';
import { added, address, go, state } from './state.js';

/** @typedef {import('./api.js').Place} Place */
/** @typedef {import('./menu.js').Entry} Entry */
/** @typedef {import('./state.js').Changes} Changes */
/** @typedef {import('./state.js').ViewName} ViewName */

/**
 * An action leads to an address, or does something.
 * @typedef {{label: string, to?: (place: Place) => [ViewName, Changes], run?: (place: Place) => void}} Action
 */

/** The actions, by the key that does each. @type {Record<string, Action>} */
export const ACTIONS = {
  s: { label: 'Show callers and callees', to: (place) => ['sandwich', { pivot: place.key }] },
  o: { label: 'Open source', to: (place) => ['source', { of: place.key }] },
  d: { label: 'Open disassembly', to: (place) => ['disasm', { of: place.key }] },
  p: { label: 'Peek at neighbours', to: (place) => ['peek', { of: place.key }] },
  f: { label: 'Focus: only samples with it', to: (place) => [state().view, added('only', place.key)] },
  i: { label: 'Ignore: no samples with it', to: (place) => [state().view, added('without', place.key)] },
  h: { label: 'Hide it', to: (place) => [state().view, added('hidden', place.key)] },
  r: { label: 'Show from here on', to: (place) => [state().view, { below: [place.key] }] },
  c: { label: 'Copy name', run: (place) => copyText(place.label, 'Copied the name') },
};

/**
 * @param {string} text
 * @param {string} done
 */
export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    toast('The browser does not let this page copy');
  }
}

/** @param {string} key @param {Place} place */
function act(key, place) {
  const { to, run } = ACTIONS[key];
  if (to) go(...to(place));
  else run?.(place);
}

/**
 * The actions as a menu.
 * @param {Place} place
 * @returns {Entry[]}
 */
export function actionMenu(place) {
  /** @param {string} key @returns {Entry} */
  const entry = (key) => {
    const { label, to } = ACTIONS[key];
    return { label, hint: key, run: () => act(key, place), ...(to ? { link: address(...to(place)) } : {}) };
  };
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
  act(key, place);
  return true;
}
