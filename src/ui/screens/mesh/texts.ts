/** The words of the Mesh page. */
export const TEXTS = {
  title: 'Mesh',
  intro: 'Your devices and people you trust, connected directly and encrypted. Nobody else can see who they are.',
  none: 'This device is in no mesh yet',
  noneText:
    'Create a mesh and invite your other devices, or join one by an invitation. A relay introduces them and cannot read what they say.',
  removed: 'This device was removed from its mesh',
  removedText: 'The one who keeps the mesh removed it. It can be invited again, or you can create a mesh of your own.',
  name: 'What this device is called',
  nameHint: 'The others see this name. Up to 64 characters.',
  relay: 'Relay',
  relayHint: 'The server that introduces your devices. It carries what it cannot read.',
  token: 'Token of the relay, if its operator gave you one',
  createKept: 'No mesh was created.',
  invitation: 'Invitation',
  invitationHint:
    'Scan the code that the other device shows, or paste its link or text. It is good once. It works with and without a server.',
  joining: 'The rest of this page comes back when the pairing is over.',
  joinByCodes:
    'No server is needed: both devices must be on one network. Next, this device shows an answer for the other to scan.',
  answerText:
    'On the other device, go to step 2 and scan this answer, or paste its text there. Keep this page open: the link is made over it.',
  inviteLink: 'For a device anywhere. A relay introduces the two and cannot read what they say.',
  inviteNoRelay: 'This mesh has no relay, so its devices meet only when they are together.',
  inviteHere: 'For a device beside this one, on the same network. You scan twice, and nothing else is asked.',
  createCodes:
    'Two devices on one network show each other a code each. After a device was closed, two new codes connect it again.',
  offerInvite:
    'On the other device, open this app, go to Mesh and scan this code. It then shows an answer. Both must be on one network.',
  offerMember: 'On the other device, go to Mesh, press “Answer a code” and scan this. It then shows an answer.',
  keepOpen: 'Keep this page open: the link is made over it.',
  acceptText: 'The other device shows an answer now. Scan it, or paste its text.',
  acceptHint: 'Scan what the other device shows, or paste its text.',
  nearbyText:
    'For two members on one network when no relay is reached. It lasts as long as both keep the app open and stay on that network.',
  offlineNearby:
    'No other member is connected. What you do here works; it is shared once two of you connect by two codes, below.',
  inviteText:
    'Scan this with the other device’s camera, or send the link in a way that only its owner reads. It lets one device ask to join, once; then both of you confirm.',
  wait: 'Keep this page open. As soon as the other device opens the invitation, both of you compare the words.',
  compare: 'Compare these words with the other person, by voice or on the other screen. If they differ, say no.',
  theirWords: 'Words of the other device',
  myWords: 'Words of this device',
  removeText:
    'It loses the keys of the mesh, and the others get new ones by themselves. What it already received stays with it.',
  invitedElsewhere:
    'This one is in a mesh already: leave that first, with “Leave this mesh” at the end of this page. The invitation is then read at once.',
  leaveText: 'The keys of the mesh are deleted here. To come back, this device must be invited again.',
  keeperLeaves:
    'This device keeps the mesh. Once it has left, nobody can be invited or removed any more, unless a deputy takes over.',
  deputy: 'May take over the mesh',
  deputyHint:
    'If this device is lost, that one can become the keeper by itself. Only for a device you trust as this one.',
  deputyText: 'The keeper named this device to take its place when its own is lost.',
  takeOverText:
    'This device becomes the keeper, and the one before is out: the others follow by themselves and get new keys. It cannot be undone; the other device can be invited again.',
  control: 'May control this node',
  controlHint:
    'It can read this node, run pinned skills and decide approvals, each under your policies and in your log.',
  delegate: 'May have what this node made',
  delegateHint:
    'It may fetch, by their hashes, the artifacts of runs and the bundles that you exported. Skills that you installed are open to every member; nothing else is open to anybody.',
  relaysText: 'They introduce members and carry what they cannot read. With several, losing one loses nothing.',
  noRelays: 'None. Members that are linked stay so; without a relay they cannot find each other again.',
  removeRelay:
    'Members that use it move to the others by themselves. One that is away and knows only this one cannot: wait until it was here, or link it by codes later.',
  removeLastRelay:
    'It is the only one. Members that are linked stay so; without a relay they cannot find each other again.',
  relaysKept: 'The relays are as they were.',
  run: 'May run skills here',
  runHint:
    'It may have this device run the skills that both of you have. Each run is under your policies, in your log, and proven to it. A skill with capabilities only if you name it.',
  runOnly: 'Only these skills',
  runOnlyHint: 'Names with commas between. Empty: any that needs no capabilities.',
  forked: 'This device has shown two different logs',
  forkedText:
    'Two signed heads of its log cannot both be true. Both are kept here as evidence. Its log was put back from an old copy, or somebody uses its keys.',
  offline: 'No relay and no other member is reached. What you do here works; it is shared when they are back.',
} as const;
