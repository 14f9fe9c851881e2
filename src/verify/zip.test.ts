import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../crypto';
import { packFile, zipBundle } from '../audit/export';
import { BUNDLE, type BundleFile } from '../protocol/bundle';
import { bytesSource, VerifyError, zipReader } from '.';

const FILES = [
  { path: 'SHA256SUMS', bytes: utf8('0'.repeat(64)) },
  { path: 'log/entries.jsonl', bytes: utf8('{"seq":0}\n'.repeat(500)) },
];
const END = 22;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sovereign-zip-'));
  for (const { path, bytes } of FILES) {
    mkdirSync(dirname(join(dir, 'bundle', path)), { recursive: true });
    writeFileSync(join(dir, 'bundle', path), bytes);
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Made by Python's zipfile, the other zip writer that everybody has. */
function python(code: string): Buffer {
  const out = join(dir, 'python.zip');
  execFileSync('python3', [
    '-c',
    `import zipfile, sys\nz = zipfile.ZipFile(sys.argv[1], 'w')\n${code}\nz.close()`,
    out,
  ]);
  return readFileSync(out);
}

async function contents(zip: Uint8Array): Promise<Record<string, string>> {
  const reader = await zipReader(bytesSource(zip));
  const all = reader.files.map(async (path) => [path, Buffer.from(await reader.read(path)).toString()]);
  return Object.fromEntries(await Promise.all(all)) as Record<string, string>;
}
const expected = Object.fromEntries(FILES.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]));

const zipOf = (files: readonly BundleFile[]): Uint8Array<ArrayBuffer> =>
  zipBundle(files.map(({ path, bytes }) => packFile(path, bytes)));

/** Our zip without its comment, as bytes to be changed: no hash hides what a header check finds. */
function plain(files = FILES): Uint8Array {
  const zip = zipOf(files);
  const end = zip.length - BUNDLE.zipComment.length - 64;
  const out = zip.slice(0, end);
  out[end - 2] = 0;
  return out;
}
const view = (zip: Uint8Array): DataView => new DataView(zip.buffer, zip.byteOffset);
const directory = (zip: Uint8Array): number => view(zip).getUint32(zip.length - END + 16, true);
const reason = async (zip: Uint8Array): Promise<string> => {
  try {
    await zipReader(bytesSource(zip));
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(VerifyError);
    return (error as VerifyError).message;
  }
};

describe('zips that others made of the same directory', () => {
  test('Info-ZIP, with and without the folder around it', async () => {
    execFileSync('zip', ['-q', '-r', '../inside.zip', '.'], { cwd: join(dir, 'bundle') });
    execFileSync('zip', ['-q', '-r', 'folder.zip', 'bundle'], { cwd: dir });
    expect(await contents(readFileSync(join(dir, 'inside.zip')))).toEqual(expected);
    expect(await contents(readFileSync(join(dir, 'folder.zip')))).toEqual(expected);
  });

  test("Python's zipfile, stored and deflated", async () => {
    const add = (how: string): string =>
      `for p in ['SHA256SUMS', 'log/entries.jsonl']: z.write('${dir}/bundle/' + p, 'b/' + p, zipfile.${how})`;
    expect(await contents(python(add('ZIP_STORED')))).toEqual(expected);
    expect(await contents(python(add('ZIP_DEFLATED')))).toEqual(expected);
  });

  test('ours unpacks with unzip and Python', () => {
    const path = join(dir, 'ours.zip');
    writeFileSync(path, zipOf(FILES));
    expect(execFileSync('unzip', ['-p', path, 'log/entries.jsonl']).toString()).toBe(expected['log/entries.jsonl']);
    const check = 'import zipfile, sys; print(zipfile.ZipFile(sys.argv[1]).testzip())';
    expect(execFileSync('python3', ['-c', check, path]).toString()).toBe('None\n');
  });
});

describe('features that a bundle does not need are refused by name', () => {
  test.each([
    ['LZMA', `z.writestr('x', 'x' * 100, zipfile.ZIP_LZMA)`, /method 14/],
    ['bzip2', `z.writestr('x', 'x' * 100, zipfile.ZIP_BZIP2)`, /method 12/],
    ['a comment', `z.writestr('x', 'x'); z.comment = b'hello'`, /no end record/],
    ['..', `z.writestr('../x', 'x')`, /'\.\.' segment/],
    ['an absolute path', `z.writestr('/etc/x', 'x')`, /absolute/],
    ['a backslash', `z.writestr('a\\\\b', 'x')`, /backslash/],
    ['a name outside ASCII', `z.writestr('gr\\u00f6sse', 'x')`, /flags 0x800|a name outside/],
    ['the same name twice', `z.writestr('x', '1'); z.writestr('x', '2')`, /share the name/],
    ['names that differ in case', `z.writestr('x', '1'); z.writestr('X', '2')`, /share the name/],
    ['a file that is a folder', `z.writestr('x', '1'); z.writestr('x/y', '2')`, /share the name/],
    ['zip64', `z.open('x', 'w', force_zip64=True).close()`, /zip64|two things|extra field/],
    ['a bomb', `z.writestr('x', b'0' * 10000000, zipfile.ZIP_DEFLATED)`, /zip bomb/],
    ['a device', `i = zipfile.ZipInfo('x'); i.external_attr = 0o020644 << 16; z.writestr(i, '')`, /special file/],
    ['an entry comment', `i = zipfile.ZipInfo('x'); i.comment = b'hi'; z.writestr(i, '')`, /comment/],
    [
      'an unknown extra',
      `i = zipfile.ZipInfo('x'); i.extra = b'up\\x00\\x00'; z.writestr(i, '')`,
      /extra field 0x7075/,
    ],
  ])('%s', async (_, code, why) => expect(await reason(python(code))).toMatch(why));

  test('a symbolic link', async () => {
    symlinkSync('/etc/passwd', join(dir, 'link'));
    execFileSync('zip', ['-q', '-y', 'link.zip', 'link'], { cwd: dir });
    expect(await reason(readFileSync(join(dir, 'link.zip')))).toMatch(/symbolic link/);
  });

  test('encryption', async () => {
    execFileSync('zip', ['-q', '-P', 'secret', 'locked.zip', 'bundle/SHA256SUMS'], { cwd: dir });
    expect(await reason(readFileSync(join(dir, 'locked.zip')))).toMatch(/encrypted/);
  });

  test('sizes after the data', async () => {
    const zip = execFileSync('zip', ['-q', '-r', '-', 'bundle'], { cwd: dir });
    expect(await reason(zip)).toMatch(/data descriptor/);
  });

  test('more entries than are read', async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => ({ path: `f${i}`, bytes: new Uint8Array(0) }));
    expect(await reason(plain(many))).toMatch(/10001 files/);
  });
});

describe('headers that do not agree', () => {
  const changed = (edit: (zip: Uint8Array, v: DataView, dir: number) => void): Promise<string> => {
    const zip = plain();
    edit(zip, view(zip), directory(zip));
    return reason(zip);
  };

  test('the untouched one is accepted', async () => expect(await changed(() => undefined)).toBe('accepted'));

  test('a local header with another name, CRC, size, method or time', async () => {
    for (const offset of [30, 14, 22, 8, 10])
      expect(await changed((zip) => (zip[offset]! ^= 1))).toMatch(/two things of one file/);
  });

  test('a directory that is elsewhere, longer, shorter, or counts otherwise', async () => {
    const at = (offset: number) => (zip: Uint8Array) => (zip[zip.length - END + offset]! += 1);
    for (const offset of [4, 8, 12, 16]) expect(await changed(at(offset))).not.toBe('accepted');
    expect(await changed((zip) => ((zip[zip.length - END + 8]! += 1), (zip[zip.length - END + 10]! += 1)))).toMatch(
      /broken directory/,
    );
    expect(await changed((zip) => ((zip[zip.length - END + 8]! -= 1), (zip[zip.length - END + 10]! -= 1)))).toMatch(
      /more in its directory/,
    );
  });

  test('two entries that share the same bytes', async () => {
    expect(await changed((_, v, dir) => v.setUint32(dir + 46 + 10 + 42, 0, true))).toMatch(/two things|overlap/);
  });

  test('bytes between the files', async () => {
    const zip = plain();
    const gap = Buffer.concat([Buffer.alloc(7), zip]);
    const v = view(Uint8Array.from(gap));
    const moved = new Uint8Array(v.buffer);
    const start = directory(zip) + 7;
    v.setUint32(moved.length - END + 16, start, true);
    for (let at = start; at < moved.length - END; at += 46 + v.getUint16(at + 28, true))
      v.setUint32(at + 42, v.getUint32(at + 42, true) + 7, true);
    expect(await reason(moved)).toMatch(/belong to no file/);
  });

  test('a size that is not the content: found when it is read', async () => {
    const zip = plain();
    const dir = directory(zip);
    const last = dir + 46 + 'SHA256SUMS'.length;
    const local = view(zip).getUint32(last + 42, true);
    for (const at of [last + 24, local + 22]) view(zip).setUint32(at, 4999, true);
    const reader = await zipReader(bytesSource(zip));
    await expect(reader.read('log/entries.jsonl')).rejects.toMatchObject({ code: 'bad_zip' });
  });

  test('a CRC that is not the content: found when it is read', async () => {
    const zip = plain();
    const dir = directory(zip);
    zip[14]! ^= 1;
    zip[dir + 16]! ^= 1;
    const reader = await zipReader(bytesSource(zip));
    await expect(reader.read('SHA256SUMS')).rejects.toMatchObject({ code: 'bad_zip' });
  });
});

describe('noise', () => {
  const typed = async (zip: Uint8Array): Promise<void> => {
    try {
      const reader = await zipReader(bytesSource(zip));
      for (const path of reader.files) await reader.read(path);
    } catch (error) {
      expect(error).toBeInstanceOf(VerifyError);
    }
  };

  test('any bytes end in a typed error or in files', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), typed), { numRuns: 500 });
  });

  test('a zip with some bytes changed', async () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    const zip = plain();
    await fc.assert(
      fc.asyncProperty(edits, async (list) => {
        const copy = Uint8Array.from(zip);
        for (const [at, byte] of list) copy[at % copy.length] = byte;
        await typed(copy);
      }),
      { numRuns: 2000 },
    );
  });
});
