/**
 * What is linted, and why so little: rules that find mistakes or keep the house's promises (no `any`, no lost promise, no default
 * export, files and functions that fit on a screen). Types are the compilers' matter, and the order of imports has its own test.
 */
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const everywhere = {
  'eqeqeq': ['error', 'always', { null: 'ignore' }],
  'no-var': 'error',
  'prefer-const': 'error',
  'no-unreachable': 'error',
  'no-self-compare': 'error',
  'no-cond-assign': ['error', 'always'],
  'no-constant-binary-expression': 'error',
  'no-unsafe-finally': 'error',
  'no-unmodified-loop-condition': 'error',
  'no-restricted-exports': [
    'error',
    { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true, namespaceFrom: true } }
  ],
  'semi': ['error', 'never', { beforeStatementContinuationChars: 'never' }]
}

const typed = {
  '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/consistent-type-exports': 'error',
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/no-unnecessary-type-assertion': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }]
}

// Foreign data comes in as `unknown` and leaves parse with a type; an `any` that slipped in (JSON.parse gives one) ends here.
const library = {
  '@typescript-eslint/no-unsafe-argument': 'error',
  '@typescript-eslint/no-unsafe-assignment': 'error',
  '@typescript-eslint/no-unsafe-call': 'error',
  '@typescript-eslint/no-unsafe-member-access': 'error',
  '@typescript-eslint/no-unsafe-return': 'error',
  'no-console': 'error'
}

const size = {
  'complexity': ['error', 20],
  'max-depth': ['error', 4],
  'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }]
}

// A test that is left out silently is one that nobody misses; the option { skip: 'why' } is told and counted.
const tests = {
  'no-restricted-properties': ['error', { object: 'test', property: 'only' }, { object: 'test', property: 'skip' }]
}

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'docs/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { files: ['**/*.{js,mjs,ts,tsx}'], rules: everywhere },
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname }
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: typed
  },
  { files: ['index.ts', 'lib/**/*.{ts,tsx}'], rules: library },
  { files: ['lib/**/*.{ts,tsx}'], rules: size },
  { files: ['test/**/*.ts'], rules: tests },
  { files: ['*.config.js'], rules: { 'no-restricted-exports': 'off' } }
)
