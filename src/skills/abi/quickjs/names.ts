/**
 * The short names that the build of QuickJS in @jitl/quickjs-wasmfile-release-sync 0.32.0 gives its imports and exports, as
 * its own loader lists them. Another build has others; the module is pinned by its hash.
 */
export const MODULE = 'a';

/** Each import's name and signature. */
export const IMPORTS = {
  assertFail: ['b', '(i32,i32,i32,i32)->()'],
  fdWrite: ['c', '(i32,i32,i32,i32)->i32'],
  fdClose: ['d', '(i32)->i32'],
  environGet: ['e', '(i32,i32)->i32'],
  environSizes: ['f', '(i32,i32)->i32'],
  normalizeModule: ['g', '(i32,i32,i32,i32)->i32'],
  loadModule: ['h', '(i32,i32,i32)->i32'],
  shouldInterrupt: ['i', '(i32)->i32'],
  setTimer: ['j', '(i32,f64)->i32'],
  resizeHeap: ['k', '(i32)->i32'],
  keepAliveClear: ['l', '()->()'],
  localTime: ['m', '(i64,i32)->()'],
  timeZone: ['n', '(i32,i32,i32,i32)->()'],
  fdSeek: ['o', '(i32,i64,i32,i32)->i32'],
  dateNow: ['p', '()->f64'],
  abort: ['q', '()->()'],
  exit: ['r', '(i32)->()'],
  callFunction: ['s', '(i32,i32,i32,i32,i32)->i32'],
  freeHostRef: ['t', '(i32,i32)->()'],
} as const;

export const MEMORY = 'a';

/** What the host calls. Values of JavaScript are pointers that the host owns. */
export const EXPORTS = {
  initialize: ['u', '()->()'],
  malloc: ['v', '(i32)->i32'],
  setMemoryLimit: ['y', '(i32,i32)->()'],
  setMaxStackSize: ['D', '(i32,i32)->()'],
  newRuntime: ['K', '()->i32'],
  newContext: ['N', '(i32,i32)->i32'],
  newString: ['_', '(i32,i32)->i32'],
  getProperty: ['ha', '(i32,i32,i32)->i32'],
  newArrayBuffer: ['X', '(i32,i32,i32)->i32'],
  getString: ['$', '(i32,i32)->i32'],
  getArrayBuffer: ['aa', '(i32,i32)->i32'],
  getArrayBufferLength: ['ba', '(i32,i32)->i32'],
  executePendingJobs: ['ga', '(i32,i32,i32)->i32'],
  isJobPending: ['fa', '(i32)->i32'],
  call: ['ma', '(i32,i32,i32,i32,i32)->i32'],
  resolveException: ['na', '(i32,i32)->i32'],
  evaluate: ['pa', '(i32,i32,i32,i32,i32,i32)->i32'],
  getUndefined: ['E', '()->i32'],
} as const;
