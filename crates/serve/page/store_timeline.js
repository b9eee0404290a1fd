// @ts-check
/** The timeline: sums over time, and the ranges that are looked at and compared with. */

import { el, fill } from './dom.js';
import { valueText } from './format.js';

/** @typedef {import('./store_state.js').Span} Span */
/** @typedef {import('./store_api.js').Timeline} Timeline */

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 100;
/** Lines that have a colour of their own; the others are one. */
const MOST_LINES = 9;
const COLOURS = ['#d9703a', '#3f8fd2', '#4f9d5d', '#b668b4', '#c2a02e', '#4aa7a0', '#d0596f', '#7d7fd3', '#8c8377', '#a9a49c'];
/** Steps between the marks of the axis, in milliseconds. */
const MARKS = [1e3, 5e3, 15e3, 30e3, 6e4, 3e5, 9e5, 18e5, 36e5, 108e5, 216e5, 432e5, 864e5, 2592e5, 6048e5];

/** @param {string} name @param {Record<string, string | number>} attributes */
function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/**
 * @param {{pick: (span: Span | null, isBase: boolean) => void, label: (labels: Record<string, string>) => void}} listener
 *   hears of ranges that are dragged, and of lines that are chosen
 */
export function timeline(listener) {
  const svg = shape('svg', { preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  const bars = shape('g', {});
  const ranges = shape('g', {});
  svg.append(bars, ranges);
  const most = el('span', { class: 'most' });
  const strip = el('div', { class: 'strip', tabIndex: 0, role: 'application', 'aria-label':
    'Timeline. Drag to select a range of time, with Shift one to compare with; arrow keys move the range, plus and minus change its width, Escape selects everything.' });
  strip.append(svg, most);
  const axis = el('div', { class: 'axis', 'aria-hidden': 'true' });
  const legend = el('div', { class: 'legend' });
  const element = el('section', { class: 'timeline', 'aria-label': 'Timeline' }, strip, legend, axis);

  /** @type {Timeline | null} */
  let data = null;
  /** @type {Span | null} */
  let picked = null;
  /** @type {Span | null} */
  let base = null;
  let isComparing = false;

  /** @param {Timeline | null} answer @param {Span | null} nowPicked @param {Span | null} nowBase */
  function show(answer, nowPicked, nowBase) {
    [data, picked, base] = [answer, nowPicked, nowBase];
    drawBars();
    drawRanges(picked, base);
  }

  function drawBars() {
    bars.replaceChildren();
    fill(legend);
    fill(axis);
    most.textContent = '';
    if (!data) return;
    const { from, to, step, unit } = data;
    const stepMillis = step * 1000;
    svg.setAttribute('viewBox', `0 0 ${Math.max(to - from, 1)} ${HEIGHT}`);
    const weight = (/** @type {import('./store_api.js').Line} */ line) => line.points.reduce((sum, [, value]) => sum + value, 0);
    const lines = data.series.map((line) => ({ line, weight: weight(line) })).sort((one, other) => other.weight - one.weight);
    /** @type {Map<number, number>} */
    const totals = new Map();
    for (const { line } of lines) for (const [time, value] of line.points) totals.set(time, (totals.get(time) ?? 0) + value);
    const highest = Math.max(...totals.values(), 0) || 1;
    /** @type {Map<number, number>} */
    const below = new Map();
    lines.forEach(({ line }, row) => {
      const colour = COLOURS[Math.min(row, MOST_LINES)];
      let path = '';
      for (const [time, value] of line.points) {
        const bottom = below.get(time) ?? 0;
        below.set(time, bottom + value);
        const y = (/** @type {number} */ sum) => (HEIGHT - (sum / highest) * (HEIGHT - 6)).toFixed(2);
        path += `M${time - from} ${y(bottom)}V${y(bottom + value)}h${stepMillis * 0.94}V${y(bottom)}z`;
      }
      bars.append(shape('path', { d: path, fill: colour, class: 'bar' }));
    });
    const format = { sample_unit: unit, output_unit: 'auto', ratio: 1 };
    if (totals.size > 0) most.textContent = `${valueText(Math.round(highest), format)} in ${duration(stepMillis)}`;
    if (lines.length > 1 || Object.keys(lines[0]?.line.labels ?? {}).length > 0) {
      for (const [row, { line, weight }] of lines.slice(0, 40).entries()) {
        const name = Object.values(line.labels).join(' ') || '(none)';
        legend.append(el('button', { type: 'button', title: `${name}: look at this one alone`, onclick: () => listener.label(line.labels) },
          el('i', { style: { background: COLOURS[Math.min(row, MOST_LINES)] } }), el('span', {}, name), el('span', { class: 'soft' }, valueText(Math.round(weight), format))));
      }
      if (lines.length > 40) legend.append(el('span', { class: 'soft' }, `and ${lines.length - 40} others`));
    }
    drawAxis(from, to);
  }

  /** @param {number} from @param {number} to */
  function drawAxis(from, to) {
    const step = MARKS.find((mark) => (to - from) / mark <= 8) ?? (to - from) / 8;
    const zone = new Date(from).getTimezoneOffset() * 6e4;
    const isLong = step >= 864e5;
    for (let time = Math.ceil((from - zone) / step) * step + zone; time < to; time += step) {
      const share = (time - from) / (to - from);
      if (share < 0.02 || share > 0.98) continue;
      axis.append(el('span', { style: { left: `${share * 100}%` } }, isLong ? dayText(time) : clockText(time, step < 6e4)));
    }
  }

  /** @param {Span | null} nowPicked @param {Span | null} nowBase */
  function drawRanges(nowPicked, nowBase) {
    ranges.replaceChildren();
    if (!data) return;
    for (const [span, kind] of /** @type {[Span | null, string][]} */ ([[nowBase, 'compared'], [nowPicked, 'picked']])) {
      if (!span) continue;
      const [left, right] = span.map((time) => Math.min(Math.max(time - (data?.from ?? 0), 0), (data?.to ?? 1) - (data?.from ?? 0)));
      ranges.append(shape('rect', { x: left, y: 0, width: Math.max(right - left, 0), height: HEIGHT, class: kind }));
      for (const x of [left, right]) ranges.append(shape('line', { x1: x, x2: x, y1: 0, y2: HEIGHT, class: `${kind}-edge` }));
    }
  }

  /** A range on the grid of the timeline. @param {number} one @param {number} other @returns {Span} */
  function snapped(one, other) {
    const step = (data?.step ?? 1) * 1000;
    const [from, to] = [data?.from ?? 0, data?.to ?? 1];
    const start = Math.floor((Math.min(one, other) - from) / step) * step + from;
    const end = Math.ceil((Math.max(one, other) - from) / step) * step + from;
    return [Math.max(start, from), Math.min(Math.max(end, start + step), Math.max(to, start + step))];
  }

  strip.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !data) return;
    const isBase = isComparing || event.shiftKey;
    const box = strip.getBoundingClientRect();
    const at = (/** @type {PointerEvent} */ event) => {
      const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
      return (data?.from ?? 0) + share * ((data?.to ?? 1) - (data?.from ?? 0));
    };
    const start = at(event);
    let isDragged = false;
    strip.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ next) => {
      isDragged ||= Math.abs(next.clientX - event.clientX) > 3;
      if (!isDragged) return;
      const span = snapped(start, at(next));
      drawRanges(isBase ? picked : span, isBase ? span : base);
    };
    const end = (/** @type {PointerEvent} */ last) => {
      strip.removeEventListener('pointermove', move);
      strip.removeEventListener('pointerup', end);
      strip.removeEventListener('pointercancel', end);
      if (last.type === 'pointerup' && isDragged) listener.pick(snapped(start, at(last)), isBase);
      else drawRanges(picked, base);
    };
    strip.addEventListener('pointermove', move);
    strip.addEventListener('pointerup', end);
    strip.addEventListener('pointercancel', end);
  });
  strip.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !data) return;
    // Shift is a part of a plus on many keyboards.
    const isBase = isComparing || (event.shiftKey && !['+', '_'].includes(event.key));
    const [from, to] = (isBase ? base : picked) ?? [data.from, data.to];
    const width = to - from;
    const step = Math.max(data.step * 1000, width / 4);
    const within = (/** @type {number} */ start, /** @type {number} */ width) => {
      const left = Math.min(Math.max(start, data?.from ?? 0), Math.max((data?.to ?? 1) - width, data?.from ?? 0));
      listener.pick(snapped(left, left + width - 1), isBase);
    };
    if (event.key === 'ArrowLeft') within(from - step, width);
    else if (event.key === 'ArrowRight') within(from + step, width);
    else if (event.key === '+' || event.key === '=') within(from + width / 4, width / 2);
    else if (event.key === '-' || event.key === '_') within(from - width / 2, width * 2);
    else if (event.key === 'Escape') listener.pick(null, isBase);
    else return;
    event.preventDefault();
  });
  return { element, show, compare: (/** @type {boolean} */ now) => { isComparing = now; } };
}

/** @param {number} time @param {boolean} [withSeconds] */
export function clockText(time, withSeconds = false) {
  return new Date(time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: withSeconds ? '2-digit' : undefined, hour12: false });
}

/** @param {number} time */
function dayText(time) {
  return new Date(time).toLocaleDateString(undefined, { month: 'short', day: 'numeric' });
}

/** A range as people read it: the day is told where it is not that of today. @param {Span} span */
export function spanText([from, to]) {
  const isToday = new Date(from).toDateString() === new Date().toDateString();
  const sameDay = new Date(from).toDateString() === new Date(to).toDateString();
  const start = `${isToday ? '' : `${dayText(from)} `}${clockText(from, true)}`;
  return `${start} – ${sameDay ? '' : `${dayText(to)} `}${clockText(to, true)}`;
}

/** A duration in its largest unit. @param {number} millis */
export function duration(millis) {
  for (const [unit, size] of /** @type {[string, number][]} */ ([['d', 864e5], ['h', 36e5], ['min', 6e4], ['s', 1e3]])) {
    if (millis >= size) return `${Number((millis / size).toFixed(1))} ${unit}`;
  }
  return `${Math.round(millis)} ms`;
}
