/** The notebooks, as examples/README.md lists them; those that `npm run notebooks` has rendered stand in the site. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Entry {
  readonly name: string;
  readonly title: string;
  readonly problem: string;
  readonly data: string;
  readonly score: string;
  readonly time: string;
  readonly picture: string | null;
  readonly rendered: boolean;
}

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** Without marks of Markdown; a number and its unit stay on one line. */
const plain = (text = ''): string =>
  text
    .replace(/`|\*/g, '')
    .replace(/(\d) (?=%|s\b|min\b)/g, '$1\u00a0')
    .trim();
const sentence = (text = ''): string => plain(text).replace(/^./, (first) => first.toUpperCase());

export declare const data: readonly Entry[];

export default {
  watch: ['../examples/README.md'],
  load(): Entry[] {
    const rows = readFileSync(file('../examples/README.md'), 'utf8').matchAll(
      /^\| \[`([\w-]+)\.ts`\]\([^)]*\) \|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|$/gm,
    );
    return Array.from(rows, ([, name = '', problem, data, score, time, picture = '']) => ({
      name,
      title:
        /^\/\/ # (.*)$/m.exec(readFileSync(file(`../examples/${name}.ts`), 'utf8'))?.[1] ?? name,
      problem: sentence(problem),
      data: plain(data),
      score: plain(score),
      time: plain(time),
      picture: /src="pictures\/([^"]+)"/.exec(picture)?.[1] ?? null,
      rendered: existsSync(file(`public/gallery/${name}.html`)),
    }));
  },
};
