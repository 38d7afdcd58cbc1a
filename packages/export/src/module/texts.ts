/** @file Writes bytes and data as text. */

/** Base64 that `atob` can read. */
export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x6000)
    text += btoa(String.fromCharCode(...bytes.subarray(i, i + 0x6000)));
  return text;
}

/** Hexadecimal digits: after compression they take less space than base64 if bytes repeat, as in kernels. */
export function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Digits per piece: matching pieces of two similar texts then lie within the 32 kB window of gzip. */
const PIECE = 4000;

/** Interleaves pieces of similar texts, so that matching pieces are next to each other. */
export function sideBySide(texts: readonly string[]): string[][] {
  const count = Math.ceil(Math.max(...texts.map((text) => text.length)) / PIECE);
  return Array.from({ length: count }, (_, i) =>
    texts.map((text) => text.slice(i * PIECE, (i + 1) * PIECE)),
  );
}

/** Plain data as JavaScript. JSON would turn infinities and NaN into null, and lose the sign of zero. */
export function literal(x: unknown): string {
  if (typeof x === 'number') return Object.is(x, -0) ? '-0' : String(x);
  if (Array.isArray(x)) return `[${x.map(literal).join(',')}]`;
  if (typeof x !== 'object' || x === null) return JSON.stringify(x) ?? 'undefined';
  const parts = Object.entries(x).map(([key, value]) => `${JSON.stringify(key)}:${literal(value)}`);
  return `{${parts.join(',')}}`;
}
