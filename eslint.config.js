/** @file Typed lint of all TypeScript, and plain lint of the few scripts in JavaScript. */
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  globalIgnores([
    '**/dist/',
    '**/.data/',
    '**/out/',
    '**/coverage/',
    // A package of its own, whose dependencies are not installed by default.
    'site/',
    // Projects of those who begin one.
    'packages/create-chainrule/templates/',
  ]),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      // A class and its methods, declared apart: interface Tensor extends TensorMethods {}.
      '@typescript-eslint/no-empty-object-type': [
        'error',
        { allowInterfaces: 'with-single-extends' },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    // Loops over typed arrays, and over shapes beside each other: an index in range is known to give a number.
    files: [
      'packages/autograd/{src/{ops,graph,engine,kernels,backends,io},test/engine}/**/*.ts',
      'packages/optim/src/solve/**/*.ts',
      'packages/nn/src/metrics/*.ts',
      'packages/export/src/{stablehlo,module}/*.ts',
      'packages/export/src/onnx/{import,operators}/**/*.ts',
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // Type tests make expressions only to look at their types.
    files: ['**/*.test-d.ts'],
    rules: {
      '@typescript-eslint/no-unused-vars': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
);
