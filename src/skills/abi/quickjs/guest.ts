/** Scripts of ours that run inside QuickJS, around the user's. A script that breaks them breaks only itself. */

/** Before the user's: what it finds beside the language. Its value is what the host calls; the user's cannot reach it. */
export const PRELUDE = `(() => {
  const lines = [];
  const text = (value) => {
    if (typeof value === 'string') return value;
    try { return JSON.stringify(value) ?? String(value); } catch { return String(value); }
  };
  const log = (...values) => { if (lines.length < 1000) lines.push(values.map(text).join(' ')); };
  globalThis.console = { log, info: log, warn: log, error: log, debug: log };
  let state = 'pending';
  let result;
  return {
    give(buffer, json) {
      if (buffer) globalThis.bytes = new Uint8Array(buffer);
      if (json) globalThis.input = JSON.parse(json);
    },
    // A function is called with the input; a promise is waited for.
    start(value) {
      const settle = (to) => (given) => { state = to; result = given; };
      const called = typeof value === 'function' ? value(globalThis.input) : value;
      Promise.resolve(called).then(settle('ok'), settle('failed'));
    },
    // JSON of the result's text, or nothing for what 'bytes' answers.
    finish() {
      if (state === 'pending') throw new Error('the script waits for a promise that never settles');
      if (state === 'failed') throw result;
      if (result === undefined) throw new Error('the script has no result: its last value is undefined');
      if (ArrayBuffer.isView(result))
        result = result.buffer.slice(result.byteOffset, result.byteOffset + result.byteLength);
      if (result instanceof ArrayBuffer) return '';
      const json = typeof result === 'string' ? undefined : JSON.stringify(result);
      if (typeof result !== 'string' && json === undefined) throw new Error('the result has no JSON');
      return JSON.stringify(json ?? result);
    },
    bytes: () => result,
    explain(error) {
      if (!(error instanceof Error)) return JSON.stringify('threw ' + text(error));
      const at = /skill\\.js:(\\d+)/.exec(String(error.stack));
      return JSON.stringify(error.name + ': ' + error.message + (at ? ' (line ' + at[1] + ')' : ''));
    },
    logs: () => JSON.stringify(lines),
  };
})()`;
