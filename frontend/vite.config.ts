import { defineConfig } from 'vitest/config';

export default defineConfig({
  base: '/static/dist/',
  publicDir: false,
  build: {
    outDir: '../static/dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: ['chrome123', 'firefox128', 'safari17.5'],
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
    // Inlined fonts and images would need data: in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { main: 'src/main.ts', operate: 'src/styles/operate.scss', docs: 'src/docs.ts' } },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
