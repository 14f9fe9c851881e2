import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/protocol/limits';
import { RelayError } from '../errors';
import { explainConfig, OPTIONS, parseConfig, USAGE } from '.';
import { securityHeaders } from '../headers';

describe('relay options', () => {
  test('the count of registrations is a whole number', () => {
    expect(parseConfig([]).witnessRegistrations).toBe(LIMITS.witnessRegistrations);
    expect(parseConfig(['--witness-registrations', '500']).witnessRegistrations).toBe(500);
    for (const wrong of ['0', '-1', '1.5', 'many', ''])
      expect(() => parseConfig([`--witness-registrations=${wrong}`])).toThrow(/is not a count/);
  });

  test('without any: this machine only, the fixed port, the app beside the program', () => {
    expect(parseConfig([])).toMatchObject({ host: '127.0.0.1', port: 8787, help: false });
    expect(parseConfig([]).app).toMatch(/app$/);
  });

  test('are taken as given', () => {
    const given = parseConfig(['--port', '0', '--host', '::1', '--app', 'x']);
    expect(given).toMatchObject({ port: 0, host: '::1', app: 'x', help: false, state: undefined, witnessOpen: true });
    const witness = ['--state', 's', '--witness-closed', '--witness-name', 'w.example/1', '--witness-logs', 'l'];
    const origins = ['--witness-origin', 'https://w.example', '--witness-origin', 'http://localhost:99/'];
    expect(parseConfig([...witness, ...origins])).toMatchObject({
      state: 's',
      witnessOpen: false,
      witnessName: 'w.example/1',
      witnessLogs: 'l',
      witnessOrigins: ['https://w.example', 'http://localhost:99'],
    });
  });

  test('as many members as may come may be reached, in all and from one address', () => {
    const limits = parseConfig(['--max-members', '9000', '--max-members-per-address', '2']).radioLimits;
    expect(limits).toMatchObject({ connections: 9_000, reservations: 9_000 });
    expect(limits).toMatchObject({ connectionsPerAddress: 2, reservationsPerAddress: 2 });
  });

  test('STUN is there where somebody else can ask for it, also past a proxy', () => {
    const stun = (...args: string[]) => {
      const { stunHost, stunPort } = parseConfig(args);
      return [stunHost, stunPort];
    };
    expect(stun()).toEqual(['127.0.0.1', undefined]);
    expect(stun('--host', '0.0.0.0')).toEqual(['0.0.0.0', 3478]);
    expect(stun('--stun-host', '::')).toEqual(['::', 3478]);
    expect(stun('--host', '::', '--stun-port', 'off')).toEqual(['::', undefined]);
  });

  test('the node’s worker alone may reach the hosts that skills may be granted', () => {
    const { skillOrigins: hosts } = parseConfig(['--skill-host', 'api.example.org']);
    const policyOf = (path: string) => securityHeaders(path, { hosts })['Content-Security-Policy'];
    for (const path of ['/assets/node.shared-a_B-1.js', '/assets/node.dedicated-x.js'])
      expect(policyOf(path)).toContain("connect-src 'self' https://api.example.org;");
    for (const path of ['/index.html', '/assets/index-x.js', '/assets/verify-x.js', '/node.shared-x.js/index.html'])
      expect(policyOf(path)).toContain("connect-src 'self';");
    expect(policyOf('/assets/skill-x.js')).not.toContain('connect-src');
  });

  test.each([
    ['--port', '65536'],
    ['--port', '-1'],
    ['--port', '8e3'],
    ['--port'],
    ['--host', 'example.com'],
    ['--hots', 'x'],
    ['stray'],
    ['--trusted-proxy', '10.0.0.0/33'],
    ['--metrics-from', 'prometheus'],
    ['--max-members', '0'],
    ['--log-level', 'verbose'],
    ['--tls-cert', 'cert.pem'],
    ['--witness-name', 'a b'],
    ['--witness-name', 'a+b'],
    ['--witness-origin', 'http://w.example'],
    ['--witness-origin', 'https://w.example/path'],
    ['--witness-origin', 'https://u@w.example'],
    ['--witness-origin', 'https:'],
    ['--witness-origin', "https://w.example; script-src 'unsafe-inline'"],
    ['--witness-origin', '*'],
    ['--skill-host', 'https://api.example.org'],
    ['--skill-host', '*.example.org'],
    ['--skill-host', 'localhost'],
    ['--skill-host', '127.0.0.1'],
    ['--skill-host', "api.example.org; script-src 'unsafe-inline'"],
  ])('refuses %s %s', (...args) => {
    expect(() => parseConfig(args)).toThrow(expect.objectContaining({ code: 'bad_option' }) as Error);
  });
});

describe('a file of options', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'relay-config-'));
  });
  afterAll(() => rm(directory, { recursive: true }));
  const file = async (text: string, name = 'relay.yaml'): Promise<string> => {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  };
  const read = async (text: string, env = {}, ...args: string[]) =>
    parseConfig(['--config', await file(text), ...args], env);

  test('is YAML, with paths from where it lies', async () => {
    const config = await read(`# the relay at home
port: 8080
host: 0.0.0.0
state: state
witness-closed: true
trusted-proxy: [127.0.0.1, '10.0.0.0/8']
relay-key-file:
  - keys/a.key
  - /elsewhere/b.key
public-url: https://relay.example
log-identities: false
`);
    expect(config).toMatchObject({
      port: 8080,
      host: '0.0.0.0',
      state: join(directory, 'state'),
      witnessOpen: false,
      trustedProxies: ['127.0.0.1', '10.0.0.0/8'],
      relayKeyFiles: [join(directory, 'keys/a.key'), '/elsewhere/b.key'],
      publicUrl: 'https://relay.example',
      stunPort: 3478,
      logIdentities: false,
    });
  });

  test('may be JSON, or empty', async () => {
    const path = await file('{"port": 9, "skill-host": ["api.example.org"]}', 'relay.json');
    expect(parseConfig(['--config', path])).toMatchObject({ port: 9, skillOrigins: ['https://api.example.org'] });
    expect(await read('')).toMatchObject({ port: 8787 });
    expect(await read('# nothing\n')).toMatchObject({ port: 8787 });
  });

  test('the command line goes before the environment, and that before the file', async () => {
    const text = 'port: 1\nstun-port: 11\nmax-members: 21\n';
    const env = { SOVEREIGN_RELAY_STUN_PORT: '12', SOVEREIGN_RELAY_MAX_MEMBERS: '22' };
    const config = await read(text, env, '--max-members', '23');
    expect([config.port, config.stunPort, config.radioLimits.connections]).toEqual([1, 12, 23]);
    expect(explainConfig(config).split('\n')).toEqual([
      `config: ${join(directory, 'relay.yaml')}  (--config)`,
      'max-members: 23  (--max-members)',
      `port: 1  (${join(directory, 'relay.yaml')}:1: port)`,
      'stun-port: 12  (SOVEREIGN_RELAY_STUN_PORT)',
      '',
    ]);
  });

  test('a default for the state directory gives way to all of them', async () => {
    const base = ['--state-default', '/default'];
    expect(parseConfig(base).state).toBe('/default');
    expect(parseConfig(base, { SOVEREIGN_RELAY_STATE: '/env' }).state).toBe('/env');
    expect((await read('state: /file', {}, ...base)).state).toBe('/file');
  });

  test('the environment alone may name the file, and give several values with commas', async () => {
    const env = { SOVEREIGN_RELAY_CONFIG: await file('port: 7'), SOVEREIGN_RELAY_TRUSTED_PROXY: '10.0.0.1, 10.0.0.2' };
    expect(parseConfig([], env)).toMatchObject({ port: 7, trustedProxies: ['10.0.0.1', '10.0.0.2'] });
    expect(parseConfig([], { SOVEREIGN_RELAY_PORT: '', PORT: 'x' }).port).toBe(8787);
    for (const [text, quiet] of Object.entries({ true: true, 1: true, false: false, 0: false }))
      expect(parseConfig([], { SOVEREIGN_RELAY_QUIET: text }).quiet).toBe(quiet);
  });

  test.each([
    ['port: 99999', /relay\.yaml:1: port 99999 is not a port/],
    ['\n\nport: 8e3', /relay\.yaml:3: port 8e3 is not a port/],
    ['prot: 1', /relay\.yaml:1: prot is no option/],
    ['config: other.yaml', /relay\.yaml:1: config is no option of a file/],
    ['port: 1\nport: 2', /relay\.yaml:2: /],
    ['port:', /relay\.yaml:1: port has no plain value/],
    ['port: [1, 2]', /relay\.yaml:1: port has no plain value/],
    ['trusted-proxy: [[10.0.0.1]]', /relay\.yaml:1: trusted-proxy has no plain value/],
    ['trusted-proxy:\n  - 10.0.0.1\n  - proxy', /relay\.yaml:1: trusted-proxy proxy is not an address/],
    ['quiet: yes', /relay\.yaml:1: quiet yes is not true or false/],
    ['tls-key: key.pem', /relay\.yaml:1: tls-key .*key\.pem is only half/],
    ['- port', /relay\.yaml:1: this is no list of options/],
    ['port: {', /relay\.yaml:\d: /],
    ['a: &x 1\nport: *x', /relay\.yaml:1: a is no option/],
    ['? [port]\n: 1', /relay\.yaml:1: .*is no option/],
  ])('%j is refused, and the place is named', async (text, words) => {
    await expect(read(text)).rejects.toThrow(words);
  });

  test('one that is too long is refused unread', async () => {
    await expect(read('#'.repeat(70_000))).rejects.toThrow(/relay\.yaml is larger than 64 KiB/);
  });

  test('the environment is named too, and so is a file that is not there', () => {
    const refused = (env: Record<string, string>) => () => parseConfig([], env);
    expect(refused({ SOVEREIGN_RELAY_PORT: 'x' })).toThrow(/^SOVEREIGN_RELAY_PORT x is not a port$/);
    expect(refused({ SOVEREIGN_RELAY_PROT: '1' })).toThrow(/^SOVEREIGN_RELAY_PROT is no option/);
    expect(refused({ SOVEREIGN_RELAY_CONFIG: '/nowhere/x' })).toThrow(
      /^SOVEREIGN_RELAY_CONFIG \/nowhere\/x cannot be read \(ENOENT\)$/,
    );
  });

  test('whatever is in the file, it is read or refused in our words', async () => {
    const words = fc.constantFrom(
      'port',
      ': ',
      '\n',
      '- ',
      '8787',
      '[',
      '}',
      '&a',
      '*a',
      '!!js',
      '"',
      '|',
      'state',
      '---',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.array(words).map((all) => all.join('')),
          fc.string(),
        ),
        async (text) => {
          await read(text).catch((error: unknown) => {
            expect(error).toBeInstanceOf(RelayError);
          });
        },
      ),
    );
  });
});

test('the help names every option, and no other', () => {
  const named = [...USAGE.matchAll(/(?:^ {2}|, )--([a-z-]+)/gm)].map(([, name]) => name!);
  expect(named.sort()).toEqual([...OPTIONS].sort());
});
