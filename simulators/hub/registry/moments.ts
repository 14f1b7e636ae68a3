// Moments as the service API writes them.
import type { Instant } from '../../vocabulary/units.ts';

/** Stands for a moment that never was. */
export const neverText = '0001-01-01T00:00:00';

export const isoText = (at: Instant): string => new Date(at).toISOString();
