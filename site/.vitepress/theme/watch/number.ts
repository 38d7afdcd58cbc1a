/** @file Numbers as the page writes them. */

export function number(x: number | null | undefined): string {
  if (x === null || x === undefined) return '';
  if (Math.abs(x) < 0.0005) return '0';
  return x.toFixed(Math.abs(x) < 0.1 ? 3 : 2);
}
