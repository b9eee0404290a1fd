// @ts-check
/** Menus and panels: those that open below a button, and those that open at the pointer. */

import { el } from './dom.js';

/**
 * @typedef {object} Item
 * @property {string} label
 * @property {string} [hint] a key, or what is chosen
 * @property {boolean} [checked]
 * @property {string} [href] a file to keep
 * @property {string} [link] the address that it leads to, for a new tab
 * @property {string} [download]
 * @property {() => void} [run]
 */

/** @typedef {Item | 'line' | {title: string} | {content: Node}} Entry */

/** @type {{element: HTMLElement, opener: HTMLElement | null, place: () => void} | null} */
let open = null;

export function closeMenu() {
  if (!open) return;
  const hadFocus = open.element.contains(document.activeElement);
  const { element, opener } = open;
  open = null;
  element.remove();
  opener?.setAttribute('aria-expanded', 'false');
  if (hadFocus) opener?.focus({ preventScroll: true });
}

/** Whether a menu or panel is open. */
export function isMenuOpen() {
  return open !== null;
}

/**
 * Opens a menu at a position.
 * @param {Entry[]} entries
 * @param {number} x
 * @param {number} y
 * @param {HTMLElement | null} [opener] what gets the focus back
 */
export function openMenu(entries, x, y, opener = /** @type {HTMLElement | null} */ (document.activeElement)) {
  show(entries, opener, () => [x, y]);
}

/**
 * @param {Entry[]} entries
 * @param {HTMLElement | null} opener
 * @param {() => [number, number]} position
 */
function show(entries, opener, position) {
  closeMenu();
  // What has more in it than items is a small window: readers tell the two apart.
  const isPanel = entries.some((entry) => typeof entry === 'object' && 'content' in entry);
  const title = entries.find((entry) => typeof entry === 'object' && 'title' in entry);
  const label = (typeof title === 'object' && 'title' in title && title.title) || opener?.getAttribute('aria-label') || opener?.textContent || 'Menu';
  const element = el('div', { class: 'menu', role: isPanel ? 'dialog' : 'menu', 'aria-label': label }, entries.map((entry) => entryElement(entry, isPanel)));
  // Inside of a landmark, so that readers know where they are.
  (document.querySelector('header') ?? document.body).append(element);
  const place = () => {
    const { width, height } = element.getBoundingClientRect();
    const [x, y] = position();
    element.style.left = `${Math.max(Math.min(x, innerWidth - width - 8), 8)}px`;
    element.style.top = `${Math.max(Math.min(y, innerHeight - height - 8), 8)}px`;
  };
  open = { element, opener, place };
  if (opener?.hasAttribute('aria-haspopup')) opener.setAttribute('aria-expanded', 'true');
  place();
  // Keys go to what has the focus: the panel itself where nothing in it takes any.
  element.tabIndex = -1;
  const first = /** @type {HTMLElement | null} */ (element.querySelector('input, select, .menu-item'));
  (first ?? element).focus({ preventScroll: true });
  element.addEventListener('keydown', (event) => {
    const items = /** @type {HTMLElement[]} */ ([...element.querySelectorAll('.menu-item')]);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isText = event.target instanceof HTMLInputElement && event.target.type === 'text';
    if (step && items.length > 0 && !(isText && isPanel && at < 0)) {
      items[(at + step + items.length) % items.length]?.focus();
      event.preventDefault();
    } else if ((event.key === 'Home' || event.key === 'End') && !isText) {
      items.at(event.key === 'Home' ? 0 : -1)?.focus();
      event.preventDefault();
    } else if (event.key === 'Escape') {
      closeMenu();
      event.preventDefault();
    } else if (event.key === 'Tab' && !isPanel) closeMenu();
    event.stopPropagation();
  });
}

/**
 * A button that opens a menu or panel.
 * @param {HTMLElement} button
 * @param {() => Entry[] | Promise<Entry[]>} entries
 * @param {'menu' | 'dialog'} [kind]
 */
export function menuButton(button, entries, kind = 'menu') {
  button.setAttribute('aria-haspopup', kind);
  button.setAttribute('aria-expanded', 'false');
  button.addEventListener('click', async () => {
    if (open?.opener === button) return closeMenu();
    const list = await entries();
    show(list, button, () => {
      const box = button.getBoundingClientRect();
      return [box.left, box.bottom + 4];
    });
  });
}

/** @param {Entry} entry @param {boolean} isPanel */
function entryElement(entry, isPanel) {
  if (entry === 'line') return el('hr');
  if ('title' in entry) return el('div', { class: 'menu-title' }, entry.title);
  if ('content' in entry) return el('div', { class: 'menu-content' }, entry.content);
  const inside = [
    el('span', { class: 'menu-check', 'aria-hidden': 'true' }, entry.checked ? '✓' : ''),
    el('span', { class: 'menu-label' }, entry.label),
    entry.hint && el('kbd', {}, entry.hint),
  ];
  const role = isPanel ? undefined : entry.checked === undefined ? 'menuitem' : 'menuitemradio';
  const state = entry.checked === undefined ? {} : isPanel ? { 'aria-pressed': String(entry.checked) } : { 'aria-checked': String(entry.checked) };
  const onclick = (/** @type {MouseEvent} */ event) => {
    if (entry.link && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
    if (entry.link) event.preventDefault();
    closeMenu();
    entry.run?.();
  };
  return entry.href || entry.link
    ? el('a', { class: 'menu-item', role, href: entry.href ?? entry.link, ...(entry.href ? { download: entry.download ?? '' } : {}), onclick }, inside)
    : el('button', { class: 'menu-item', role, type: 'button', ...state, onclick }, inside);
}

addEventListener('pointerdown', (event) => {
  const target = /** @type {Node} */ (event.target);
  if (open && !open.element.contains(target) && !open.opener?.contains(target)) closeMenu();
}, true);
addEventListener('resize', () => open?.place());
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
 * Asks before something is done that cannot be undone.
 * @param {string} question
 * @param {string} action
 * @param {() => void} done
 */
export function confirmFirst(question, action, done) {
  const dialog = el('dialog', { class: 'ask', 'aria-label': question },
    el('form', { method: 'dialog' }, el('p', {}, question),
      el('div', { class: 'ask-foot' },
        el('button', { class: 'button bordered', value: '' }, 'Cancel'),
        el('button', { class: 'button primary', value: 'yes' }, action))));
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (dialog.returnValue === 'yes') done();
  });
  document.body.append(dialog);
  dialog.showModal();
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
