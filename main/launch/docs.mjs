// `npm run docs`: writes the pages of docs/ that are made out of the program's own schemas.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['main/docs/pages.ts'],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  logLevel: 'error',
});
const { pages } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
);
for (const [name, text] of Object.entries(pages())) {
  writeFileSync(new URL(`../../docs/${name}`, import.meta.url), text);
  process.stdout.write(`docs/${name}\n`);
}
