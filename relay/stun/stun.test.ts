import { createSocket } from 'node:dgram';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { answerStun } from './message';
import { startStun } from './server';
import type { StunServer } from './server';

/** RFC 5769, 2.1 without its attributes: the transaction id of its sample request. */
const ID = [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];
const REQUEST = Uint8Array.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...ID]);

test('the mapped address is the one of RFC 5769 (2.2): 192.0.2.1, port 32853', () => {
  const answer = answerStun(REQUEST, '192.0.2.1', 32_853);
  expect(Buffer.from(answer!).toString('hex')).toBe(
    `0101000c2112a442${Buffer.from(ID).toString('hex')}002000080001a147e112a643`,
  );
  expect(answerStun(REQUEST, '::ffff:192.0.2.1', 32_853)).toEqual(answer);
});

test('and of IPv6 (2.3): 2001:db8:1234:5678:11:2233:4455:6677', () => {
  const answer = answerStun(REQUEST, '2001:db8:1234:5678:11:2233:4455:6677', 32_853);
  const mapped = '0002a147' + '0113a9faa5d3f179bc25f4b5bed2b9d9';
  expect(Buffer.from(answer!).toString('hex').slice(40)).toBe(`00200014${mapped}`);
  const short = answerStun(REQUEST, '2001:db8::1%eth0', 1);
  expect(short).toEqual(answerStun(REQUEST, '2001:db8:0:0:0:0:0:1', 1));
});

test('ATTACK: to anything but a whole Binding request it is mute, and it never says much more than it heard', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(answerStun(bytes, '192.0.2.1', 1)).toBeUndefined();
    }),
  );
  for (const cut of [0, 1, 8, 19]) expect(answerStun(REQUEST.subarray(0, cut), '192.0.2.1', 1)).toBeUndefined();
  const response = Uint8Array.from(REQUEST).fill(1, 0, 1);
  expect(answerStun(response, '192.0.2.1', 1)).toBeUndefined();
  expect(answerStun(REQUEST, '192.0.2.1', 1)!.length).toBeLessThanOrEqual(1.6 * REQUEST.length);
});

let server: StunServer | undefined;
afterEach(() => server?.stop());

test('over UDP: a question gets its answer, and a flood from one address only so many', async () => {
  server = await startStun('127.0.0.1', 0, () => 0);
  const client = createSocket('udp4');
  await new Promise<void>((resolve) => client.bind(0, '127.0.0.1', resolve));
  const answers: Buffer[] = [];
  const some = new Promise<void>((resolve) => {
    client.on('message', (answer) => {
      if (answers.push(answer) === 100) resolve();
    });
  });
  client.send('no question', server.port, '127.0.0.1');
  for (let i = 0; i < 150; i++) client.send(REQUEST, server.port, '127.0.0.1');
  await some;
  const { port } = client.address();
  expect(Uint8Array.from(answers[0]!)).toEqual(answerStun(REQUEST, '127.0.0.1', port));
  expect(server.answered).toBe(100);
  client.close();
});

test('a port that is taken is said to be', async () => {
  server = await startStun('127.0.0.1', 0, () => 0);
  await expect(startStun('127.0.0.1', server.port, () => 0)).rejects.toMatchObject({ code: 'port_in_use' });
});
