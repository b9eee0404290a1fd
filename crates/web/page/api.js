// @ts-check
/** Asking the server. The answers are the shapes of `docs/web.md`. */

import { SHOWN_ONLY, param, state } from './state.js';

/** @typedef {import('./flame_model.js').Header} Header */
/** @typedef {import('./flame_model.js').FlameData} FlameData */
/** @typedef {Omit<import('./colour.js').Place, 'id'> & {key: string}} Place */

/** @typedef {{shown: number, nodes: number, original_nodes: number, dropped_nodes: number}} Showing */
/** @typedef {{place: Place, flat: number, cum: number, compared?: import('./flame_model.js').Compared, inline?: string}} TableRow */
/** @typedef {{header: Header, showing: Showing, rows: TableRow[]}} Table */
/** @typedef {Place & {weight: number, inline: boolean}} Neighbour */
/** @typedef {{place: Place, flat: number, cum: number, callers: Neighbour[], callees: Neighbour[]}} Entry */
/** @typedef {{header: Header, entries: Entry[]}} Neighbours */
/**
 * @typedef {{number: number, flat: number, cum: number, text: string, instructions?: {address: number, flat: number,
 *   cum: number, text?: string, calls?: {function: string}[]}[]}} ListedLine
 */
/**
 * @typedef {{name: string, file: string | null, flat: number, cum: number, lines: ListedLine[], error?: string,
 *   found_at?: string, warnings?: string[]}} Routine
 */
/** @typedef {{header: Header, routines: Routine[], problems?: string[]}} Listing */
/** @typedef {{key: string, total: number, values: {value: string, weight: number}[]}} TagKey */
/** @typedef {{header: Header, keys: TagKey[]}} Tags */
/** @typedef {{flat: number, cum: number, total: number, places: number, labels: string[], keys: string[]}} Matches */
/**
 * What each slice of time weighs; `start` is in nanoseconds since the start of the profile, and a slice takes `width`.
 * @typedef {{start: number, width: number, bins: number[]}} Timeline
 */
/** @typedef {{kind: string, unit: string}} SampleType */
/**
 * @typedef {{name: string, sample_types: SampleType[], default_sample_type: number, time_nanos: number,
 *   duration_nanos: number, period_type: SampleType, period: number, comments: string[], doc_url: string,
 *   drop_frames: string, keep_frames: string, comparison: boolean, verdicts: boolean, base: {name: string, totals: number[], time_nanos: number, duration_nanos: number} | null, profiles: string[], largest_file: number, samples: number, stacks: number,
 *   locations: number, functions: number, mapping_count: number, times: boolean, mappings: {file: string, build_id: string,
 *   start: string, limit: string, has_functions: boolean, has_lines: boolean}[], tag_keys: string[]}} Facts
 */
/**
 * @typedef {{version: number, program: string, reports: {name: string, summary: string, needs_pattern: boolean}[],
 *   drawings: {name: string, summary: string, shapes: string[]}[], options: {key: string, name: string,
 *   help: string, details: string, choices: string[], switch: boolean}[], presets: {name: string, help: string}[]}} Index
 */
/** @typedef {{name: string, parameters: Record<string, string>}} Config */

/** What the server said in place of an answer. */
export class Refusal extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Hears what reports warn about. @type {(notes: string[]) => void} */
let hearNotes = () => {};

/** @param {(notes: string[]) => void} listener */
export function onNotes(listener) {
  hearNotes = listener;
}

/**
 * The address of an answer: the parameters of the page that decide it, some changed.
 * @param {string} path
 * @param {Record<string, string>} [changes]
 */
export function answerAddress(path, changes = {}) {
  const params = new URLSearchParams(state().params);
  for (const name of SHOWN_ONLY) params.delete(name);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') params.delete(name);
    else params.set(name, value);
  }
  params.sort();
  return `../api/v1/${path}?${params}`;
}

/** The parameters that decide answers, in one text: equal where answers are. */
export function questionText() {
  return answerAddress('');
}

/**
 * Asks for a shape.
 * @template T
 * @param {string} path
 * @param {Record<string, string>} changes to the parameters of the page
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function ask(path, changes = {}, signal) {
  const answer = await askAddress(answerAddress(path, changes), signal);
  // Unless people want one unit, each value is in the one in which it can be read best.
  const format = answer.header?.format;
  if (format && !param('unit')) format.output_unit = 'auto';
  return answer;
}

/**
 * @param {string} address
 * @param {AbortSignal} [signal]
 * @param {RequestInit} [request]
 */
async function askAddress(address, signal, request = {}) {
  let response;
  try {
    response = await fetch(address, { ...request, signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal('The server does not answer. Was it ended?', 0);
  }
  const notes = response.headers.get('hotlist-notes');
  // Why lines have no instructions is told in their view.
  if (notes) hearNotes(/** @type {string[]} */ (JSON.parse(notes)).filter((note) => !note.startsWith('no assembly:')));
  const answer = await response.json();
  if (!response.ok) throw new Refusal(answer.error ?? response.statusText, response.status);
  return answer;
}

/** @returns {Promise<Index>} */
export const askIndex = () => askAddress('../api/v1/');

/** @returns {Promise<Facts>} */
export const askFacts = async () => {
  const params = new URLSearchParams();
  for (const name of ['profile', 'base']) if (param(name)) params.set(name, param(name));
  return (await askAddress(`../api/v1/profile?${params}`)).profile;
};

/**
 * The files that are looked at for a source file of the profile.
 * @param {string} file
 * @param {AbortSignal} signal
 * @returns {Promise<{tried: string[]}>}
 */
export const askTried = (file, signal) => askAddress(`../api/v1/tried?${new URLSearchParams({ file })}`, signal);

/** What each slice of time weighs. @param {string} address @returns {Promise<Timeline>} */
export const askTimeline = (address) => askAddress(address);

/** @returns {Promise<Config[]>} */
export const askConfigs = async () => (await askAddress('../api/v1/configs')).configs;

/** What the page must send with each change. */
const token = () => document.querySelector('meta[name=hotlist-token]')?.getAttribute('content') ?? '';

/** Opens a file; the number of its profile. @param {File} file @returns {Promise<number>} */
export async function sendFile(file) {
  const address = `../api/v1/profiles?${new URLSearchParams({ name: file.name })}`;
  return (await askAddress(address, undefined, { method: 'POST', headers: { 'x-hotlist-token': token() }, body: file })).profile;
}

/**
 * Changes the settings.
 * @param {'saveconfig' | 'deleteconfig'} path
 * @param {string} name
 */
export async function changeConfig(path, name) {
  const params = new URLSearchParams(state().params);
  params.set('config', name);
  const response = await fetch(`${path}?${params}`, { method: 'POST', headers: { 'x-hotlist-token': token() } });
  if (!response.ok) throw new Refusal((await response.json()).error, response.status);
}
