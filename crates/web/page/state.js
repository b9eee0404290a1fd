// @ts-check
/**
 * What the page shows: a view and parameters, all of it in the address, so that an address can be shared and
 * going back works. Links, questions and downloads are made from it, here and in `api.js`.
 */

export const VIEWS = /** @type {const} */ ([
  ['flamegraph', 'Flame graph'],
  ['both', 'Both'],
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
 * New values of parameters. An empty text and an empty list take a parameter out; a list sets it several times.
 * @typedef {Record<string, string | string[]>} Changes
 */

/**
 * @typedef {object} State
 * @property {ViewName} view
 * @property {URLSearchParams} params
 */

/** Parameters by which people point at something, each as often as they like. They are never patterns. */
export const POINTED = /** @type {const} */ ([
  ['only', 'Only through'], ['without', 'Without'], ['hidden', 'Hidden'], ['below', 'From here on'],
  ['tag', 'Tag'], ['nottag', 'Without tag'], ['pkg', 'Package'], ['nopkg', 'Hidden package'], ['preset', 'Preset'],
]);

/**
 * Parameters that decide how an answer is shown, and not what it is.
 */
export const SHOWN_ONLY = ['zoom', 'order', 'flip', 'p', 'sel', 'q', 'pivot', 'of', 'change'];

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

/** All values of a parameter that may stand several times. @param {string} name */
export function values(name) {
  return current.params.getAll(name).filter(Boolean);
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
 * The address of a view with some parameters changed.
 * @param {ViewName} view
 * @param {Changes} [changes]
 */
export function address(view, changes = {}) {
  const params = new URLSearchParams(current.params);
  params.delete('p');
  // What another selection of frames calls its places is not known here.
  if (!('zoom' in changes) && Object.keys(changes).some((name) => !SHOWN_ONLY.includes(name))) params.delete('zoom');
  for (const [name, value] of Object.entries(changes)) {
    params.delete(name);
    for (const one of [value].flat()) if (one !== '') params.append(name, one);
  }
  const query = params.toString();
  return `${view}${query ? `?${query}` : ''}`;
}

/**
 * Opens a view with some parameters changed.
 * @param {ViewName} view
 * @param {Changes} [changes]
 * @param {{replace?: boolean}} [how] whether going back is to skip what is shown now
 */
export function go(view, changes = {}, { replace = false } = {}) {
  openAddress(address(view, changes), replace);
}

/**
 * The changes that add a value to a parameter, or take it out when it is there.
 * @param {string} name
 * @param {string} value
 * @returns {Changes}
 */
export function toggled(name, value) {
  const now = values(name);
  return { [name]: now.includes(value) ? now.filter((other) => other !== value) : [...now, value] };
}

/**
 * The changes that add a value to a parameter.
 * @param {string} name
 * @param {string} value
 * @returns {Changes}
 */
export function added(name, value) {
  return { [name]: [...new Set([...values(name), value])] };
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

/** Whether a click is to open another tab or window, which browsers do by themselves. @param {MouseEvent} event */
export function isForBrowser(event) {
  return event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
}

/**
 * The properties of a link that opens a view here, and in a new tab when people ask for one.
 * @param {ViewName} view
 * @param {Changes} [changes]
 */
export function linkTo(view, changes = {}) {
  return {
    href: address(view, changes),
    onclick: (/** @type {MouseEvent} */ event) => {
      if (isForBrowser(event)) return;
      event.preventDefault();
      go(view, changes);
    },
  };
}

/** A tag and its value as the parameters `tag` and `nottag` have them. @param {string} key @param {string} value */
export function tagText(key, value) {
  return `${key.replace(/[\\=]/g, '\\$&')}=${value}`;
}

/**
 * What people read of a parameter that points at something.
 * @param {string} name
 * @param {string} value
 */
export function pointedText(name, value) {
  if (['only', 'without', 'hidden', 'below'].includes(name)) return keyText(value);
  return name.endsWith('tag') ? value.replace(/\\(.)/g, '$1').replace('=', ' = ') : value;
}

/** A key of a place for people: its parts that are there. @param {string} key */
export function keyText(key) {
  const parts = key.split(/(?<!(?<!\\)(?:\\\\)*\\)\|/).map((part) => part.replace(/\\\{([0-9a-f]+)\}|\\(.)/g, (_, code, plain) => (code ? '\ufffd' : plain)));
  const [name, file, line, column, address, object] = parts;
  const place = [file, line, column].filter(Boolean).join(':');
  return [address, name, place, !name && !place && object].filter(Boolean).join(' ') || 'unknown';
}
