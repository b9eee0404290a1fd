// @ts-check
/**
 * The frames of a flame graph: where they are, what is below them, which are marked.
 */

/** @typedef {import('./colour.js').Place} Place */
/** @typedef {import('./format.js').ValueFormat} ValueFormat */

/**
 * The header of a shape.
 * @typedef {{file: string, build_id: string, comments: string[], sample_type: string, doc_url: string,
 *   time_nanos: number, duration_nanos: number, total: number, format: ValueFormat,
 *   active_filters: string[]}} Header
 */

/**
 * What a place weighs on both sides of a comparison, without signs.
 * @typedef {{before_flat: number, before_cum: number, after_flat: number, after_cum: number}} Compared
 */

/**
 * A place, and what it weighs in everything that is looked at, whatever frames are here.
 * @typedef {Place & {flat: number, cum: number, compared?: Compared}} WeighedPlace
 */

/**
 * The shape `flame`: frames as columns, each frame before those below it.
 * @typedef {{header: Header, inverted: boolean, upwards: boolean, pivot: string, places: WeighedPlace[], frames: {parent: number[],
 *   place: number[], flat: number[], cum: number[], base_flat?: number[], base_cum?: number[],
 *   inline: number[], marked?: [number, number][]}}} FlameData
 */

/** What the sums of some frames are. @typedef {{flat: number, cum: number, count: number}} MatchSums */

/**
 * What a place weighs in all of its frames together, the base apart; `count` of them are here.
 * @typedef {{flat: number, cum: number, baseFlat: number, baseCum: number, count: number, isPartial: boolean}} PlaceSums
 */

export class FlameModel {
  /** @param {FlameData} data */
  constructor(data) {
    const { frames } = data;
    this.header = data.header;
    this.places = data.places;
    this.inverted = data.inverted;
    this.upwards = data.upwards;
    this.pivot = data.pivot;
    this.count = frames.parent.length;
    this.parent = Int32Array.from(frames.parent);
    /** Rows of the places; -1 for the root, -1 - n for n frames that were summed up. */
    this.place = Int32Array.from(frames.place);
    this.flat = Float64Array.from(frames.flat);
    this.cum = Float64Array.from(frames.cum);
    this.comparison = frames.base_cum !== undefined;
    this.baseFlat = frames.base_flat ? Float64Array.from(frames.base_flat) : new Float64Array(this.count);
    this.baseCum = frames.base_cum ? Float64Array.from(frames.base_cum) : new Float64Array(this.count);
    this.inline = new Uint8Array(this.count);
    for (const row of frames.inline) this.inline[row] = 1;
    /** Frames that match the search; null without one. @type {Uint8Array | null} */
    this.marks = null;
    /** For sums of frames, how much of their weight passes the search. @type {Map<number, number>} */
    this.marksBelow = new Map();
    /** How many frames are above each. */
    this.depth = new Int32Array(0);
    /** How wide each is: both sides of a comparison together. */
    this.size = new Float64Array(0);
    /** Where each begins. */
    this.start = new Float64Array(0);
    /** One past the last frame below each. */
    this.end = new Int32Array(0);
    /** The frames of each depth from left to right. @type {Int32Array[]} */
    this.rows = [];
    this.total = 0;
    /** Whether anything was summed up. */
    this.pruned = false;
    /** What places weigh, by their rows, as far as people asked. @type {Map<number, PlaceSums>} */
    this.sums = new Map();
    this.arrange();
  }

  /** Works out where each frame is. */
  arrange() {
    const { count, parent } = this;
    this.depth = new Int32Array(count);
    this.size = new Float64Array(count);
    this.start = new Float64Array(count);
    this.end = new Int32Array(count);
    const next = new Float64Array(count);
    /** @type {number[][]} */
    const rows = [];
    for (let frame = 0; frame < count; frame++) {
      const above = parent[frame];
      this.size[frame] = this.cum[frame] + this.baseCum[frame];
      if (frame > 0) {
        this.depth[frame] = this.depth[above] + 1;
        this.start[frame] = next[above];
        next[above] += this.size[frame];
      }
      next[frame] = this.start[frame];
      (rows[this.depth[frame]] ??= []).push(frame);
    }
    for (let frame = count - 1; frame >= 0; frame--) {
      if (this.end[frame] <= frame) this.end[frame] = frame + 1;
      const above = parent[frame];
      if (frame > 0) this.end[above] = Math.max(this.end[above], this.end[frame]);
    }
    this.rows = rows.map((row) => Int32Array.from(row));
    this.total = this.size[0] ?? 0;
    this.pruned = this.isPruned(0);
    this.sums = new Map();
  }

  /**
   * What a place weighs in all of its frames, each stack once: what the profile says, or where all stacks begin with
   * one place, what the frames that are here add up to.
   * @param {number} row of the places
   */
  everywhere(row) {
    let sums = this.sums.get(row);
    if (sums) return sums;
    sums = { flat: 0, cum: 0, baseFlat: 0, baseCum: 0, count: 0, isPartial: this.pruned };
    let end = 0;
    for (let frame = 1; frame < this.count; frame++) {
      if (this.place[frame] !== row) continue;
      sums.count++;
      sums.flat += this.flat[frame];
      sums.baseFlat += this.baseFlat[frame];
      // Frames below another one of the place are part of its sum.
      if (frame < end) continue;
      sums.cum += this.cum[frame];
      sums.baseCum += this.baseCum[frame];
      end = this.end[frame];
    }
    if (!this.pivot) {
      const { flat, cum, compared } = this.places[row];
      Object.assign(sums, compared
        ? { flat: compared.after_flat, cum: compared.after_cum, baseFlat: compared.before_flat, baseCum: compared.before_cum }
        : { flat, cum }, { isPartial: false });
    }
    this.sums.set(row, sums);
    return sums;
  }

  /** @param {number} frame */
  isOthers(frame) {
    return this.place[frame] < -1;
  }

  /** @param {number} frame @returns {WeighedPlace | undefined} */
  placeOf(frame) {
    return this.place[frame] < 0 ? undefined : this.places[this.place[frame]];
  }

  /** @param {number} frame */
  label(frame) {
    const place = this.placeOf(frame);
    if (place) return place.label;
    if (frame === 0) return this.pivot || 'all';
    const count = -1 - this.place[frame];
    return `${count} more`;
  }

  /**
   * The frame at a depth and a position.
   * @param {number} depth
   * @param {number} at
   */
  frameAt(depth, at) {
    const row = this.rows[depth];
    if (!row) return -1;
    const index = this.lastStartingBefore(row, at);
    if (index < 0) return -1;
    const frame = row[index];
    return at < this.start[frame] + this.size[frame] ? frame : -1;
  }

  /**
   * @param {Int32Array} row
   * @param {number} at
   */
  lastStartingBefore(row, at) {
    let low = 0;
    let high = row.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.start[row[middle]] <= at) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The frames directly below one. @param {number} frame */
  below(frame) {
    const found = [];
    for (let at = frame + 1; at < this.end[frame]; at = this.end[at]) found.push(at);
    return found;
  }

  /** The frame and all above it, the root first. @param {number} frame */
  stack(frame) {
    const frames = [frame];
    while (frame > 0) frames.unshift((frame = this.parent[frame]));
    return frames;
  }

  /** The ids of the places on the way from the root to a frame. @param {number} frame */
  path(frame) {
    return this.stack(frame).slice(1).map((frame) => this.placeOf(frame)?.id ?? -1);
  }

  /**
   * The frame at the end of a way, or the last one on it that there is.
   * @param {number[]} path
   */
  follow(path) {
    let frame = 0;
    for (const id of path) {
      const next = this.below(frame).find((frame) => this.placeOf(frame)?.id === id);
      if (next === undefined) break;
      frame = next;
    }
    return frame;
  }

  /** Whether something below a frame was summed up. @param {number} frame */
  isPruned(frame) {
    for (let at = frame; at < this.end[frame]; at++) if (this.place[at] < -1) return true;
    return false;
  }

  /**
   * Puts what `data` knows about the frame at the end of `path` in place of what is below it here.
   * @param {number[]} path
   * @param {FlameData} data
   */
  graft(path, data) {
    const other = new FlameModel(data);
    const [here, there] = [this.follow(path), other.follow(path)];
    if (this.depth[here] !== path.length || other.depth[there] !== path.length) return;
    const known = new Map(this.places.map((place, row) => [place.id, row]));
    const rows = other.places.map((place) => {
      const row = known.get(place.id) ?? this.places.push(place) - 1;
      known.set(place.id, row);
      return row;
    });
    const [from, to] = [here + 1, this.end[here]];
    const [first, last] = [there + 1, other.end[there]];
    const added = last - first;
    const moved = from + added - to;
    /** @param {(model: FlameModel, frame: number) => number} take @param {any} Column */
    const joined = (take, Column) => {
      const column = new Column(this.count + moved);
      for (let frame = 0; frame < from; frame++) column[frame] = take(this, frame);
      for (let frame = first; frame < last; frame++) column[from + frame - first] = take(other, frame);
      for (let frame = to; frame < this.count; frame++) column[frame + moved] = take(this, frame);
      return column;
    };
    const parent = joined((model, frame) => {
      const above = model.parent[frame];
      if (model === other) return above === there ? here : from + above - first;
      return above >= to ? above + moved : above;
    }, Int32Array);
    const place = joined((model, frame) => {
      const row = model.place[frame];
      return model === other && row >= 0 ? rows[row] : row;
    }, Int32Array);
    const [flat, cum, baseFlat, baseCum] = ['flat', 'cum', 'baseFlat', 'baseCum'].map((name) =>
      joined((model, frame) => /** @type {any} */ (model)[name][frame], Float64Array));
    const inline = joined((model, frame) => model.inline[frame], Uint8Array);
    this.count += moved;
    Object.assign(this, { parent, place, flat, cum, baseFlat, baseCum, inline });
    this.marks = null;
    this.marksBelow = new Map();
    this.arrange();
  }

  /**
   * Marks the frames whose place passes, and adds them up: each stack once.
   * @param {((place: Place) => boolean) | null} test
   * @param {Map<string, number>} [below] how much of what was summed up below a frame passes too, by the path of
   *   that frame
   * @returns {MatchSums}
   */
  mark(test, below = new Map()) {
    const sums = { flat: 0, cum: 0, count: 0 };
    this.marksBelow = new Map();
    if (!test) {
      this.marks = null;
      return sums;
    }
    const passes = this.places.map(test);
    this.marks = new Uint8Array(this.count);
    const under = new Uint8Array(this.count);
    for (let frame = 1; frame < this.count; frame++) {
      const above = this.parent[frame];
      under[frame] = under[above] | this.marks[above];
      if (this.isOthers(frame)) {
        const weight = below.size === 0 ? undefined : below.get(this.path(above).join());
        if (weight) this.marksBelow.set(frame, weight);
        continue;
      }
      if (!passes[this.place[frame]]) continue;
      this.marks[frame] = 1;
      sums.count++;
      sums.flat += this.flat[frame] - this.baseFlat[frame];
      if (!under[frame]) sums.cum += this.cum[frame] - this.baseCum[frame];
    }
    return sums;
  }

  /** The frames that a search found, from left to right and from the root on; sums with a hit among them. */
  found() {
    const found = [];
    for (let frame = 1; frame < this.count; frame++) if (this.marks?.[frame] === 1 || this.marksBelow.has(frame)) found.push(frame);
    return found;
  }

  /** How much of the width of a frame passes the search. @param {number} frame */
  markedSize(frame) {
    return this.marks?.[frame] === 1 ? this.size[frame] : Math.min(this.marksBelow.get(frame) ?? 0, this.size[frame]);
  }

  /**
   * The tree from its other end, made of these frames; what was summed up stays so.
   * @returns {FlameData}
   */
  turned() {
    /** @typedef {{place: number, sums: number[], inline: boolean, below: Map<number, Turned>}} Turned */
    /** @param {number} place @returns {Turned} */
    const node = (place) => ({ place, sums: [0, 0, 0, 0], inline: true, below: new Map() });
    const root = node(-1);
    for (let leaf = 1; leaf < this.count; leaf++) {
      const others = this.isOthers(leaf);
      const [plus, minus] = others ? [this.cum[leaf], this.baseCum[leaf]] : [this.flat[leaf], this.baseFlat[leaf]];
      if (plus === 0 && minus === 0) continue;
      let at = root;
      add(at, 0, plus, minus);
      for (let frame = leaf; frame > 0; frame = this.parent[frame]) {
        const place = this.place[frame] < -1 ? -2 : this.place[frame];
        let next = at.below.get(place);
        if (!next) at.below.set(place, (next = node(place)));
        next.inline &&= this.inline[frame] === 1;
        add((at = next), 0, plus, minus);
      }
      add(at, 2, plus, minus);
    }
    /** @param {Turned} node @param {number} at @param {number} plus @param {number} minus */
    function add(node, at, plus, minus) {
      node.sums[at] += plus;
      node.sums[at + 1] += minus;
    }
    /** @type {FlameData['frames']} */
    const frames = { parent: [], place: [], flat: [], cum: [], base_flat: [], base_cum: [], inline: [] };
    /** @type {[Turned, number][]} */
    const pending = [[root, 0]];
    for (let top = pending.pop(); top; top = pending.pop()) {
      const [from, parent] = top;
      const row = frames.parent.push(parent) - 1;
      frames.place.push(from.place);
      frames.cum.push(from.sums[0]);
      frames.base_cum?.push(from.sums[1]);
      frames.flat.push(from.sums[2]);
      frames.base_flat?.push(from.sums[3]);
      if (from.inline && from.place >= 0) frames.inline.push(row);
      const below = [...from.below.values()].sort((a, b) => a.sums[0] + a.sums[1] - b.sums[0] - b.sums[1]);
      for (const next of below) pending.push([next, row]);
    }
    if (!this.comparison) {
      delete frames.base_flat;
      delete frames.base_cum;
    }
    return { header: this.header, inverted: !this.inverted, upwards: this.upwards, pivot: this.pivot, places: this.places, frames };
  }
}
