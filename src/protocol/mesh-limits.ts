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
  /** Members of one mesh: a roster of that many, each with a sealed key, still fits one frame of 64 KiB. */
  members: 96,
  /** A device's name, for people to know it by. */
  nameBytes: 64,
  /** Relays that one node keeps a link to at once. */
  relays: 4,
  /** A multiaddr of a relay: a DNS name is at most 253 characters. */
  addrChars: 320,
  /** An invitation as text: four relays of the longest names. One relay makes it 300 characters, an easy QR code. */
  invitationChars: 2_048,
  /** Invitations open at once, and how long one may be good for: a week. */
  invitations: 16,
  invitationMinutes: 7 * 24 * 60,
  /**
   * Links by codes: offers that wait for an answer at once; how long one is good for, which is how long two people take
   * to scan twice; a code as text (a QR code of version 20 or less); places on the network that it names: an IPv4 and an
   * IPv6 one on each of three adapters.
   */
  nearbyOffers: 4,
  nearbyMinutes: 10,
  nearbyChars: 800,
  nearbyPlaces: 6,
  /** How long a browser may look for its places: without servers to ask it takes a fraction of a second. */
  nearbyGatherMs: 3_000,
  /** How long the two may take to connect once the answer is there; ICE gives up after some 15 s. */
  nearbyConnectMs: 30_000,
  /** A channel that ended: the first pause before the next is opened, doubling up to the longest. */
  nearbyRetryMs: 200,
  nearbyRetryMaxMs: 5_000,
  /** Pairings under way at once: each holds a stream and a person's attention. */
  pairings: 4,
  /** How long the two owners may take to compare words. */
  pairingMs: 600_000,
  /** How long a joiner looks for the one that invited it. */
  joinMs: 60_000,
  /** How often an inviter that is there may not speak of joining, a second apart: while its mesh opens it serves nothing yet. */
  joinRefusals: 15,
  /** How long a member may take to answer about its roster. */
  rosterMs: 10_000,
  /** Rosters in one answer: a member that missed more asks again. */
  rostersAtOnce: 16,
  /** Past rosters and mesh keys that are kept for members that were away: longer ones must be invited again. */
  rostersKept: 256,
  oldMeshKeys: 8,
  /** How often rosters are compared with whoever is reached, and members that were away are looked for. */
  rosterSyncMs: 30_000,
  laggardsAtOnce: 4,
  /** Member lists that are changed in a life: each is one log entry and one signature. */
  rosterNumber: 1_000_000,
  /**
   * Members that a node makes links to by itself: all of a small mesh, and as many of a large one as gossip keeps in its
   * own mesh (D = 6). Others may link to it besides.
   */
  links: 6,
  /** Links made at the same time: one that hangs does not keep us from the others. */
  dialsAtOnce: 2,
  /** How long a connection that is not needed stays open for streams that the other side is just opening. */
  retireMs: 1_000,
  /** Peers remembered with what they sent and got, linked or not. */
  knownPeers: 1_024,
  /** Between looks at who is there and what has no direct link yet. */
  linkCheckMs: 5_000,
  /** The first pause between two looks after something changed, doubling up to the one above. */
  linkHurryMs: 300,
  /**
   * One dial of a relay; one over it to a member, whose machine may be busy (a relay that knows nobody of that name says
   * so at once); and one direct one: ICE gives up after some 15 s, but what works takes less than one.
   */
  dialMs: 10_000,
  circuitMs: 20_000,
  directMs: 10_000,
  /** Direct dials in a row, and the pause before they are tried again: some networks let none through. */
  directTries: 4,
  directPauseMs: 60_000,
  /** A relay that is lost: the first pause before it is dialled again, doubling up to the longest. */
  relayRetryMs: 1_000,
  relayRetryMaxMs: 30_000,
  /** What a relay says as it stops, in bytes; how long it may ask us to stay away; how long it may take to say so. */
  relayNoticeBytes: 256,
  relayAwayMs: 300_000,
  relayNoticeMs: 5_000,
  /**
   * One message on a data channel: what every browser sends in a piece (RFC 8831, 6.6). What a worker sends in one turn
   * goes as one such message to the tab that has WebRTC.
   */
  rtcMessageBytes: 16 * 1024,
  /** What may wait in a channel before its writer does, and where it goes on. */
  rtcHighBytes: 1024 * 1024,
  rtcLowBytes: 256 * 1024,
  /** Crossings closer than this are of one burst. Things that people do are further apart, and need no turn of waiting. */
  rtcBurstMs: 2,
  /** Up to so much a message's bytes are copied on their way to or from that tab: less work than to hand them over. */
  rtcCopyBytes: 4 * 1024,
  /** On its way to that tab without being counted as unsent: a few messages of the largest, little beside libp2p's 2 MiB. */
  rtcSlackBytes: 64 * 1024,
  /** How long a relay may take to say who is there. */
  rendezvousMs: 5_000,
  /** Circuits of others that come in within a second, and that are under way at once. */
  circuitsPerSecond: 64,
  circuitsPending: 64,
  /**
   * Of those, how many one peer may begin in the time that one may take to say its first word: it needs one, and a few
   * when the line is bad. A silent one holds its place so long: the word is on its way at once, but a machine that is
   * busy with many nodes takes seconds to say it.
   */
  circuitsBegun: 8,
  nonceMs: 8_000,
  /** Between two pings of a connection; one that answers none for as long as a circuit may take is held to be dead. */
  pingMs: 20_000,
  /**
   * What may wait for one that does not read: its streams are held at 1 MiB, and what they had under way then, or its
   * windows still ask for, is some more. And what a frame of twelve bytes costs while it waits.
   */
  unreadBytes: 4 * 1024 * 1024,
  frameCostBytes: 256,
  /** Streams of one protocol at once with one peer; its server may allow fewer. */
  streamsPerPeer: 64,
  /** Gossip: one message; what may wait for a slow peer; names of topics of one peer; and parts of one packet. */
  gossipBytes: 256 * 1024,
  gossipBufferBytes: 4 * 1024 * 1024,
  gossipTopicBytes: 128 * 1024,
  gossipTopics: 128,
  gossipMessages: 512,
  gossipIds: 1_024,
  /** A frame of JSON among members: a whole entry with its proof, twice, and what belongs to it. */
  memberFrameBytes: 256 * 1024,
  /** One message on a topic, sealed: gossip sends it several times over. What is bigger travels by its hash. */
  topicBytes: 32 * 1024,
  topicNameBytes: 64,
  topics: 64,
  /** How far a message's time may be from ours: clocks differ by minutes, as Kerberos allows. */
  topicClockMs: 300_000,
  /** Messages of one sender that may overtake each other; lives of one sender (restarts) that are told apart. */
  topicWindow: 1_024,
  topicLives: 4,
  /** What one sender may send in a second, and at once: five times the seed's whole throughput. */
  topicMessagesPerSecond: 4_000,
  topicBytesPerSecond: 4 * 1024 * 1024,
  topicBurstSeconds: 2,
  /** Offences of one member, weighed, past which it is dropped; half of them are forgotten in this time. */
  topicOffences: 100,
  topicForgetMs: 60_000,
  /** Between two announcements of a log's head; how often it is said again for those who came since. */
  headMs: 2_000,
  headBeatMs: 60_000,
  /** What waits for members that are away: in all, and for one. A message is a decision or a pointer, not a file. */
  outbox: 4_096,
  outboxEach: 1_024,
  deliverBytes: 32 * 1024,
  deliverKindChars: 64,
  /** Messages under way to one member before its first answer. */
  deliverAhead: 16,
  /** How long a member may take to keep one; the first pause after a failure, doubling, and the longest. */
  deliverMs: 30_000,
  deliverRetryMs: 1_000,
  deliverRetryMaxMs: 300_000,
  /** A message that could not be delivered for so long is given up, and its sender told: as approvals lapse. */
  deliverTtlMs: 7 * 24 * 3_600_000,
  /** The most that is fetched from members under one name: half of what one blob may have, since it is joined in memory. */
  contentBytes: 256 * 1024 * 1024,
  /** A piece that is verified by itself: small enough for a relayed stream's window, 0.05 % of it for its state. */
  contentChunkBytes: 64 * 1024,
  /** Chunks kept together, durably, so that a fetch goes on after a restart: 4 MiB. */
  contentSegmentChunks: 64,
  /** Chunks asked of one member before the first comes; chunks of all members that wait for the one before them. */
  contentAhead: 8,
  contentWindow: 64,
  /** Members asked at once; streams that one of them may hold here, and all of them. */
  contentPeers: 8,
  contentStreamsPerPeer: 4,
  contentStreams: 16,
  /** How long one chunk may take; how often a member that breaks off is asked again without a chunk between. */
  contentMs: 15_000,
  contentTries: 5,
  contentRetryMs: 1_000,
  /** A delegated run: streams of one member and of all; a sign of life while it waits or runs, and how long without. */
  delegateStreamsPerPeer: 4,
  delegateStreams: 16,
  delegateBeatMs: 10_000,
  delegateMs: 30_000,
  /** What one member may ask for in this time: each, also one that is refused, leaves entries in the log. */
  delegateAsks: 60,
  delegateAsksMs: 60_000,
  /** Skills that one member may be granted by name: as many names of 128 bytes as fit into half an entry. */
  grantedSkills: 128,
} as const;
