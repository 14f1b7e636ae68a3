// Why a call ended as it did, in a sentence made from facts alone: what the service saw, what the device did, which fault and which timeout had a
// hand in it, and what a developer would change. Says nothing of a call that went as it should.
import type { Fact, FaultTouch, InvocationEnded } from '../vocabulary/facts.ts';
import { explanations, type ServiceErrorName } from '../vocabulary/service-errors.ts';
import { type Millis, seconds } from '../vocabulary/units.ts';
import type { Handled } from './entry.ts';

/** What is told of a device beside its calls. */
export type DeviceNews = Extract<
  Fact,
  {
    type:
      | 'device.connected'
      | 'device.disconnected'
      | 'device.refused'
      | 'link.changed'
      | 'fault.struck'
      | 'answer.dropped';
  }
>;

export interface Story {
  readonly ended: InvocationEnded;
  /** What the device said of it; a device that is not ours says nothing. */
  readonly handled: Handled | undefined;
  /** All that is known of the device, in order of time, before, during and after the call. */
  readonly news: readonly DeviceNews[];
}

export interface Explanation {
  readonly cause: string;
  readonly fix: string;
}

/** A call is odd when it took this much longer than its device says it worked, or a fault touched it. */
const noticeable: Millis = seconds(1);
/** What struck this shortly before a call may still be at work: facts of that kind come once a second at most. */
const lately: Millis = seconds(2);

export function explain(story: Story): Explanation | undefined {
  const { ended } = story;
  if (ended.httpStatus === 200) return answered(story);
  const tell = tellers[ended.error as ServiceErrorName] ?? general;
  return tell(story);
}

/** All faults that had a hand in a call, hub's side first. */
export const touchesOf = (ended: InvocationEnded, handled: Handled | undefined): readonly FaultTouch[] => [
  ...(ended.touches ?? []),
  ...(handled?.touches ?? []),
];

const legWords: Readonly<Record<FaultTouch['leg'], string>> = {
  hub: 'in the hub',
  toDevice: 'on its way to the device',
  inDevice: 'in the device',
  back: 'on its way back',
};

function answered(story: Story): Explanation | undefined {
  const { ended, handled } = story;
  const touches = touchesOf(ended, handled);
  const strikes = strikesDuring(story);
  if (touches.length === 0 && strikes.length === 0) return undefined;
  const held = touches.filter((touch) => (touch.held ?? 0) > 0);
  const other = touches.filter((touch) => (touch.held ?? 0) === 0);
  const parts = [
    ...held.map(({ fault, leg, held: ms = 0 }) => `fault ${fault} held it ${span(ms)} ${legWords[leg]}`),
    ...other.map(({ fault, leg }) => `fault ${fault} touched it ${legWords[leg]}`),
    ...strikes,
  ];
  const total = ended.at - ended.begunAt;
  return {
    cause: `The device answered ${ended.deviceStatus}, and the call took ${span(total)}: ${listed(parts)}.`,
    fix:
      total > noticeable
        ? 'Give callers a response timeout above the longest answer you mean to wait for, and let them go on with other work meanwhile.'
        : 'Lift the fault to see the call without it.',
  };
}

type Teller = (story: Story) => Explanation;
const tellers: Partial<Record<ServiceErrorName, Teller>> = {
  DeviceNotOnline: (story) => {
    const { ended } = story;
    const waited = ended.connectTimeout;
    const state = absence(story);
    const dark = darkFor(story);
    return {
      cause:
        waited === 0
          ? `The hub had no connection of the device that listens for methods, and a connect timeout of 0 does not wait for one: ${state}.`
          : `The hub waited ${span(waited)} for the device to connect, and it did not: ${state}.`,
      fix:
        dark === undefined
          ? 'Bring the device online, or raise the connect timeout (0 to 300 s) above the time it stays away.'
          : `It was back ${span(dark)} after it went: a connect timeout above that would have reached it.`,
    };
  },
  GatewayTimeout: (story) => {
    const { ended } = story;
    const limit = `${span(ended.responseTimeout)} (the response timeout)`;
    const { did, fix } = deviceDeed(story);
    return { cause: `The hub sent the call and heard nothing for ${limit}: ${did}.`, fix };
  },
  DeviceConnectionClosedRemotely: (story) => {
    const { ended, handled } = story;
    const lost = lossDuring(story);
    const age = span((lost?.at ?? ended.at) - (ended.sentAt ?? ended.begunAt));
    const why = lost === undefined ? '' : ` (${lossWords(lost, story.news)})`;
    const done =
      handled === undefined
        ? 'whether it executed the method is not known'
        : handled.outcome === 'answered'
          ? 'it had executed the method, and its reply was lost with the link'
          : 'its reply could no longer leave';
    return {
      cause: `The connection of the device was lost ${age} after the call reached it${why}; ${done}.`,
      fix: 'Call again once it is back, and make the method safe to execute twice: it may have been executed already.',
    };
  },
  ConnectionForcefullyClosedOnNewConnection: (story) => {
    const age = span(story.ended.at - (story.ended.sentAt ?? story.ended.begunAt));
    const kicked = lossDuring(story);
    if (kicked?.faults !== undefined) {
      return {
        cause: `The hub ended the connection of the device ${age} after the call went out, as it does when the same identity connects elsewhere${byFaults(kicked.faults)}.`,
        fix: 'Call again once it is back, and make the method safe to execute twice: it may have been executed already.',
      };
    }
    return {
      cause: `The same identity connected a second time ${age} after the call went out; the hub keeps only the newest connection and ended the call.`,
      fix: 'Run each identity once. A device that reconnects by itself should close its old connection first.',
    };
  },
};

function general(story: Story): Explanation {
  const { ended, handled } = story;
  const known = explanations[ended.error as ServiceErrorName];
  const touches = touchesOf(ended, handled);
  const by =
    touches.length === 0 ? '' : ` Fault ${listed([...new Set(touches.map(({ fault }) => fault))])} made it so.`;
  const cause = known?.cause ?? `The hub answered ${ended.httpStatus} (${ended.error ?? 'without a name'}).`;
  const retried = ended.httpStatus === 429 || ended.httpStatus >= 500;
  const fix = known?.fix ?? 'Read the body of the answer.';
  return {
    cause: `${cause}${by}`,
    fix:
      retried && known === undefined ? 'Retry with exponential back-off and jitter; the method was not executed.' : fix,
  };
}

type Loss = Extract<DeviceNews, { type: 'device.disconnected' }>;

/** What became of a request that nobody answered in time. */
function deviceDeed(story: Story): { readonly did: string; readonly fix: string } {
  const { ended, handled } = story;
  const unsure =
    'Treat 504 as "not known whether executed": ask for the state (the twin) before you call again, or make the method safe to repeat.';
  const late = story.news.find(
    (news) => news.type === 'answer.dropped' && news.rid === ended.rid && news.at >= ended.at,
  );
  const hubs = ended.touches ?? [];
  const lost = hubs.find(({ leg }) => leg === 'toDevice');
  if (handled === undefined && lost !== undefined && late === undefined) {
    return {
      did: `fault ${lost.fault} kept the request from the device, which never executed it`,
      fix: 'Here nothing was executed, but a caller cannot know: make the method safe to repeat, then repeat it.',
    };
  }
  if (late !== undefined || (handled?.outcome === 'answered' && handled.at > ended.at)) {
    const at = late?.at ?? (handled as Handled).at;
    const slow = touchesOf(ended, handled).filter(({ held }) => held !== undefined);
    const by = slow.map(({ fault, held = 0, leg }) => `fault ${fault} held it ${span(held)} ${legWords[leg]}`);
    const more = by.length === 0 ? '' : `, because ${listed(by)}`;
    return {
      did: `the device executed the method and its answer came ${span(at - ended.at)} after the deadline${more}; the hub dropped it`,
      fix: `A response timeout above ${span(at - ended.begunAt)} would have had the answer; or let the device answer at once and report the result in its twin. Do not repeat what was done.`,
    };
  }
  if (handled !== undefined) return { did: handledWords(story, handled), fix: unsure };
  const strikes = strikesDuring(story);
  if (strikes.length > 0) return { did: `${listed(strikes)}, and the device said nothing`, fix: unsure };
  const begun = ended.sentAt ?? ended.begunAt;
  const gone = story.news.find((news) => news.type === 'device.disconnected' && news.at >= begun);
  return {
    did:
      gone === undefined
        ? 'the device is still at it, or answers nothing'
        : `the device was still at it when its connection ended ${span(gone.at - ended.at)} later`,
    fix: 'Raise the response timeout (5 to 300 s) above the longest work of the device, or let it answer first and work afterwards.',
  };
}

function handledWords(story: Story, handled: Handled): string {
  const names = (handled.touches ?? []).map(({ fault }) => fault);
  const by = names.length === 0 ? '' : `fault ${listed(names)}`;
  switch (handled.outcome) {
    case 'silent':
      return by === ''
        ? 'the device executed the method and never replied'
        : `the device executed the method, and ${by} kept its reply`;
    case 'lost':
      return `the device executed the method, and its link was gone before it could reply${by === '' ? '' : ` (${by})`}`;
    case 'answered': {
      const strikes = strikesDuring(story);
      const why = [...(by === '' ? [] : [`${by} touched it`]), ...strikes];
      const reply = `the device replied ${handled.status} in time, and the reply never reached the hub`;
      return why.length === 0 ? reply : `${reply}: ${listed(why)}`;
    }
  }
}

/** Faults that were at work on the device's link while the call was under way. */
function strikesDuring({ ended, news }: Story): string[] {
  const told = new Map<string, string>();
  for (const each of news) {
    if (each.type !== 'fault.struck') continue;
    if (each.at >= ended.begunAt - lately && each.at <= ended.at)
      told.set(each.fault, `fault ${each.fault}: ${each.what}`);
  }
  return [...told.values()];
}

/** Why the device was not there when the call came. */
function absence({ ended, news }: Story): string {
  const before = news.filter((each) => each.at <= ended.begunAt);
  const moves = before.filter((each) => each.type !== 'answer.dropped' && each.type !== 'fault.struck');
  // A device tells why it went dark or gave up, just before the hub tells that the connection ended.
  const own = moves.findLast(
    (each) => each.type === 'link.changed' && (each.state === 'dark' || each.state === 'failed'),
  );
  const since = moves.slice(own === undefined ? 0 : moves.indexOf(own) + 1);
  const last = own !== undefined && since.every((each) => each.type === 'device.disconnected') ? own : moves.at(-1);
  if (last === undefined) return 'nothing was heard of it';
  const ago = `${span(ended.begunAt - last.at)} before the call`;
  switch (last.type) {
    case 'device.connected':
      return `it had connected ${ago}, but not subscribed to methods yet`;
    case 'device.refused':
      return `the hub had refused it ${ago}: ${last.detail}${byFaults(last.faults)}`;
    case 'link.changed': {
      const words = { dark: 'gone dark', failed: 'given up connecting' } as Partial<Record<string, string>>;
      const state = words[last.state] ?? `been ${last.state}`;
      return `it had ${state} ${ago}${last.detail === undefined ? '' : ` (${last.detail})`}${byFaults(last.faults)}`;
    }
    default:
      return `its connection had ended ${ago} (${lossWords(last as Loss, news)})`;
  }
}

/** How long a device that was away stayed away, when it came back after the call. */
function darkFor({ ended, news }: Story): Millis | undefined {
  const gone = news.findLast((each) => each.type === 'device.disconnected' && each.at <= ended.begunAt);
  const back = news.find((each) => each.type === 'device.connected' && each.at > ended.begunAt);
  return gone === undefined || back === undefined ? undefined : back.at - gone.at;
}

const lossDuring = ({ ended, news }: Story): Loss | undefined =>
  news.findLast(
    (each): each is Loss => each.type === 'device.disconnected' && each.at >= ended.begunAt && each.at <= ended.at,
  );

/** The hub tells that a connection ended; which fault of ours ended it on the device's side, the device's own news tells. */
function lossWords({ at, reason, detail, faults = [] }: Loss, news: readonly DeviceNews[]): string {
  const words = {
    client: 'it said goodbye',
    lost: 'the stream ended without a goodbye',
    'keep-alive': 'it was silent for too long',
    'token-expired': 'its token expired',
    replaced: 'the same identity connected again',
  } as Partial<Record<string, string>>;
  const blamed = news.filter((each) => each.type === 'link.changed' && Math.abs(each.at - at) <= lately);
  const names = [...faults, ...blamed.flatMap((each) => (each.type === 'link.changed' ? (each.faults ?? []) : []))];
  return `${words[reason] ?? reason}${detail === undefined ? '' : `: ${detail}`}${byFaults([...new Set(names)])}`;
}

const byFaults = (faults: readonly string[] | undefined): string =>
  faults === undefined || faults.length === 0 ? '' : `, by fault ${listed(faults)}`;

/** `340 ms`, `2.3 s`, `12 s`. */
export function span(ms: Millis): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 10_000 ? `${Number((ms / 1_000).toFixed(1))} s` : `${Math.round(ms / 1_000)} s`;
}

function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}
