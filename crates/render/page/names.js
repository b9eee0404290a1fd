// @ts-check
/**
 * Names of functions in the room that there is.
 */

/** What compilers add to the name of a function as if it were a part of the program. */
const SUFFIX = /^(\{.*|\$.*|(func|gowrap|init\.|part|isra|constprop|cold|lto_priv|llvm|)\d*)[.:]*$/;

/**
 * The parts of a name, each with the joint (`::` or `.`) behind it. Joints inside of brackets are none.
 * @param {string} name
 */
function segments(name) {
  const parts = [];
  let start = 0;
  let depth = 0;
  for (let at = 0; at < name.length; at++) {
    const character = name[at];
    if ('<([{'.includes(character)) depth++;
    // The arrow of a return type closes nothing.
    else if (')]}'.includes(character) || (character === '>' && name[at - 1] !== '-')) depth--;
    else if (depth === 0 && at > start) {
      const joint = character === ':' ? name[at - 1] === ':' : character === '.' && /[^.]/.test(name[at + 1] ?? '');
      if (joint) {
        parts.push(name.slice(start, at + 1));
        start = at + 1;
      }
    }
  }
  parts.push(name.slice(start));
  return depth === 0 ? parts : [name];
}

/**
 * Ever shorter names of a function: with the class it belongs to, and only its own, which has what compilers add.
 * @param {string} name
 */
export function ownNames(name) {
  const parts = segments(name);
  let first = parts.length - 1;
  while (first > 0 && SUFFIX.test(parts[first])) first--;
  const names = [parts.slice(first).join('')];
  if (first > 1) names.unshift(parts.slice(first - 1).join(''));
  return names;
}

/**
 * Ever shorter ways to name a place: its label, without the folders of its package, and short names of its function.
 * @param {string} label
 * @param {import('./colour.js').Place | undefined} place
 * @returns {string[]}
 */
export function shorterNames(label, place) {
  const names = [label];
  const end = label.search(/[(<[ ]/);
  const slash = label.lastIndexOf('/', end < 0 ? label.length : end);
  if (slash > 0 && slash < label.length - 1) names.push(label.slice(slash + 1));
  const at = place?.line ? ` :${place.line}` : '';
  const own = place?.function ? ownNames(place.function).map((name) => name + at) : [];
  return [...names, ...own.filter((name) => name.length < label.length)];
}
