/** The site: documents in this folder, the packages from their sources. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type DefaultTheme } from 'vitepress';
import reference from '../reference/sidebar.json' with { type: 'json' };

const root = fileURLToPath(new URL('../..', import.meta.url));
const { compilerOptions } = JSON.parse(readFileSync(`${root}tsconfig.base.json`, 'utf8')) as {
  compilerOptions: { paths: Record<string, [string]> };
};
const alias = Object.entries(compilerOptions.paths).map(([name, [source]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(source, new URL('../..', import.meta.url))),
}));
const withoutReference = process.env['SITE_REFERENCE'] === 'off';

// A page may share memory with its workers only when it is isolated.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const items = (
  folder: string,
  ...pages: [text: string, page: string][]
): DefaultTheme.SidebarItem[] =>
  pages.map(([text, page]) => ({ text, link: `/${folder}/${page}` }));

export default defineConfig({
  title: 'Chainrule',
  description: 'Automatic differentiation, neural networks and optimizers in TypeScript.',
  lang: 'en',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/icon.svg' }]],
  cleanUrls: false,
  lastUpdated: false,
  // What pages are called is the same for all of them: in a file of its own.
  metaChunk: true,
  // The notes of the benchmarks link to files of the repository, the gallery to rendered notebooks.
  ignoreDeadLinks: [
    /\.\.\//,
    /\/gallery\//,
    /NOTES/,
    /localhost/,
    ...(withoutReference ? [/\/reference\//] : []),
  ],
  // The reference takes most of the time: `SITE_REFERENCE=off` leaves it out while writing.
  srcExclude: ['node_modules/**', 'hero.md', ...(withoutReference ? ['reference/**'] : [])],
  outDir: '../out/site',
  cacheDir: '../out/site-cache',
  transformPageData(page) {
    // A page of the reference has no neighbours.
    if (page.relativePath.startsWith('reference/'))
      Object.assign(page.frontmatter, { prev: false, next: false });
  },
  vite: {
    resolve: { alias },
    worker: { format: 'es' },
    server: { headers, fs: { allow: [root] } },
    preview: { headers },
    build: {
      // The index of the search is large; and cells import by name what other pages import outright.
      chunkSizeWarningLimit: 8000,
      rollupOptions: {
        onwarn: (warning, warn) => warning.plugin !== 'vite:reporter' && warn(warning),
      },
    },
  },
  themeConfig: {
    search: {
      provider: 'local',
      options: {
        // Of the reference, which is long, the names alone.
        _render(source, env, md) {
          const text = env.relativePath.startsWith('reference/')
            ? source
                .split('\n')
                .filter((line) => line.startsWith('#'))
                .join('\n\n')
            : source;
          return md.render(text, env);
        },
      },
    },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/start/' },
      { text: 'Learn', link: '/learn/' },
      { text: 'Guides', link: '/guides/laziness' },
      { text: 'Watch it learn', link: '/pages/watch' },
      { text: 'Draw a digit', link: '/pages/draw' },
      { text: 'Reference', link: '/reference/' },
    ],
    sidebar: {
      '/reference/': reference,
      '/': [
        { text: 'Start', link: '/start/' },
        {
          text: 'Learn',
          items: items(
            'learn',
            ['Contents', ''],
            ['1. One neuron', 'neuron'],
            ['2. Gradient descent', 'descent'],
            ['3. The chain rule', 'chain-rule'],
            ['4. A network', 'network'],
            ['5. Batches and optimizers', 'training'],
            ['6. A transformer', 'transformer'],
          ),
        },
        {
          text: 'See it',
          items: items(
            'pages',
            ['Watch it learn', 'watch'],
            ['Draw a digit', 'draw'],
            ['Race', 'race'],
          ),
        },
        {
          text: 'Guides',
          items: items(
            'guides',
            ['Lazy values', 'laziness'],
            ['Your own operation', 'operations'],
            ['Your own layer and rule', 'layers'],
            ['Data', 'data'],
            ['Training with fit', 'training'],
            ['Saving and resuming', 'saving'],
            ['Finding a NaN', 'nan'],
            ['Speed', 'speed'],
            ['Shapes that change', 'shapes'],
            ['Pages and workers', 'pages'],
            ['Property checks', 'testing'],
            ['Generating with a cache', 'generating'],
          ),
        },
        {
          text: 'Coming from',
          items: items('from', ['PyTorch', 'pytorch'], ['TensorFlow.js', 'tfjs'], ['JAX', 'jax']),
        },
        {
          text: 'More',
          items: [
            { text: 'Gallery', link: '/gallery' },
            { text: 'Benchmarks', link: '/benchmarks' },
            { text: 'Accuracy', link: '/accuracy' },
          ],
        },
      ],
    },
  },
});
