// What travels between window and host, the same over a WebSocket (JSON text) and over Electron's IPC (structured clone).
import type { ErrorReport } from '../../simulators/vocabulary/errors.ts';

/** Window to host. `id` is chosen by the window and unique in its life. */
export type ToHost =
  | { readonly kind: 'command'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly kind: 'subscribe'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly kind: 'unsubscribe'; readonly id: number };

/** Host to window. A refused subscription gets one 'error' and nothing after it. */
export type ToWindow =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorReport }
  | { readonly kind: 'snapshot'; readonly id: number; readonly value: unknown };
