/** @file The error for a node that cannot be exported. */
import { ChainruleError } from '@chainrule/autograd';
import type { GraphNode } from '@chainrule/autograd/graph';

/** An error that names an operation and where it was made. */
export function refuse(node: GraphNode, why: string): never {
  const op = node.kind === 'operation' || node.kind === 'loop' ? node.op : node.kind;
  const place = [node.path === '' ? '' : `in ${node.path}`, node.madeAt].filter((s) => s !== '');
  throw new ChainruleError(
    `exportOnnx: ${op}: ${why}${place.length === 0 ? '' : ` (${place.join(', ')})`}`,
  );
}
