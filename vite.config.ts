// Builds the window into dist/renderer. Paths are relative, so that the same files work on loopback and from Electron's own scheme.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'renderer',
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    // Every browser that knows light-dark(), on which the colours rest.
    target: ['chrome125', 'firefox125', 'safari17.5'],
    // No polyfill script: the content policy allows scripts from files only.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
});
