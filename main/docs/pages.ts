// The pages of docs/ that are made, not written: by `npm run docs`. A test fails while one of them is out of date.
import { behavioursPage } from './behaviours-page.ts';
import { faultsPage } from './faults-page.ts';

/** Text by file name in docs/. */
export const pages = (): Readonly<Record<string, string>> => ({
  'faults.md': faultsPage(),
  'behaviours.md': behavioursPage(),
});
