/**
 * Every limit of the product, each with its reason. A limit that only one file needs still stands here, so that one
 * page answers "what is the most that …?".
 */
const KiB = 1024;
const MiB = 1024 * KiB;

export const LIMITS = {
  /** One log line. An entry is evidence, not storage: big things go to blobs and are named by hash. */
  entryBytes: 64 * KiB,
  /** Appends waiting for one group commit; past it `overloaded`, because memory is the only other place for them. */
  appendQueue: 16_384,
  /** Lines in one IndexedDB transaction: keeps the longest commit near 20 ms on a phone. */
  commitBatch: 2_048,
  /** Entries between checkpoints, and the longest time in ms that an entry may stand without one. */
  checkpointEntries: 64,
  checkpointMs: 1_000,
  /** Depth of JSON accepted anywhere from outside: JSON.parse and JCS recurse. */
  jsonDepth: 64,
  /** Requests under way for one tab. A person cannot make more; a broken tab can. */
  requestsPerTab: 256,
  /** Governed actions under way at once in one kernel. */
  kernelInFlight: 4_096,
  /** Arguments of one governed action, as JCS bytes. */
  argumentsBytes: 32 * KiB,
  /** A work order lives this long: time to queue and start, not to be kept. */
  orderTtlMs: 120_000,
  /** A pending approval lapses after a week, like an unanswered letter. */
  approvalTtlMs: 7 * 24 * 3_600_000,
  pendingApprovals: 256,
  /** Role signatures last one run. */
  roleTtlMs: 24 * 3_600_000,
  /** A dataset or any other picked file. 64 MiB parses in a few seconds on a phone; 200 MB does not fit its memory. */
  datasetBytes: 64 * MiB,
  datasetRows: 1_000_000,
  datasetColumns: 256,
  /** A pipeline document and what it may declare. */
  pipelineBytes: 256 * KiB,
  pipelineStages: 64,
  /** Lines, and characters in one: the YAML reader's time grows with the square of them, and deep indents make it compile huge regular expressions. */
  pipelineLines: 4_096,
  pipelineLineChars: 1_024,
  /** Flow brackets inside each other: the YAML reader recurses. */
  pipelineDepth: 16,
  /** Problems told at once; the rest repeats them. */
  pipelineProblems: 100,
  pipelineEvaluators: 32,
  /** Iterations of a trainer: with the skill's own time-out this bounds the work that a document asks for. */
  trainingEpochs: 100_000,
  /** Distinct approvers that a policy may ask for, and that are registered. */
  approversPerAction: 16,
  /** Calls waiting for an approval: each holds its arguments in memory, for up to a week. */
  approvalWaiters: 1_024,
  /** Role signatures in force at once; each is some 600 bytes of memory for a day. */
  liveRoles: 4_096,
  /** Ids of used orders remembered, to say `order_used`; an older replay is refused as `order_not_logged`. */
  spentOrders: 16_384,
  /** Names in intents: principals, resources, nonces of a context. */
  governanceNameBytes: 256,
  /** Policies in one document: all of them may decide, and then stand in one log entry. */
  policyCount: 256,
  /** A policy document. Cedar parses 100 kB in about 30 ms. */
  policyBytes: 256 * KiB,
  /** A WASM skill before it is compiled. */
  skillBytes: 16 * MiB,
  skillInputBytes: 64 * MiB,
  skillOutputBytes: 16 * MiB,
  /** 64 KiB pages: 256 MiB of linear memory. */
  skillMemoryPages: 4_096,
  skillTimeoutMs: 30_000,
  /** Runs waiting for a skill worker. */
  skillQueue: 256,
  /** Workers that were told to end but may still spin (Chromium: up to 25 s); past it no new run starts. */
  skillZombies: 4,
  /** One blob in the content store. */
  blobBytes: 256 * MiB,
  /** A bundle that this version's verifier reads into memory. */
  bundleBytes: 512 * MiB,
  bundleFiles: 10_000,
  bundleFileBytes: 256 * MiB,
  bundlePathBytes: 512,
  /** Deflate expands at most 1032:1; a bundle's text about 20:1. More is a bomb. */
  zipRatio: 200,
  /** Log lines in one answer to the UI. */
  pageEntries: 500,
  /** Events queued for one tab before it is told to re-read instead. */
  eventQueue: 1_024,
  /** A passphrase: bounded so that Argon2id's input is. */
  passphraseBytes: 1_024,
  /** A new passphrase, in characters: the sealed record can be guessed at offline, at about a second a guess. */
  passphraseMin: 10,
  /** Argon2id costs accepted from a record or a backup file: 256 MiB and ten passes is what a phone still survives. */
  argon2MemoryKiB: 256 * KiB,
  argon2Passes: 10,
  argon2Lanes: 4,
  backupBytes: 64 * KiB,
  /** Subsystem restart back-off: first wait, the longest, and how long it must stay up to start over. */
  restartFirstMs: 250,
  restartMaxMs: 30_000,
  /** A host call (passkey, spawning workers) that no tab answered. Passkey prompts wait for a person. */
  hostCallMs: 120_000,
  /** The relay: sockets at once, time for a request's head and whole, and how long a stop waits for what is under way. */
  relayConnections: 1_024,
  relayRequestMs: 30_000,
  relayStopMs: 5_000,
} as const;
