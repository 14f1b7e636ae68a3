// The query being written, what the last one found, and those asked before (kept in localStorage).
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { client, type Refused, refusedBy } from '../connection/client.ts';
import type { CommandAnswer } from '../connection/shapes.ts';
import { chosenHub } from './hub-choice.ts';
import { pathsIn } from './words.ts';

export type QueryResult = CommandAnswer<'query.run'>;
export type Row = QueryResult['rows'][number];

export interface Asked {
  readonly text: string;
  readonly at: number;
  /** Rows of the first page; undefined when it was refused. */
  readonly rows?: number;
  readonly more?: boolean;
}

interface QueryState {
  readonly text: string;
  readonly asked: readonly Asked[];
  /** Paths seen below tags and properties. */
  readonly paths: readonly string[];
  readonly busy: boolean;
  /** The text whose results are shown and the hub they are of, with all pages so far. */
  readonly result: (QueryResult & { readonly text: string; readonly hub?: string }) | undefined;
  readonly refused: Refused | undefined;
  readonly chosen: number;
  write(text: string): void;
  choose(row: number | undefined): void;
}

const remembered = 50;
const pageSize = 100;

export const useQuery = create<QueryState>()(
  persist(
    (set) => ({
      text: 'SELECT * FROM devices',
      asked: [],
      paths: [],
      busy: false,
      result: undefined,
      refused: undefined,
      chosen: -1,
      // A mark under a character is about the text that was sent.
      write: (text) =>
        set(({ result }) => ({ text, ...(result?.problem && result.text !== text ? { result: undefined } : {}) })),
      choose: (row) => set({ chosen: row ?? -1 }),
    }),
    {
      name: 'hubfleet.query',
      version: 1,
      partialize: ({ text, asked, paths }) => ({ text, asked, paths }),
    },
  ),
);

export async function runQuery(given?: string): Promise<void> {
  const { busy } = useQuery.getState();
  const text = given ?? useQuery.getState().text;
  if (busy || text.trim() === '') return;
  useQuery.setState({ text, busy: true, refused: undefined });
  try {
    const hub = chosenHub();
    const result = await client.run('query.run', { text, size: pageSize, ...hub });
    useQuery.setState(({ asked, paths }) => ({
      busy: false,
      chosen: -1,
      result: { ...result, text, ...hub },
      paths: pathsIn(result.rows, paths),
      asked: [entryOf(text, result), ...asked.filter((each) => each.text !== text)].slice(0, remembered),
    }));
  } catch (error) {
    useQuery.setState({ busy: false, refused: refusedBy(error) });
  }
}

const entryOf = (text: string, { rows, continuation, problem }: QueryResult): Asked => ({
  text,
  at: Date.now(),
  ...(problem ? {} : { rows: rows.length, more: continuation !== undefined }),
});

export async function runMore(): Promise<void> {
  const { busy, result } = useQuery.getState();
  if (busy || !result?.continuation) return;
  useQuery.setState({ busy: true, refused: undefined });
  try {
    const { text, hub, continuation, ...before } = result;
    const same = { text, ...(hub === undefined ? {} : { hub }) };
    const page = await client.run('query.run', { ...same, size: 1_000, continuation: continuation ?? '' });
    useQuery.setState(({ paths }) => ({
      busy: false,
      result: page.problem
        ? { ...result, problem: page.problem }
        : { ...before, ...page, ...same, rows: [...result.rows, ...page.rows] },
      paths: pathsIn(page.rows, paths),
    }));
  } catch (error) {
    useQuery.setState({ busy: false, refused: refusedBy(error) });
  }
}

/** Asks for a few twins without a word, so that their paths are known before the first result. */
export async function learnPaths(): Promise<void> {
  if (useQuery.getState().paths.length > 0) return;
  try {
    const { rows } = await client.run('query.run', { text: 'SELECT TOP 20 * FROM devices', size: 20, ...chosenHub() });
    useQuery.setState(({ paths }) => ({ paths: pathsIn(rows, paths) }));
  } catch {
    // Completion does without them.
  }
}
