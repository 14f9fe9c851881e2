import { expect, test } from 'vitest';
import { Counts, metricsText, probeProcess, type Measured } from './metrics';
import { readMetrics } from './prometheus.testkit';
import { RADIO_LIMITS } from './radio';

const counts = new Counts();
for (const status of [200, 200, 404]) counts.answered('app', status);
const bare: Measured = {
  uptimeMs: 1_500,
  probe: { rssBytes: 1e9, cpuSeconds: 1e-7, loopDelaySeconds: 0 },
  counts,
  sockets: { open: 3, refused: 4 },
  certificateExpires: undefined,
  mesh: undefined,
  forks: undefined,
};
const full: Measured = {
  ...bare,
  certificateExpires: 1_800_000_000_000,
  forks: 1,
  mesh: {
    networks: 1,
    connections: 2,
    reservations: 2,
    circuits: 1,
    strangers: 0,
    refusals: { path: 0, leaving: 0, full: 1, strangers: 2, noKey: 3 },
    traffic: { bytesIn: 2 ** 53, bytesOut: 1e21 },
    limits: RADIO_LIMITS,
    stunAnswers: 5,
  },
};

test('is what Prometheus reads, with a help and one type for everything', () => {
  for (const measured of [bare, full]) {
    const families = readMetrics(metricsText(measured));
    for (const [name, { help, samples }] of families) {
      expect(name).toMatch(/^sovereign_relay_/);
      expect(help).toMatch(/\w.*[.]$/);
      expect(samples.size).toBeGreaterThan(0);
    }
  }
});

test('says what was counted', () => {
  const families = readMetrics(metricsText(full));
  const value = (name: string, labels = '') => families.get(`sovereign_relay_${name}`)?.samples.get(labels);
  expect(value('uptime_seconds')).toBe(1.5);
  expect(value('http_answers_total', 'route="app",status="200"')).toBe(2);
  expect(value('http_sockets_refused_total')).toBe(4);
  expect(value('certificate_expiry_timestamp_seconds')).toBe(1_800_000_000);
  expect(value('connections_limit')).toBe(RADIO_LIMITS.connections);
  expect(value('refused_total', 'reason="noKey"')).toBe(3);
  expect(value('sent_bytes_total')).toBe(1e21);
  expect(value('stun_answers_total')).toBe(5);
  expect(value('witness_forks')).toBe(1);
});

test('says nothing of what is not there', () => {
  const names = [...readMetrics(metricsText(bare)).keys()].join(' ');
  expect(names).not.toMatch(/certificate|witness|networks|stun/);
});

test('the process is measured with numbers from its start on', () => {
  const probe = probeProcess();
  const { rssBytes, cpuSeconds, loopDelaySeconds } = probe.read();
  probe.stop();
  expect(rssBytes).toBeGreaterThan(1e6);
  expect(cpuSeconds).toBeGreaterThan(0);
  expect(loopDelaySeconds).toBeGreaterThanOrEqual(0);
});

test.each([
  ['x 1\n', /without its TYPE/],
  ['# TYPE x gauge\nx 1', /does not end/],
  ['# TYPE x gauge\nx 1\nx 1\n', /twice/],
  ['# TYPE x gauge\nx{a="1",a="2"} 1\n', /label/],
  ['# TYPE x gauge\nx{a="\\q"} 1\n', /label/],
  ['# TYPE x gauge\nx one\n', /number/],
  ['# TYPE x counter\nx 1\n', /counter/],
  ['# TYPE x gauge\n# TYPE y gauge\nx 1\n', /group/],
])('the reader of these tests refuses %j', (text, why) => {
  expect(() => readMetrics(text)).toThrow(why);
});
