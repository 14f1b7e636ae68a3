// What `npm start` and `npm run hubfleet` run from a clone: builds what is stale, without a word, then is the command line.
import { buildStale } from './build.mjs';

try {
  await buildStale();
} catch (error) {
  process.stderr.write(`hubfleet could not be built: ${error.message}\nRun \`npm ci\` first if you have not.\n`);
  process.exit(1);
}
await import('../../dist/main/cli.mjs');
