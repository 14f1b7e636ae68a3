// What is kept of devices, each by itself. Bounded: a hub is asked for devices that are not ours, under any id that somebody makes up.

/** Devices of which something is kept; beyond, what was kept longest goes. */
export const mostRemembered = 100_000;

export function remember<Of, What>(kept: Map<Of, What>, of: Of, what: What): void {
  if (kept.size >= mostRemembered && !kept.has(of)) {
    const [oldest] = kept.keys();
    kept.delete(oldest as Of);
  }
  kept.set(of, what);
}
