/** A member that runs what it is asked to, and lies where a test says so. */
import { prepareEntry } from '../../audit';
import { writeLine } from '../../audit/entry';
import {
  base64,
  consistencyProof,
  fromHex,
  formatTlogProof,
  fromUtf8,
  inclusionProof,
  jcsBytes,
  leafHash,
  sha256Hex,
  sha256Text,
  signerFromSeed,
  utf8,
} from '../../crypto';
import { makeOrder } from '../../governance/order';
import type { JsonObject } from '../../protocol/json';
import { systemRandom } from '../../protocol/runtime';
import { TestLog } from '../../witness/testkit';
import { testSeed } from '../testkit';
import type { DelegateHost } from './index';
import type { Ask } from './wire';

export const MODULE = sha256Text('module');
export const INPUT = sha256Text('input');
export const START = 1_800_000_000_000;
export const REQUEST = 'ab'.repeat(16);
const signer = (i: number) => signerFromSeed(testSeed(i));

export const LIMITS = { memoryPages: 1, wallMs: 1, outputBytes: 1, gas: 2, hostCalls: 1, hostBytes: 1 };
type Hashes = Pick<Ask, 'skill' | 'module_sha256' | 'input_sha256'>;
/** What an order for it says. */
export const argsOf = ({ skill, module_sha256, input_sha256 }: Hashes): JsonObject => ({
  ...{ skill, module_sha256, input_sha256, limits: LIMITS, grants: [], entry: 'redact' },
});

const record = (ask: Ask, orderId: string): JsonObject => ({
  ...{
    v: 1,
    module_sha256: ask.module_sha256,
    abi: 'raw',
    entry: 'redact',
    args: [],
    metering: 'sovereign-metering/1',
  },
  ...{ weights: 1, input_sha256: ask.input_sha256, files: {}, grants: [] },
  ...{ seed: sha256Text(`sovereign-seed/1\n${orderId}`), now: START, limits: LIMITS },
  ...{ calls_sha256: null, outcome: 'ok', gas: 1, host_calls: 0, host_bytes: 0 },
  ...{ output_sha256: sha256Text('output'), output_bytes: 6, memory_sha256: sha256Text('memory') },
});

/** What a lying member changes of an honest one's answer. */
export interface Lie {
  ask?: (ask: Ask) => Ask;
  from?: string;
  ended?: (data: JsonObject) => JsonObject;
  result?: (result: JsonObject) => JsonObject;
  /** Of what is signed and logged. */
  args?: JsonObject;
  execution?: JsonObject;
  governance?: number;
  log?: number;
  node?: number;
  swap?: boolean;
  line?: (line: string) => string;
  /** The entries of two logs; a log that does not begin as it did; a proof of that which says nothing. */
  forked?: 'second' | 'before';
  consistency?: string[];
  /** Of the order, in place of a random one. */
  orderId?: string;
}

/** A member with keys of its own and a real log, which does whatever it is asked. */
export async function host(lie: Lie = {}): Promise<DelegateHost> {
  const node = await signer(1);
  const [log, governance] = [await signer(12), await signer(11)];
  const origin = `sovereign-node/${sha256Hex(node.publicKey).slice(0, 16)}/00000001`;
  const lines: string[] = [];
  const append = (type: 'GENESIS' | 'EXECUTION_AUTHORIZED' | 'EXECUTION_COMPLETED', data: JsonObject): void => {
    const prev = lines.length === 0 ? '0'.repeat(64) : sha256Text(lines.at(-1));
    lines.push(fromUtf8(writeLine(prepareEntry({ type, data }), lines.length, prev, START)));
  };
  append('GENESIS', {});
  return {
    run: async (asked, from) => {
      const ask = lie.ask?.(asked) ?? asked;
      const args = { ...argsOf(ask), ...lie.args };
      const context = { delegation: ask.request };
      const principal = { type: 'Member', id: lie.from ?? from } as const;
      const resource = { type: 'Skill', id: ask.skill } as const;
      const act = {
        principal,
        action: 'run_skill',
        resource,
        args,
        context,
        argumentsSha256: sha256Hex(jcsBytes(args)),
      };
      const facts = {
        ...{ act: act as never, roleSignature: MODULE, policySha256: MODULE, policies: ['p'], approvals: [] },
        ...{ logSize: lines.length, now: START },
      };
      const random = lie.orderId === undefined ? systemRandom : { bytes: () => fromHex(lie.orderId!)! };
      const order = await makeOrder(facts, random, await signer(lie.governance ?? 11));
      const request = { principal, action: 'run_skill', resource, context };
      append('EXECUTION_AUTHORIZED', { order: { ...order } as never, arguments: args, request });
      const result = {
        output_sha256: sha256Text('output'),
        output_bytes: 6,
        execution: { ...record(ask, order.order_id), ...lie.execution },
      };
      const data = {
        ...{ order_id: order.order_id, authorized_seq: 1, result: lie.result?.(result) ?? result },
        result_sha256: sha256Hex(jcsBytes(result)),
      };
      append('EXECUTION_COMPLETED', lie.ended?.(data) ?? data);
      return lie.swap ? { authorizedSeq: 2, endedSeq: 1 } : { authorizedSeq: 1, endedSeq: 2 };
    },
    prove: async ({ authorizedSeq, endedSeq }, seen) => {
      const prove = async (seq: number, shown: string[]) => {
        const tree = new TestLog(origin, await signer(lie.log ?? 12), shown);
        const leaves = shown.map((line) => leafHash(utf8(line)));
        const checkpointNote = await tree.note(shown.length);
        const proof = formatTlogProof({ index: seq, proof: inclusionProof(leaves, seq), checkpointNote });
        const line = shown[seq]!.slice(0, -1);
        return { line: lie.line?.(line) ?? line, proof };
      };
      const other = [lines[0]!.replace('GENESIS', 'NODE_STARTED'), ...lines.slice(1)];
      const shown = lie.forked === 'before' ? other : lines;
      const leaves = shown.map((line) => leafHash(utf8(line)));
      return {
        authorized: await prove(authorizedSeq, lie.forked === 'second' ? other : shown),
        ended: await prove(endedSeq, shown),
        consistency: lie.consistency ?? (seen === 0 ? [] : consistencyProof(leaves, seen).map(base64)),
      };
    },
    keys: () => ({ origin, log: log.publicKey, governance: governance.publicKey }),
    node: await signer(lie.node ?? 1),
  };
}
