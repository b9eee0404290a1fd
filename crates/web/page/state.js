// @ts-check
/**
 * What the page shows: a view and parameters, all of it in the address, so that an address can be shared and
 * going back works.
 */

export const VIEWS = /** @type {const} */ ([
  ['flamegraph', 'Flame graph'],
  ['sandwich', 'Sandwich'],
  ['graph', 'Graph'],
  ['top', 'Top'],
  ['peek', 'Peek'],
  ['source', 'Source'],
  ['disasm', 'Disassembly'],
  ['tags', 'Tags'],
  ['details', 'Details'],
]);

/** @typedef {(typeof VIEWS)[number][0]} ViewName */

/**
 * @typedef {object} State
 * @property {ViewName} view
 * @property {URLSearchParams} params
 */

/** Parameters that mean something in one view only, and are dropped when another one is opened. */
const LOCAL = ['zoom', 'pivot', 'order', 'p'];

/** @type {Set<(state: State, before: State | null) => void>} */
const listeners = new Set();

/** @returns {State} */
export function readState() {
  const name = location.pathname.split('/').pop() ?? '';
  const view = VIEWS.find(([view]) => view === name)?.[0] ?? 'flamegraph';
  return { view, params: new URLSearchParams(location.search) };
}

let current = readState();

export function state() {
  return current;
}

/** @param {string} name */
export function param(name) {
  return current.params.get(name) ?? '';
}

/** @param {string} name */
export function isOn(name) {
  return ['t', 'true', 'y', 'yes', '1'].includes(param(name).toLowerCase());
}

/** Calls back at each change. @param {(state: State, before: State | null) => void} listener */
export function onState(listener) {
  listeners.add(listener);
}

/**
 * The address of a view with some parameters changed; empty ones are taken out.
 * @param {ViewName} view
 * @param {Record<string, string>} [changes]
 */
export function address(view, changes = {}) {
  const params = new URLSearchParams(current.params);
  if (view !== current.view) for (const name of LOCAL) params.delete(name);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') params.delete(name);
    else params.set(name, value);
  }
  // What another selection of frames calls its places is not known here.
  if (Object.keys(changes).some((name) => !['zoom', 'q', 'flip', 'order'].includes(name))) {
    if (!('zoom' in changes)) params.delete('zoom');
  }
  const query = params.toString();
  return `${view}${query ? `?${query}` : ''}`;
}

/**
 * Opens a view with some parameters changed.
 * @param {ViewName} view
 * @param {Record<string, string>} [changes]
 * @param {{replace?: boolean}} [how] whether going back is to skip what is shown now
 */
export function go(view, changes = {}, { replace = false } = {}) {
  openAddress(address(view, changes), replace);
}

/**
 * @param {string} relative
 * @param {boolean} [replace]
 */
export function openAddress(relative, replace = false) {
  const url = new URL(relative, location.href);
  if (url.href === location.href) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', url);
  changed();
}

function changed() {
  const before = current;
  current = readState();
  for (const listener of listeners) listener(current, before);
}

addEventListener('popstate', changed);

/** A regular expression that matches this text alone. @param {string} text */
export function exactly(text) {
  return `^${quoted(text)}$`;
}

/** @param {string} text */
export function quoted(text) {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}

/**
 * A regular expression that matches what either of two does.
 * @param {string} old
 * @param {string} more
 */
export function either(old, more) {
  return old === '' || old === more ? more : `${old}|${more}`;
}
