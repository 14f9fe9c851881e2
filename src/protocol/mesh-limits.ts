/** The mesh's limits, each with its reason; the rest of the product's are in limits.ts. */
export const MESH_LIMITS = {
  /** One frame of remote control: the seed's own limit, so that its clients see the same. */
  frameBytes: 64 * 1024,
  /** An answer that is longer comes in pieces; this many bytes in all, which a log's page of 500 entries seldom has. */
  answerBytes: 8 * 1024 * 1024,
  /** Callers of one daemon at once, and streams of one peer: each holds at most a frame and an answer. */
  ipcClients: 64,
  ipcStreamsPerPeer: 8,
  /** How long a frame that has begun may take to be whole, and how long an answer may wait for a slow reader. */
  frameMs: 10_000,
  answerMs: 30_000,
  /** How long a caller waits for an answer to what needs nobody's approval. */
  callMs: 30_000,
  /** Members of one mesh: a roster of that many still fits one frame of 64 KiB. */
  members: 128,
  /** A device's name, for people to know it by. */
  nameBytes: 64,
  /** Relays that one node keeps a link to at once. */
  relays: 4,
  /** A multiaddr of a relay: a DNS name is at most 253 characters. */
  addrChars: 320,
  /** An invitation as text: four relays of ordinary length, and short enough for a QR code that a phone reads. */
  invitationChars: 1_024,
  /** Invitations open at once, and how long one may be good for: a week. */
  invitations: 16,
  invitationMinutes: 7 * 24 * 60,
  /** Pairings under way at once: each holds a stream and a person's attention. */
  pairings: 4,
  /** How long the two owners may take to compare words. */
  pairingMs: 600_000,
  /** One message of pairing or of the member list: a whole roster with its signature. */
  membersFrameBytes: 64 * 1024,
  /** How long a member may take to answer about its roster. */
  rosterMs: 10_000,
  /** How often rosters are compared with whoever is reached: what a lost message missed is seen then. */
  rosterSyncMs: 60_000,
  /** Member lists that are changed in a life: each is one log entry and one signature. */
  rosterNumber: 1_000_000,
} as const;
