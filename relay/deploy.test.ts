import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from './config';
import { Subnets } from './client-address';

const path = (name: string): string => fileURLToPath(new URL(`../deploy/${name}`, import.meta.url));
const text = (name: string): string => readFileSync(path(name), 'utf8');
const PUBLIC = 'https://relay.example.com';

test('the service starts with options that there are, and the file that it names', () => {
  const unit = text('sovereign-relay.service');
  for (const key of ['ExecStart', 'ExecStartPre']) {
    const [, line = ''] = new RegExp(`^${key}=(.*)$`, 'm').exec(unit) ?? [];
    const args = line.split(' ').slice(2);
    expect(args.slice(0, 2)).toEqual(['--config', '/etc/sovereign-relay/relay.yaml']);
    const config = parseConfig(['--config', path('relay.yaml'), ...args.slice(2)]);
    expect(config).toMatchObject({ host: '127.0.0.1', publicUrl: PUBLIC, stunHost: '0.0.0.0', stunPort: 3478 });
    // Where StateDirectory= makes it.
    expect(config.state).toBe('/var/lib/sovereign-relay');
  }
  expect(unit).toContain('StateDirectory=sovereign-relay\n');
});

test('the proxy leads to where the service listens, and shows no counts to the world', () => {
  const proxy = text('Caddyfile');
  const { host, port, trustedProxies } = parseConfig(['--config', path('relay.yaml')]);
  expect(proxy).toContain(`reverse_proxy ${host}:${port}\n`);
  expect(new Subnets(trustedProxies).has('127.0.0.1')).toBe(true);
  expect(proxy).toMatch(/@metrics path \/metrics\n\s+respond @metrics 404/);
});

test('the image is set by options that there are, and runs as nobody special', () => {
  const image = text('Dockerfile');
  const env = Object.fromEntries([...image.matchAll(/^\s+(SOVEREIGN_RELAY_\w+)=(\S+)/gm)].map(([, k, v]) => [k!, v]));
  expect(parseConfig([], env)).toMatchObject({
    host: '0.0.0.0',
    port: 8787,
    stunPort: 3478,
    state: '/state',
    quiet: true,
  });
  const [, last = ''] = /^(?:.*\n)*FROM (?:.*\n)((?:.*\n)*)$/.exec(image) ?? [];
  expect(last).toContain('\nUSER node\n');
  expect(last).not.toMatch(/npm|apt/);
});

test('together with a proxy, the relay believes that proxy alone', () => {
  const { services } = parse(text('compose.yaml')) as {
    services: Record<
      'relay' | 'caddy',
      {
        environment: Record<string, string>;
        networks: { front: { ipv4_address: string } };
        read_only: boolean;
        cap_drop: string[];
      }
    >;
  };
  const { trustedProxies, publicUrl } = parseConfig([], services.relay.environment);
  expect(trustedProxies).toEqual([services.caddy.networks.front.ipv4_address]);
  expect(publicUrl).toBe(PUBLIC);
  for (const service of Object.values(services)) expect([service.read_only, service.cap_drop]).toEqual([true, ['ALL']]);
  // What the proxy's file is rewritten from.
  expect(text('compose.yaml')).toContain('sed s/127.0.0.1:8787/relay:8787/');
});
