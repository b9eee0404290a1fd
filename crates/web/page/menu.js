// @ts-check
/** Menus: those that open below a button, and those that open at the pointer. */

import { el } from './dom.js';

/**
 * @typedef {object} Item
 * @property {string} label
 * @property {string} [hint] a key, or what is chosen
 * @property {boolean} [checked]
 * @property {string} [href]
 * @property {string} [download]
 * @property {() => void} [run]
 */

/** @typedef {Item | 'line' | {title: string} | {content: Node}} Entry */

/** @type {{element: HTMLElement, opener: HTMLElement | null} | null} */
let open = null;

export function closeMenu() {
  if (!open) return;
  open.element.remove();
  open.opener?.setAttribute('aria-expanded', 'false');
  open = null;
}

/**
 * Opens a menu at a position.
 * @param {Entry[]} entries
 * @param {number} x
 * @param {number} y
 * @param {HTMLElement | null} [opener] what gets the focus back
 */
export function openMenu(entries, x, y, opener = null) {
  closeMenu();
  const element = el('div', { class: 'menu', role: 'menu' }, entries.map(entryElement));
  document.body.append(element);
  open = { element, opener };
  opener?.setAttribute('aria-expanded', 'true');
  const { width, height } = element.getBoundingClientRect();
  element.style.left = `${Math.max(Math.min(x, innerWidth - width - 8), 8)}px`;
  element.style.top = `${Math.max(Math.min(y, innerHeight - height - 8), 8)}px`;
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  /** @type {HTMLElement | null} */ (element.querySelector('input, [role=menuitem]'))?.focus({ preventScroll: true });
  element.addEventListener('keydown', (event) => {
    const items = /** @type {HTMLElement[]} */ ([...element.querySelectorAll('[role=menuitem]')]);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      items[(at + step + items.length) % items.length]?.focus();
      event.preventDefault();
    } else if (event.key === 'Escape') {
      closeMenu();
      (opener ?? before)?.focus();
      event.preventDefault();
    }
    event.stopPropagation();
  });
}

/**
 * A button that opens a menu.
 * @param {HTMLElement} button
 * @param {() => Entry[] | Promise<Entry[]>} entries
 */
export function menuButton(button, entries) {
  button.setAttribute('aria-haspopup', 'menu');
  button.setAttribute('aria-expanded', 'false');
  button.addEventListener('click', async () => {
    if (open?.opener === button) return closeMenu();
    const list = await entries();
    const box = button.getBoundingClientRect();
    openMenu(list, box.left, box.bottom + 4, button);
  });
}

/** @param {Entry} entry */
function entryElement(entry) {
  if (entry === 'line') return el('hr');
  if ('title' in entry) return el('div', { class: 'menu-title' }, entry.title);
  if ('content' in entry) return el('div', { class: 'menu-content' }, entry.content);
  const inside = [
    el('span', { class: 'menu-check' }, entry.checked ? '✓' : ''),
    el('span', { class: 'menu-label' }, entry.label),
    entry.hint && el('kbd', {}, entry.hint),
  ];
  const onclick = () => {
    closeMenu();
    entry.run?.();
  };
  return entry.href
    ? el('a', { role: 'menuitem', href: entry.href, download: entry.download ?? '', onclick }, inside)
    : el('button', { role: 'menuitem', type: 'button', tabIndex: -1, onclick }, inside);
}

addEventListener('pointerdown', (event) => {
  const target = /** @type {Node} */ (event.target);
  if (open && !open.element.contains(target) && !open.opener?.contains(target)) closeMenu();
}, true);
addEventListener('blur', closeMenu);
addEventListener('resize', closeMenu);
addEventListener('popstate', closeMenu);

/**
 * Asks for a line of text in a menu.
 * @param {string} title
 * @param {string} action
 * @param {(text: string) => void} done
 * @returns {Entry}
 */
export function textEntry(title, action, done) {
  const input = el('input', { type: 'text', placeholder: title, 'aria-label': title, maxLength: 100 });
  const form = el('form', { class: 'menu-form', onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    if (input.value.trim() === '') return input.focus();
    closeMenu();
    done(input.value.trim());
  } }, input, el('button', { class: 'button primary', type: 'submit' }, action));
  return { content: form };
}

/**
 * Says something that goes away by itself.
 * @param {string} text
 */
export function toast(text) {
  let host = document.querySelector('.toasts');
  if (!host) document.body.append((host = el('div', { class: 'toasts', role: 'status' })));
  const element = el('div', { class: 'toast' }, el('span', {}, text));
  while (host.childElementCount >= 3) host.firstElementChild?.remove();
  host.append(element);
  setTimeout(() => element.remove(), 5000);
}
