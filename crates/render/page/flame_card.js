// @ts-check
/** What is told about a frame: beside the pointer, at once. */

import { el, fill } from './dom.js';
import { changeText, countText, deltaText, percentText, valueText } from './format.js';

/** @typedef {import('./flame_model.js').FlameModel} FlameModel */

export class FlameCard {
  constructor() {
    this.element = el('div', { class: 'card', hidden: true });
    document.body.append(this.element);
  }

  /**
   * Shows a frame beside the pointer, or hides the card.
   * @param {FlameModel | null} model
   * @param {number} frame
   * @param {{clientX: number, clientY: number} | null} [event] where the pointer is
   * @param {Element | null} [more] what else is known of it
   */
  show(model, frame, event, more) {
    const { element } = this;
    if (!model || frame < 0 || !event) {
      element.hidden = true;
      return;
    }
    fill(element, content(model, frame), more);
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
 */
function content(model, frame) {
  const place = model.placeOf(frame);
  const others = model.isOthers(frame);
  const title = others ? `${countText(-1 - model.place[frame])} lighter frames` : frame === 0 && !model.pivot ? 'Everything' : model.label(frame);
  const notes = [];
  if (place?.file) notes.push(place.line ? `${place.file}:${place.line}` : place.file);
  if (place?.object) notes.push(place.object);
  if (model.inline[frame]) notes.push('inlined into its caller');
  if (others) notes.push('click to see them');
  return [el('div', { class: 'card-title' }, clipped(title)), notes.length > 0 && el('div', { class: 'card-note' }, clipped(notes.join(' · '))),
    model.comparison ? changes(model, frame) : weights(model, frame)];
}

/** @param {FlameModel} model @param {number} frame */
function weights(model, frame) {
  const { format, total } = model.header;
  /** @param {string} name @param {number} value @param {boolean} [isPartial] @param {number} [whole] */
  const line = (name, value, isPartial, whole) => el('tr', {}, el('th', {}, name), el('td', {}, `${isPartial ? '≥ ' : ''}${valueText(value, format)}`),
    el('td', {}, percentText(value, total)), el('td', {}, whole === undefined ? '' : percentText(value, whole)));
  const above = model.cum[model.parent[frame]];
  const all = everywhere(model, frame);
  return el('table', {},
    el('tr', { class: 'card-head' }, el('th', {}), el('th', {}), el('th', {}, 'of all'), el('th', {}, model.inverted ? 'of callee' : 'of caller')),
    line('Total', model.cum[frame], false, above),
    !model.isOthers(frame) && line(model.inverted ? 'Begins here' : 'Self', model.flat[frame], false, above),
    all && [el('tr', { class: 'card-head' }, el('th', { colSpan: 4 }, all.title)), line('Total', all.sums.cum, all.sums.isPartial), line('Self', all.sums.flat, all.sums.isPartial)]);
}

/** @param {FlameModel} model @param {number} frame */
function changes(model, frame) {
  const { format } = model.header;
  /** @param {string} name @param {number} before @param {number} after */
  const line = (name, before, after) => el('tr', {}, el('th', {}, name), el('td', {}, valueText(before, format)),
    el('td', {}, valueText(after, format)), el('td', { class: after > before ? 'grew' : after < before ? 'shrank' : 'same' }, deltaText(after - before, format)),
    el('td', {}, changeText(before, after)));
  const all = everywhere(model, frame);
  return el('table', {},
    el('tr', { class: 'card-head' }, el('th', {}), el('th', {}, 'before'), el('th', {}, 'after'), el('th', {}, 'change'), el('th', {}, 'relative')),
    line('Total', model.baseCum[frame], model.cum[frame]),
    !model.isOthers(frame) && line(model.inverted ? 'Begins here' : 'Self', model.baseFlat[frame], model.flat[frame]),
    all && [el('tr', { class: 'card-head' }, el('th', { colSpan: 5 }, all.title)), line('Total', all.sums.baseCum, all.sums.cum), line('Self', all.sums.baseFlat, all.sums.flat)]);
}

/**
 * What the place of a frame weighs in all its frames together, unless this is the only one.
 * @param {FlameModel} model
 * @param {number} frame
 */
function everywhere(model, frame) {
  if (!model.placeOf(frame)) return null;
  const sums = model.everywhere(model.place[frame]);
  if (sums.count < 2 && sums.cum === model.cum[frame] && sums.baseCum === model.baseCum[frame]) return null;
  const title = model.pruned ? `In all places, ${countText(sums.count)} of them here` : `In all ${countText(sums.count)} places`;
  return { sums, title };
}

/** @param {string} text */
function clipped(text) {
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
