// What one more idle device costs: the resident memory of the process that holds the devices, from a few thousand on. Below a thousand a
// fixed slack of the heap would hide the slope.
import { numbered } from './group.ts';

/** A process with devices, and how to reach it. */
export interface Held {
  add(ids: readonly string[]): Promise<unknown>;
  /** Kilobytes. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

/** Connected at once: a burst of thousands would leave its own mark on the memory. */
const batch = 250;

/** Kilobytes a device. */
export async function slopeOf(
  { add, memory, stop }: Held,
  prefix: string,
  { few, many }: { readonly few: number; readonly many: number },
): Promise<number> {
  const ids = numbered(prefix, many);
  const addUpTo = async (from: number, to: number): Promise<void> => {
    for (let first = from; first < to; first += batch) await add(ids.slice(first, first + batch));
  };
  await addUpTo(0, few);
  const before = await memory();
  await addUpTo(few, many);
  const after = await memory();
  await stop();
  return (after - before) / (many - few);
}
