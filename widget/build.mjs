// Builds dist/widget.js, one file that a page loads with a script tag; --tests bundles the tests for node instead.
import { gzipSync } from 'node:zlib';
import { readFileSync, readdirSync } from 'node:fs';
import * as esbuild from 'esbuild';

const limit = 25 * 1024; // compressed bytes: the budget in the design

if (process.argv.includes('--tests')) {
  const tests = readdirSync('src').filter((name) => name.endsWith('.test.ts')).map((name) => `src/${name}`);
  await esbuild.build({ entryPoints: tests, outdir: '.test', bundle: true, platform: 'node', format: 'esm', outExtension: { '.js': '.mjs' } });
} else {
  const options = {
    entryPoints: ['src/main.ts'], outfile: 'dist/widget.js', bundle: true, minify: true, format: 'iife', target: 'es2020',
    loader: { '.css': 'text' }, legalComments: 'none', charset: 'utf8',
  };
  if (process.argv.includes('--watch')) {
    await (await esbuild.context(options)).watch();
  } else {
    await esbuild.build(options);
    const size = gzipSync(readFileSync(options.outfile), { level: 9 }).length;
    console.log(`dist/widget.js: ${size} bytes compressed`);
    if (size > limit) {
      console.error(`The widget is larger than its budget of ${limit} bytes.`);
      process.exit(1);
    }
  }
}
