// The life of a device's link, as a table and a pure step; what a move sets off is the device's affair (virtual-device.ts).
//
//              start    due         accepted  refused  lost     gaveUp  renew       reboot  woken       stop
//  off         waiting
//  waiting              connecting                                                  dark                off
//  connecting                       online    waiting  waiting  failed              dark                off
//  online                                     waiting  waiting  failed  connecting  dark                off
//  dark                                                                                     connecting  off
//  failed      waiting                                                              dark                off
//
// An empty cell keeps the state: what comes too late (a refusal after a stop, a second reboot in the dark) changes nothing.
import type { Random } from '../random/random.ts';
import type { LinkState } from '../vocabulary/facts.ts';
import type { ReconnectSpec } from '../vocabulary/specs.ts';
import type { Millis } from '../vocabulary/units.ts';

/**
 * What happens to a link. `due`: the wait before dialling is over. `accepted`: methods reach the device from here on.
 * `gaveUp`: it was lost or refused and the policy allows no other try. `renew`: the token is old, dial again with a new one.
 */
export type LinkInput =
  | 'start'
  | 'due'
  | 'accepted'
  | 'refused'
  | 'lost'
  | 'gaveUp'
  | 'renew'
  | 'reboot'
  | 'woken'
  | 'stop';

export const moves: Readonly<Record<LinkState, Readonly<Partial<Record<LinkInput, LinkState>>>>> = {
  off: { start: 'waiting' },
  waiting: { due: 'connecting', reboot: 'dark', stop: 'off' },
  connecting: {
    accepted: 'online',
    refused: 'waiting',
    lost: 'waiting',
    gaveUp: 'failed',
    reboot: 'dark',
    stop: 'off',
  },
  online: {
    refused: 'waiting',
    lost: 'waiting',
    gaveUp: 'failed',
    renew: 'connecting',
    reboot: 'dark',
    stop: 'off',
  },
  dark: { woken: 'connecting', stop: 'off' },
  failed: { start: 'waiting', reboot: 'dark', stop: 'off' },
};

export const step = (state: LinkState, input: LinkInput): LinkState => moves[state][input] ?? state;

/**
 * How long to wait before try number `attempt` (0 is the first after a loss), or undefined when the policy gives up.
 * Doubles from `first` up to `most`; of each wait the share `jitter` is drawn, so that a fleet cut off at once does not come back at once.
 */
export function reconnectWait(policy: ReconnectSpec, attempt: number, random: Random): Millis | undefined {
  if (policy.kind === 'none') return undefined;
  // Past 30 doublings every wait is `most`, unless `first` is 0, which infinity would turn into no number at all.
  const whole = Math.min(policy.most, policy.first * 2 ** Math.min(attempt, 30));
  return Math.round(whole * (1 - policy.jitter * random.next()));
}
