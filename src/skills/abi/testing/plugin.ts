/** An Extism plugin as its author would write it, with the PDK from npm as it is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const SOURCE = `
import { Config, Host, LogLevel, Memory, Var } from '@extism/as-pdk';
import { error_set, http_request, length } from '@extism/as-pdk/lib/env';
@external('extism:host/env', 'http_status_code')
declare function http_status_code(): i32;

export function count_vowels(): i32 {
  const text = Host.inputString();
  let count = 0;
  for (let i = 0; i < text.length; i++) if ('aeiouAEIOU'.includes(text.charAt(i))) count += 1;
  Host.outputString('{"count":' + count.toString() + '}');
  return 0;
}
export function echo(): i32 {
  Host.output(Host.input());
  return 0;
}
export function settings(): i32 {
  const greeting = Config.get('greeting');
  Var.set('last', Uint8Array.wrap(String.UTF8.encode('kept')));
  const last = Var.getString('last');
  Host.log(LogLevel.Info, 'a note');
  Host.outputString((greeting === null ? 'none' : greeting) + ',' + (last === null ? 'none' : last));
  return 0;
}
export function fails(): i32 {
  error_set(Memory.allocateString('it does not work').offset);
  return 1;
}
export function fetches(): i32 {
  const head = Memory.allocateString('{"url":"https://api.example.org/a","headers":{"accept":"text/plain"}}');
  const answer = http_request(head.offset, Memory.allocateString('body').offset);
  Host.outputString(http_status_code().toString() + ' ' + new Memory(answer, length(answer)).toString());
  return 0;
}
export function traps(): i32 {
  unreachable();
  return 0;
}
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}
`;

const FILE = 'plugin.ts';
const OUT = 'plugin.wasm';

/** Compiled under a name of its own, so that the bytes are the same wherever the project stands. */
export async function compilePlugin(): Promise<Uint8Array<ArrayBuffer>> {
  let plugin: Uint8Array | undefined;
  const { error } = await asc.main([FILE, '--outFile', OUT, '-O2', '--use', 'abort=plugin/abort'], {
    readFile: (name, folder) => (name === FILE ? SOURCE : read(join(folder, name))),
    writeFile: (name, contents) => {
      if (name === OUT && typeof contents !== 'string') plugin = contents;
    },
  });
  if (error || !plugin) throw new Error('the plugin does not compile', { cause: error });
  return Uint8Array.from(plugin);
}

/** The compiler tries several places for a file, and goes on to the next when there is none. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
