// @ts-check
/**
 * Values as text, with the families of units, the factors and the roundings of the text reports, so that a
 * number reads the same everywhere.
 */

/**
 * How raw values are written: a part of the header of every shape.
 * @typedef {{sample_unit: string, output_unit: string, ratio: number}} ValueFormat
 */

/** @typedef {{name: string, aliases: string[], factor: number}} Unit */

/** @type {{units: Unit[], fallback: Unit}[]} */
const FAMILIES = [
  family([
    ['B', ['b', 'byte'], 1],
    ['kB', ['kb', 'kbyte', 'kilobyte'], 2 ** 10],
    ['MB', ['mb', 'mbyte', 'megabyte'], 2 ** 20],
    ['GB', ['gb', 'gbyte', 'gigabyte'], 2 ** 30],
    ['TB', ['tb', 'tbyte', 'terabyte'], 2 ** 40],
    ['PB', ['pb', 'pbyte', 'petabyte'], 2 ** 50],
  ], 0),
  family([
    ['ns', ['ns', 'nanosecond'], 1],
    ['us', ['μs', 'us', 'microsecond'], 1e3],
    ['ms', ['ms', 'millisecond'], 1e6],
    ['s', ['s', 'sec', 'second'], 1e9],
    ['hrs', ['hour', 'hr'], 3600e9],
  ], 3),
  family([
    ['n*GCU', ['nanogcu'], 1e-9],
    ['u*GCU', ['microgcu'], 1e-6],
    ['m*GCU', ['milligcu'], 1e-3],
    ['GCU', ['gcu'], 1],
    ['k*GCU', ['kilogcu'], 1e3],
    ['M*GCU', ['megagcu'], 1e6],
    ['G*GCU', ['gigagcu'], 1e9],
    ['T*GCU', ['teragcu'], 1e12],
    ['P*GCU', ['petagcu'], 1e15],
  ], 3),
];

/**
 * @param {[string, string[], number][]} units in growing order
 * @param {number} fallback the row of the unit that is taken when no other fits
 */
function family(units, fallback) {
  const list = units.map(([name, aliases, factor]) => ({ name, aliases, factor }));
  return { units: list, fallback: list[fallback] };
}

/**
 * @param {string} name
 */
function find(name) {
  let folded = name.toLowerCase();
  if (folded.length > 2 && folded.endsWith('s')) folded = folded.slice(0, -1);
  for (const family of FAMILIES) {
    const unit = family.units.find((unit) => unit.aliases.includes(folded));
    if (unit) return { family, unit };
  }
  return undefined;
}

/**
 * A raw value in the unit in which it is written, and the text of that unit.
 * @param {number} value
 * @param {ValueFormat} format
 * @returns {[number, string]}
 */
export function scale(value, format) {
  if (format.ratio > 0 && format.ratio !== 1) value = Math.trunc(value * format.ratio);
  if (value < 0) {
    const [scaled, unit] = scale(-value, { ...format, ratio: 1 });
    return [-scaled, unit];
  }
  const automatic = format.output_unit === 'minimum' || format.output_unit === 'auto';
  const from = find(format.sample_unit);
  if (!from) {
    const silent = automatic || ['count', 'sample', 'unit'].includes(format.output_unit);
    return [value, silent ? '' : format.output_unit];
  }
  const base = value * from.unit.factor;
  const readable = () => from.family.units.findLast((unit) => base / unit.factor >= 1) ?? from.family.fallback;
  const asked = () => {
    const found = find(format.output_unit);
    return found?.family === from.family ? found.unit : from.family.fallback;
  };
  const to = automatic ? readable() : asked();
  return [base / to.factor, to.name];
}

/**
 * A raw value with its unit, such as `6.30MB`: at most two decimals, none when they are zero.
 * @param {number} value
 * @param {ValueFormat} format
 */
export function valueText(value, format) {
  const [scaled, unit] = scale(value, format);
  let text = scaled.toFixed(2);
  if (text.endsWith('.00')) text = text.slice(0, -3);
  if (text === '0' || text === '-0') return '0';
  return (unit === '' ? withGroups(text) : text) + unit;
}

/**
 * A value with a sign, for differences.
 * @param {number} value
 * @param {ValueFormat} format
 */
export function deltaText(value, format) {
  const text = valueText(value, format);
  return value > 0 && text !== '0' ? `+${text}` : text.replace(/^-/, '−');
}

/**
 * A count, such as 12,345.
 * @param {number} count
 */
export function countText(count) {
  return withGroups(String(count));
}

/** @param {string} digits */
function withGroups(digits) {
  const [whole, rest] = digits.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

/**
 * A share of a total as a percentage; empty without a total.
 * @param {number} part
 * @param {number} total
 */
export function percentText(part, total) {
  if (total === 0) return '';
  const percent = Math.abs((part / total) * 100);
  if (percent >= 99.95 && percent <= 100.05) return '100%';
  if (percent === 0) return '0%';
  if (percent < 0.01) return '<0.01%';
  return `${percent.toFixed(percent < 10 ? 2 : 1)}%`;
}

/**
 * How much something grew or shrank, relative to what it was.
 * @param {number} before
 * @param {number} after
 */
export function changeText(before, after) {
  if (before === 0) return after === 0 ? 'unchanged' : 'new';
  if (after === 0) return 'gone';
  const change = (after / before - 1) * 100;
  if (Math.abs(change) < 0.05) return 'unchanged';
  if (change >= 1000) return `×${(after / before).toFixed(1)}`;
  return `${change > 0 ? '+' : '−'}${Math.abs(change).toFixed(1)}%`;
}
