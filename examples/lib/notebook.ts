/** @file Shows the output of a notebook: as text in a terminal, as pictures in a rendered notebook (`npm run notebooks`). */

/** An output in one of the forms that notebooks support. */
export interface Output {
  readonly mime: 'text/plain' | 'text/markdown' | 'text/html' | 'image/svg+xml';
  readonly data: string;
}

/** Set by the tool that renders a notebook: receives each output, and the text that replaces it in a terminal. */
type Sink = (output: Output, text: string) => void;

const sink = (): Sink | undefined => (globalThis as { __notebook?: Sink }).__notebook;

/** Whether a tool renders this notebook; otherwise it runs in a terminal. */
export function isRendered(): boolean {
  return sink() !== undefined;
}

/**
 * Shows something: text as it is; a picture itself if possible, and as `text` in a terminal.
 *
 * @param text The replacement for the picture in a terminal; an empty text prints nothing.
 */
export function display(data: string, mime: Output['mime'] = 'text/plain', text = data): void {
  const show = sink();
  if (show) show({ mime, data: mime === 'text/plain' ? `${data}\n` : data }, text);
  else if (text !== '') console.log(text);
}
