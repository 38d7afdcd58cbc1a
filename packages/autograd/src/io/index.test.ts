/** @file The public functions: tensors to bytes and files and back, and models in several files. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  openSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixture } from '../../test/io/fixtures.js';
import { ChainruleError, DTypeError, FormatError } from '../errors.js';
import { makeLeaf, type Tensor } from '../graph/tensor.js';
import {
  decodeNpy,
  decodeSafetensors,
  decodeSafetensorsMetadata,
  encodeNpy,
  encodeSafetensors,
  FileError,
  loadNpz,
  loadSafetensors,
  saveSafetensors,
} from './index.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'io-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const matrix = (): Tensor => makeLeaf(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], 'float32');
const ids = (): Tensor => makeLeaf(Int32Array.of(7, -8), [2], 'int32');

describe('bytes', () => {
  it('safetensors round trip, with metadata, from an object or a Map', () => {
    const bytes = encodeSafetensors({ w: matrix(), ids: ids() }, { epoch: '3' });
    const { w, ids: back } = decodeSafetensors(bytes);
    expect([w?.toArray(), w?.dtype]).toEqual([
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      'float32',
    ]);
    expect([back?.toArray(), back?.dtype]).toEqual([[7, -8], 'int32']);
    expect({ ...decodeSafetensorsMetadata(bytes) }).toEqual({ epoch: '3' });
    expect(
      encodeSafetensors(
        new Map([
          ['w', matrix()],
          ['ids', ids()],
        ]),
        { epoch: '3' },
      ),
    ).toEqual(bytes);
  });

  it('decoded tensors share no memory with the bytes', () => {
    const bytes = encodeSafetensors({ ids: ids() });
    const { ids: back } = decodeSafetensors(bytes);
    bytes.fill(0);
    expect(back?.toArray()).toEqual([7, -8]);
  });

  it('decoded tensors can be computed with, and computed tensors encoded', () => {
    const { w } = decodeSafetensors(encodeSafetensors({ w: matrix().mul(2) }));
    expect(w?.add(1).sum().item()).toBe(48);
  });

  it('npy round trip', () => {
    expect(decodeNpy(encodeNpy(matrix())).toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(decodeNpy(fixture('version1.npy')).toArray()).toEqual([[1, 2, 3]]);
  });

  it('npz from bytes and from a path', async () => {
    expect((await loadNpz(fixture('deflated.npz')))['scalar']?.item()).toBe(3.25);
    writeFileSync(join(folder, 'a.npz'), fixture('stored.npz'));
    expect((await loadNpz(join(folder, 'a.npz')))['u16']?.toArray()).toEqual([0, 65535]);
    await expect(loadNpz(fixture('deflated.npz'), { maxBytes: 1000 })).rejects.toThrow(
      /over the limit of 1000/,
    );
  });

  it('refuses values that are not tensors, and sources that are not bytes', () => {
    expect(() => encodeSafetensors({ w: [1, 2] as unknown as Tensor })).toThrow(DTypeError);
    expect(() => encodeSafetensors({ w: [1, 2] as unknown as Tensor })).toThrow(
      'encodeSafetensors: "w" must be a tensor, got [1, 2]',
    );
    expect(() => decodeSafetensors('x' as unknown as Uint8Array)).toThrow(
      "decodeSafetensors: bytes must be the bytes of a file, a Uint8Array, got 'x'",
    );
    expect(() => decodeNpy(new Uint8Array())).toThrow(FormatError);
  });
});

describe('files', () => {
  it('are replaced in one step, and leave nothing beside', async () => {
    const path = join(folder, 'model.safetensors');
    await saveSafetensors(path, { ids: ids() });
    await saveSafetensors(path, { w: matrix() }, { a: 'b' });
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
    expect(new Uint8Array(readFileSync(path))).toEqual(
      encodeSafetensors({ w: matrix() }, { a: 'b' }),
    );
    expect((await loadSafetensors(path))['w']?.toArray()).toEqual(matrix().toArray());
  });

  it('that are missing or malformed are named', async () => {
    const path = join(folder, 'none.safetensors');
    await expect(loadSafetensors(path)).rejects.toThrow(
      `cannot read '${path}': there is no such file or folder (ENOENT)`,
    );
    await expect(loadSafetensors(path)).rejects.toThrow(FileError);
    await expect(loadSafetensors(path)).rejects.toThrow(ChainruleError);
    await expect(saveSafetensors(join(path, 'inner'), { ids: ids() })).rejects.toThrow(
      /cannot write/,
    );
    writeFileSync(path, 'no');
    await expect(loadSafetensors(path)).rejects.toThrow(`${path}: 2 bytes are too few`);
  });
});

it.skipIf(process.platform === 'win32')(
  'pipes and files beyond all memory are refused at once',
  async () => {
    const [pipe, sparse] = [join(folder, 'pipe'), join(folder, 'sparse.safetensors')];
    execFileSync('mkfifo', [pipe]);
    await expect(loadSafetensors(pipe)).rejects.toThrow(/it is a pipe or a device/);
    const file = openSync(sparse, 'w');
    ftruncateSync(file, 2 ** 42);
    closeSync(file);
    await expect(loadSafetensors(sparse)).rejects.toThrow(
      /4398046511104 bytes do not fit into memory/,
    );
    await expect(loadNpz(sparse)).rejects.toThrow(FileError);
  },
);

describe('models in several files', () => {
  const index = (map: unknown) => {
    const path = join(folder, 'model.safetensors.index.json');
    writeFileSync(path, JSON.stringify({ metadata: { total_size: 32 }, weight_map: map }));
    return path;
  };
  beforeEach(async () => {
    await saveSafetensors(join(folder, 'a-1.safetensors'), { w: matrix() });
    await saveSafetensors(join(folder, 'a-2.safetensors'), { ids: ids() });
  });

  it('load as one', async () => {
    const tensors = await loadSafetensors(index({ w: 'a-1.safetensors', ids: 'a-2.safetensors' }));
    expect(Object.keys(tensors)).toEqual(['w', 'ids']);
    expect(tensors['ids']?.toArray()).toEqual([7, -8]);
  });

  it.each([
    '../a-1.safetensors',
    '%2e%2e/a-1.safetensors',
    '%252e%252e%252fa.safetensors',
    '/etc/a.safetensors',
    '..\\a.safetensors',
    '.hidden.safetensors',
    'a/b.safetensors',
    'a-1.bin',
    'a\0.safetensors',
    'C:a.safetensors',
  ])('refuse the name %j', async (name) => {
    await expect(loadSafetensors(index({ w: name }))).rejects.toThrow(
      /is not a plain name of a \.safetensors file/,
    );
  });

  it('refuse links, and shards that disagree with the index', async () => {
    symlinkSync(join(folder, 'a-1.safetensors'), join(folder, 'link.safetensors'));
    await expect(loadSafetensors(index({ w: 'link.safetensors' }))).rejects.toThrow(
      /not an ordinary file/,
    );
    await expect(
      loadSafetensors(index({ w: 'a-1.safetensors', v: 'a-1.safetensors' })),
    ).rejects.toThrow(/lacks "v"/);
    await expect(loadSafetensors(index({ ids: 'a-1.safetensors' }))).rejects.toThrow(
      /holds "w", which the index lists elsewhere/,
    );
    await expect(loadSafetensors(index('x'))).rejects.toThrow(/weight_map: expected an object/);
    await expect(loadSafetensors(index({ w: 1 }))).rejects.toThrow(FormatError);
  });
});

it('a bundle for browsers holds no module of Node', async () => {
  // For this platform esbuild refuses `node:` imports, and marks bare ones as external.
  const { metafile, errors } = await build({
    entryPoints: [fileURLToPath(new URL('index.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
  });
  expect(errors).toEqual([]);
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  expect(imports).toEqual([]);
});
