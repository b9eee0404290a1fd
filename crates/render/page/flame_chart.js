// @ts-check
/**
 * A flame graph on a canvas: draws what is in view, moves and zooms, and tells what people do with frames.
 *
 * Positions are weights: a frame begins at `start` and is `size` wide, and the view goes from `from` to
 * `to`. Only frames in view are looked at, so drawing costs as much as there is to see.
 */

import { el } from './dom.js';
import { changeColour, otherColour, placeColour, verdictColour } from './colour.js';
import { shorterNames } from './names.js';
import { onPinch } from './pinch.js';

/** @typedef {import('./flame_model.js').FlameModel} FlameModel */

const ROW = 22;
const TEXT_PADDING = 6;
/** Frames narrower than this, in pixels, are drawn as one. */
const SLIVER = 0.7;
const FONT_SIZE = '12px';
const ZOOM_TIME = 180;

/** Whether a frame really differs. @typedef {'more' | 'less' | 'same' | 'undecided'} Verdict */

/** Signs before the names of what differs: a colour alone says nothing to many. @type {Record<string, string>} */
const SIGNS = { more: '▲', less: '▼' };
/** How wide a sign is, with a space behind it. */
const SIGN_WIDTH = 14;

/**
 * What the owner of a chart hears.
 * @typedef {object} Listeners
 * @property {(frame: number, event?: MouseEvent) => void} [hover] the pointer is at a frame, or at none (-1)
 * @property {(frame: number, beside: {clientX: number, clientY: number} | null) => void} [select] a frame was chosen;
 *   with the keyboard, then with a position beside it
 * @property {(frame: number) => void} [zoom] a frame was zoomed into; 0 is everything
 * @property {(frame: number) => void} [expand] what was summed up is wanted
 * @property {(frame: number, x: number, y: number) => void} [menu] the actions on a frame are wanted
 * @property {(key: string, frame: number) => boolean} [key] a key that the chart does not know
 * @property {(frame: number, event: PointerEvent) => void} [tap] a finger was at a frame for the first time
 */

/**
 * A box of a drawing.
 * @typedef {{x: number, y: number, width: number, height: number, colour: string, alpha: number, text: string,
 *   ink: string, italic: boolean, title: string, stroke?: string, hatched?: boolean}} Box
 */

export class FlameChart {
  /**
   * @param {HTMLElement} host where to draw; takes its size from the outside
   * @param {Listeners} listeners
   */
  constructor(host, listeners = {}) {
    this.host = host;
    this.listeners = listeners;
    /** @type {FlameModel | null} */
    this.model = null;
    /** Whether the root is at the bottom. */
    this.upwards = false;
    /** The depth of the first row that is drawn. */
    this.first = 0;
    this.dark = false;
    this.from = 0;
    this.to = 1;
    this.hovered = -1;
    this.selected = -1;
    /** The frame that a finger was at. */
    this.tapped = -1;
    /** The key of the place that people chose elsewhere; its frames stand out. */
    this.picked = '';
    /** Frames that are drawn faintly. @type {((frame: number) => boolean) | null} */
    this.faint = null;
    /** What is known of how frames differ; in place of the colours of changes. @type {((frame: number) => Verdict | null) | null} */
    this.verdictOf = null;
    this.zoomed = 0;
    this.frameRequest = 0;
    this.width = 0;
    this.height = 0;
    /** How high all rows are together, at least as high as the chart. */
    this.contentHeight = 0;
    this.font = '';
    this.ink = '';
    this.accent = '';
    this.mark = '';
    this.grew = '';
    this.shrank = '';
    /** @type {{from: number, to: number, toFrom: number, toTo: number, began: number} | null} */
    this.motion = null;
    /** @type {Map<string, number>} */
    this.widths = new Map();
    /** What places can be called. @type {WeakMap<import('./colour.js').Place, string[]>} */
    this.names = new WeakMap();
    /** @type {string[]} */
    this.colours = [];
    this.canvas = el('canvas', {
      class: 'flame-canvas', tabIndex: 0, role: 'application',
      'aria-label': 'Flame graph. Arrow keys choose a frame, Enter zooms in, Escape zooms out, m opens its actions.',
    });
    this.spacer = el('div', { class: 'flame-spacer' });
    this.live = el('div', { class: 'visually-hidden', 'aria-live': 'polite' });
    this.probe = el('i', { hidden: true });
    this.scroller = el('div', { class: 'flame-scroller' }, this.canvas, this.spacer, this.probe);
    host.append(this.scroller, this.live);
    /** @type {any} */ (this.canvas).chart = this;
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    this.listen();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
  }

  /** Ends the chart. */
  remove() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frameRequest);
    this.scroller.remove();
    this.live.remove();
  }

  /**
   * Shows a model, all of it.
   * @param {FlameModel} model
   */
  show(model) {
    this.model = model;
    this.hovered = this.selected = this.tapped = -1;
    this.zoomed = 0;
    this.motion = null;
    this.from = 0;
    this.to = Math.max(model.total, 1);
    this.refresh();
    this.scroller.scrollTop = this.upwards ? this.scroller.scrollHeight : 0;
  }

  /**
   * Chooses a frame and brings it into view, also from left to right: where it is too narrow to be seen, the view
   * zooms in.
   * @param {number} frame
   */
  goTo(frame) {
    const { model } = this;
    if (!model) return;
    const span = this.to - this.from;
    const [start, size] = [model.start[frame], model.size[frame]];
    const inView = start >= this.from && start + size <= this.to;
    const wide = (size / span) * this.width;
    if (wide < 12) this.look(...this.within(start + size / 2, Math.max(size * 20, model.total * 1e-7)), true);
    else if (!inView) this.look(...this.within(start + size / 2, Math.max(span, size)), true);
    this.select(frame);
  }

  /** A view of this width around a position, within everything. @param {number} middle @param {number} span @returns {[number, number]} */
  within(middle, span) {
    const total = this.model?.total ?? 1;
    const from = Math.min(Math.max(middle - span / 2, 0), Math.max(total - span, 0));
    return [from, from + span];
  }

  /** Draws anew after frames, marks or colours have changed. */
  refresh() {
    const { model } = this;
    if (model) {
      this.colours = model.places.map((place) => placeColour(place, this.dark));
    }
    this.resize();
  }

  /** @param {boolean} dark */
  setDark(dark) {
    this.dark = dark;
    this.refresh();
  }

  /** @param {boolean} upwards */
  setUpwards(upwards) {
    this.upwards = upwards;
    this.resize();
    this.scroller.scrollTop = upwards ? this.scroller.scrollHeight : 0;
  }

  resize() {
    const ratio = devicePixelRatio || 1;
    this.width = this.scroller.clientWidth;
    this.height = this.host.clientHeight;
    const rows = (this.model?.rows.length ?? 0) - this.first;
    this.contentHeight = Math.max(rows * ROW + 8, this.height);
    this.spacer.style.height = `${this.contentHeight - this.height}px`;
    this.canvas.style.width = `${this.width}px`;
    this.canvas.style.height = `${this.height}px`;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    const style = getComputedStyle(this.host);
    this.font = `${FONT_SIZE} ${style.fontFamily}`;
    // A canvas knows no variables, so an element is asked what becomes of them.
    const colour = (/** @type {string} */ name) => {
      this.probe.style.color = `var(${name})`;
      return getComputedStyle(this.probe).color;
    };
    [this.ink, this.accent, this.mark, this.grew, this.shrank] = ['--frame-ink', '--accent', '--mark', '--grew', '--shrank'].map(colour);
    this.widths.clear();
    this.draw();
  }

  /** Draws before the next picture of the screen. */
  redraw() {
    if (this.frameRequest) return;
    this.frameRequest = requestAnimationFrame((now) => {
      this.frameRequest = 0;
      this.move(now);
      this.draw();
    });
  }

  /** @param {number} now */
  move(now) {
    const { motion } = this;
    if (!motion) return;
    const time = Math.min(Math.max((now - motion.began) / ZOOM_TIME, 0), 1);
    const eased = 1 - (1 - time) ** 3;
    this.from = motion.from + (motion.toFrom - motion.from) * eased;
    this.to = motion.to + (motion.toTo - motion.to) * eased;
    if (time === 1) this.motion = null;
    else this.redraw();
  }

  /**
   * Moves the view.
   * @param {number} from
   * @param {number} to
   * @param {boolean} smoothly
   */
  look(from, to, smoothly) {
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (smoothly && !calm) {
      this.motion = { from: this.from, to: this.to, toFrom: from, toTo: to, began: performance.now() };
    } else {
      this.motion = null;
      this.from = from;
      this.to = to;
    }
    this.redraw();
  }

  /**
   * Makes a frame as wide as the view.
   * @param {number} frame
   * @param {boolean} [smoothly]
   */
  zoomTo(frame, smoothly = true) {
    if (!this.model) return;
    this.zoomed = frame;
    const { start, size } = this.model;
    this.look(start[frame], start[frame] + Math.max(size[frame], 1e-9), smoothly);
    this.reveal(frame);
  }

  /**
   * Zooms by a factor around a position on the screen.
   * @param {number} factor
   * @param {number} [x]
   */
  zoomBy(factor, x = this.width / 2) {
    if (!this.model) return;
    const at = this.from + (x / this.width) * (this.to - this.from);
    const span = Math.min(Math.max((this.to - this.from) * factor, this.model.total * 1e-7), this.model.total);
    this.pan(at - (x / this.width) * span, span);
  }

  /**
   * Shows `span` from `from` on, as far as there is something there.
   * @param {number} from
   * @param {number} span
   */
  pan(from, span = this.to - this.from) {
    const total = this.model?.total ?? 1;
    const start = Math.min(Math.max(from, 0), Math.max(total - span, 0));
    this.look(start, start + span, false);
  }

  /** Where the top of a row is, in the scrolled content. @param {number} depth */
  top(depth) {
    const row = depth - this.first;
    return this.upwards ? this.contentHeight - (row + 1) * ROW - 4 : row * ROW + 4;
  }

  /** Scrolls so that a frame is in view. @param {number} frame */
  reveal(frame) {
    if (!this.model) return;
    const top = this.top(this.model.depth[frame]);
    const { scroller } = this;
    if (top < scroller.scrollTop) scroller.scrollTop = top - 2 * ROW;
    else if (top + ROW > scroller.scrollTop + this.height) scroller.scrollTop = top + 3 * ROW - this.height;
  }

  /**
   * Where a frame is on the canvas.
   * @param {number} frame
   * @returns {{x: number, y: number, width: number, height: number}}
   */
  box(frame) {
    const model = /** @type {FlameModel} */ (this.model);
    const scale = this.width / (this.to - this.from);
    const left = Math.max((model.start[frame] - this.from) * scale, 0);
    const right = Math.min((model.start[frame] + model.size[frame] - this.from) * scale, this.width);
    const y = this.top(model.depth[frame]) - this.scroller.scrollTop;
    return { x: left, y, width: right - left, height: ROW - 1 };
  }

  /**
   * The frame at a position on the canvas, or -1.
   * @param {number} x
   * @param {number} y
   */
  frameAt(x, y) {
    if (!this.model) return -1;
    const down = y + this.scroller.scrollTop;
    const row = Math.floor((this.upwards ? this.contentHeight - 4 - down : down - 4) / ROW);
    const depth = row + this.first;
    if (row < 0) return -1;
    return this.model.frameAt(depth, this.from + (x / this.width) * (this.to - this.from));
  }

  draw() {
    const { context: c, model, width, height } = this;
    const ratio = devicePixelRatio || 1;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, height);
    if (!model || model.total === 0) return;
    c.font = this.font;
    c.textBaseline = 'middle';
    const scrolled = this.scroller.scrollTop;
    for (let depth = this.first; depth < model.rows.length; depth++) {
      const y = this.top(depth) - scrolled;
      if (y + ROW < 0 || y > height) continue;
      this.drawRow(model, model.rows[depth], y);
    }
    for (const [frame, colour] of /** @type {[number, string][]} */ ([[this.hovered, this.ink], [this.selected, this.accent]])) {
      if (frame < 0) continue;
      const box = this.box(frame);
      if (box.width < 0 || box.y < -ROW || box.y > height) continue;
      c.strokeStyle = colour;
      c.lineWidth = frame === this.selected ? 2 : 1;
      const inset = c.lineWidth / 2;
      c.strokeRect(box.x + inset - 0.5, box.y + inset - 0.5, Math.max(box.width - 2 * inset + 0.5, 1), box.height - 2 * inset + 1);
    }
  }

  /**
   * What is to be drawn of a row: frames, and runs of frames that are too narrow to be drawn one by one, with how wide
   * those together are that pass the search.
   * @param {FlameModel} model
   * @param {Int32Array} row
   * @param {(frame: number, left: number, right: number) => void} drawFrame
   * @param {(left: number, right: number, marked: number) => void} drawRun
   */
  walkRow(model, row, drawFrame, drawRun) {
    const scale = this.width / (this.to - this.from);
    let [start, end, marked] = [-1, 0, 0];
    const flush = () => {
      if (start >= 0) drawRun(start, end, marked);
      [start, marked] = [-1, 0];
    };
    for (let index = Math.max(model.lastStartingBefore(row, this.from), 0); index < row.length; index++) {
      const frame = row[index];
      const begin = model.start[frame];
      if (begin >= this.to) break;
      const left = (begin - this.from) * scale;
      const right = left + model.size[frame] * scale;
      if (right <= 0) continue;
      if (right - left >= SLIVER) {
        flush();
        drawFrame(frame, left, right);
        continue;
      }
      if (start >= 0 && left - end > 1) flush();
      if (start < 0) start = left;
      end = right;
      if (model.marks) marked += model.markedSize(frame) * scale;
    }
    flush();
  }

  /**
   * @param {FlameModel} model
   * @param {Int32Array} row
   * @param {number} y
   */
  drawRow(model, row, y) {
    const c = this.context;
    const same = this.hovered > 0 ? model.place[this.hovered] : -9;
    this.walkRow(model, row, (frame, left, right) => {
      const marked = model.marks !== null && model.marks[frame] === 1;
      const x = Math.max(left, 0);
      const wide = Math.min(right, this.width) - x - (right - left > 3 ? 1 : 0.25);
      const place = model.placeOf(frame);
      const faint = (model.marks && !marked) || this.faint?.(frame);
      c.globalAlpha = faint ? 0.32 : 1;
      c.fillStyle = marked ? this.mark : this.colour(model, frame);
      c.fillRect(x, y, wide, ROW - 1);
      if (same >= 0 && model.place[frame] === same && !marked) {
        c.fillStyle = this.dark ? 'rgba(255,255,255,.14)' : 'rgba(0,0,0,.10)';
        c.fillRect(x, y, wide, ROW - 1);
      }
      if (model.isOthers(frame)) {
        this.hatch(x, y, wide);
        const part = model.marksBelow.get(frame);
        if (part) this.drawMark(x, y, Math.min((part / model.size[frame]) * (right - left), wide));
      }
      const verdict = this.verdictOf?.(frame) ?? null;
      if (verdict === 'undecided' && !marked) this.hatch(x, y, wide);
      if (verdict && verdict in SIGNS) {
        c.strokeStyle = this.outlineColour(verdict);
        c.lineWidth = 2;
        c.strokeRect(x + 1, y + 1, Math.max(wide - 2, 1), ROW - 3);
      }
      if (wide > 22) this.write(model, frame, x, y, wide, marked, verdict);
      c.globalAlpha = 1;
      if (this.picked !== '' && place?.key === this.picked) {
        c.strokeStyle = this.accent;
        c.lineWidth = 2;
        c.strokeRect(x + 1, y + 1, Math.max(wide - 2, 1), ROW - 3);
      }
    }, (left, right, marked) => {
      const wide = Math.max(right - left, 0.5);
      c.globalAlpha = model.marks ? 0.25 : 0.6;
      c.fillStyle = otherColour(this.dark);
      c.fillRect(left, y, wide, ROW - 1);
      if (marked > 0) this.drawMark(left, y, Math.min(marked, wide));
      c.globalAlpha = 1;
    });
  }

  /** A mark that is as wide as what it stands for. @param {number} x @param {number} y @param {number} wide */
  drawMark(x, y, wide) {
    const c = this.context;
    c.globalAlpha = 1;
    c.fillStyle = this.mark;
    c.fillRect(x, y, wide, ROW - 1);
  }

  /**
   * All rows of what the view shows from left to right, whether they are scrolled to or not, as boxes.
   * @returns {{boxes: Box[], height: number}}
   */
  outline() {
    /** @type {Box[]} */
    const boxes = [];
    const { model } = this;
    if (!model || model.total === 0) return { boxes, height: 0 };
    // Rows at the far end that have nothing in view would be empty paper.
    let depths = model.rows.length;
    while (depths > this.first + 1 && !this.showsRow(model, model.rows[depths - 1])) depths--;
    const height = (depths - this.first) * ROW + 8;
    this.context.font = this.font;
    for (let depth = this.first; depth < depths; depth++) {
      const row = depth - this.first;
      const y = this.upwards ? height - (row + 1) * ROW - 4 : row * ROW + 4;
      const box = { y, height: ROW - 1, alpha: 1, text: '', ink: this.ink, italic: false, title: '' };
      this.walkRow(model, model.rows[depth], (frame, left, right) => {
        const x = Math.max(left, 0);
        const width = Math.min(right, this.width) - x - (right - left > 3 ? 1 : 0.25);
        const marked = model.marks?.[frame] === 1;
        const alpha = (model.marks && !marked) || this.faint?.(frame) ? 0.4 : 1;
        const verdict = this.verdictOf?.(frame) ?? null;
        const sign = verdict && verdict in SIGNS ? `${SIGNS[verdict]} ` : '';
        const room = width - 2 * TEXT_PADDING - (sign ? SIGN_WIDTH : 0);
        boxes.push({ ...box, x, width, alpha, colour: marked ? this.mark : this.colour(model, frame), ink: marked ? '#241a00' : this.ink,
          italic: model.inline[frame] === 1, text: width > 22 ? sign + this.fit(model, frame, room) : '', title: model.label(frame).slice(0, 500),
          stroke: sign && verdict ? this.outlineColour(verdict) : '', hatched: verdict === 'undecided' && !marked });
        const part = model.marksBelow.get(frame);
        if (part) boxes.push({ ...box, x, width: Math.min((part / model.size[frame]) * (right - left), width), colour: this.mark });
      }, (left, right, marked) => {
        const width = Math.max(right - left, 0.5);
        boxes.push({ ...box, x: left, width, alpha: model.marks ? 0.25 : 0.6, colour: otherColour(this.dark) });
        if (marked > 0) boxes.push({ ...box, x: left, width: Math.min(marked, width), colour: this.mark });
      });
    }
    return { boxes, height };
  }

  /** Whether any frame of a row is in view. @param {FlameModel} model @param {Int32Array} row */
  showsRow(model, row) {
    const at = Math.max(model.lastStartingBefore(row, this.to), 0);
    return row.length > 0 && model.start[row[at]] < this.to && model.start[row[at]] + model.size[row[at]] > this.from;
  }

  /**
   * @param {FlameModel} model
   * @param {number} frame
   */
  colour(model, frame) {
    const verdict = this.verdictOf?.(frame);
    if (verdict) return verdictColour(verdict, this.dark);
    if (this.verdictOf) return otherColour(this.dark);
    if (model.comparison && frame > 0) return changeColour(model.baseCum[frame], model.cum[frame], this.dark);
    return model.place[frame] < 0 ? otherColour(this.dark) : this.colours[model.place[frame]];
  }

  /** @param {Verdict} verdict */
  outlineColour(verdict) {
    return verdict === 'more' ? this.grew : this.shrank;
  }

  /**
   * Slanted lines over what was summed up, and over what cannot be told apart.
   * @param {number} x
   * @param {number} y
   * @param {number} wide
   */
  hatch(x, y, wide) {
    const c = this.context;
    c.save();
    c.beginPath();
    c.rect(x, y, wide, ROW - 1);
    c.clip();
    c.beginPath();
    for (let at = x - ROW; at < x + wide; at += 7) {
      c.moveTo(at, y + ROW);
      c.lineTo(at + ROW, y);
    }
    c.strokeStyle = this.dark ? 'rgba(255,255,255,.10)' : 'rgba(0,0,0,.10)';
    c.lineWidth = 1.5;
    c.stroke();
    c.restore();
  }

  /**
   * @param {FlameModel} model
   * @param {number} frame
   * @param {number} x
   * @param {number} y
   * @param {number} wide
   * @param {boolean} marked
   * @param {Verdict | null} verdict
   */
  write(model, frame, x, y, wide, marked, verdict) {
    const c = this.context;
    const sign = verdict && SIGNS[verdict];
    const text = this.fit(model, frame, wide - 2 * TEXT_PADDING - (sign ? SIGN_WIDTH : 0));
    c.fillStyle = marked ? '#241a00' : this.ink;
    if (sign) {
      c.fillText(sign, x + TEXT_PADDING, y + ROW / 2);
      x += SIGN_WIDTH;
    }
    if (!text) return;
    const inlined = model.inline[frame] === 1;
    if (inlined) c.font = `italic ${this.font}`;
    if (model.marks && !marked) c.globalAlpha = 0.6;
    c.fillText(text, x + TEXT_PADDING, y + ROW / 2);
    if (inlined) c.font = this.font;
  }

  /**
   * The longest name of a frame that fits, or the beginning of the shortest.
   * @param {FlameModel} model
   * @param {number} frame
   * @param {number} room
   */
  fit(model, frame, room) {
    if (room < 8) return '';
    const names = this.namesOf(model, frame);
    const fitting = names.find((name) => this.widthOf(name) <= room);
    if (fitting) return fitting;
    const short = names[names.length - 1];
    let length = Math.floor((short.length * room) / this.widthOf(short));
    while (length > 1 && this.context.measureText(`${short.slice(0, length)}…`).width > room) length--;
    return length < 2 ? '' : `${short.slice(0, length)}…`;
  }

  /**
   * @param {FlameModel} model
   * @param {number} frame
   */
  namesOf(model, frame) {
    const place = model.placeOf(frame);
    let names = place && this.names.get(place);
    if (!names) {
      // Nobody reads more, and measuring takes as long as the text is.
      const cut = (/** @type {string} */ name) => (name.length > 500 ? `${name.slice(0, 500)}…` : name);
      names = shorterNames(model.label(frame), place).map(cut);
      if (place) this.names.set(place, names);
    }
    return names;
  }

  /** @param {string} text */
  widthOf(text) {
    let width = this.widths.get(text);
    if (width === undefined) {
      if (this.widths.size > 50_000) this.widths.clear();
      this.widths.set(text, (width = this.context.measureText(text).width));
    }
    return width;
  }

  listen() {
    const { canvas, scroller, listeners } = this;
    scroller.addEventListener('scroll', () => this.redraw());
    /** @type {{x: number, y: number, from: number, scroll: number, moved: boolean} | null} */
    let drag = null;
    const isPinching = onPinch(canvas, (factor, x, _y, dx) => {
      this.zoomBy(1 / factor, x);
      this.pan(this.from - (dx / this.width) * (this.to - this.from));
    });
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || isPinching()) {
        drag = null;
        return;
      }
      drag = { x: event.clientX, y: event.clientY, from: this.from, scroll: scroller.scrollTop, moved: false };
    });
    canvas.addEventListener('pointermove', (event) => {
      if (drag && event.buttons & 1) {
        const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
        if (!drag.moved && Math.hypot(dx, dy) < 4) return;
        if (!drag.moved) canvas.setPointerCapture(event.pointerId);
        drag.moved = true;
        canvas.classList.add('dragging');
        this.pan(drag.from - (dx / this.width) * (this.to - this.from));
        if (event.pointerType === 'mouse') scroller.scrollTop = drag.scroll - dy;
        this.hover(-1);
        return;
      }
      if (event.pointerType !== 'touch') this.hover(this.frameAt(event.offsetX, event.offsetY), event);
    });
    canvas.addEventListener('pointerup', (event) => {
      const moved = drag?.moved;
      const pressed = drag !== null;
      drag = null;
      canvas.classList.remove('dragging');
      if (moved || !pressed || event.button !== 0) return;
      const frame = this.frameAt(event.offsetX, event.offsetY);
      if (frame < 0) return;
      const again = this.tapped === frame;
      this.select(frame, false);
      // A finger cannot hover: the first tap tells about a frame, the second opens it.
      if (event.pointerType === 'touch' && listeners.tap && !again) {
        this.tapped = frame;
        listeners.tap(frame, event);
      } else this.open(frame);
    });
    canvas.addEventListener('pointercancel', () => (drag = null));
    canvas.addEventListener('pointerleave', (event) => event.pointerType === 'touch' || this.hover(-1));
    canvas.addEventListener('contextmenu', (event) => {
      const frame = this.frameAt(event.offsetX, event.offsetY);
      if (frame < 0) return;
      event.preventDefault();
      this.select(frame, false);
      listeners.menu?.(frame, event.clientX, event.clientY);
    });
    scroller.addEventListener('wheel', (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.zoomBy(Math.exp(Math.min(Math.max(event.deltaY, -80), 80) / 160), event.offsetX);
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        const by = event.deltaX || event.deltaY;
        this.pan(this.from + (by / this.width) * (this.to - this.from));
      }
    }, { passive: false });
    canvas.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.key(event.key)) event.preventDefault();
    });
  }

  /** Zooms into a frame, or asks for what it stands for. @param {number} frame */
  open(frame) {
    if (this.model?.isOthers(frame)) this.listeners.expand?.(frame);
    else {
      this.zoomTo(frame);
      this.listeners.zoom?.(frame);
    }
  }

  /**
   * @param {number} frame
   * @param {MouseEvent} [event]
   */
  hover(frame, event) {
    if (frame !== this.hovered) {
      this.hovered = frame;
      this.canvas.classList.toggle('over', frame >= 0);
      this.redraw();
    }
    this.listeners.hover?.(frame, event);
  }

  /**
   * @param {number} frame
   * @param {boolean} [reveal] whether to bring it into view
   */
  select(frame, reveal = true) {
    this.selected = frame;
    if (reveal) this.reveal(frame);
    this.redraw();
    const [box, place] = [this.box(frame), this.canvas.getBoundingClientRect()];
    const beside = { clientX: place.left + Math.max(box.x, 0) + 16, clientY: place.top + box.y + ROW / 2 };
    this.listeners.select?.(frame, reveal ? beside : null);
  }

  /** Does what a key asks for. @param {string} key */
  key(key) {
    const { model } = this;
    if (!model) return false;
    const at = Math.max(this.selected, this.zoomed, 0);
    const [deeper, back] = this.upwards ? ['ArrowUp', 'ArrowDown'] : ['ArrowDown', 'ArrowUp'];
    switch (key) {
      case deeper: {
        const below = model.below(at);
        const next = below.reduce((best, frame) => (best < 0 || model.size[frame] > model.size[best] ? frame : best), -1);
        if (next >= 0) this.select(next);
        return true;
      }
      case back:
        this.select(model.parent[at]);
        return true;
      case 'ArrowLeft':
      case 'ArrowRight': {
        const row = model.rows[model.depth[at]];
        const next = row[row.indexOf(at) + (key === 'ArrowLeft' ? -1 : 1)];
        if (next !== undefined) this.select(next);
        return true;
      }
      case 'Enter':
        this.open(at);
        return true;
      case 'Escape':
      case '0':
        if (this.zoomed === 0 && this.from === 0 && this.to >= model.total) return false;
        this.zoomTo(0);
        this.listeners.zoom?.(0);
        return true;
      case 'Backspace':
        this.select(model.parent[this.zoomed]);
        this.open(model.parent[this.zoomed]);
        return true;
      case '+':
      case '=':
        this.zoomBy(0.7);
        return true;
      case '-':
        this.zoomBy(1 / 0.7);
        return true;
      case 'm':
      case 'ContextMenu': {
        const box = this.box(at);
        const place = this.canvas.getBoundingClientRect();
        this.listeners.menu?.(at, place.left + box.x + 12, place.top + box.y + ROW);
        return true;
      }
      default:
        return this.listeners.key?.(key, at) ?? false;
    }
  }

  /** Tells those who do not see the picture. @param {string} text */
  say(text) {
    this.live.textContent = text;
  }
}
