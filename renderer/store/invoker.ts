// The invoker's form and the run whose result it shows. Method names and their payloads are remembered in localStorage.
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { HistoryEntry } from '../connection/shapes.ts';

/** 'selection' is what is selected or else the open device; its devices are read when the button is pressed. */
export type InvokeTarget =
  | { readonly kind: 'selection' }
  | { readonly kind: 'fleet'; readonly fleet: string }
  | { readonly kind: 'all' };

interface InvokerState {
  readonly target: InvokeTarget;
  readonly method: string;
  readonly payload: string;
  readonly responseTimeout: number;
  readonly connectTimeout: number;
  readonly concurrency: number;
  /** Method -> the payload last sent with it, newest first; at most `remembered`. */
  readonly known: readonly { readonly method: string; readonly payload: string }[];
  readonly run: string | undefined;
  /** The device whose result is shown out of many. */
  readonly shown: string | undefined;
  readonly view: 'result' | 'history';
  change(change: Partial<Pick<InvokerState, FormField>>): void;
  setMethod(method: string): void;
  started(run: string): void;
  show(device: string | undefined): void;
  setView(view: 'result' | 'history'): void;
  clearRun(): void;
  reuse(entry: HistoryEntry): void;
}
type FormField = 'target' | 'payload' | 'responseTimeout' | 'connectTimeout' | 'concurrency';

const remembered = 30;
export const shippedMethods = ['reboot', 'rebootDevice', 'echo'];

export const useInvoker = create<InvokerState>()(
  persist(
    (set) => ({
      target: { kind: 'selection' },
      method: 'reboot',
      payload: '',
      responseTimeout: 30,
      connectTimeout: 0,
      concurrency: 16,
      known: [],
      run: undefined,
      shown: undefined,
      view: 'result',
      change: (change) => set(change),
      setMethod: (method) =>
        set((state) => {
          const known = state.known.find((entry) => entry.method === method);
          return known ? { method, payload: known.payload } : { method };
        }),
      started: (run) =>
        set(({ method, payload, known }) => ({
          run,
          shown: undefined,
          view: 'result',
          known: [{ method, payload }, ...known.filter((entry) => entry.method !== method)].slice(0, remembered),
        })),
      show: (shown) => set({ shown }),
      setView: (view) => set({ view }),
      clearRun: () => set({ run: undefined, shown: undefined }),
      reuse: ({ method, payload, responseTimeout, connectTimeout }) =>
        set({ method, payload, responseTimeout, connectTimeout }),
    }),
    {
      name: 'hubfleet.invoker',
      version: 1,
      partialize: ({ method, payload, responseTimeout, connectTimeout, concurrency, known }) => ({
        method,
        payload,
        responseTimeout,
        connectTimeout,
        concurrency,
        known,
      }),
    },
  ),
);
