// @ts-check
/** What is looked at: all of it stands in the address of the page, so that links can be passed on. */

/** @typedef {{name: string, operator: string, value: string}} Matcher */
/** A range of time in milliseconds since 1970. @typedef {[number, number]} Span */
/**
 * @typedef {{type: string, matchers: Matcher[], from: string, to: string, picked: Span | null, base: Span | null,
 *   by: string, view: string}} State
 */

/** What is looked at below the timeline when nothing else was chosen. */
export const USUAL_VIEW = 'ui/flamegraph';

const MATCHER = /\s*([\p{L}_][\p{L}\p{N}_.-]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/uy;

/**
 * The matchers of a text such as `service="api",zone=~"z.*"`.
 * @param {string} text
 * @returns {Matcher[]}
 */
export function parseMatchers(text) {
  const found = [];
  MATCHER.lastIndex = 0;
  for (let match = MATCHER.exec(text); match; match = MATCHER.exec(text)) {
    found.push({ name: match[1], operator: match[2], value: match[3].replace(/\\(.)/g, '$1') });
    if (MATCHER.lastIndex >= text.length) break;
  }
  return found;
}

/** @param {Matcher} matcher */
export function matcherText({ name, operator, value }) {
  return `${name}${operator}"${value.replace(/[\\"]/g, '\\$&')}"`;
}

/** @param {Matcher[]} matchers */
export function matchersText(matchers) {
  return `{${matchers.map(matcherText).join(',')}}`;
}

/** @param {string | null} text @returns {Span | null} */
function span(text) {
  const match = /^(\d{10,15})-(\d{10,15})$/.exec(text ?? '');
  return match && Number(match[1]) < Number(match[2]) ? [Number(match[1]), Number(match[2])] : null;
}

/** @returns {State} */
export function readState() {
  const search = new URLSearchParams(location.search);
  const selector = search.get('q') ?? '';
  const brace = selector.indexOf('{');
  const view = search.get('view') ?? '';
  return {
    type: brace < 0 ? selector : selector.slice(0, brace),
    matchers: brace < 0 ? [] : parseMatchers(selector.slice(brace + 1).replace(/\}\s*$/, '')),
    from: search.get('from') ?? '-1h',
    to: search.get('to') ?? 'now',
    picked: span(search.get('picked')),
    base: span(search.get('base')),
    by: search.get('by') ?? '',
    // Only places of the page of a profile.
    view: /^ui\/[a-z]+(\?[^#]*)?$/.test(view) ? view : USUAL_VIEW,
  };
}

/**
 * @param {State} state
 * @param {'push' | 'replace'} how whether one can go back to what was before
 */
export function writeState(state, how) {
  const search = new URLSearchParams();
  if (state.type || state.matchers.length > 0) search.set('q', `${state.type}${state.matchers.length > 0 ? matchersText(state.matchers) : ''}`);
  if (state.from !== '-1h') search.set('from', state.from);
  if (state.to !== 'now') search.set('to', state.to);
  if (state.picked) search.set('picked', state.picked.join('-'));
  if (state.base) search.set('base', state.base.join('-'));
  if (state.by) search.set('by', state.by);
  if (state.view !== USUAL_VIEW) search.set('view', state.view);
  const text = search.toString();
  const place = text ? `?${text}` : location.pathname;
  if (how === 'push') history.pushState(null, '', place);
  else history.replaceState(null, '', place);
}
