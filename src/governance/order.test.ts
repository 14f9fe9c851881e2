import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { jcs, sha256Text, signerFromSeed } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { JsonObject } from '../protocol/json';
import { createOrderLedger, type OrderGate, type OrderLedger } from './gate';
import { makeOrder } from './order';
import { readAct } from './actions';
import { signJcs } from './signed';
import { code, countingRandom, openTestNode, readDataset, seed, TestClock } from './testkit';
import type { Audience, RoleSignature, WorkOrder } from './types';

const POLICY = sha256Text('the policies');
const signer = signerFromSeed(seed(1));
const foreign = signerFromSeed(seed(9));
const intent = readDataset({} as RoleSignature);
const { args } = intent;
const EXPECTED = { audience: 'datasets', action: 'read_dataset', args } as const;

interface Door {
  ledger: OrderLedger;
  gate: OrderGate;
  clock: TestClock;
  order: WorkOrder;
  policy: { sha256: string };
}

async function door(): Promise<Door> {
  const clock = new TestClock();
  const policy = { sha256: POLICY };
  const ledger = createOrderLedger((await signer).publicKey, clock, () => policy.sha256, []);
  const order = await freshOrder(clock);
  ledger.admit(order);
  return { ledger, gate: ledger.gate, clock, order, policy };
}

async function freshOrder(clock: TestClock, start = 1): Promise<WorkOrder> {
  const facts = { act: readAct(intent), roleSignature: sha256Text('role'), policySha256: POLICY, policies: ['p'] };
  return makeOrder({ ...facts, approvals: [], logSize: 7, now: clock.now() }, countingRandom(start), await signer);
}

/** The same order with something changed, signed again by `by`. */
async function resigned(order: WorkOrder, change: object, by = signer): Promise<WorkOrder> {
  const { signature: _, ...body } = { ...order, ...change };
  return { ...body, signature: await signJcs(await by, body) };
}

describe("at the executor's door", () => {
  test('the order that was made for it passes, once', async () => {
    const { gate, order } = await door();
    expect(await code(gate.check(order, EXPECTED))).toBe('done');
    expect(await code(gate.check(order, EXPECTED))).toBe('order_used');
  });

  test('one order replayed 50 times passes once', async () => {
    const { gate, order } = await door();
    const answers = await Promise.all(Array.from({ length: 50 }, () => code(gate.check(order, EXPECTED))));
    expect(answers.filter((a) => a === 'done')).toHaveLength(1);
    expect(answers.filter((a) => a === 'order_used')).toHaveLength(49);
  });

  test('one order replayed for 50 different actions passes for none of them', async () => {
    const { gate, order } = await door();
    const others = Array.from({ length: 50 }, (_, i) =>
      gate.check(order, { ...EXPECTED, args: { ...args, file: `f${i}` } }),
    );
    expect(new Set(await Promise.all(others.map(code)))).toEqual(new Set(['order_wrong_arguments']));
    expect(await code(gate.check(order, EXPECTED))).toBe('done');
  });

  test('a forged order: any other signature is refused', async () => {
    const { gate, order } = await door();
    expect(await code(gate.check({ ...order, signature: btoa('x'.repeat(64)) }, EXPECTED))).toBe('order_bad_signature');
  });

  test("a foreign order, signed with the attacker's own key, is refused", async () => {
    const { gate, order, ledger } = await door();
    const forged = await resigned(order, {}, foreign);
    ledger.admit(forged);
    expect(await code(gate.check(forged, EXPECTED))).toBe('order_bad_signature');
  });

  test('examined while it was being logged, a forged order is refused all the same', async () => {
    const { gate, order, ledger } = await door();
    const forged = Object.freeze(await resigned(order, {}, foreign));
    ledger.expect(forged);
    ledger.admit(forged);
    expect(await code(gate.check(forged, EXPECTED))).toBe('order_bad_signature');
  });

  test('changed after it was examined, an order is examined again: as another object, or because it could be changed', async () => {
    const { gate, order, ledger } = await door();
    ledger.expect(order);
    expect(await code(gate.check({ ...order, log_seq: 8 }, EXPECTED))).toBe('order_bad_signature');
    const loose = { ...order };
    ledger.expect(loose);
    loose.log_seq = 8;
    expect(await code(gate.check(loose, EXPECTED))).toBe('order_bad_signature');
    expect(await code(gate.check(order, EXPECTED))).toBe('done');
  });

  test('a key inside the order makes it malformed', async () => {
    const { gate, order } = await door();
    expect(await code(gate.check({ ...order, public_key: 'aa' }, EXPECTED))).toBe('order_malformed');
  });

  test('the kernel runs on an order made elsewhere: no, even if rightly signed', async () => {
    const { gate, clock } = await door();
    expect(await code(gate.check(await freshOrder(clock, 99), EXPECTED))).toBe('order_not_logged');
  });

  test('two orders with one id: only the one that was logged passes', async () => {
    const { gate, order } = await door();
    const twin = await resigned(order, { log_seq: 8 });
    expect(await code(gate.check(twin, EXPECTED))).toBe('order_not_logged');
    expect(await code(gate.check(order, EXPECTED))).toBe('done');
  });

  test('a wrong audience is refused', async () => {
    const { gate, order } = await door();
    const others: Audience[] = ['pipeline', 'skills', 'artifacts', 'registry', 'export', 'config'];
    for (const audience of others) {
      expect(await code(gate.check(order, { ...EXPECTED, audience }))).toBe('order_wrong_audience');
    }
  });

  test('a wrong action is refused', async () => {
    const { gate, order } = await door();
    expect(await code(gate.check(order, { ...EXPECTED, action: 'promote' }))).toBe('order_wrong_action');
  });

  test('changed, lacking or additional arguments, and NaN, are refused', async () => {
    const { gate, order } = await door();
    const nan = { ...args, sha256: Number.NaN };
    for (const wrong of [{}, { ...args, file: 'x' }, { ...args, more: 1 }, nan, null, 'text', new Map(), [args]]) {
      expect(await code(gate.check(order, { ...EXPECTED, args: wrong }))).toBe('order_wrong_arguments');
    }
  });

  test('{1:"a"} and {"1":"a"} are one object and one digest; a Map with the number 1 is refused', async () => {
    expect(jcs({ 1: 'a' })).toBe('{"1":"a"}');
    expect(jcs({ 1: 'a' })).toBe(jcs({ '1': 'a' }));
    const { gate, order } = await door();
    expect(await code(gate.check(order, { ...EXPECTED, args: new Map([[1, 'a']]) }))).toBe('order_wrong_arguments');
  });

  test('an expired order is refused from its last millisecond on', async () => {
    const { gate, order, clock } = await door();
    clock.ms += LIMITS.orderTtlMs;
    expect(await code(gate.check(order, EXPECTED))).toBe('order_expired');
    clock.ms -= 1;
    expect(await code(gate.check(order, EXPECTED))).toBe('done');
  });

  test('an order from the future is refused', async () => {
    const { gate, order, clock } = await door();
    clock.ms -= 1;
    expect(await code(gate.check(order, EXPECTED))).toBe('order_not_yet_valid');
  });

  test('an order under policies that have changed is refused', async () => {
    const { gate, order, policy } = await door();
    policy.sha256 = sha256Text('new ones');
    expect(await code(gate.check(order, EXPECTED))).toBe('order_stale_policy');
  });

  test('an order that its executor is done with is refused', async () => {
    const { gate, order, ledger } = await door();
    expect(ledger.retire(order)).toBe(false);
    expect(await code(gate.check(order, EXPECTED))).toBe('order_not_logged');
  });

  test('the memory of used orders is bounded, and an old replay is still refused', async () => {
    const clock = new TestClock();
    const spent = Array.from({ length: LIMITS.spentOrders }, (_, i) => i.toString(16).padStart(32, 'f'));
    const ledger = createOrderLedger((await signer).publicKey, clock, () => POLICY, spent);
    const [first, second] = [await freshOrder(clock, 1), await freshOrder(clock, 2)];
    ledger.admit(first);
    ledger.admit(second);
    expect(await code(ledger.gate.check(first, EXPECTED))).toBe('done');
    expect(await code(ledger.gate.check(second, EXPECTED))).toBe('done');
    expect(await code(ledger.gate.check(first, EXPECTED))).toBe('order_used');
  });

  test('the gate cannot be replaced or opened', async () => {
    const { gate } = await door();
    expect(Object.isFrozen(gate)).toBe(true);
    expect(Object.keys(gate)).toEqual(['check']);
  });
});

describe('properties', () => {
  let at: Door;
  beforeAll(async () => {
    at = await door();
  });

  test('any change of an order is refused', async () => {
    const paths = leaves(at.order as unknown as JsonObject);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.jsonValue(), async (path, value) => {
        const changed = withLeaf(at.order as unknown as JsonObject, path, value);
        fc.pre(same(changed) !== same(at.order));
        expect(await code(at.gate.check(changed, EXPECTED))).toMatch(/^order_(malformed|bad_signature)$/);
      }),
      { numRuns: 300 },
    );
  });

  test('any JSON in place of an order is malformed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(await code(at.gate.check(value, EXPECTED))).toBe('order_malformed');
      }),
    );
  });

  test('one bit of the signature or of a field: refused', async () => {
    const text = JSON.stringify(at.order);
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 0, max: 6 }), async (index, bit) => {
        const flipped =
          text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ (1 << bit)) + text.slice(index + 1);
        const value = parsed(flipped);
        fc.pre(value !== undefined && same(value) !== same(at.order));
        expect(await code(at.gate.check(value, EXPECTED))).toMatch(/^order_(malformed|bad_signature)$/);
      }),
      { numRuns: 300 },
    );
  });

  test('random interleavings keep one use: each order passes exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 4 }), async (scheduler, count) => {
        const clock = new TestClock();
        const ledger = createOrderLedger((await signer).publicKey, clock, () => POLICY, []);
        const orders = await Promise.all(Array.from({ length: count }, (_, i) => freshOrder(clock, i + 1)));
        orders.forEach((order) => ledger.admit(order));
        const tries = [...orders, ...orders, ...orders].map((order, i) =>
          scheduler.schedule(Promise.resolve(), `try ${i}`).then(() => code(ledger.gate.check(order, EXPECTED))),
        );
        await scheduler.waitIdle();
        const answers = await Promise.all(tries);
        expect(answers.filter((a) => a === 'done')).toHaveLength(count);
      }),
      { numRuns: 40 },
    );
  });
});

test('policy says deny but an order was made anyway: its digest names the policies, and it was never logged', async () => {
  const node = await openTestNode({ cedar });
  await node.governance.setPolicies(`${node.governance.currentPolicy().cedar}
@id("no-data") forbid (principal, action == Action::"read_dataset", resource);`);
  const facts = {
    act: readAct(readDataset(node.role)),
    roleSignature: sha256Text('r'),
    policies: ['pipeline-runs-stages'],
  };
  const { sha256 } = node.governance.currentPolicy();
  const rest = { approvals: [], logSize: node.log.size, now: node.clock.now() };
  const order = await makeOrder({ ...facts, ...rest, policySha256: sha256 }, countingRandom(), node.keys.governance);
  expect(await code(node.gate.check(order, EXPECTED))).toBe('order_not_logged');
  expect(node.effects).toEqual([]);
});

type Path = readonly string[];

function leaves(value: JsonObject, prefix: Path = []): Path[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) && Object.keys(inner).length > 0
      ? [[...prefix, key], ...leaves(inner as JsonObject, [...prefix, key])]
      : [[...prefix, key]],
  );
}

function withLeaf(value: JsonObject, [key, ...rest]: Path, leaf: unknown): JsonObject {
  const inner = rest.length === 0 ? leaf : withLeaf(value[key!] as JsonObject, rest, leaf);
  return { ...value, [key!]: inner } as JsonObject;
}

const same = (value: unknown): string => JSON.stringify(value, (_k, v: unknown) => (Object.is(v, -0) ? '-0' : v));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
