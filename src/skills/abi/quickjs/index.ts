/** JavaScript as a skill: QuickJS, unmodified, and a script that it is given. docs/skills.md */
import { utf8 } from '../../../crypto';
import { Stop } from '../stop';
import type { Abi, Served, Session } from '../types';
import { importsOf } from './imports';
import { Interpreter } from './interpreter';
import { EXPORTS, IMPORTS, MEMORY, MODULE } from './names';

/** As the module declares it. */
const FIRST_PAGES = 256;
const MAIN = 'main.js';
const strict = new TextDecoder('utf-8', { fatal: true });

const served = new Map<string, Served>([
  ...Object.values(IMPORTS).map(([name, signature]) => [`${MODULE}.${name}`, { signature }] as const),
  [`${MODULE}.${MEMORY}`, {}],
]);

interface Task {
  script: string;
  /** The value of `input`, as JSON. */
  json: string | undefined;
  /** What `bytes` holds. */
  bytes: Uint8Array | undefined;
}

/** The script is the file `main.js` and the input its data; or the input is `{"script", "input"?}`. @throws Stop `exit` */
function taskOf({ files, input }: Session): Task {
  const main = files[MAIN];
  const text = (bytes: Uint8Array): string | undefined => {
    try {
      return strict.decode(bytes);
    } catch {
      return undefined;
    }
  };
  if (main) {
    const script = text(main);
    if (script === undefined) throw new Stop('exit', `${MAIN} is not UTF-8 text`);
    const data = text(input);
    return { script, bytes: input, json: data === undefined ? undefined : JSON.stringify(data) };
  }
  const task = envelope(text(input) ?? '');
  if (!task) throw new Stop('exit', 'the input must be JSON: {"script": "…", "input": …}');
  return { script: task.script, bytes: undefined, json: JSON.stringify(task.input) };
}

function envelope(json: string): { script: string; input?: unknown } | undefined {
  if (isDeep(json)) return undefined;
  try {
    const value = JSON.parse(json) as { script?: unknown; input?: unknown } | null;
    const isTask = typeof value?.script === 'string' && Object.keys(value).every((key) => /^(script|input)$/.test(key));
    return isTask ? (value as { script: string }) : undefined;
  } catch {
    return undefined;
  }
}

/** How deep JSON may be nested: what engines can write back depends on their stacks. */
const MOST_DEEP = 1_000;
function isDeep(json: string): boolean {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === '"') inText = !inText;
    else if (inText) i += char === '\\' ? 1 : 0;
    else if (char === '[' || char === '{') depth += 1;
    else if (char === ']' || char === '}') depth -= 1;
    if (depth > MOST_DEEP) return true;
  }
  return false;
}

export const quickjs: Abi = {
  served,
  // Of its imports one answers with a float, the time, which is never NaN.
  floatImports: true,
  wanted: () =>
    Object.values(EXPORTS).map(([name, signature]) => ({ name, kind: 'function', signatures: [signature] })),
  open(session) {
    const { host, memory } = session;
    const wasm = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: host.limits.memoryPages });
    memory.attach(wasm);
    const { functions, seeding } = importsOf(session, wasm);
    return {
      functions: { [MODULE]: { ...functions, [MEMORY]: wasm } },
      run(exports) {
        const { script, json, bytes } = taskOf(session);
        const js = new Interpreter(session, exports, seeding);
        // JSON of JSON's text cannot hold U+0000.
        js.ask('give', bytes ? js.arrayBuffer(bytes) : js.undefined(), json ? js.string(json) : js.undefined());
        const output = outputOf(js, script, (line) => host.log(utf8(line)));
        if (output.length <= host.limits.outputBytes) return output;
        throw new Stop('bad_output', `it answered ${output.length} bytes and may answer ${host.limits.outputBytes}`);
      },
    };
  },
};

function outputOf(js: Interpreter, script: string, log: (line: string) => void): Uint8Array {
  const tell = () => {
    const lines = js.json(js.ask('logs'));
    if (Array.isArray(lines)) lines.forEach((line) => log(String(line)));
  };
  try {
    js.ask('start', js.evaluate(script));
    js.settle();
    const text = js.json(js.ask('finish'));
    tell();
    if (text === undefined) return js.bytes(js.ask('bytes'));
    if (typeof text === 'string') return utf8(text);
    throw new Stop('bad_output', 'the script changed how its result is written');
  } catch (error) {
    // What it logged before it threw; after any other end the interpreter cannot be asked.
    if (error instanceof Stop && error.kind === 'exit') tell();
    throw error;
  }
}
