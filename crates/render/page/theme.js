// @ts-check
/** Light or dark: as the system prefers, unless people choose. */

const KEY = 'hotlist-theme';

/** @type {Set<(dark: boolean) => void>} */
const listeners = new Set();
const system = matchMedia('(prefers-color-scheme: dark)');

function chosen() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // Pages from files may have no storage.
    return null;
  }
}

let choice = chosen();

export function isDark() {
  return choice ? choice === 'dark' : system.matches;
}

function apply() {
  document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
  for (const listener of listeners) listener(isDark());
}

/** Goes from one to the other, and remembers it. */
export function toggleTheme() {
  choice = isDark() ? 'light' : 'dark';
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // It holds for this page then.
  }
  apply();
}

/**
 * Calls back now and at each change.
 * @param {(dark: boolean) => void} listener
 * @returns {() => void} ends that
 */
export function onTheme(listener) {
  listeners.add(listener);
  listener(isDark());
  return () => listeners.delete(listener);
}

system.addEventListener('change', apply);
apply();
