/**
 * @file The code that runs loops in an exported module: where the values of a step are, and which addresses move between
 * steps.
 *
 * The text is JavaScript; the module contains it as it is, after the text that every module contains.
 */
export const LOOP_RUNTIME = `
const CARRY = 0;
const SLICE = 1;
const CONSTANT = 2;
/** Words before the calls of a list: their number, the scratch memory, two more, repetitions, number and address of moves. */
const HEAD = 7;
const TIMES = 4;
const MOVES = 5;
/** Places the values of a loop; \`around\` has the addresses of the values outside of it. */
function placeLoop(loop, n, around, scratch) {
  const { kind, operands, results, reverse } = loop;
  const length = loop.length[0] + loop.length[1] * n;
  const given = operands.map((slot) => around[slot]);
  const wanted = new Map(results.map(([k, slot]) => [k, around[slot]]));
  // The condition or index is the first operand, and the condition the first result of a step.
  const first = kind === 'scan' ? 0 : 1;
  const before = kind === 'while' ? 1 : 0;
  const bodies = loop.bodies.map((body, b) => {
    const at = {};
    const sizes = body.o.map(([, start, slope]) => start + slope * n);
    // Between steps, addresses move and nothing is copied. With inner loops, which hold addresses, values are copied instead.
    const moves = kind !== 'branch' && body.l.length === 0;
    const moving = new Map();
    const follow = (slot, start, size, back) => {
      at[slot] = start + (back ? (length - 1) * size : 0);
      moving.set(slot, [back ? -size : size, 1]);
    };
    const alternate = (slot, here, there) => {
      at[slot] = here;
      moving.set(slot, [there - here, -1]);
    };
    // For each carry, the address that the first step reads, and the one that it writes.
    const turns = sizes.map((size, k) => moves && k >= before && k < before + body.carries && [take(size), take(size)]);
    body.o.forEach(([slot], k) => {
      if (turns[k]) alternate(slot, turns[k][1], turns[k][0]);
      else if (moves && wanted.has(k - before)) follow(slot, wanted.get(k - before), sizes[k], reverse);
    });
    const inputs = body.i.map(([slot, what, index, start, slope]) => {
      const size = start + slope * n;
      const from = what === SLICE ? given[body.carries + index] : 0;
      if (what === CONSTANT) at[slot] = given[loop.constants[b] + index];
      else if (what === CARRY && kind === 'branch') at[slot] = given[1 + index];
      else if (what === CARRY && moves) alternate(slot, ...turns[before + index]);
      else if (what === SLICE && moves) follow(slot, from, size, reverse);
      else if (what > CONSTANT && moves && kind === 'scan') follow(slot, take(8 * length), 8, false);
      else at[slot] = take(what > CONSTANT ? 8 : size);
      return { what, index, size, at: at[slot], from };
    });
    const moved = [];
    for (let k = 0; k < body.p.length; k += 4) if (moving.has(body.p[k + 1])) moved.push(k);
    const calls = body.c.length / 2;
    const once = moves ? take(4 * (2 * HEAD + 3 * calls + 3 * moved.length)) / 4 : 0;
    const { own, ...placed } = place(body, n, at, scratch);
    const each = once + HEAD + 3 * body.b;
    const table = each + HEAD + 3 * (calls - body.b);
    const write = (list, from, to) => {
      heap.set([to - from, own, 0, 0, 1, 0, 4 * table], list);
      for (let k = from; k < to; k++)
        heap.set([body.c[2 * k], 4 * (placed.words + body.c[2 * k + 1]), 0], list + HEAD + 3 * (k - from));
    };
    if (moves) {
      write(once, 0, body.b);
      write(each, body.b, calls);
    }
    const starts = moved.map((k, m) => {
      const word = placed.words + body.p[k];
      const [by, factor] = moving.get(body.p[k + 1]);
      heap.set([4 * word, by, factor], table + 3 * m);
      return { word, start: heap[word], move: table + 3 * m + 1, by };
    });
    const outputs = body.o.map(([slot]) => at[slot]);
    const draws = body.r[0] + body.r[1] * n;
    const values = { inputs, turns, sizes, outputs, starts, once, each };
    return { ...placed, own, ...values, moves, draws, carries: body.carries, dtype: body.dtype };
  });
  return { ...loop, length, given, wanted, first, before, bodies, fault: (scratch + FAULT) / 4 };
}

const copy = (from, to, size) => void octets.copyWithin(to, from, from + size);
const begin = ({ starts }) => {
  for (const { word, start, move, by } of starts) {
    heap[word] = start;
    heap[move] = by;
  }
};
/** Runs a list several times, with moves after each repetition unless there is only one. */
function runList(list, times, moves) {
  heap[list + TIMES] = times;
  heap[list + MOVES] = moves;
  kernels.run(4 * list, 0, 1, 0);
}
/** The offset of a step's random numbers. */
const drawsAt = ({ given }, { draws }, order, size) => view('float64', given.at(-1), 1)[0] + order * draws + size;

/** Runs one step, after copying its slices and writing the offsets of its random numbers. */
function step(loop, body, t, order, isFirst) {
  for (const { what, at, from, size } of body.inputs) {
    if (what > CONSTANT) view('float64', at, 1)[0] = drawsAt(loop, body, order, size);
    else if (what === SLICE && !body.moves) copy(from + t * size, at, size);
  }
  if (!body.moves) return run(body, isFirst);
  if (isFirst) runList(body.once, 1, 0);
  runList(body.each, 1, body.starts.length);
}

/** Runs all steps of a loop in which nothing is copied. */
function steps(loop, body) {
  const { length, rewound } = loop;
  for (const { what, at, size } of body.inputs) {
    const draws = what > CONSTANT ? view('float64', at, length) : [];
    for (let t = 0; t < draws.length; t++) draws[t] = drawsAt(loop, body, rewound ? length - 1 - t : t, size);
  }
  runList(body.once, 1, 0);
  runList(body.each, length, length > 1 ? body.starts.length : 0);
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
    step(loop, body, 0, 0, true);
    for (const [k, to] of wanted) copy(body.outputs[k], to, body.sizes[k]);
    return;
  }
  const [body] = bodies;
  const { carries: n, inputs, moves, turns, outputs, sizes } = body;
  const carry = (last) => {
    for (const { what, index, at, size } of inputs) if (what === CARRY) copy(last[index], at, size);
  };
  let last = given.slice(first, first + n);
  const lastAfter = (i) => last.map((_, k) => (moves ? turns[before + k][i & 1] : outputs[before + k]));
  carry(last);
  begin(body);
  let i = 0;
  if (kind === 'scan' && moves && length > 0) {
    steps(loop, body);
    last = lastAfter((i = length));
  }
  for (; kind === 'scan' ? i < length : value !== 0; i++) {
    if (value !== value) refuse('the condition is NaN after ' + i + ' iterations');
    if (i === length) refuse('the condition still holds after ' + i + ' iterations, the most that maxIterations allows');
    const t = reverse ? length - 1 - i : i;
    step(loop, body, t, rewound ? length - 1 - i : i, i === 0);
    last = lastAfter(i + 1);
    if (!moves) {
      carry(last);
      for (const [k, to] of wanted) if (k >= n && before === 0) copy(outputs[k], to + t * sizes[k], sizes[k]);
    }
    if (before === 1) value = view(body.dtype, outputs[0], 1)[0];
    // After an index that is out of range the values are meaningless.
    if (heap[fault] !== 0) break;
  }
  for (const [k, to] of wanted) if (k < n) copy(last[k], to, sizes[before + k]);
  if (before === 1 && wanted.has(n)) view('int32', wanted.get(n), 1)[0] = i;
}
`;
