/** The radio's limits, each with its reason. Behind a proxy that is trusted, an address is the one that it tells of. */
const KiB = 1024;
const MiB = 1024 * KiB;

export const RADIO_LIMITS = {
  /** Members connected at once: 4,096 idle ones take some 300 MB. */
  connections: 4_096,
  /** From one address (of IPv6 its /64 network): an office or a school behind one router. */
  connectionsPerAddress: 256,
  /** Callers that have not shown a key yet, in all and from one address: a thousand silent ones lock nobody out. */
  strangers: 2_048,
  strangersPerAddress: 32,
  /** Of one /48 network of IPv6: a site is given one whole, 65,536 networks of /64, each with places of its own. */
  strangersPerSite: 256,
  /** Bytes taken from a caller before it showed a key: its nonce and what a hasty one says first, with their frames. */
  strangerBytes: 4 * KiB,
  /** How long a caller may take to show a key, and then to finish the handshake within. Slow phones take 1 s. */
  strangerMs: 3_000,
  upgradeMs: 5_000,
  /** One WebSocket message: members send at most 64 KiB at once; other implementations' batches are not much longer. */
  messageBytes: 256 * KiB,
  /** What may wait for a slow reader before its senders are held, and how long it may wait. */
  bufferedBytes: 1 * MiB,
  stalledMs: 30_000,
  /** A dead link is noticed after two of these: phones change networks without a word. */
  heartbeatMs: 30_000,
  /** A member that comes anew: how long its older connection may take to answer. Circuits to it wait so long. */
  probeMs: 3_000,
  /** How long a close may take before the socket is cut. */
  closeMs: 2_000,
  /** Networks served at once: each is a libp2p node of its own, about 1 MB. */
  networks: 64,
  /** Reservations: a member makes one, so as many as connections. */
  reservations: 4_096,
  reservationsPerAddress: 256,
  /** A reservation is renewed at its half; it ends with its connection. */
  reservationMs: 3_600_000,
  /** One circuit between two members that cannot reach each other otherwise; then it is made anew. */
  circuitMs: 3_600_000,
  circuitBytes: 256 * MiB,
  /** How long a member may take to say whom it wants to reach, and that one to answer. */
  hopMs: 10_000,
  /** Circuits of one member at once, each way. */
  circuitsPerMember: 256,
  /** A stop: how long members may take to move elsewhere; when they may come back, and each how much after another. */
  farewellMs: 5_000,
  returnMs: 2_000,
  returnEachMs: 5,
  /** How long a member may take over a request to the relay itself. */
  requestMs: 5_000,
} as const;

export type RadioLimits = { readonly [name in keyof typeof RADIO_LIMITS]: number };
