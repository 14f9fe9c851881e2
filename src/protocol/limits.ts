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
  /** Bytes in one commit: one stored record stays small enough to be read back whole. One atomic set may exceed it. */
  commitBytes: 4 * MiB,
  /** Bytes of lines waiting for a commit: `appendQueue` full-size entries would be 1 GiB. */
  appendQueueBytes: 64 * MiB,
  /** Lines built or checked before other work gets its turn: about 8 ms. */
  yieldEntries: 256,
  /** Entries between checkpoints, and the longest time in ms that an entry may stand without one. */
  checkpointEntries: 64,
  checkpointMs: 1_000,
  /** A witness policy: hundreds of witnesses at 150 bytes a line. */
  witnessPolicyBytes: 64 * KiB,
  /** A checkpoint that a witness keeps: three lines are 150 bytes, the rest is for the log's extension lines. */
  witnessTextBytes: 4 * KiB,
  /** One request to a witness: 63 hashes and a note with a hundred signatures. */
  witnessRequestBytes: 68 * KiB,
  /** Logs that came to a witness by themselves: about 1 kB of memory each. */
  witnessOpenLogs: 10_000,
  /** Of those, of one member of a mesh: with two forks of each all 96 of a mesh fit into `witnessForks`. */
  witnessLogsPerMember: 5,
  /** Log keys under one origin, for a log whose key was rotated. */
  witnessKeysPerLog: 4,
  /** Forks kept as evidence: two of one log say all there is to say. Past the total, only those of listed logs. */
  witnessForksPerLog: 2,
  witnessForks: 1_024,
  /** A journal is written anew when it is longer than this and four times what is in force. */
  witnessJournalBytes: 16 * MiB,
  /** Witnesses that a node asks; each gets a request at every checkpoint. */
  witnesses: 16,
  witnessUrlChars: 512,
  /** How long a witness may take to answer; the pause between two requests to it; and after failures, doubling. */
  witnessAnswerMs: 10_000,
  witnessPauseMs: 1_000,
  witnessRetryMs: 5_000,
  witnessRetryMaxMs: 600_000,
  /** Requests that a witness works on at once: each waits for the disk. */
  witnessRequests: 64,
  /** Requests whose bodies it waits for at once, in all and of one address: slow ones keep nobody else out. */
  witnessBodies: 1_024,
  witnessBodiesPerAddress: 32,
  /** Logs that one address may register in a time, unless the witness's operator says otherwise. */
  witnessRegistrations: 20,
  witnessRegistrationsMs: 3_600_000,
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
  /** Different labels in a dataset: one row of a model each. */
  datasetClasses: 256,
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
  /** Time for a device’s signed decision to be written after its role: both in one go, clocks being ours alone. */
  approverTtlMs: 60_000,
  /** Role signatures in force at once; each is some 600 bytes of memory for a day. */
  liveRoles: 4_096,
  /** Ids of used orders remembered, to say `order_used`; an older replay is refused as `order_not_logged`. */
  spentOrders: 16_384,
  /** Names in intents: principals, resources, nonces of a context. */
  governanceNameBytes: 256,
  /** Policies in one document: all of them may decide, and then stand in one log entry. */
  policyCount: 256,
  /** Policy and schema text that one verification parses, all versions together: parsed, it is ten times as large. */
  replayPolicyChars: 16 * MiB,
  /** Different requests whose decision a replay keeps for each policy: some 2 MiB. */
  replayKept: 4_096,
  /** A policy document. Cedar parses 100 kB in about 30 ms. */
  policyBytes: 256 * KiB,
  /** A WASM skill before it is compiled. */
  skillBytes: 16 * MiB,
  skillInputBytes: 64 * MiB,
  skillOutputBytes: 16 * MiB,
  /** 64 KiB pages: 256 MiB of linear memory. */
  skillMemoryPages: 4_096,
  /** The clock of any run: for what gas does not end. A cold, busy machine needs seconds for what takes half a one elsewhere. */
  skillTimeoutMs: 30_000,
  /** Gas of a run whose order names none: about 100 ms, so that an endless loop is over before anybody waits for it. */
  skillGas: 100_000_000,
  /** The most gas: what a fast machine burns within `skillTimeoutMs`, so that gas ends a run and not the clock. */
  skillMaxGas: 100_000_000_000,
  /** Calls of the host in a run: a program that writes byte by byte passes; each costs about a microsecond. */
  skillHostCalls: 100_000,
  skillMaxHostCalls: 10_000_000,
  /** Bytes to and from the host in a run: its largest input twice, since reading it may be a host call. */
  skillHostBytes: 128 * MiB,
  skillMaxHostBytes: 1024 * MiB,
  /** One call of the world, asked and answered; and all of a run's, since they are recorded whole. */
  skillCallBytes: 16 * MiB,
  skillWorldCalls: 1_024,
  /** One call of the world; its time is not the skill's. An approval that takes longer is asked for before the run. */
  skillCallMs: 60_000,
  /** All of a run's waiting for the world, during which it keeps a worker from others: two calls at their longest. */
  skillWorldMs: 120_000,
  skillWorldBytes: 64 * MiB,
  /** An answer that a skill fetches, which its call carries in base64, and how long it may take. */
  skillFetchBytes: 8 * MiB,
  skillFetchMs: 30_000,
  /** What the node keeps for one skill: 16 MiB at most. */
  skillMemoryKeys: 256,
  skillMemoryKeyBytes: 1_024,
  skillMemoryValueBytes: 64 * KiB,
  /** What is kept of a skill's own log, and what it may tell of its progress: for a person to read. */
  skillLogBytes: 64 * KiB,
  skillLogLines: 1_024,
  skillNoteChars: 200,
  /** Reports of progress that leave the worker in a run: a bar moves no more often. */
  skillProgress: 1_000,
  /** WASI: files in memory that a program may be given, and may make; what is open at once; its arguments. */
  skillFiles: 4_096,
  skillPathBytes: 1_024,
  skillPathsChars: 256 * KiB,
  skillDescriptors: 1_024,
  /** Buffers of one call of WASI (IOV_MAX elsewhere), and subscriptions of one `poll_oneoff`. */
  skillVectors: 1_024,
  skillArgs: 256,
  skillArgBytes: 32 * KiB,
  /** A module that the owner brought: enough to try it, little enough to lose. */
  ownSkillMemoryPages: 256,
  ownSkillOutputBytes: 1 * MiB,
  ownSkillGas: 500_000_000,
  /** Between two words to a person of how far a run is: more often none is read. */
  skillProgressMs: 100,
  /** Runs waiting for a skill worker, of one principal and of all. */
  skillQueueEach: 64,
  skillQueue: 256,
  /** Workers that were told to end but may still spin (Chromium: up to 25 s); past it no new run starts. */
  skillZombies: 4,
  /** A worker told to end that never said it did stops counting then: the longest spin seen in Chromium was 25 s. */
  skillZombieMs: 30_000,
  /** Skill workers at once: a tab shares its machine, and Chromium allows 124 live memories in one process. */
  skillWorkers: 4,
  /** Idle workers kept started: hides the 10 ms that starting one costs. A run’s is replaced when it has ended. */
  skillSpares: 1,
  /** Compiled modules kept by one supervisor. */
  skillModules: 16,
  /** A module's parts: some 10 times what SQLite and QuickJS have, below what the engines' own limits are. */
  skillTypes: 10_000,
  skillImports: 1_000,
  skillFunctions: 100_000,
  skillTables: 16,
  skillGlobals: 10_000,
  skillExports: 10_000,
  skillSegments: 100_000,
  /** One function: engines optimise it as a whole, in more than linear time. Locals include the parameters. */
  skillFunctionBytes: 1 * MiB,
  /** Engines take 50,000; metering adds some. */
  skillLocals: 49_900,
  /** What engines take of a function, and so of a metered one. */
  skillMeteredBytes: 7_654_321,
  skillParams: 1_000,
  skillOperands: 50_000,
  skillNesting: 4_096,
  skillBrTable: 16_384,
  /** What the stack counter of docs/metering.md starts at: every engine's native stack holds that much of our frames. */
  skillStackBytes: 256 * KiB,
  /** Entries of a module's table that names no maximum of its own: engines stop only at 10 million. */
  skillTableEntries: 65_536,
  /** A supervisor's first word after its port was handed over, and how many other tabs a lost run is tried on. */
  skillHelloMs: 10_000,
  skillRehomes: 2,
  /** A skill's manifest: a page of text. The capabilities that one may ask for, each with its reason. */
  manifestBytes: 32 * KiB,
  manifestCapabilities: 16,
  /** A publisher's index, and the versions in it: some 450 bytes each. */
  indexBytes: 1 * MiB,
  indexEntries: 2_048,
  /** Names, versions of one name, and author keys that a node knows: each change of the registry hashes all names. */
  registrySkills: 128,
  registryVersions: 64,
  registryAuthors: 1_024,
  /** Why something was revoked: a sentence or two. */
  reasonChars: 200,
  /** A link to a skill, and how long it may take to answer. */
  linkChars: 2_048,
  linkMs: 30_000,
  /** A record's key is a file name in the terminal, and file systems stop at 255 bytes (see `storage/record.ts`). */
  recordNameBytes: 240,
  /** Records are settings, sealed keys and drafts, read whole; what is bigger is a blob. */
  recordBytes: 1 * MiB,
  /** One blob in the content store, read and hashed whole. The zip of a bundle of a million entries is about 250 MB. */
  blobBytes: 512 * MiB,
  /** A bundle that a page takes into memory whole. */
  bundleBytes: 512 * MiB,
  /** A million log entries make 3,924 tiles. */
  bundleFiles: 10_000,
  bundlePathBytes: 512,
  /** Entries that a bundle proves one by one; a shell script checks each in a few milliseconds a hash. */
  bundleProofs: 256,
  /** Runs of skills whose modules, inputs and outputs go into a bundle, in files of at most so many bytes, one and all. */
  bundleRuns: 2_000,
  bundleRunFiles: 4_000,
  bundleRunFileBytes: 16 * MiB,
  bundleRunsBytes: 128 * MiB,
  /** Deflate expands at most 1032:1; a bundle's text about 20:1. More is a bomb. */
  zipRatio: 200,
  /** Problems that a report lists: past a hundred nobody reads on, and a hostile bundle could make millions. */
  bundleProblems: 100,
  /** A `compliance_bundle.json` of the seed: its JSON is parsed whole. Some 90,000 blocks; longer logs come as lines. */
  seedBundleBytes: 64 * MiB,
  /** One line of the seed's `immutable_audit.jsonl`, as large as it is parsed at once. */
  seedLineBytes: 1 * MiB,
  /** Values in one JSON text of the seed's: two bytes of text may become a hundred of memory. */
  seedJsonValues: 2_000_000,
  /** Signatures checked at once: enough to keep WebCrypto's threads busy, few enough to hold their messages. */
  verifyBatch: 256,
  /** Batches under way while the log is read on: one that is checked, one that waits for its turn. */
  verifyBatches: 2,
  /** A zip without zip64 ends there, and every offset in it is a 32-bit word. */
  verifyBytes: 4 * 1024 * MiB - 1,
  /** One file of a bundle: a log of a million entries is about 1 GB. Written and read in pieces, never held whole. */
  verifyFileBytes: 1_536 * MiB,
  /** Files of one bundle that are held in memory because they are judged by what they say: all but log, artifacts, tiles. */
  verifyHeldBytes: 64 * MiB,
  /** Pieces in which files are read and unpacked: few enough calls, little enough memory. */
  verifyChunkBytes: 256 * KiB,
  /** A zip's directory: `bundleFiles` and as many folders, with names and extra fields of every length that fits. */
  zipDirectoryBytes: 16 * MiB,
  /** Log entries that are verified: 32 bytes of tree each stay in memory. */
  verifyEntries: 4_000_000,
  /** Log lines that say what a bundle holds, as far as they are kept: four times as much memory. */
  verifyEvidenceBytes: 16 * MiB,
  /** How far a node's clock may be ahead of a witness's: five minutes, as Kerberos and most sign-ins allow. */
  witnessClockMs: 300_000,
  /** A registry's pointers that a verifier replays: every move hashes all of them. */
  verifyPointers: 256,
  /** A checkpoint or a tlog-proof as text: a note of 64 KiB, as crypto/note bounds it, and the proof before it. */
  proofTextBytes: 68 * KiB,
  /** Heads whose witnesses and times a node remembers, for the bounds of its entries: about 100 bytes a witness each. */
  seenHeads: 256,
  /** A timestamp token with the certificates of its authority is 2 to 8 kB; how deep its values may nest, 12 being usual. */
  derBytes: 32 * KiB,
  derDepth: 24,
  /** Checkpoints kept with, or waiting for, a timestamp token: all of them fit one record. */
  timestamps: 8,
  /** Log lines in one answer to the UI. */
  pageEntries: 500,
  /** Log lines searched for one answer; a rare word is found by asking on from `next`. */
  scanEntries: 20_000,
  /** Bytes of a raw log that a halted node hands out in one piece. */
  rawLogBytes: 256 * MiB,
  /** Saved pipelines and settings: enough for a person, few enough to list. */
  savedPipelines: 256,
  settings: 256,
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
  /** Trustees that an owner may appoint: each signs by hand, and a recovery with all of them still fits one entry. */
  trustees: 16,
  /** Personal fields erased or shown in one act: their hashes stand in its arguments. */
  openingsPerAct: 256,
  /** A personal note: a paragraph, not a document. */
  noteBytes: 4 * KiB,
  /** A trustee's name, for the owner to know him by. */
  trusteeNameBytes: 128,
  /** Rotations of one key searched forward for the one that a log has in force; deriving one costs half a millisecond. */
  keyRotations: 256,
  /** Subsystem restart back-off: first wait, the longest, and how long it must stay up to start over. */
  restartFirstMs: 250,
  restartMaxMs: 30_000,
  /** How long a subsystem that lets go is waited for before the next one starts. */
  restartStopMs: 10_000,
  /** How often requests for approval are looked through for those that have expired: their lives are days. */
  sweepMs: 60_000,
  /** A host call (passkey, spawning workers) that no tab answered. Passkey prompts wait for a person. */
  hostCallMs: 120_000,
  /** The relay: sockets at once, time for a request's head and whole, and how long a stop waits for what is under way. */
  relayConnections: 1_024,
  relayRequestMs: 30_000,
  relayStopMs: 5_000,
  /** Its sockets of plain HTTP of one address: a browser opens 6, and an office behind one router has many browsers. */
  relaySocketsPerAddress: 128,
  /** A request's head: browsers send less than 2 KiB. */
  relayHeadBytes: 8 * KiB,
  /** Time for a request's head and for a TLS handshake: one round trip and little data, also on a slow phone. */
  relayHeadMs: 10_000,
  /** How long a socket may move no byte, and how long one answer may take to be fetched: 10 MB at 20 kB/s. */
  relayIdleMs: 60_000,
  relayAnswerMs: 600_000,
} as const;
