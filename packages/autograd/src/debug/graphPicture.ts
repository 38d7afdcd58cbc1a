/** @file Graphs as pictures: a layered drawing in SVG. */
import { typeOf, type DrawnGraph, type GraphNode } from './graphNode.js';
import { clean } from './graphText.js';

interface Box {
  readonly node: GraphNode;
  readonly width: number;
  layer: number;
  /** The position within the layer: the barycentre method sorts by it. */
  order: number;
  x: number;
}

const HEIGHT = 36;
const ROW = 64;
const GAP = 24;
const MARGIN = 28;

/** In a page the picture uses the page's text colour; as a file of its own it follows the reader's preference. */
const STYLE =
  '<style>svg:root{color:#212529}@media(prefers-color-scheme:dark){svg:root{color:#dee2e6}}</style>';

/** Colours that are visible on a light ground and on a dark one. */
const ACCENT = {
  operation: '#868e96',
  backward: '#2f9e44',
  parameter: '#e8590c',
  value: '#228be6',
};

export function toSVG({ nodes, edges }: DrawnGraph): string {
  const boxes = new Map<number, Box>(
    nodes.map((node, i) => [node.id, { node, width: widthOf(node), layer: 0, order: i, x: 0 }]),
  );
  const links = edges.flatMap(({ from, to }) => {
    const [a, b] = [boxes.get(from), boxes.get(to)];
    return a === undefined || b === undefined ? [] : [[a, b] as const];
  });
  const layers = layOut([...boxes.values()], links);
  const right = Math.max(0, ...[...boxes.values()].map((b) => b.x + b.width / 2));
  const width = Math.ceil(right + 2 * MARGIN);
  const height = Math.ceil(layers.length * ROW + 2 * MARGIN - (ROW - HEIGHT));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" role="img">`,
    STYLE,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#868e96"/></marker></defs>',
    ...frames([...boxes.values()]),
    ...links.map(([a, b]) => link(a, b, [...boxes.values()])),
    ...[...boxes.values()].map(drawBox),
    '</svg>',
    '',
  ].join('\n');
}

/** Layers by the longest path from below, positions by the mean of the neighbours; sets the x of each box. */
function layOut(boxes: readonly Box[], links: readonly (readonly [Box, Box])[]): Box[][] {
  const above = new Map<Box, Box[]>(boxes.map((b) => [b, []]));
  const below = new Map<Box, Box[]>(boxes.map((b) => [b, []]));
  for (const [a, b] of links) {
    above.get(b)?.push(a);
    below.get(a)?.push(b);
  }
  // Boxes come in topological order.
  for (const b of boxes)
    for (const a of above.get(b) as Box[]) b.layer = Math.max(b.layer, a.layer + 1);
  // A box with nothing above it is placed directly above the one that uses it.
  for (const a of [...boxes].reverse()) {
    const users = below.get(a) as Box[];
    if ((above.get(a) as Box[]).length === 0 && users.length > 0)
      a.layer = Math.min(...users.map((u) => u.layer)) - 1;
  }
  const layers: Box[][] = [];
  for (const b of boxes) (layers[b.layer] ??= []).push(b);
  const place = (layer: Box[]): void => {
    let x = MARGIN;
    layer.sort((a, b) => a.order - b.order);
    for (const b of layer) {
      b.x = x + b.width / 2;
      x += b.width + GAP;
    }
  };
  layers.forEach(place);
  for (let round = 0; round < 8; round++) {
    const [near, sweep] = round % 2 === 0 ? [above, layers] : [below, [...layers].reverse()];
    for (const layer of sweep) {
      for (const b of layer) {
        const others = near.get(b) as Box[];
        b.order = others.length > 0 ? others.reduce((sum, o) => sum + o.x, 0) / others.length : b.x;
      }
      place(layer);
      settle(layer);
    }
  }
  const left = Math.min(...boxes.map((b) => b.x - b.width / 2));
  for (const b of boxes) b.x += MARGIN - left;
  return layers;
}

/** Moves the boxes of a layer towards their desired positions, without overlap and in their order. */
function settle(layer: readonly Box[]): void {
  let from = -Infinity;
  for (const b of layer) {
    b.x = Math.max(b.order, from + b.width / 2);
    from = b.x + b.width / 2 + GAP;
  }
  // They have pushed each other to the right: spread the shift evenly.
  const drift = layer.reduce((sum, b) => sum + b.x - b.order, 0) / layer.length;
  for (const b of layer) b.x -= drift;
}

/** What is known of a node: its number and gradient, if it is a single number; otherwise its type. */
function valueText(node: GraphNode): string {
  const { value, gradient } = node;
  const show = (array: ArrayLike<number>): string => String(Number((array[0] ?? 0).toPrecision(3)));
  if (value?.length !== 1) return typeOf(node);
  return gradient?.length === 1 ? `${show(value)}  ∂ ${show(gradient)}` : show(value);
}

function widthOf(node: GraphNode): number {
  return Math.max(64, 7.2 * Math.max(clean(node.label).length, valueText(node).length) + 20);
}

function top({ layer }: Box): number {
  return MARGIN + layer * ROW;
}

/** A curve from one box to another; if boxes are in its way, it swings out to the right. */
function link(a: Box, b: Box, boxes: readonly Box[]): string {
  const [y0, y1] = [top(a) + HEIGHT, top(b) - 2];
  const bend = Math.max(16, (y1 - y0) / 2);
  const [low, high] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const between = boxes.filter(
    (o) =>
      o.layer > a.layer &&
      o.layer < b.layer &&
      o.x + o.width / 2 > low - 4 &&
      o.x - o.width / 2 < high + 4,
  );
  const swing = Math.max(0, ...between.map((o) => o.x + o.width / 2 - high + GAP / 2));
  // A cubic curve goes three quarters of the way to its control points.
  const [x0, x1] = swing > 0 ? [high + (swing * 4) / 3, high + (swing * 4) / 3] : [a.x, b.x];
  return (
    `<path d="M${round(a.x)} ${y0}C${round(x0)} ${y0 + bend} ${round(x1)} ${y1 - bend} ${round(b.x)} ${y1}" ` +
    `fill="none" stroke="#868e96" marker-end="url(#arrow)"/>`
  );
}

function drawBox(box: Box): string {
  const { node, width, x } = box;
  const y = top(box);
  const { kind, backward } = node;
  const color =
    kind === 'operation'
      ? ACCENT[backward ? 'backward' : 'operation']
      : ACCENT[kind === 'parameter' ? 'parameter' : 'value'];
  const radius = node.kind === 'operation' ? 5 : HEIGHT / 2;
  return (
    `<g><title>${escape(node.scope === '' ? node.label : `${node.scope}: ${node.label}`)}</title>` +
    `<rect x="${round(x - width / 2)}" y="${y}" width="${round(width)}" height="${HEIGHT}" rx="${radius}" fill="${color}" fill-opacity="0.15" stroke="${color}"/>` +
    `<text x="${round(x)}" y="${y + 15}" text-anchor="middle" font-weight="600" fill="currentColor">${escape(node.label)}</text>` +
    `<text x="${round(x)}" y="${y + 29}" text-anchor="middle" font-size="10.5" fill="currentColor" opacity="0.8">${escape(valueText(node))}</text></g>`
  );
}

/** A frame around the nodes of each scope, or around its operations alone, unless a node of another scope lies in it. */
function frames(boxes: readonly Box[]): string[] {
  const forward = boxes.filter((b) => !b.node.backward);
  const scopes = [...new Set(forward.map((b) => b.node.scope))].filter((s) => s !== '');
  return scopes.flatMap((scope) => {
    const all = forward.filter((b) => b.node.scope === scope);
    const operations = all.filter((b) => b.node.kind === 'operation');
    for (const own of [all, operations]) {
      if (own.length === 0) continue;
      const x0 = Math.min(...own.map((b) => b.x - b.width / 2)) - 10;
      const x1 = Math.max(...own.map((b) => b.x + b.width / 2)) + 10;
      const y0 = Math.min(...own.map(top)) - 15;
      const y1 = Math.max(...own.map(top)) + HEIGHT + 8;
      const inside = (b: Box): boolean =>
        b.x + b.width / 2 > x0 && b.x - b.width / 2 < x1 && top(b) + HEIGHT > y0 && top(b) < y1;
      if (boxes.some((b) => !own.includes(b) && inside(b))) continue;
      return [
        `<rect x="${round(x0)}" y="${y0}" width="${round(x1 - x0)}" height="${y1 - y0}" rx="8" fill="currentColor" fill-opacity="0.05" stroke="currentColor" stroke-opacity="0.2"/>` +
          `<text x="${round(x0 + 6)}" y="${y0 + 11}" font-size="10" fill="currentColor" opacity="0.6">${escape(scope)}</text>`,
      ];
    }
    return [];
  });
}

function escape(text: string): string {
  return clean(text).replace(/[<>&"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function round(x: number): number {
  return Math.round(x * 10) / 10;
}
