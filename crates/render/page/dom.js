// @ts-check
/**
 * Making elements. All text goes in as text: nothing here, and nothing that uses it, reads markup.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * An element. Properties that begin with `on` are listeners, `class` and those with a dash are attributes,
 * `style` sets custom properties and such one by one, all others are properties of the element.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'style') for (const [key, text] of Object.entries(value)) element.style.setProperty(key, String(text));
    else if (name === 'class' || name === 'role' || name.includes('-')) {
      if (value !== false) element.setAttribute(name, String(value));
    } else /** @type {any} */ (element)[name] = value;
  }
  append(element, children);
  return element;
}

/**
 * Adds children; those that are null or false are passed over.
 * @template {Element} T
 * @param {T} parent
 * @param {(Child | Child[])[]} children
 * @returns {T}
 */
export function append(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
  return parent;
}

/**
 * Puts children in place of those that are there.
 * @param {Element} parent
 * @param {...(Child | Child[])} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * A line drawing on a grid of 16 by 16, in the colour of the text.
 * @param {keyof typeof ICONS} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

const ICONS = {
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3 14 14',
  close: 'M4 4l8 8M12 4l-8 8',
  filter: 'M2 3.5h12L9.5 9v4l-3 1V9z',
  down: 'M4 6.5 8 10l4-3.5',
  up: 'M4 9.5 8 6l4 3.5',
  link: 'M6.8 9.2l2.4-2.4M7 4.6l1.3-1.3a2.9 2.9 0 0 1 4.1 4.1L11 8.8M9 11.4l-1.3 1.3a2.9 2.9 0 0 1-4.1-4.1L5 7.2',
  download: 'M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.5h10',
  bookmark: 'M4.5 2.5h7v11L8 10.8l-3.5 2.7z',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1',
  moon: 'M13 9.6A5.5 5.5 0 0 1 6.4 3 5.5 5.5 0 1 0 13 9.6',
  plus: 'M8 3.5v9M3.5 8h9',
  minus: 'M3.5 8h9',
  fit: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  flip: 'M5 2.5v11M5 13.5l-2.5-2.6M5 13.5l2.5-2.6M11 13.5v-11M11 2.5 8.5 5.1M11 2.5l2.5 2.6',
  invert: 'M2.5 3.5h4M2.5 8h7.5M2.5 12.5h11M12 2.5v6M12 2.5l-2 2M12 2.5l2 2',
  collapse: 'M8 1.5v4.7M5.8 4 8 6.2 10.2 4M2.5 8h11M8 14.5V9.8M5.8 12 8 9.8l2.2 2.2',
  keyboard: 'M1.5 4h13v8.5h-13zM4 6.5h.5M7 6.5h.5M10 6.5h.5M4.5 10h7',
};
