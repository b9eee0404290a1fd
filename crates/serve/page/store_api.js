// @ts-check
/** Asking the server. The answers are described in `docs/store.md`. */

/**
 * @typedef {{id: string, name: string, sample_type: string, sample_unit: string, delta: boolean}} ProfileType
 * @typedef {{labels: Record<string, string>, points: [number, number, number][]}} Line
 * @typedef {{from: number, to: number, step: number, unit: string, series: Line[]}} Timeline
 */

/**
 * The answer to a question.
 * @param {string} path below `/api/v1/`
 * @param {Record<string, string>} parameters empty ones are left out
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function ask(path, parameters, signal) {
  const search = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ''));
  const response = await fetch(`/api/v1/${path}?${search}`, { signal });
  if (response.ok) return response.json();
  const text = await response.text();
  let reason = text;
  try {
    reason = JSON.parse(text).error ?? text;
  } catch {
    // It is the reason itself.
  }
  throw new Error(reason.trim() || `the server answers ${response.status}`);
}
