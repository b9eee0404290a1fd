// @ts-check
/** The call graph as a drawing that can be moved and zoomed. */

import { Refusal, answerAddress, questionText } from './api.js';
import { actOnKey, actionMenu } from './actions.js';
import { el, fill, icon } from './dom.js';
import { openMenu } from './menu.js';
import { onPinch } from './pinch.js';
import { searchText } from './search.js';
import { go, param } from './state.js';
import { notice, waiting } from './view.js';

const SVG = 'http://www.w3.org/2000/svg';
/** The largest side of the overview, in pixels. */
const OVERVIEW = 170;

/** Pixels for a unit of the drawing from which its smallest letters can be read. */
const READABLE = 1.1;

/** @type {import('./view.js').View} */
export async function graphView(host, page, signal) {
  fill(page.tools);
  if (!page.index.drawings.some((drawing) => drawing.name === 'svg')) {
    notice(host, 'No drawing of the call graph', 'This build of hotlist draws no call graphs. Graphviz can, from this file:',
      el('a', { href: answerAddress('dot/dot'), download: 'graph.dot' }, 'graph.dot'));
    return;
  }
  waiting(host);
  const question = questionText();
  const response = await fetch(answerAddress('dot/svg'), { signal });
  if (!response.ok) throw new Refusal((await response.json()).error, response.status);
  // The drawing brings its own font, look and script for when it is a file; here the page has these, and its
  // policy would complain. Text of the profile has no `<` of its own in there.
  const whole = await response.text();
  const text = whole.replace(/<(script|style)\b[^>]*>[^]*?<\/\1>/g, '');
  const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
  parsed.querySelectorAll('script, style, .paper').forEach((element) => element.remove());
  if (!parsed.querySelector('.node')) {
    notice(host, 'No samples', 'Nothing in this profile passes the filters, or all values of this sample type are zero.');
    return;
  }
  const svg = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.importNode(parsed.documentElement, true)));
  const [, , wide, high] = (svg.getAttribute('viewBox') ?? '0 0 100 100').split(/[ ,]+/).map(Number);
  for (const name of ['width', 'height', 'font-family']) svg.removeAttribute(name);
  svg.setAttribute('class', 'graph');
  svg.setAttribute('tabindex', '0');
  svg.setAttribute('role', 'application');
  svg.setAttribute('aria-label', 'Call graph. Plus and minus zoom, arrow keys move, Escape shows everything.');
  const overview = document.createElementNS(SVG, 'svg');
  const frame = document.createElementNS(SVG, 'rect');
  fill(host, el('h2', { class: 'visually-hidden' }, 'Call graph'), svg, overview);

  /** What is in view, in the units of the drawing. */
  const view = { x: 0, y: 0, width: wide, height: high };
  const show = () => {
    svg.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${view.height}`);
    // What the window shows is more than the view box where their shapes differ.
    const [width, height] = [svg.clientWidth * unit(), svg.clientHeight * unit()];
    const [x, y] = [view.x + (view.width - width) / 2, view.y + (view.height - height) / 2];
    for (const [name, value] of Object.entries({ x, y, width, height })) frame.setAttribute(name, String(value));
    overview.toggleAttribute('hidden', x <= 0 && y <= 0 && x + width >= wide && y + height >= high);
  };
  /** Units of the drawing for a pixel. */
  const unit = () => Math.max(view.width / svg.clientWidth, view.height / svg.clientHeight);
  const fit = () => {
    Object.assign(view, { x: 0, y: 0, width: wide, height: high });
    show();
  };
  /**
   * The window of this size that shows the heaviest node and most of what is around it.
   * @param {number} width
   * @param {number} height
   */
  const fullest = (width, height) => {
    const groups = /** @type {SVGGraphicsElement[]} */ ([...svg.querySelectorAll('.node')]);
    const boxes = groups.map((node) => node.getBBox());
    const heaviest = boxes[groups.findIndex((node) => node.dataset.start)] ?? new DOMRect(wide / 2, 0, 0, 0);
    /** @param {{x: number, y: number}} at @param {DOMRect} box */
    const sees = (at, box) => box.x >= at.x && box.x + box.width <= at.x + width && box.y >= at.y && box.y + box.height <= at.y + height;
    // Heavy functions have large boxes.
    const seen = (/** @type {{x: number, y: number}} */ at) => boxes.reduce((sum, box) => sum + (sees(at, box) ? box.width * box.height : 0), 0);
    const within = (/** @type {number} */ from, /** @type {number} */ size, /** @type {number} */ whole) => Math.min(Math.max(from, 0), whole - size);
    const middle = { x: heaviest.x + heaviest.width / 2, y: heaviest.y + heaviest.height / 2 };
    const lefts = boxes.flatMap((box) => [box.x - 10, box.x + box.width + 10 - width]);
    let [best, most] = [{ x: within(middle.x - width / 2, width, wide), y: within(middle.y - height * 0.4, height, high) }, 0];
    for (const y of [0, best.y]) {
      for (const x of lefts.map((left) => within(left, width, wide))) {
        const at = { x, y };
        const area = sees(at, heaviest) ? seen(at) : 0;
        if (area > most) [best, most] = [at, area];
      }
    }
    return best;
  };
  /** At first as large as can be read, where there is most to see. */
  const start = () => {
    const all = Math.min(svg.clientWidth / wide, svg.clientHeight / high);
    const scale = Math.max(Math.min(all, 1), READABLE);
    const [width, height] = [svg.clientWidth / scale, svg.clientHeight / scale];
    const most = fullest(Math.min(width, wide), Math.min(height, high));
    const x = width >= wide ? (wide - width) / 2 : most.x;
    Object.assign(view, { x, y: height >= high ? (high - height) / 2 : most.y, width, height });
    show();
  };
  /** @param {number} factor @param {number} [px] @param {number} [py] */
  const zoom = (factor, px = svg.clientWidth / 2, py = svg.clientHeight / 2) => {
    const before = unit();
    const [left, top] = [view.x + view.width / 2 - (svg.clientWidth / 2) * before, view.y + view.height / 2 - (svg.clientHeight / 2) * before];
    const after = Math.min(Math.max(before * factor, 0.1), Math.max(wide, high) / 100);
    view.width = svg.clientWidth * after;
    view.height = svg.clientHeight * after;
    view.x = left + px * before - px * after;
    view.y = top + py * before - py * after;
    show();
  };
  /** @param {number} dx @param {number} dy in pixels */
  const pan = (dx, dy) => {
    const scale = unit();
    view.x += dx * scale;
    view.y += dy * scale;
    show();
  };

  /** @param {EventTarget | null} target @returns {SVGGElement | null} */
  const groupAt = (target) => (target instanceof Element ? target.closest('.node, .edge') : null);
  /** @param {Element | null} group */
  const place = (group) => {
    const key = group instanceof SVGElement && group.classList.contains('node') ? group.dataset.key : undefined;
    return key === undefined ? undefined : { key, label: group?.querySelector('title')?.textContent?.split('\n')[0] ?? key };
  };
  /** @type {Element | null} */
  let chosen = null;
  /** @param {Element | null} group */
  const light = (group) => {
    svg.querySelectorAll('.on').forEach((element) => element.classList.remove('on'));
    svg.classList.toggle('focused', group !== null);
    if (!group) return;
    group.classList.add('on');
    const { id } = group;
    for (const edge of /** @type {NodeListOf<SVGGElement>} */ (svg.querySelectorAll('.edge'))) {
      const ends = [edge.dataset.from ?? '', edge.dataset.to ?? ''];
      if (edge !== group && !ends.includes(id)) continue;
      edge.classList.add('on');
      for (const end of ends) svg.querySelector(`#${CSS.escape(end)}`)?.classList.add('on');
    }
  };
  svg.addEventListener('pointerover', (event) => light(groupAt(event.target) ?? chosen));
  svg.addEventListener('pointerleave', () => light(chosen));

  let moved = false;
  const isPinching = onPinch(svg, (factor, x, y, dx, dy) => {
    moved = true;
    pan(-dx, -dy);
    zoom(1 / factor, x, y);
  });
  svg.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || isPinching()) return;
    moved = false;
    let [x, y] = [event.clientX, event.clientY];
    const move = (/** @type {PointerEvent} */ next) => {
      if (isPinching() || next.pointerId !== event.pointerId) return;
      if (!moved && Math.hypot(next.clientX - x, next.clientY - y) < 4) return;
      if (!moved) svg.setPointerCapture(next.pointerId);
      moved = true;
      pan(x - next.clientX, y - next.clientY);
      [x, y] = [next.clientX, next.clientY];
    };
    svg.addEventListener('pointermove', move);
    addEventListener('pointerup', () => svg.removeEventListener('pointermove', move), { once: true });
  });
  svg.addEventListener('click', (event) => {
    if (moved) return;
    chosen = groupAt(event.target);
    light(chosen);
  });

  /** Brings a node into the middle, in letters that can be read. @param {SVGGraphicsElement} group */
  const visit = (group) => {
    const box = group.getBBox();
    const scale = Math.min(unit(), 1 / READABLE);
    const [width, height] = [svg.clientWidth * scale, svg.clientHeight * scale];
    Object.assign(view, { x: box.x + box.width / 2 - width / 2, y: box.y + box.height / 2 - height / 2, width, height });
    chosen = group;
    light(group);
    show();
  };

  /** A small drawing of all boxes, with a frame around those in view. */
  const drawOverview = () => {
    const scale = OVERVIEW / Math.max(wide, high);
    overview.setAttribute('class', 'overview');
    overview.setAttribute('viewBox', `0 0 ${wide} ${high}`);
    overview.setAttribute('width', String(Math.max(wide * scale, 40)));
    overview.setAttribute('height', String(Math.max(high * scale, 40)));
    overview.setAttribute('aria-hidden', 'true');
    for (const node of /** @type {NodeListOf<SVGGraphicsElement>} */ (svg.querySelectorAll('.node'))) {
      const box = node.getBBox();
      const rect = document.createElementNS(SVG, 'rect');
      for (const name of /** @type {const} */ (['x', 'y', 'width', 'height'])) rect.setAttribute(name, String(box[name]));
      overview.append(rect);
    }
    frame.setAttribute('class', 'overview-frame');
    frame.setAttribute('vector-effect', 'non-scaling-stroke');
    overview.append(frame);
    const move = (/** @type {PointerEvent} */ event) => {
      const box = overview.getBoundingClientRect();
      view.x = ((event.clientX - box.left) / box.width) * wide - view.width / 2;
      view.y = ((event.clientY - box.top) / box.height) * high - view.height / 2;
      show();
    };
    overview.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      overview.setPointerCapture(event.pointerId);
      move(event);
      overview.addEventListener('pointermove', move);
      overview.addEventListener('pointerup', () => overview.removeEventListener('pointermove', move), { once: true });
    });
  };
  svg.addEventListener('dblclick', (event) => {
    const found = place(groupAt(event.target));
    if (found) go('sandwich', { pivot: found.key });
  });
  svg.addEventListener('contextmenu', (event) => {
    const found = place(groupAt(event.target));
    if (!found) return;
    event.preventDefault();
    openMenu(actionMenu(found), event.clientX, event.clientY, /** @type {HTMLElement} */ (/** @type {unknown} */ (svg)));
  });
  svg.addEventListener('wheel', (event) => {
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    if (event.shiftKey) pan(event.deltaX || event.deltaY, 0);
    else zoom(Math.exp(Math.min(Math.max(event.deltaY, -120), 120) / 300), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });

  /** @type {Record<string, () => void>} */
  const keys = {
    '+': () => zoom(0.8), '=': () => zoom(0.8), '-': () => zoom(1.25), 0: fit, Escape: fit,
    ArrowLeft: () => pan(-60, 0), ArrowRight: () => pan(60, 0), ArrowUp: () => pan(0, -60), ArrowDown: () => pan(0, 60),
  };
  /** @param {string} key */
  const key = (key) => {
    if (!(key in keys)) return actOnKey(key, place(chosen));
    keys[key]();
    return true;
  };
  fill(page.tools, [
    /** @type {const} */ (['minus', 'Zoom out (−)', '-']), /** @type {const} */ (['plus', 'Zoom in (+)', '+']), /** @type {const} */ (['fit', 'Show everything (Esc)', '0']),
  ].map(([name, label, press]) => el('button', { class: 'button only-icon', type: 'button', title: label, 'aria-label': label, onclick: () => keys[press]() }, icon(name))));
  drawOverview();
  start();

  /** The part that is shown, as a file of its own with its fonts. */
  const picture = () => {
    const [width, height] = [svg.clientWidth * unit(), svg.clientHeight * unit()];
    const box = `${view.x + (view.width - width) / 2} ${view.y + (view.height - height) / 2} ${width} ${height}`;
    // The drawing stays a text: the page's policy would complain of its style. Its first tag is that of the whole.
    const part = whole.replace(/<script\b[^>]*>[^]*?<\/script>/g, '').replace(/<svg\b[^>]*>/, (root) => root
      .replace(/\s(viewBox|width|height)="[^"]*"/g, '')
      .replace('<svg', `<svg viewBox="${box}" width="${svg.clientWidth}" height="${svg.clientHeight}"`));
    return { svg: part, width: svg.clientWidth, height: svg.clientHeight, name: 'graph' };
  };

  async function search() {
    const q = param('q');
    const matches = q ? await searchText(page, q, signal) : null;
    if (q !== param('q')) return;
    if (!q) page.found(null);
    const keys = new Set(matches?.keys ?? []);
    const nodes = /** @type {SVGGraphicsElement[]} */ ([...svg.querySelectorAll('.node')]);
    const found = nodes.filter((node) => keys.has(node.dataset.key ?? ''));
    svg.classList.toggle('searched', matches !== null);
    nodes.forEach((node) => node.classList.toggle('match', found.includes(node)));
    page.hits(matches ? { count: found.length, go: (index) => visit(found[index]) } : null);
  }
  await search();
  return {
    key,
    picture,
    update: () => {
      if (questionText() !== question) return false;
      search().catch(() => {});
      return true;
    },
    files: () => [
      { label: 'Whole graph (SVG)', href: answerAddress('dot/svg'), download: 'graph.svg' },
      { label: 'Whole graph (PDF)', href: answerAddress('dot/pdf'), download: 'graph.pdf' },
      { label: 'Whole graph (JSON)', href: answerAddress('dot/json'), download: 'graph.json' },
      { label: 'For Graphviz (dot)', href: answerAddress('dot/dot'), download: 'graph.dot' },
    ],
  };
}
