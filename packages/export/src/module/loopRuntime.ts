/**
 * @file What an exported module with loops runs them with: where the values of a step lie, and what is copied between steps.
 *
 * The text is JavaScript, as it stands in the module, after that of every module.
 */
export const LOOP_RUNTIME = `
const CARRY = 0;
const SLICE = 1;
const CONSTANT = 2;
/** Where the values of a loop lie; \`around\` has the places of what is outside of it. */
function placeLoop(loop, n, around, scratch) {
  const { kind, operands, results } = loop;
  const given = operands.map((slot) => around[slot]);
  const wanted = new Map(results.map(([k, slot]) => [k, around[slot]]));
  // What decides comes first among the operands, and, of a loop, among what a step gives.
  const first = kind === 'scan' ? 0 : 1;
  const before = kind === 'while' ? 1 : 0;
  const bodies = loop.bodies.map((body, b) => {
    const at = {};
    const inputs = body.i.map(([slot, what, index, start, slope]) => {
      const size = start + slope * n;
      if (what === CONSTANT) at[slot] = given[loop.constants[b] + index];
      else if (what === CARRY && kind === 'branch') at[slot] = given[1 + index];
      else at[slot] = take(what <= SLICE ? size : 8);
      return { what, index, size, at: at[slot], from: what === SLICE ? given[body.carries + index] : 0 };
    });
    const placed = place(body, n, at, scratch);
    // A result that lies where an input does is taken away before that is written.
    const saved = [];
    const sizes = body.o.map(([, start, slope]) => start + slope * n);
    const outputs = body.o.map(([slot], k) => {
      const from = at[slot];
      if (kind === 'branch' || !inputs.some((x) => x.at === from)) return from;
      const to = take(sizes[k]);
      saved.push([from, to, sizes[k]]);
      return to;
    });
    reserve(free);
    const draws = body.r[0] + body.r[1] * n;
    return { ...placed, inputs, saved, sizes, outputs, draws, carries: body.carries, dtype: body.dtype };
  });
  const length = loop.length[0] + loop.length[1] * n;
  return { ...loop, length, given, wanted, first, before, bodies, fault: (scratch + FAULT) / 4 };
}

const copy = (from, to, size) => void octets.copyWithin(to, from, from + size);

/** One step: slices and where random numbers begin are put in place before it. */
function step({ given }, { inputs, draws, saved, ...body }, t, order) {
  for (const { what, at, from, size, index } of inputs) {
    if (what === SLICE) copy(from + t * size, at, size);
    else if (what > CONSTANT) view('float64', at, 1)[0] = view('float64', given.at(-1), 1)[0] + order * draws + size;
  }
  run(body);
  for (const [from, to, size] of saved) copy(from, to, size);
}

function repeat(loop) {
  const { kind, name, length, reverse, rewound, given, wanted, first, before, bodies, dtype, fault } = loop;
  const refuse = (what) => {
    throw new Error(NAME + ': ' + name + ': ' + what + '; nothing has changed');
  };
  let value = first === 0 ? 1 : view(dtype, given[0], 1)[0];
  if (kind === 'branch') {
    if (value !== value) refuse('the predicate is NaN');
    if (name === 'cond') value = value === 0 ? 0 : 1;
    const body = bodies[Math.min(Math.max(value, 0), bodies.length - 1)];
    step(loop, body, 0, 0);
    for (const [k, to] of wanted) copy(body.outputs[k], to, body.sizes[k]);
    return;
  }
  const [body] = bodies;
  const n = body.carries;
  const move = (k, from) => {
    for (const x of body.inputs) if (x.what === CARRY && x.index === k) copy(from, x.at, x.size);
  };
  const last = given.slice(first, first + n);
  for (let k = 0; k < n; k++) move(k, last[k]);
  let i = 0;
  for (; kind === 'scan' ? i < length : value !== 0; i++) {
    if (value !== value) refuse('the condition is NaN after ' + i + ' iterations');
    if (i === length) refuse('the condition still holds after ' + i + ' iterations, the most that maxIterations allows');
    const t = reverse ? length - 1 - i : i;
    step(loop, body, t, rewound ? length - 1 - i : i);
    for (let k = 0; k < n; k++) move(k, (last[k] = body.outputs[before + k]));
    for (let k = n; k < body.outputs.length - before; k++) {
      const size = body.sizes[before + k];
      if (wanted.has(k)) copy(body.outputs[before + k], wanted.get(k) + t * size, size);
    }
    if (before === 1) value = view(body.dtype, body.outputs[0], 1)[0];
    // After a wrong index the values mean nothing.
    if (heap[fault] !== 0) break;
  }
  for (const [k, to] of wanted) if (k < n) copy(last[k], to, body.sizes[before + k]);
  if (before === 1 && wanted.has(n)) view('int32', wanted.get(n), 1)[0] = i;
}
`;
