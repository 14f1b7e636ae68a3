// What became of a device's connection before, during and after a call, in words, from what hub and device told of it.
import type { Millis } from '../vocabulary/units.ts';
import { seconds } from '../vocabulary/units.ts';
import type { DeviceNews, Story } from './explain.ts';
import { listed, span } from './span.ts';

type Loss = Extract<DeviceNews, { type: 'device.disconnected' }>;

/** What hub and device tell of the same end comes this close together. */
const together: Millis = seconds(2);

/**
 * Why the device was not there when the call came. `refused`: something turned it away when it tried; `foreign`: its connection was lost, and it is
 * none of ours, which say what they do about it.
 */
export function absence({ ended, news }: Story): {
  readonly state: string;
  readonly refused?: boolean;
  readonly foreign?: boolean;
} {
  const before = news.filter((each) => each.at <= ended.begunAt);
  const moves = before.filter((each) => each.type !== 'answer.dropped' && each.type !== 'fault.struck');
  // A device tells why it went dark or gave up, just before the hub tells that the connection ended.
  const own = moves.findLast(
    (each) => each.type === 'link.changed' && (each.state === 'dark' || each.state === 'failed'),
  );
  const since = moves.slice(own === undefined ? 0 : moves.indexOf(own) + 1);
  const last = own !== undefined && since.every((each) => each.type === 'device.disconnected') ? own : moves.at(-1);
  if (last === undefined) return { state: 'nothing was heard of it' };
  const ago = `${span(ended.begunAt - last.at)} before the call`;
  switch (last.type) {
    case 'device.connected':
      return { state: `it had connected ${ago}, but not subscribed to methods yet` };
    case 'device.refused':
      return {
        state: `the hub had refused it ${ago}: ${last.detail}${byFaults(last.faults, last.detail)}`,
        refused: true,
      };
    case 'link.changed': {
      const { state, detail, faults } = last;
      const more = `${detail === undefined ? '' : ` (${detail})`}${byFaults(faults, detail)}`;
      if (state === 'waiting') {
        // Behind another attempt, or a refusal, it was one more that failed; behind a connection it was its end.
        const refused = moves.at(-2)?.type !== 'device.connected';
        return refused
          ? { state: `its last attempt to connect had failed ${ago}${more}`, refused }
          : { state: `its connection had ended ${ago}${more}` };
      }
      const words = { dark: 'gone dark', failed: 'given up connecting' } as Partial<Record<string, string>>;
      return { state: `it had ${words[state] ?? `been ${state}`} ${ago}${more}` };
    }
    default:
      return {
        state: `its connection had ended ${ago} (${lossWords(last as Loss, news)})`,
        foreign: !news.some(({ type }) => type === 'link.changed'),
      };
  }
}

/** How long a device that was away stayed away, when it came back after the call. */
export function darkFor({ ended, news }: Story): Millis | undefined {
  const gone = news.findLast((each) => each.type === 'device.disconnected' && each.at <= ended.begunAt);
  const back = news.find((each) => each.type === 'device.connected' && each.at > ended.begunAt);
  return gone === undefined || back === undefined ? undefined : back.at - gone.at;
}

export const lossDuring = ({ ended, news }: Story): Loss | undefined =>
  news.findLast(
    (each): each is Loss => each.type === 'device.disconnected' && each.at >= ended.begunAt && each.at <= ended.at,
  );

/** The hub tells that a connection ended; which fault of ours ended it on the device's side, the device's own news tells. */
export function lossWords({ at, reason, detail, faults = [] }: Loss, news: readonly DeviceNews[]): string {
  const words = {
    client: 'it said goodbye',
    lost: 'the stream ended without a goodbye',
    'keep-alive': 'it was silent for too long',
    'token-expired': 'its token expired',
    replaced: 'the same identity connected again',
    fault: 'the hub ended it',
  } as Partial<Record<string, string>>;
  const blamed = news.filter((each) => each.type === 'link.changed' && Math.abs(each.at - at) <= together);
  const names = [...faults, ...blamed.flatMap((each) => (each.type === 'link.changed' ? (each.faults ?? []) : []))];
  return `${words[reason] ?? reason}${detail === undefined ? '' : `: ${detail}`}${byFaults([...new Set(names)])}`;
}

/** Nothing where `said` names it already. */
export function byFaults(faults: readonly string[] | undefined, said = ''): string {
  const unsaid = (faults ?? []).filter((fault) => !said.includes(fault));
  return unsaid.length === 0 ? '' : `, by fault ${listed(unsaid)}`;
}
