/** @file The forms of an output in Jupyter's format. */
import type { Output } from '../../examples/lib/notebook.js';

/**
 * An output by MIME type; a picture also as a PNG image. JupyterLab does not show an SVG in a notebook that it does not
 * trust, and older versions of nbconvert keep only its frame: they use the image.
 */
export function formsOf({ mime, data }: Output): Record<string, string> {
  if (mime !== 'image/svg+xml') return { [mime]: data };
  const source = `data:${mime};base64,${Buffer.from(data).toString('base64')}`;
  return { [mime]: data, 'text/html': `<img src="${source}" alt="plot">` };
}
