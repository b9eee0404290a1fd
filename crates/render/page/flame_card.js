// @ts-check
/** What is told about a frame: beside the pointer, at once. */

import { el, fill } from './dom.js';
import { changeText, countText, deltaText, percentText, valueText } from './format.js';

/** @typedef {import('./flame_model.js').FlameModel} FlameModel */

export class FlameCard {
  constructor() {
    this.element = el('div', { class: 'card', hidden: true });
    /**
     * What places weigh on all stacks, where that is known better than from the frames that are here, by their keys.
     * @type {Map<string, {flat: number, cum: number}>}
     */
    this.known = new Map();
    document.body.append(this.element);
  }

  /**
   * Shows a frame beside the pointer, or hides the card.
   * @param {FlameModel | null} model
   * @param {number} frame
   * @param {{clientX: number, clientY: number} | null} [event] where the pointer is
   */
  show(model, frame, event) {
    const { element } = this;
    if (!model || frame < 0 || !event) {
      element.hidden = true;
      return;
    }
    fill(element, content(model, frame, this.known));
    element.hidden = false;
    const { width, height } = element.getBoundingClientRect();
    const gap = 14;
    let x = event.clientX + gap;
    let y = event.clientY + gap;
    if (x + width > innerWidth - 8) x = Math.max(event.clientX - width - gap, 8);
    if (y + height > innerHeight - 8) y = Math.max(event.clientY - height - gap, 8);
    element.style.transform = `translate(${Math.min(x, Math.max(innerWidth - width - 8, 8))}px, ${y}px)`;
  }

  remove() {
    this.element.remove();
  }
}

/**
 * @param {FlameModel} model
 * @param {number} frame
 * @param {Map<string, {flat: number, cum: number}>} known
 */
function content(model, frame, known) {
  const place = model.placeOf(frame);
  const { format } = model.header;
  const others = model.isOthers(frame);
  const title = others ? `${countText(-1 - model.place[frame])} lighter frames` : frame === 0 && !model.pivot ? 'Everything' : model.label(frame);
  const notes = [];
  if (place?.file) notes.push(place.line ? `${place.file}:${place.line}` : place.file);
  if (place?.object) notes.push(place.object);
  if (model.inline[frame]) notes.push('inlined into its caller');
  if (others) notes.push('click to see them');
  const head = [el('div', { class: 'card-title' }, clipped(title)), notes.length > 0 && el('div', { class: 'card-note' }, clipped(notes.join(' · ')))];
  if (!model.comparison) {
    /** @param {string} name @param {number} value */
    const line = (name, value) => el('tr', {}, el('th', {}, name), el('td', {}, valueText(value, format)),
      el('td', {}, percentText(value, model.header.total)), el('td', {}, percentText(value, model.cum[model.parent[frame]])));
    return [...head, el('table', {},
      el('tr', { class: 'card-head' }, el('th', {}), el('th', {}), el('th', {}, 'of all'), el('th', {}, model.inverted ? 'of callee' : 'of caller')),
      line('Total', model.cum[frame]),
      !others && line(model.inverted ? 'Begins here' : 'Self', model.flat[frame]),
      ...everywhere(model, frame, known))];
  }
  /** @param {string} name @param {number} before @param {number} after */
  const line = (name, before, after) => el('tr', {}, el('th', {}, name), el('td', {}, valueText(before, format)),
    el('td', {}, valueText(after, format)), el('td', { class: after > before ? 'grew' : after < before ? 'shrank' : 'same' }, deltaText(after - before, format)),
    el('td', {}, changeText(before, after)));
  return [...head, el('table', {},
    el('tr', { class: 'card-head' }, el('th', {}), el('th', {}, 'before'), el('th', {}, 'after'), el('th', {}, 'change'), el('th', {}, 'relative')),
    line('Total', model.baseCum[frame], model.cum[frame]),
    !others && line(model.inverted ? 'Begins here' : 'Self', model.baseFlat[frame], model.flat[frame]))];
}

/**
 * What the place of a frame weighs in all its frames together, where it has several.
 * @param {FlameModel} model
 * @param {number} frame
 * @param {Map<string, {flat: number, cum: number}>} known
 */
function everywhere(model, frame, known) {
  const place = model.placeOf(frame);
  if (!place) return [];
  const { count, cum, flat } = model.everywhere(model.place[frame]);
  const exact = known.get(place.key ?? '');
  const partial = model.pruned && !exact && !model.pivot;
  if (count < 2 && !exact) return [];
  const { format, total } = model.header;
  /** @param {string} name @param {number} value */
  const line = (name, value) => el('tr', {}, el('th', {}, name), el('td', {}, `${partial ? '≥ ' : ''}${valueText(value, format)}`), el('td', {}, percentText(value, total)), el('td', {}));
  return [el('tr', { class: 'card-head' }, el('th', {}, `all ${countText(count)} ${count === 1 ? 'frame' : 'frames'}${model.pruned ? ' that are here' : ''}`), el('th', {}), el('th', {}), el('th', {})),
    line('Total', exact?.cum ?? cum), !model.inverted && line('Self', exact?.flat ?? flat)].filter(Boolean);
}

/** @param {string} text */
function clipped(text) {
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
