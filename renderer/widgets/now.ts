// The moving present, shared by everything that shows an age or a growing bar. The host's clock leads: instants come from it.
import { useSyncExternalStore } from 'react';

let ahead = 0;
/** Told with every snapshot of the totals: how far the host's clock is ahead of the window's. */
export function hearHostTime(at: number): void {
  const heard = at - Date.now();
  // Snapshots arrive late by varying amounts; only a real difference moves the clock, so that bars do not jitter.
  if (Math.abs(heard - ahead) > 1_000) ahead = heard;
}
export const hostNow = (): number => Date.now() + ahead;

function ticker(every: number) {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let now = hostNow();
  return {
    subscribe(listener: () => void) {
      listeners.add(listener);
      timer ??= setInterval(() => {
        now = hostNow();
        for (const each of listeners) each();
      }, every);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    read() {
      // Without a running timer the value would be stale for whoever comes first.
      if (timer === undefined) now = Math.floor(hostNow() / every) * every;
      return now;
    },
  };
}
const slow = ticker(1_000);
const fast = ticker(100);

/** The host's time, moving once a second. */
export const useNow = (): number => useSyncExternalStore(slow.subscribe, slow.read);
/** The host's time, moving ten times a second: for what is in flight. */
export const useFastNow = (): number => useSyncExternalStore(fast.subscribe, fast.read);
