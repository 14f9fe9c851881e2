import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import ts from 'typescript-eslint';

// Type-aware throughout: a promise that nobody waits for is the bug this house fears most.
const REALMS = ['domain', 'window', 'workers', 'node', 'e2e', 'svelte'].map((realm) => `./tsconfig/${realm}.json`);

export default defineConfig(
  // AssemblyScript only looks like TypeScript; its own compiler checks it.
  globalIgnores([
    'dist/',
    '.cache/',
    'coverage/',
    'playwright-report/',
    'test-results/',
    'bench/kernels/',
    'skills/*/assembly/',
    'skills/lib/',
  ]),
  js.configs.recommended,
  ts.configs.recommendedTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      parserOptions: { project: REALMS, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.svelte'] },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
          message: 'Take Random from src/protocol/runtime: runs must replay.',
        },
      ],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      'svelte/no-at-html-tags': 'error',
      // `{' '}` is the space that the formatter leaves alone, and maps here are replaced whole ($state.raw), never changed.
      'svelte/no-useless-mustaches': 'off',
      'svelte/prefer-svelte-reactivity': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: "SvelteAttribute[key.name='style']",
          message: 'The CSP blocks style="…"; use a class or style:property.',
        },
      ],
    },
  },
  {
    // One door to effects: see also .dependency-cruiser.cjs.
    files: ['src/**'],
    ignores: ['src/skills/**', 'src/node/realm/**', '**/*.test.ts', '**/testkit.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/skills'],
              importNames: ['createHostedRunner', 'createInlineRunner', 'createLocalRunner', 'runOnce', 'SkillPool'],
              message:
                'A skill runs only in src/node/effects, by the runner in NodeOptions. Ask the kernel for `run_skill`.',
            },
          ],
        },
      ],
    },
  },
  // A fake that stands in for something asynchronous has nothing to await, and vitest's matchers are typed `any`.
  {
    files: ['**/*.test.ts'],
    rules: { '@typescript-eslint/require-await': 'off', '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  // Where the realm is Node, and where it is a config file that no realm's program contains.
  { files: ['scripts/**', 'bin/**', '*.{js,cjs,mjs}'], languageOptions: { globals: globals.node } },
  // tsc knows each realm's globals; the rule knows one list for all. The other does not count `this.#x ??= …` as a use.
  { files: ['**/*.{ts,mjs,svelte}'], rules: { 'no-undef': 'off', 'no-unused-private-class-members': 'off' } },
  // Plain JavaScript reads JSON without a cast to give it, and the linter cannot see the types that svelte-check gives a
  // template's variables. Both are type-checked all the same (checkJs, svelte-check).
  {
    files: ['**/*.mjs', '**/*.svelte'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  { files: ['*.{js,cjs,mjs}'], ...ts.configs.disableTypeChecked },
);
