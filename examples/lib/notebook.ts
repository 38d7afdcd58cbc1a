/** @file What a notebook shows: in a terminal text, in a rendered notebook (`npm run notebooks`) the thing itself. */

/** A piece of output in one of the forms that notebooks know. */
export interface Output {
  readonly mime: 'text/plain' | 'text/markdown' | 'text/html' | 'image/svg+xml';
  readonly data: string;
}

/** Set by the tool that renders a notebook: takes each output, and the text that stands for it in a terminal. */
type Sink = (output: Output, text: string) => void;

const sink = (): Sink | undefined => (globalThis as { __notebook?: Sink }).__notebook;

/** Whether a tool renders this notebook; otherwise it runs in a terminal. */
export function isRendered(): boolean {
  return sink() !== undefined;
}

/**
 * Shows something: text as it is; a picture as itself where that can be, and as `text` in a terminal.
 *
 * @param text What stands for the picture in a terminal; nothing is printed for an empty one.
 */
export function display(data: string, mime: Output['mime'] = 'text/plain', text = data): void {
  const show = sink();
  if (show) show({ mime, data: mime === 'text/plain' ? `${data}\n` : data }, text);
  else if (text !== '') console.log(text);
}
