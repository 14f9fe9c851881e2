/**
 * `/sovereign/join/1.0.0`: an invited device asks to be let in, and both owners confirm. The stream is encrypted and
 * each end's key proven by Noise; the invitation names the inviter's, its token speaks for the joiner, and the words
 * that both people compare guard against a stolen invitation.
 *
 *     joiner                           inviter
 *       {"Hello":{v,token,name,seal}} →
 *                                     ← {"Meet":{name}} or {"Refused":code}
 *     both owners compare words, in any order:
 *       {"Confirmed":yes}             ↔ {"Confirmed":yes}
 *                                     ← {"Welcome":{roster,keys}}
 *       {"Joined":true}               →
 */
import * as v from 'valibot';
import { base64, fromBase64, hex } from '../../crypto';
import { isDeviceName } from '../../protocol/mesh';
import { MeshError } from '../errors';
import type { MeshStream } from '../types';
import { publicKeyOfPeer } from '../peer-id';
import type { Invitation } from './invitation';
import { openKeys, type EpochKeys } from './rekey';
import { readRoster, type Roster } from './roster';
import { refusal, Talk, type Refusal } from './talk';

export const JOIN = '/sovereign/join/1.0.0';

const NameShape = v.pipe(v.string(), v.check(isDeviceName));
const HelloShape = v.strictObject({
  v: v.literal(1),
  token: v.pipe(v.string(), v.length(24)),
  name: NameShape,
  seal: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
const MeetShape = v.strictObject({ name: NameShape });
const WelcomeShape = v.strictObject({ roster: v.unknown(), keys: v.string() });

/** Who wants to join, as it says itself; the key is proven. */
export interface Joiner {
  /** Raw node key, hex. */
  key: string;
  seal: string;
  name: string;
}

export interface Joining {
  invitation: Pick<Invitation, 'mesh' | 'token' | 'inviter'>;
  /** This device's. */
  key: Uint8Array;
  name: string;
  seal: string;
  sealSecret: Uint8Array;
  /** The other device is there: whether the owner, having compared names and words, says yes. */
  decide(name: string): Promise<boolean>;
}

/** @throws MeshError; a no from either side is `refused` */
export async function join(stream: MeshStream, joining: Joining): Promise<{ roster: Roster; keys: EpochKeys }> {
  const { invitation, name, seal } = joining;
  const talk = new Talk(stream);
  try {
    await talk.say({ Hello: { v: 1, token: base64(invitation.token), name, seal } });
    const meet = parse(MeetShape, await talk.expect('Meet'));
    await confirm(talk, joining.decide(meet.name));
    const welcome = await readWelcome(await talk.expect('Welcome'), joining);
    await talk.say({ Joined: true });
    await stream.close();
    return welcome;
  } catch (error) {
    await end(stream, error);
    throw error;
  }
}

async function readWelcome(value: unknown, joining: Joining): Promise<{ roster: Roster; keys: EpochKeys }> {
  const { invitation } = joining;
  const welcome = parse(WelcomeShape, value);
  const roster = await readRoster(welcome.roster);
  const me = roster.members.find(({ key }) => key === hex(joining.key));
  if (roster.mesh !== invitation.mesh || roster.issuer !== hex(invitation.inviter) || me?.seal !== joining.seal) {
    throw new MeshError('bad_signature', 'The list of members is not the one this invitation is for.');
  }
  const sealed = { mesh: roster.mesh, epoch: roster.epoch, member: me };
  return { roster, keys: openKeys(welcome.keys, sealed, joining.sealSecret) };
}

export interface Hosting {
  /** What this device is called. */
  name: string;
  /** Whether this token lets this device in. A refusal's code is told to it. */
  check(token: Uint8Array, joiner: Joiner): Refusal | 'welcome' | 'welcome_back';
  /** Whether the owner, having compared names and words, says yes. */
  decide(joiner: Joiner): Promise<boolean>;
  /** Takes it in, durably, and seals it the keys. For one that is in already, only the latter. */
  admit(token: Uint8Array, joiner: Joiner): Promise<{ roster: Roster; keys: string }>;
}

/** The inviter's side. @returns who joined. @throws MeshError */
export async function host(stream: MeshStream, hosting: Hosting): Promise<Joiner> {
  const talk = new Talk(stream);
  try {
    const hello = parse(HelloShape, await talk.expect('Hello'));
    const key = publicKeyOfPeer(stream.peer);
    const token = fromBase64(hello.token);
    if (!key || !token) throw new MeshError('frame_malformed', 'The other device said something unexpected.');
    const joiner = { key: hex(key), name: hello.name, seal: hello.seal };
    const answer = hosting.check(token, joiner);
    if (answer !== 'welcome' && answer !== 'welcome_back') return await refuse(talk, stream, answer);
    await talk.say({ Meet: { name: hosting.name } });
    // Who was let in and lost the answer is asked for again, not its owner here.
    await confirm(talk, answer === 'welcome_back' ? Promise.resolve(true) : hosting.decide(joiner));
    const { roster, keys } = await hosting.admit(token, joiner);
    await talk.say({ Welcome: { roster, keys } });
    // It is in, whether or not it could still say so.
    await talk.expect('Joined').then(
      () => stream.close(),
      () => stream.reset(),
    );
    return joiner;
  } catch (error) {
    await end(stream, error);
    throw error;
  }
}

async function refuse(talk: Talk, stream: MeshStream, code: Refusal): Promise<never> {
  await talk.say({ Refused: code });
  await stream.close();
  // The answer arrives before the end: the other side closes when it has read it.
  await talk.hear().catch(() => undefined);
  throw refusal(code);
}

/** A no is said to the end, so that it arrives; anything else cuts. */
async function end(stream: MeshStream, error: unknown): Promise<void> {
  if (error instanceof MeshError && error.code === 'refused') await stream.close().catch(() => stream.reset());
  else stream.reset();
}

/**
 * Both say yes, or it is over. The other side's word is heard while our owner still thinks, so that a no ends it here too.
 * @throws MeshError `refused`
 */
async function confirm(talk: Talk, mine: Promise<boolean>): Promise<void> {
  const theirs = talk.expect('Confirmed').then((yes) => yes === true);
  const said = mine.then(async (yes) => {
    await talk.say({ Confirmed: yes });
    return yes;
  });
  // What comes of either after the end is nobody's any more.
  theirs.catch(() => undefined);
  said.catch(() => undefined);
  // Whoever says no first decides; a yes waits for the other.
  const first = await Promise.race([theirs, said]);
  const both = first && (await theirs) && (await said);
  if (!both) throw refusal('refused');
}

function parse<T>(shape: v.GenericSchema<unknown, T>, value: unknown): T {
  const parsed = v.safeParse(shape, value);
  if (parsed.success) return parsed.output;
  throw new MeshError('frame_malformed', 'The other device said something unexpected.');
}
