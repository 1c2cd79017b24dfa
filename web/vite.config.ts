import { defineConfig } from 'vite';

// Into files of fixed names below one folder: `livePage` serves that folder.
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  build: {
    target: 'es2022',
    modulePreload: false,
    assetsDir: '.',
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: { entryFileNames: 'page.js', assetFileNames: 'page[extname]', codeSplitting: false },
    },
  },
});
