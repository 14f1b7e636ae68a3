// Faults said in plain words, the same in banner, list and tooltip.
import type { Distribution, FaultSettings, FaultSpec } from '../connection/shapes.ts';
import { millis, percent } from '../widgets/format.ts';

export function describeDelay(delay: Distribution): string {
  switch (delay.kind) {
    case 'fixed':
      return `${millis(delay.ms)}`;
    case 'uniform':
      return `${millis(delay.low)} to ${millis(delay.high)}`;
    case 'log-normal':
      return `log-normal, median ${millis(delay.median)}, sigma ${delay.sigma}`;
  }
}

export function describeSettings(settings: FaultSettings): string {
  return settings.kind === 'reply.never' ? 'never answers' : `replies late (${describeDelay(settings.delay)})`;
}

export function describeTarget(on: FaultSpec['on']): string {
  if (on.device) return on.device;
  const whole = on.fleet ? `fleet ${on.fleet}` : 'all devices';
  return on.share < 1 ? `${percent(on.share)} of ${whole}` : whole;
}
