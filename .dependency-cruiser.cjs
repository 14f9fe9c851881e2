// Which way imports may point. ARCHITECTURE.md has the picture; each rule says what to import instead.
const DOMAINS =
  'crypto|witness|policy|keys|privacy|registry|storage|identity|audit|verify|governance|skills|pipeline|mesh';
const TESTS = '\\.test\\.ts$|/testing/|/testkit\\.ts$';

/** A domain may use itself, what stands below it, and packages. */
const layer = (name, below, instead) => ({
  name: `${name}-imports-downwards`,
  comment: `src/${name} stands on ${below.join(', ')} only. ${instead}`,
  severity: 'error',
  from: { path: `^src/${name}/`, pathNot: TESTS },
  to: { path: '^(src|cli|relay|workers)/', pathNot: `^src/(${[name, ...below].join('|')})/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment:
        'Two modules that need each other are one module, or lack a third: move what both need into a file below them.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'protocol-is-the-floor',
      comment:
        'src/protocol is shared by every realm and holds no code of any domain. Import types only, or move the code up into its domain.',
      severity: 'error',
      from: { path: '^src/protocol/', pathNot: TESTS },
      to: { path: '^(src|cli|relay|workers)/', pathNot: '^src/protocol/', dependencyTypesNot: ['type-only'] },
    },
    layer('crypto', ['protocol'], 'Take bytes and give bytes; let the caller know the domain.'),
    layer('policy', ['protocol', 'crypto'], 'A decision is computed from texts and a request alone: hand them in.'),
    layer('keys', ['protocol', 'crypto'], 'The life of keys is a fold of entries: hand them in.'),
    layer(
      'privacy',
      ['protocol', 'crypto'],
      'Hiding and opening are sums over JSON: hand in values, salts and entries.',
    ),
    layer(
      'registry',
      ['protocol', 'crypto'],
      'Manifests, indexes and the registry are sums over bytes and entries: hand them in.',
    ),
    layer('witness', ['protocol', 'crypto'], 'A witness knows checkpoints alone; relay and node hand the rest in.'),
    layer('storage', ['protocol', 'crypto'], 'Store what the domain above hands in.'),
    layer(
      'identity',
      ['protocol', 'crypto', 'storage'],
      'What needs the log or a policy belongs in src/governance or src/node.',
    ),
    layer(
      'audit',
      ['protocol', 'crypto', 'keys', 'privacy', 'storage'],
      'Take a Signer from src/crypto in place of an identity.',
    ),
    layer(
      'verify',
      ['protocol', 'crypto', 'policy', 'keys', 'privacy', 'registry'],
      'The verifier trusts no code that signs, stores or talks: parse the bundle here again.',
    ),
    layer('skills', ['protocol', 'crypto'], 'A skill is run for src/node/effects, which asks the kernel first.'),
    layer(
      'governance',
      ['protocol', 'crypto', 'policy', 'keys', 'privacy', 'storage', 'identity', 'audit'],
      'The kernel knows no effect: register an executor from src/node/effects.',
    ),
    layer(
      'pipeline',
      ['protocol', 'crypto', 'storage', 'identity', 'audit', 'governance', 'skills'],
      'Ask the kernel for the action; its executor is in src/node/effects.',
    ),
    layer(
      'mesh',
      ['protocol', 'crypto', 'storage', 'witness', 'identity', 'audit', 'verify', 'governance', 'skills'],
      'The mesh knows no node: src/node/mesh joins it to kernel, log and storage.',
    ),
    layer(
      'node',
      ['protocol', ...DOMAINS.split('|')],
      'What a window or a terminal lends comes in through NodeOptions (src/node/types.ts).',
    ),
    {
      name: 'no-insides',
      comment:
        "Import a domain's index.ts (types.ts for its types, wire.ts and lend.ts for what crosses a port), not its insides. Export there what others need.",
      severity: 'error',
      from: { path: '^(src|cli)/([^/]+)/', pathNot: TESTS },
      to: {
        path: `^src/(${DOMAINS})/`,
        pathNot: ['^src/$2/', '^src/[a-z]+/(index|types|wire|lend)\\.ts$', '^src/[a-z]+/[a-z0-9]+/index\\.ts$'],
      },
    },
    {
      name: 'one-door-to-effects',
      comment:
        'Executors are for the kernel alone, which src/node/boot hands them to. Ask the kernel for the action (src/governance) in place of doing it. (eslint.config.js keeps skill runners behind the same door.)',
      severity: 'error',
      from: { path: '^(src|cli|workers)/', pathNot: [TESTS, '^src/node/(effects|boot)/'] },
      to: { path: '^src/node/effects/' },
    },
    {
      name: 'screens-ask-the-node',
      comment:
        'src/ui shows and asks; it holds no rule of its own. Use NodeClient (src/protocol/client.ts), or lend through src/host; of a domain, its types.ts.',
      severity: 'error',
      from: { path: '^src/ui/', pathNot: TESTS },
      to: {
        path: '^(src|cli|relay|workers)/',
        pathNot: '^src/((ui|host|protocol|crypto|verify)/|[a-z]+/types\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'host-lends-only',
      comment:
        'src/host lends what only a window can do. Rules live in the node: add a request to src/protocol/messages.ts; what crosses a port is in a wire.ts or lend.ts.',
      severity: 'error',
      from: { path: '^src/host/', pathNot: TESTS },
      to: {
        path: '^(src|cli|relay)/',
        pathNot: '^src/(host|protocol|[a-z]+/(types|wire|lend)\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'relay-stands-alone',
      comment:
        "The relay serves, introduces and witnesses; it is no node. It may use src/protocol, src/crypto, src/witness, src/mesh, and the terminal's lock on a directory.",
      severity: 'error',
      from: { path: '^relay/' },
      to: {
        path: '^(src|cli|workers)/',
        pathNot: '^(src/(protocol|crypto|witness|mesh)/|cli/home/storage-lock\\.ts$)',
      },
    },
    {
      name: 'terminal-has-no-window',
      comment: 'cli runs in Node: take what it needs from src/node and the domains.',
      severity: 'error',
      from: { path: '^cli/', pathNot: TESTS },
      to: { path: '^(src/(ui|host)|relay|workers)/' },
    },
    {
      name: 'no-node-in-the-browser',
      comment: 'src/ runs in browsers. Node adapters live in cli/ and relay/ and are handed in.',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-test-code-in-the-product',
      comment: 'A test helper is for tests; move what the product needs out of it.',
      severity: 'error',
      from: { pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: 'declared-packages-only',
      comment: 'Pin the package in package.json first, and say in ARCHITECTURE.md why it is worth its weight.',
      severity: 'error',
      from: { path: '^(src|cli|relay|workers)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'resolvable',
      comment: 'This import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.svelte', '.mjs', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'browser', 'default', 'types'],
    },
    exclude: { path: '^(dist|node_modules|skills)/' },
  },
};
