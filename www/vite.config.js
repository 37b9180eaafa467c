import { defineConfig } from 'vite';

// The page finds its files beside itself, so that it also works under a path of a proxy. The
// source map is for those who read the page to copy from it.
export default defineConfig({ base: './', build: { sourcemap: true } });
