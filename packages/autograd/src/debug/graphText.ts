/** @file Graphs as text for Graphviz and Mermaid. */
import { typeOf, type DrawnGraph, type GraphNode } from './graphNode.js';

/** The longest label that is written in full. */
const MAX_LABEL = 60;

/** Without control characters (terminals obey some), and of limited length. */
export function clean(text: string): string {
  const plain = text.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  );
  return plain.length > MAX_LABEL ? `${plain.slice(0, MAX_LABEL - 1)}…` : plain;
}

/** Scopes as a tree: `encoder.hidden` lies within `encoder`. */
interface Level {
  readonly name: string;
  readonly path: string;
  readonly nodes: GraphNode[];
  readonly inner: Map<string, Level>;
}

function levels(nodes: readonly GraphNode[]): Level {
  const top: Level = { name: '', path: '', nodes: [], inner: new Map() };
  for (const node of nodes) {
    let level = top;
    for (const name of node.scope === '' ? [] : node.scope.split('.')) {
      let next = level.inner.get(name);
      if (next === undefined) {
        next = {
          name,
          path: level.path === '' ? name : `${level.path}.${name}`,
          nodes: [],
          inner: new Map(),
        };
        level.inner.set(name, next);
      }
      level = next;
    }
    level.nodes.push(node);
  }
  return top;
}

const COLORS = { operation: '#ffffff', parameter: '#ffe8cc', input: '#d0ebff' } as const;

export function colorOf({ kind, backward }: GraphNode): string {
  return backward && kind === 'operation' ? '#ebfbee' : COLORS[kind];
}

export function toDot({ nodes, edges }: DrawnGraph): string {
  const quote = (text: string): string => `"${clean(text).replace(/[\\"]/g, '\\$&')}"`;
  const lines = [
    'digraph {',
    '  rankdir=TB;',
    '  node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=11];',
  ];
  let clusters = 0;
  const write = (level: Level, indent: string): void => {
    for (const node of level.nodes) {
      const label = `${quote(node.label).slice(0, -1)}\\n${typeOf(node)}"`;
      lines.push(`${indent}n${node.id} [label=${label}, fillcolor="${colorOf(node)}"];`);
    }
    for (const inner of level.inner.values()) {
      lines.push(
        `${indent}subgraph cluster_${clusters++} {`,
        `${indent}  label=${quote(inner.path)};`,
      );
      write(inner, `${indent}  `);
      lines.push(`${indent}}`);
    }
  };
  write(levels(nodes), '  ');
  for (const { from, to } of edges) lines.push(`  n${from} -> n${to};`);
  return [...lines, '}', ''].join('\n');
}

export function toMermaid({ nodes, edges }: DrawnGraph): string {
  const quote = (text: string): string =>
    clean(text).replace(/[^\w .,:()\u00b7\u2026-]/g, (c) => `#${c.codePointAt(0)};`);
  const lines = ['flowchart TB'];
  let groups = 0;
  const write = (level: Level, indent: string): void => {
    for (const node of level.nodes) {
      const text = `"${quote(node.label)}<br/>${quote(typeOf(node))}"`;
      lines.push(`${indent}n${node.id}${node.kind === 'operation' ? `[${text}]` : `([${text}])`}`);
    }
    for (const inner of level.inner.values()) {
      lines.push(`${indent}subgraph g${groups++}["${quote(inner.path)}"]`);
      write(inner, `${indent}  `);
      lines.push(`${indent}end`);
    }
  };
  write(levels(nodes), '  ');
  for (const { from, to } of edges) lines.push(`  n${from} --> n${to}`);
  return [...lines, ''].join('\n');
}
