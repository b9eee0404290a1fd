// @ts-check
/** What is shown as a picture: a drawing to keep, to copy and to print. */

import { toast } from './menu.js';
import { keep } from './view.js';

/** A drawing as SVG. @typedef {{svg: string, width: number, height: number, name: string}} Picture */

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"]/g, (mark) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[mark] ?? mark)
    // eslint-disable-next-line no-control-regex -- XML takes none of these
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
}

const FONT = 'system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Liberation Sans, sans-serif';

/**
 * Several charts and lines of text below each other.
 * @param {({chart: import('./flame_chart.js').FlameChart} | {text: string, colour: string, ink: string})[]} parts
 * @param {string} name
 * @returns {Picture}
 */
export function pictureOf(parts, name) {
  const ground = getComputedStyle(document.body).backgroundColor;
  /** @type {string[]} */
  const out = [];
  let width = 0;
  let y = 0;
  for (const part of parts) {
    if ('text' in part) {
      out.push(`<rect x="0" y="${y}" width="100%" height="26" rx="4" fill="${part.colour}"/>`,
        `<text x="7" y="${y + 17}" fill="${part.ink}" font-weight="600">${escaped(part.text)}</text>`);
      y += 30;
      continue;
    }
    const { chart } = part;
    width = Math.max(width, chart.width);
    const drawn = chart.outline();
    for (const box of drawn.boxes) {
      out.push(`<rect x="${round(box.x)}" y="${round(y + box.y)}" width="${round(Math.max(box.width, 0.25))}" height="${box.height}" fill="${box.colour}"${box.alpha < 1 ? ` opacity="${box.alpha}"` : ''}${box.stroke ? ` stroke="${box.stroke}" stroke-width="1.5"` : ''}>`
        + (box.title ? `<title>${escaped(box.title)}</title>` : '') + '</rect>');
      if (box.hatched) out.push(`<rect x="${round(box.x)}" y="${round(y + box.y)}" width="${round(Math.max(box.width, 0.25))}" height="${box.height}" fill="url(#hatched)"/>`);
      if (box.text) out.push(`<text x="${round(box.x + 6)}" y="${round(y + box.y + 15)}" fill="${box.ink}"${box.italic ? ' font-style="italic"' : ''}>${escaped(box.text)}</text>`);
    }
    y += drawn.height;
  }
  const height = Math.ceil(y);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${height}" viewBox="0 0 ${Math.ceil(width)} ${height}" font-family="${FONT}" font-size="12">`
    + '<defs><pattern id="hatched" width="7" height="7" patternUnits="userSpaceOnUse"><path d="M-1 8 8 -1" stroke="#808080" stroke-opacity=".3" stroke-width="1.5"/></pattern></defs>'
    + `<rect width="100%" height="100%" fill="${ground}"/>${out.join('')}</svg>`;
  return { svg, width: Math.ceil(width), height, name };
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}

/**
 * @param {Picture} picture
 * @returns {Promise<Blob>}
 */
async function png({ svg, width, height }) {
  // More pixels than that are more than browsers draw.
  const scale = Math.min(2, 16000 / Math.max(width, height), Math.sqrt(64e6 / (width * height)));
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(Math.round(width * scale), 1);
    canvas.height = Math.max(Math.round(height * scale), 1);
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error('the picture is too large'))), 'image/png'));
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** @param {Picture} picture */
export async function keepPng(picture) {
  keep(await png(picture), `${picture.name}.png`);
}

/** @param {Picture} picture */
export function keepSvg(picture) {
  keep(picture.svg, `${picture.name}.svg`, 'image/svg+xml');
}

/** Puts a picture where it can be pasted from. @param {Picture} picture */
export async function copyPicture(picture) {
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png(picture) })]);
    toast('Copied as a picture');
  } catch {
    toast('The browser does not let this page copy pictures');
  }
}

/**
 * A picture as an element of the page, for printing.
 * @param {Picture} picture
 */
export function printable({ svg }) {
  const image = new Image();
  image.className = 'print-picture';
  image.alt = 'What is shown';
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  return image;
}
