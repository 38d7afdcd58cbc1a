/** @file The forms in which Jupyter is told of an output. */
import type { Output } from '../../examples/lib/notebook.js';

/**
 * What is shown, by its type; a picture as an image too. JupyterLab shows no SVG of a notebook that it does not trust, and
 * older versions of nbconvert leave nothing of it but its frame: they take the image.
 */
export function formsOf({ mime, data }: Output): Record<string, string> {
  if (mime !== 'image/svg+xml') return { [mime]: data };
  const source = `data:${mime};base64,${Buffer.from(data).toString('base64')}`;
  return { [mime]: data, 'text/html': `<img src="${source}" alt="plot">` };
}
