/** Which witnesses the owner chose, as a record of the store. */
import * as v from 'valibot';
import { parseCosignerVkey } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import type { RecordStore } from '../../storage';
import { NodeError } from '../errors';
import type { WitnessConfig } from './types';

const RECORD = 'witness/settings';

export interface WitnessSettings {
  witnesses: WitnessConfig[];
  /** How many of them must have cosigned for a checkpoint to count as witnessed; 0 only when there is none. */
  quorum: number;
}

const SETTINGS = v.strictObject({
  witnesses: v.array(v.strictObject({ name: v.string(), url: v.string(), vkey: v.string() })),
  quorum: v.number(),
});

/** `undefined` when the owner never chose and no server was met. @throws NodeError `bad_request` for a changed record. */
export async function readSettings(records: RecordStore): Promise<WitnessSettings | undefined> {
  const stored = await records.get(RECORD);
  if (stored === undefined) return undefined;
  const parsed = v.safeParse(SETTINGS, stored);
  if (!parsed.success) throw bad('The stored witnesses cannot be read.');
  return checkSettings(parsed.output);
}

export async function writeSettings(records: RecordStore, settings: WitnessSettings): Promise<void> {
  const { quorum } = settings;
  const witnesses = settings.witnesses.map(({ name, url, vkey }) => ({ name, url, vkey }));
  await records.commit(new Map([[RECORD, { witnesses, quorum }]]));
}

/** The same settings, their URLs in one form. @throws NodeError `bad_request`, in words for the owner. */
export function checkSettings({ witnesses, quorum }: WitnessSettings): WitnessSettings {
  if (witnesses.length > LIMITS.witnesses) throw bad(`At most ${LIMITS.witnesses} witnesses can be asked.`);
  if (!Number.isSafeInteger(quorum) || quorum > witnesses.length || quorum < Math.min(1, witnesses.length)) {
    throw bad('The quorum is a number from 1 to that of the witnesses.');
  }
  const checked = witnesses.map(checkWitness);
  for (const field of ['name', 'url', 'key'] as const) {
    const values = new Set(checked.map((witness) => witness[field]));
    if (values.size < checked.length) throw bad(`Two witnesses have the same ${field}.`);
  }
  return { witnesses: checked.map(({ name, url, vkey }) => ({ name, url, vkey })), quorum };
}

function checkWitness({ name, url, vkey }: WitnessConfig) {
  // `none` and `witnesses` mean something else in a policy file.
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/.test(name) || name === 'none' || name === 'witnesses') {
    throw bad(`${JSON.stringify(name)} is no name for a witness: letters, digits, dots and hyphens.`);
  }
  const key = parseCosignerVkey(vkey);
  if (!key) throw bad(`The key of ${name} is not the vkey of an Ed25519 witness (name+hash+base64).`);
  return { name, url: prefixOf(url), vkey, key: key.publicKey.join() };
}

/** A submission prefix: a member of the mesh; https, or http on this machine; nothing but scheme, host, port and path. */
export function prefixOf(text: string): string {
  const url = text.length <= LIMITS.witnessUrlChars && URL.canParse(text) ? new URL(text) : undefined;
  const here = url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const member = url?.protocol === 'mesh:' && /^mesh:\/\/12D3KooW[A-Za-z0-9]{44}$/.test(text);
  if (member) return text;
  const plain = url && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!plain || !(url.protocol === 'https:' || here)) {
    throw bad('The address of a witness begins with https:// (or http://localhost) and has no ? or #.');
  }
  return url.href.replace(/\/+$/, '');
}

const bad = (message: string): NodeError =>
  new NodeError('bad_request', message, { advice: 'Nothing was changed. Correct it and try again.' });
