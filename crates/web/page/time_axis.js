// @ts-check
/** The axis of time: what came when, and the window that is looked at, which is dragged or moved by keys. */

import { answerAddress, askTimeline } from './api.js';
import { el, fill, icon } from './dom.js';
import { valueText } from './format.js';
import { go, param, state } from './state.js';

/** @typedef {import('./api.js').Timeline} Timeline */

const SVG = 'http://www.w3.org/2000/svg';
/** Slices of time, about as many as the eye can tell apart. */
const SLICES = '240';
/** Units of times as people write them, in nanoseconds. @type {Record<string, number>} */
const UNITS = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, min: 6e10, s: 1e9, m: 6e10, h: 3.6e12, '': 1e9 };

/**
 * @param {import('./view.js').Page} page
 */
export function timeAxis(page) {
  const svg = document.createElementNS(SVG, 'svg');
  const shape = document.createElementNS(SVG, 'path');
  const [before, after] = [0, 1].map(() => document.createElementNS(SVG, 'rect'));
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  shape.setAttribute('class', 'times-shape');
  for (const side of [before, after]) {
    side.setAttribute('class', 'times-outside');
    side.setAttribute('height', '100');
  }
  svg.append(shape, before, after);
  const strip = el('div', { class: 'times-strip', tabIndex: 0, role: 'application', 'aria-label':
    'Time. Drag to select a window; arrow keys move it, plus and minus change its width, Escape shows everything.' });
  strip.append(svg);
  const text = el('output', { class: 'times-text' });
  const clear = el('button', { class: 'button only-icon', type: 'button', title: 'All of the time', 'aria-label': 'All of the time',
    onclick: () => choose(0, 1) }, icon('close'));
  const element = el('section', { class: 'times', 'aria-label': 'Time', hidden: true }, strip, text, clear);

  /** @type {Timeline | null} */
  let line = null;
  let asked = '';
  const question = () => answerAddress('timeline', { bins: SLICES, from: '', to: '' });
  /** How many nanoseconds the axis spans. */
  const span = () => (line ? line.width * line.bins.length : 1);

  /** Shows the axis for what is looked at now. */
  async function refresh() {
    element.hidden = !page.facts.times;
    if (element.hidden) return;
    if (question() !== asked) {
      asked = question();
      try {
        const answer = await askTimeline(asked);
        if (question() !== asked) return;
        line = answer;
      } catch {
        // The view tells why there is no answer.
        line = null;
      }
      drawShape();
    }
    showWindow(...ends());
  }

  function drawShape() {
    const bins = line?.bins ?? [];
    const most = bins.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) || 1;
    svg.setAttribute('viewBox', `0 0 ${Math.max(bins.length, 1)} 100`);
    shape.setAttribute('d', bins.map((weight, bin) => `M${bin} 100V${100 - (Math.abs(weight) / most) * 96}h1V100z`).join(''));
  }

  /** The ends of the window as shares of the axis. @returns {[number, number]} */
  function ends() {
    const share = (/** @type {string} */ name, /** @type {number} */ otherwise) => {
      const nanos = line && param(name) ? nanosOf(param(name), line, page.facts.time_nanos) : null;
      return nanos === null ? otherwise : Math.min(Math.max(nanos / span(), 0), 1);
    };
    const from = share('from', 0);
    return [from, Math.max(share('to', 1), from)];
  }

  /** @param {number} from @param {number} to shares of the axis */
  function showWindow(from, to) {
    const count = line?.bins.length ?? 1;
    for (const [side, x, width] of /** @type {[SVGRectElement, number, number][]} */ ([[before, 0, from], [after, to, 1 - to]])) {
      side.setAttribute('x', String(x * count));
      side.setAttribute('width', String(width * count));
    }
    const time = (/** @type {number} */ share) => valueText(Math.round(share * span()), { sample_unit: 'ns', output_unit: 'auto', ratio: 1 });
    const isAll = from === 0 && to === 1;
    fill(text, isAll ? time(1) : `${time(from)} – ${time(to)} of ${time(1)}`);
    clear.hidden = isAll;
  }

  /** Looks at a window. @param {number} from @param {number} to shares of the axis */
  function choose(from, to) {
    const [first, last] = [Math.max(from, 0), Math.min(to, 1)];
    go(state().view, { from: first > 0 ? timeText(first) : '', to: last < 1 ? timeText(last) : '' });
  }

  /** A time as the options `-from` and `-to` take it, as fine as a thousandth of the axis. @param {number} share */
  function timeText(share) {
    const digits = Math.min(Math.max(Math.ceil(-Math.log10(span() / 1e12)), 0), 9);
    return `${((share * span()) / 1e9).toFixed(digits)}s`;
  }

  strip.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    const box = strip.getBoundingClientRect();
    const at = (/** @type {PointerEvent} */ event) => Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    const start = at(event);
    let isDragged = false;
    strip.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ next) => {
      isDragged ||= Math.abs(at(next) - start) * box.width > 3;
      if (isDragged) showWindow(Math.min(start, at(next)), Math.max(start, at(next)));
    };
    const end = (/** @type {PointerEvent} */ last) => {
      strip.removeEventListener('pointermove', move);
      strip.removeEventListener('pointerup', end);
      strip.removeEventListener('pointercancel', end);
      if (isDragged && last.type === 'pointerup') choose(Math.min(start, at(last)), Math.max(start, at(last)));
      else showWindow(...ends());
    };
    strip.addEventListener('pointermove', move);
    strip.addEventListener('pointerup', end);
    strip.addEventListener('pointercancel', end);
  });
  strip.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [from, to] = ends();
    const width = to - from;
    const middle = from + width / 2;
    /** The window of this width around a place. @param {number} middle @param {number} width */
    const around = (middle, width) => {
      const left = Math.min(Math.max(middle - width / 2, 0), Math.max(1 - width, 0));
      choose(left, left + width);
    };
    const step = Math.min(width, 0.1);
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') around(middle + (event.key === 'ArrowLeft' ? -step : step), width);
    else if (event.key === '+' || event.key === '=') around(middle, Math.max(width / 2, 0.005));
    else if (event.key === '-') around(middle, Math.min(width * 2, 1));
    else if (event.key === 'Escape') choose(0, 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { element, refresh };
}

/**
 * A time as people write it, in nanoseconds from the start of the axis on; null when it is none.
 * @param {string} text
 * @param {Timeline} line
 * @param {number} epoch nanoseconds between the Unix epoch and the start of the profile
 */
function nanosOf(text, line, epoch) {
  const offset = text.match(/^([-+]?)((?:[\d.]+(?:ns|us|µs|ms|min|s|m|h|))+)$/);
  if (offset) {
    let nanos = 0;
    for (const [, number, unit] of offset[2].matchAll(/([\d.]+)(ns|us|µs|ms|min|s|m|h|)/g)) nanos += Number(number) * UNITS[unit];
    return offset[1] === '-' ? line.width * line.bins.length - 1 - nanos : nanos;
  }
  const clock = Date.parse(text);
  return Number.isNaN(clock) ? null : clock * 1e6 - epoch - line.start;
}
