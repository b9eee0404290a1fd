// @ts-check
/**
 * Colours of places, by what they belong to: a package, a namespace, a module, a binary. The same in every
 * view, so that people learn them.
 */

/**
 * @typedef {{id: number, key?: string, label: string, function?: string, file?: string, line?: number, column?: number,
 *   address?: number, object?: string}} Place a place of the program, as shapes have it
 */

/** Twelve hues of equal lightness, each in three shades, to stand behind dark text. */
const LIGHT = [
  ['#f4bab4', '#fac0ba', '#ffc6c0'], ['#f0bea3', '#f6c4a9', '#fccaaf'], ['#e5c599', '#ebcb9f', '#f1d1a5'],
  ['#d4cc99', '#dad29f', '#e0d8a4'], ['#bcd4a5', '#c2daab', '#c8e0b1'], ['#a4d9bb', '#aadfc1', '#b0e5c7'],
  ['#96d9d4', '#9cdfda', '#a2e5e0'], ['#98d6e9', '#9edbef', '#a4e1f5'], ['#a9cff6', '#afd5fc', '#b5daff'],
  ['#c1c6f7', '#c7ccfd', '#cdd2ff'], ['#d8bfec', '#dec5f2', '#e4caf8'], ['#ecb9d5', '#f2bfdb', '#f8c5e0'],
];
/** The same hues to stand behind light text. */
const DARK = [
  ['#6d3e3b', '#72433f', '#784844'], ['#6a422b', '#6f4730', '#754c35'], ['#624820', '#674c25', '#6c512a'],
  ['#554e1f', '#5a5325', '#5f582a'], ['#41542d', '#465931', '#4b5e36'], ['#295840', '#2e5d45', '#33624a'],
  ['#135855', '#1a5e5a', '#20635f'], ['#185566', '#1f5a6b', '#245f70'], ['#305070', '#355575', '#395a7a'],
  ['#464971', '#4b4e76', '#50537b'], ['#584368', '#5d486d', '#624c73'], ['#673e55', '#6c435a', '#71485f'],
];
/** What belongs to nothing. */
const GREY = { light: ['#d3d1cd', '#d9d6d2', '#dfdcd8'], dark: ['#3b3d40', '#404245', '#45474a'] };

/** From no change to all of it. */
const GREW = {
  light: ['#e4e2de', '#efd6d3', '#f0c3bf', '#f0b0aa', '#ee9c95', '#ea857d'],
  dark: ['#42454a', '#533b39', '#663d3a', '#7a403c', '#8e433e', '#a4463f'],
};
const SHRANK = {
  light: ['#e4e2de', '#d0dfec', '#b7d4ee', '#9dc8ef', '#82bbef', '#66aeee'],
  dark: ['#42454a', '#334554', '#304f69', '#2b587d', '#256291', '#1d6ca6'],
};

/**
 * What a function belongs to, by its name: `encoding/json` of `encoding/json.(*Decoder).Decode`, `std` of
 * `std::vec::Vec<T>::push`, `com.acme.app` of `com.acme.app.Server.run`. Empty where the name does not say.
 * @param {string} name
 */
export function packageOf(name) {
  const bare = name.replace(/^[<&*\s]+(?:mut |dyn )?|^\(anonymous namespace\)::/, '').replace(/^_+(?=[a-z])/, '');
  if (bare.startsWith('[')) return bare;
  const colons = bare.indexOf('::');
  const bracket = bare.search(/[<( ]/);
  if (colons > 0 && (bracket < 0 || colons < bracket)) return bare.slice(0, colons);
  const head = bracket < 0 ? bare : bare.slice(0, bracket);
  const slash = head.lastIndexOf('/');
  const dot = head.indexOf('.', slash + 1);
  if (dot < 0) return slash < 0 ? '' : head.slice(0, slash);
  // Java's packages have small letters and its classes begin with a capital one.
  const klass = slash < 0 ? head.search(/\.[A-Z]/) : -1;
  return head.slice(0, klass > dot ? klass : dot);
}

/**
 * What decides the colour of a place.
 * @param {Place} place
 */
export function groupOf(place) {
  const name = place.function || place.label;
  const known = packageOf(name);
  if (known) return known;
  const path = place.object || place.file || '';
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * The 32-bit FNV-1a hash of the UTF-8 bytes of a text.
 * @param {string} text
 */
export function hash(text) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/**
 * Which of the hues a group has. The factor was chosen so that the packages that are in most profiles of Go
 * and Rust have different ones.
 * @param {string} group
 */
function hueOf(group) {
  return ((Math.imul(hash(group), 2719) >>> 16) * LIGHT.length) >>> 16;
}

/**
 * The colour of a place: the hue is the group's, the shade its own.
 * @param {Place} place
 * @param {boolean} dark
 */
export function placeColour(place, dark) {
  const group = groupOf(place);
  const shade = hash(place.function || place.label) % 3;
  if (group === '') return GREY[dark ? 'dark' : 'light'][shade];
  return (dark ? DARK : LIGHT)[hueOf(group)][shade];
}

/**
 * The colour of a group, for dots beside names.
 * @param {Place} place
 * @param {boolean} dark
 */
export function groupColour(place, dark) {
  const group = groupOf(place);
  if (group === '') return GREY[dark ? 'dark' : 'light'][1];
  return (dark ? DARK : LIGHT)[hueOf(group)][1];
}

/**
 * The colour of a change, red for more and blue for less.
 * @param {number} before
 * @param {number} after
 * @param {boolean} dark
 */
export function changeColour(before, after, dark) {
  const both = before + after;
  const change = both === 0 ? 0 : (after - before) / both;
  const steps = (change < 0 ? SHRANK : GREW)[dark ? 'dark' : 'light'];
  // A change by a tenth should show already.
  const step = Math.ceil(Math.sqrt(Math.abs(change)) * (steps.length - 1) - 0.12);
  return steps[Math.min(Math.max(step, 0), steps.length - 1)];
}

/**
 * The colour of a verdict: what differs has the strongest one, all else is grey.
 * @param {'more' | 'less' | 'same' | 'undecided'} verdict
 * @param {boolean} dark
 */
export function verdictColour(verdict, dark) {
  const steps = (verdict === 'less' ? SHRANK : GREW)[dark ? 'dark' : 'light'];
  return verdict === 'more' || verdict === 'less' ? steps[steps.length - 1] : steps[0];
}

/** @param {boolean} dark */
export function otherColour(dark) {
  return GREY[dark ? 'dark' : 'light'][0];
}
