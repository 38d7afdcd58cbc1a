/**
 * @file The code that runs an exported module: its memory, the layout of a plan for the current batch, and the calls of its
 * kernels.
 *
 * The text is JavaScript; the module contains it as it is. Names in capitals are defined before it.
 */
export const RUNTIME = `
const TYPES = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array };
const align = (n) => Math.ceil(n / 64) * 64;
/** Writes base64 into the memory. */
function unpack(text, at) {
  const bytes = new Uint8Array(memory.buffer, at);
  if (bytes.setFromBase64 !== undefined) return void bytes.setFromBase64(text);
  if (globalThis.Buffer !== undefined) return void globalThis.Buffer.from(memory.buffer).write(text, at, 'base64');
  const codes = atob(text);
  for (let i = 0; i < codes.length; i++) bytes[i] = codes.charCodeAt(i);
}
function digits(text) {
  if (Uint8Array.fromHex !== undefined) return Uint8Array.fromHex(text);
  if (globalThis.Buffer !== undefined) return globalThis.Buffer.from(text, 'hex');
  const bytes = new Uint8Array(text.length / 2);
  const at = (i) => (text.charCodeAt(i) & 15) + 9 * (text.charCodeAt(i) >> 6);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * at(2 * i) + at(2 * i + 1);
  return bytes;
}
// A function of one instruction: the fused multiply-add of four numbers.
const FMA = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0,
  32, 0, 32, 1, 32, 2, 253, 133, 2, 11,
);
const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
let kernels = null;
let given = null;
let memory;
let heap;
let octets;
/** Where the memory begins that a plan has not taken yet. */
let free;
let current = null;
let loaded = LOADED;
let random = { ...RANDOM };

const view = (dtype, at, n) => new TYPES[dtype](memory.buffer, at, n);
const pages = (bytes) => Math.ceil((bytes + 512) / 65536);
function reserve(bytes) {
  const missing = pages(bytes) - memory.buffer.byteLength / 65536;
  if (missing > 0) memory.grow(missing);
  if (heap?.buffer === memory.buffer) return;
  heap = new Int32Array(memory.buffer);
  octets = new Uint8Array(memory.buffer);
}
function take(bytes) {
  const at = free;
  free += align(bytes);
  return at;
}

/** Compiles the kernels, once. */
function ready() {
  if (kernels !== null) return;
  let module = given;
  if (module === null) {
    if (KERNELS === null) throw new Error(NAME + ': call start(module) first, with the module that lies beside this file');
    // The kernels with fused multiply-add, where the engine has it.
    const set = WebAssembly.validate(FMA) ? 1 : 0;
    const bytes = digits(KERNELS.map((pieces) => pieces[set]).join(''));
    try {
      module = new WebAssembly.Module(bytes);
    } catch (cause) {
      if (WebAssembly.validate(bytes)) throw cause;
      throw new Error(NAME + ': this engine has no WebAssembly SIMD (128-bit vectors)', { cause });
    }
  }
  memory = new WebAssembly.Memory({ initial: pages(FIXED) });
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: FORMS });
  kernels = new WebAssembly.Instance(module, { env: { memory, table }, math: MATH }).exports;
  reserve(FIXED);
  for (const [at, text] of DATA) unpack(text, at);
}

/** Passes in the compiled kernels, where WebAssembly may not be compiled from bytes, or the kernels are in a file. */
export function start(module) {
  if (kernels !== null) throw new Error(NAME + ': call start before anything else');
  given = module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module);
}

/** The addresses of all values of a plan, for one batch size. */
function layOut(f, batch) {
  if (current?.f === f && current.batch === batch) return current;
  const g = f.regimes.findLast((r) => r.f <= batch);
  const n = batch - g.f;
  const at = {};
  const scratch = align(FIXED);
  free = scratch + align(scratchOf(g, n));
  const inputs = g.i.map(([slot, dtype, kind, ...more]) => {
    if (kind === 1 || kind === 2) at[slot] = more[0];
    else {
      const size = kind === 0 ? f.args[more[0]].each * (f.args[more[0]].batched ? batch : 1) : 1;
      at[slot] = take(size * TYPES[dtype].BYTES_PER_ELEMENT);
    }
    const [start = 0, slope = 0] = more;
    const number = slope === 0 ? start : start + slope * n;
    return { dtype, kind, at: at[slot], index: more[0], number: kind === 3 && more[2] === 1 ? 1 / number : number };
  });
  current = {
    f,
    batch,
    inputs,
    ...place(g, n, at, scratch),
    fault: g.m === 1 ? (scratch + FAULT) / 4 : 0,
    draws: g.r[0] + g.r[1] * n,
    outputs: g.o.map(([slot, dtype, lines]) => {
      const shape = lines.map(([a, b]) => a + b * n);
      return { dtype, at: at[slot], shape, size: sizeOf(shape) };
    }),
  };
  heap.fill(0, scratch / 4, (scratch + ZEROED) / 4);
  return current;
}

/** The scratch memory of an image and of the loop bodies within it. */
function scratchOf(g, n) {
  const bodies = g.l.flatMap((stop) => stop.bodies ?? []);
  return Math.max(g.h[2] + g.h[3] * n, ...bodies.map((body) => scratchOf(body, n)));
}

/** Places the values of an image: \`at\` has the addresses of its inputs and of some results, and receives the others. */
function place(g, n, at, scratch) {
  const words = take(g.w.length * 4);
  // The largest first, each at the lowest address that is free while it is needed.
  const values = [];
  for (let k = 0; k < g.s.length; k += 5)
    if (at[g.s[k]] === undefined)
      values.push({ slot: g.s[k], bytes: align(g.s[k + 1] + g.s[k + 2] * n), first: g.s[k + 3], last: g.s[k + 4], at: 0 });
  values.sort((a, b) => b.bytes - a.bytes);
  const placed = [];
  let top = 0;
  for (const v of values) {
    for (const o of placed) {
      if (o.last < v.first || v.last < o.first) continue;
      if (o.at >= v.at + v.bytes) break;
      v.at = Math.max(v.at, o.at + o.bytes);
    }
    const place = placed.findIndex((o) => o.at > v.at);
    placed.splice(place < 0 ? placed.length : place, 0, v);
    top = Math.max(top, v.at + v.bytes);
    at[v.slot] = free + v.at;
  }
  free += top;
  reserve(free);
  heap.set(g.w, words / 4);
  for (let k = 0; k < g.d.length; k += 2) heap[words / 4 + g.d[k]] = Math.floor(g.w[g.d[k]] + g.d[k + 1] * n);
  for (let k = 0; k < g.p.length; k += 4)
    heap[words / 4 + g.p[k]] = (g.p[k + 1] < 0 ? scratch : at[g.p[k + 1]]) + g.p[k + 2] + g.p[k + 3] * n;
  const calls = [];
  for (let k = 0; k < g.c.length; k += 2) calls.push([kernels['f' + g.c[k]], words + 4 * g.c[k + 1]]);
  const stops = g.l.map((stop) => (stop.kind === 'plain' ? placePlain : placeLoop)(stop, n, at, scratch));
  return { calls, stops, words: words / 4, once: g.b, own: scratch + g.h[0] + g.h[1] * n };
}

/** Runs the kernels of an image, and the loops and plain kernels between them. The first \`once\` kernels of a body run once. */
function run({ calls, stops, once, own }, isFirst = true) {
  let k = isFirst ? 0 : once;
  for (const stop of stops) {
    for (; k < stop.after; k++) calls[k][0](calls[k][1], 0, 1, own);
    if (stop.kind === 'plain') runPlain(stop);
    else repeat(stop);
  }
  for (; k < calls.length; k++) calls[k][0](calls[k][1], 0, 1, own);
}

/** The name of a function in errors. The module is named after the function that was exported. */
function called({ name }) {
  return name === NAME ? NAME : NAME + ': ' + name;
}

/** The batch size of the arguments. */
function batchOf(f, args) {
  let batch = f.fixed;
  f.args.forEach(({ name, each, batched, shape }, k) => {
    const x = args[k];
    const where = () => called(f) + ': ' + name;
    const wanted = () =>
      where() + ' must be an array of ' + each + ' numbers' + (batched ? ' for each example' : '') + ' (' + shape + '), got ';
    if (typeof x !== 'object' || x === null || typeof x.length !== 'number')
      throw new TypeError(wanted() + (x === null ? 'null' : typeof x));
    if (typeof x[0] === 'bigint') throw new TypeError(wanted() + 'bigints');
    const n = batched ? x.length / each : 1;
    if (!Number.isInteger(n) || (!batched && x.length !== each) || n < 1) throw new RangeError(wanted() + x.length);
    if (!batched) return;
    if (batch !== null && n !== batch) throw new RangeError(where() + ' holds ' + n + ' examples, expected ' + batch);
    batch = n;
  });
  if (batch > f.most) throw new RangeError(called(f) + ': a batch has at most ' + f.most + ' examples, got ' + batch);
  return batch ?? 1;
}

/** Runs a function. */
function call(f, args) {
  if (!loaded) throw new Error(NAME + ': call load(weights) first, with the file beside this one');
  const batch = batchOf(f, args);
  ready();
  const plan = layOut(f, batch);
  for (const { dtype, kind, at, index, number } of plan.inputs) {
    if (kind === 0) view(dtype, at, args[index].length).set(args[index]);
    else if (kind >= 3) view(dtype, at, 1)[0] = kind === 4 ? random.seed : kind === 5 ? random.offset + number : number;
  }
  heap[plan.fault] = 0;
  run(plan);
  if (plan.fault > 0 && heap[plan.fault] !== 0)
    throw new RangeError(called(f) + ': an index or a probability is out of range; nothing has changed');
  // A value that becomes a state is copied there below, so not here, unless it is a state itself.
  const values = plan.outputs.map(({ dtype, at, shape, size }, k) => {
    const data = view(dtype, at, size);
    return { data: k < f.assigned.length && at >= FIXED ? data : data.slice(), shape };
  });
  f.assigned.forEach((k, i) => view(STATES[k].dtype, STATES[k].at, values[i].data.length).set(values[i].data));
  random.offset += plan.draws;
  const build = (t) =>
    t === null || typeof t !== 'object'
      ? t
      : Array.isArray(t)
        ? t.map(build)
        : '$' in t
          ? values[f.assigned.length + t.$]
          : Object.fromEntries(Object.entries(t).map(([k, v]) => [k, build(v)]));
  return build(f.result);
}

/** Copies of all weights and states, by name. */
export function state() {
  if (!loaded) throw new Error(NAME + ': call load(weights) first');
  ready();
  const entries = STATES.map(({ name, dtype, at, size }) => [name, view(dtype, at, size).slice()]);
  return { ...Object.fromEntries(entries), random: Float64Array.of(random.seed, random.offset) };
}

/** Loads weights and states: a result of state(), or the bytes of a safetensors file. Loads all of them or none. */
export function load(from) {
  const found = from instanceof Uint8Array || from instanceof ArrayBuffer ? parse(new Uint8Array(from)) : from;
  for (const { name, size } of STATES) {
    if (found[name] === undefined) throw new Error(NAME + ': load: there is no ' + name);
    if (found[name].length !== size)
      throw new RangeError(NAME + ': load: ' + name + ' has ' + found[name].length + ' elements, expected ' + size);
  }
  ready();
  for (const { name, dtype, at, size } of STATES) view(dtype, at, size).set(found[name]);
  if (found.random?.length === 2) random = { seed: found.random[0], offset: found.random[1] };
  loaded = true;
}

function parse(bytes) {
  const broken = () => new Error(NAME + ': load: these bytes are not a safetensors file');
  if (bytes.length < 8) throw broken();
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = 8 + words.getUint32(0, true);
  if (words.getUint32(4, true) !== 0 || end > bytes.length) throw broken();
  const names = { F32: 'float32', F64: 'float64', I32: 'int32', BOOL: 'bool' };
  const found = Object.create(null);
  let header;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, end)));
  } catch {
    throw broken();
  }
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const type = TYPES[names[entry?.dtype]];
    const [from, to] = entry?.data_offsets ?? [];
    if (type === undefined || !(from >= 0 && from <= to && end + to <= bytes.length) || (to - from) % type.BYTES_PER_ELEMENT)
      throw broken();
    found[name] = new type(bytes.slice(end + from, end + to).buffer);
  }
  return found;
}
`;
