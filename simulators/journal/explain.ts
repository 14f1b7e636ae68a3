// Why a call ended as it did, in a sentence made from facts alone: what the service saw, what the device did, which fault and which timeout had a
// hand in it, and what a developer would change. Says nothing of a call that went as it should.
import { type Fact, type FaultStruck, type FaultTouch, type InvocationEnded, textLimit } from '../vocabulary/facts.ts';
import { explanations, type ServiceErrorName } from '../vocabulary/service-errors.ts';
import { type Millis, seconds } from '../vocabulary/units.ts';
import { absence, byFaults, darkFor, lossDuring, lossWords } from './connection-words.ts';
import type { Handled } from './entry.ts';
import { lessonOf, strikeWords, touchWords } from './fault-words.ts';
import { listed, span } from './span.ts';

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
  /** What the hub found odd in the call. */
  readonly hints?: readonly string[] | undefined;
}

export interface Explanation {
  readonly cause: string;
  readonly fix: string;
}

/** An answer is late when it took this long. */
const noticeable: Millis = seconds(1);
/** A way there or back of this length is told. */
const longWay: Millis = 20;
/** What struck this shortly before a call may still be at work: facts of that kind come once a second at most. */
const lately: Millis = seconds(2);

const unsure =
  'Treat 504 as "not known whether executed": ask for the state (the twin) before you call again, or make the method safe to repeat.';
const repeatable =
  'Call again once it is back, and make the method safe to execute twice: it may have been executed already.';
const undone = 'Here nothing was executed, but a caller cannot know: make the method safe to repeat, then repeat it.';

export function explain(story: Story): Explanation | undefined {
  const { ended, hints = [] } = story;
  if (ended.httpStatus === 200) return answered(story);
  const told = (tellers[ended.error as ServiceErrorName] ?? general)(story);
  return hints.length === 0 ? told : { ...told, cause: `${told.cause} ${hints.join(' ')}` };
}

/** All faults that had a hand in a call, hub's side first. */
export const touchesOf = (ended: InvocationEnded, handled: Handled | undefined): readonly FaultTouch[] => [
  ...(ended.touches ?? []),
  ...(handled?.touches ?? []),
];

function answered(story: Story): Explanation | undefined {
  const { ended, handled } = story;
  const touches = touchesOf(ended, handled);
  const ways = waysOf(story, ended.answeredAt);
  // One that struck before the call and lengthened nothing of it is no news of this call.
  const strikes = strikesOn(story).filter(({ at }) => at >= ended.begunAt || handled === undefined || ways !== '');
  const total = ended.at - ended.begunAt;
  const status = ended.deviceStatus ?? 0;
  if (touches.length > 0 || strikes.length > 0) {
    const held = touches.filter((touch) => (touch.held ?? 0) > 0);
    // What struck on the link says more than that it touched the call.
    const told = new Set(strikes.map(({ fault }) => fault));
    const other = touches.filter((touch) => (touch.held ?? 0) === 0 && !told.has(touch.fault));
    const parts = [...held.map(touchWords), ...other.map(touchWords), ...strikes.map(strikeWords)];
    return {
      cause: `The device answered ${status}, and the call took ${span(total)}: ${listed([...new Set(parts)])}${strikes.length > 0 ? ways : ''}.`,
      fix:
        lessonOf([...touches, ...strikes]) ??
        (total > noticeable
          ? 'Give callers a response timeout above the longest answer you mean to wait for, and let them go on with other work meanwhile.'
          : 'Lift the fault to see the call without it.'),
    };
  }
  if (notJson(ended)) {
    return {
      cause: `The device answered ${status}, and the payload of its answer is no JSON.`,
      fix: 'Let the device answer with JSON, or with nothing. Callers: parse where a failure is caught, the hub passes on what it gets.',
    };
  }
  if (status < 400) return undefined;
  return {
    cause: `The service did its part (HTTP 200); ${status} is the device's own answer to '${ended.method}'${byCustom[status] ?? ''}.`,
    fix: 'Read the device status and the payload, not HTTP 200 alone; what the number means is the affair of who wrote the device.',
  };
}

/** What devices mean by a status, where articles and SDKs agree; the service gives it no meaning. */
const byCustom: Readonly<Record<number, string>> = {
  404: '; most devices say so of a method they do not know, and names are case-sensitive',
  500: '; most devices say so when the method failed',
  501: '; most devices say so of a method they do not have',
  503: '; most devices say so while they are busy',
};

/** Cut texts are not judged. */
function notJson({ response }: InvocationEnded): boolean {
  if (response === undefined || response.text === '' || response.text.length >= textLimit) return false;
  try {
    JSON.parse(response.text);
    return false;
  } catch {
    return true;
  }
}

type Teller = (story: Story) => Explanation;
const tellers: Partial<Record<ServiceErrorName, Teller>> = {
  DeviceNotOnline: (story) => {
    const waited = story.ended.connectTimeout;
    const { state, refused, foreign } = absence(story);
    const dark = darkFor(story);
    return {
      cause:
        waited === 0
          ? `The hub had no connection of the device that listens for methods, and a connect timeout of 0 does not wait for one: ${state}.`
          : `The hub waited ${span(waited)} for the device to connect, and it did not: ${state}.`,
      fix:
        dark !== undefined
          ? `It was back ${span(dark)} after it went: a connect timeout above that would have reached it.`
          : refused
            ? 'Remove what keeps the device out, then call again: no connect timeout is long enough for one that is refused each time.'
            : `Bring the device online, or raise the connect timeout (0 to 300 s) above the time it stays away.${foreign ? ' A client of the official SDKs that gave up says `disconnect`, and connects again at its next operation only.' : ''}`,
    };
  },
  GatewayTimeout: (story) => {
    const limit = `${span(story.ended.responseTimeout)} (the response timeout)`;
    const { did, fix } = deviceDeed(story);
    return { cause: `The hub sent the call and heard nothing for ${limit}: ${did}.`, fix };
  },
  DeviceConnectionClosedRemotely: (story) => {
    const { ended, handled, news } = story;
    const lost = lossDuring(story);
    const age = span((lost?.at ?? ended.at) - (ended.sentAt ?? ended.begunAt));
    // A device whose links were cut says goodbye to the rest of them.
    const cuts = strikesOn(story).filter(({ at }) => at >= ended.begunAt && lost?.reason === 'client');
    const before = cuts.length === 0 ? '' : `, after ${listed(cuts.map(strikeWords))}`;
    const why = lost === undefined ? '' : ` (${lossWords(lost, news)}${before})`;
    return {
      cause: `The connection of the device was lost ${age} after the call went out${why}; ${doneBefore(handled)}.`,
      fix: handled?.executed === false ? undone : repeatable,
    };
  },
  ConnectionForcefullyClosedOnNewConnection: (story) => {
    const age = span(story.ended.at - (story.ended.sentAt ?? story.ended.begunAt));
    const kicked = lossDuring(story);
    if (kicked?.faults !== undefined) {
      return {
        cause: `The hub ended the connection of the device ${age} after the call went out, as it does when the same identity connects elsewhere${byFaults(kicked.faults)}; ${doneBefore(story.handled)}.`,
        fix: story.handled?.executed === false ? undone : repeatable,
      };
    }
    return {
      cause: `The same identity connected a second time ${age} after the call went out; the hub keeps only the newest connection and ended the call.`,
      fix: 'Run each identity once. A device that reconnects by itself should close its old connection first.',
    };
  },
};

/** What a device had done when its connection ended. */
function doneBefore(handled: Handled | undefined): string {
  if (handled === undefined) return 'whether it executed the method is not known';
  if (handled.executed === false) return 'it had not executed the method yet, and never will';
  return handled.outcome === 'answered'
    ? 'it had executed the method, and its reply was lost with the link'
    : 'it had begun to execute the method, and its reply could no longer leave';
}

function general(story: Story): Explanation {
  const { ended, handled } = story;
  const { httpStatus, error = 'without a name' } = ended;
  const known = explanations[error as ServiceErrorName];
  const touches = touchesOf(ended, handled);
  const made = touches.filter(({ kind }) => kind === 'hub.error' || kind === undefined);
  const retry = 'Retry with exponential back-off and jitter; the method was not executed.';
  if (made.length > 0) {
    const names = listed([...new Set(made.map(({ fault }) => fault))]);
    // The number tells the two 504s apart.
    const other = error === 'GenericGatewayTimeout' ? ' This 504 is not that of a response timeout (504101).' : '';
    return {
      cause: `Fault ${names} made the service answer ${httpStatus} (${error}); the call never reached the device.${other}`,
      fix: retry,
    };
  }
  const held = touches.filter((touch) => (touch.held ?? 0) > 0).map(touchWords);
  const by = held.length === 0 ? '' : ` Before that, ${listed(held)}.`;
  const unknown = httpStatus === 429 || httpStatus >= 500 ? retry : 'Read the body of the answer.';
  return {
    cause: `${known?.cause ?? `The hub answered ${httpStatus} (${error}).`}${by}`,
    fix: known?.fix ?? unknown,
  };
}

/** What became of a request that nobody answered in time. */
function deviceDeed(story: Story): { readonly did: string; readonly fix: string } {
  const { ended, handled, news } = story;
  const begun = ended.sentAt ?? ended.begunAt;
  const drops = news.filter((each) => each.type === 'answer.dropped');
  const late = drops.find(({ rid, at }) => rid === ended.rid && at >= ended.at);
  const lost = ended.touches?.find(({ leg }) => leg === 'toDevice');
  if (handled === undefined && lost !== undefined && late === undefined) {
    return { did: `fault ${lost.fault} kept the request from the device, which never executed it`, fix: undone };
  }
  if (late !== undefined || (handled?.outcome === 'answered' && handled.at > ended.at)) {
    return lateAnswer(story, late?.at ?? (handled as Handled).at, late !== undefined);
  }
  const strange = drops.find(({ why, at }) => why === 'unknown' && at >= begun && at <= ended.at);
  const astray = strange === undefined ? '' : `; the hub dropped an answer to a request it never made (${strange.rid})`;
  if (handled !== undefined) return handledDeed(story, handled, astray);
  if (strange !== undefined) {
    return {
      did: `the device answered a request that the hub never made (${strange.rid})`,
      fix: lessonOf([{ kind: 'reply.wrong-rid' }]) ?? unsure,
    };
  }
  const strikes = strikesOn(story);
  if (strikes.length > 0) {
    return {
      did: `${listed(strikes.map(strikeWords))}, and the device was not through with the call`,
      fix: lessonOf(strikes) ?? unsure,
    };
  }
  const gone = news.find((each) => each.type === 'device.disconnected' && each.at >= begun);
  return {
    did:
      gone === undefined
        ? 'the device is still at it, or answers nothing'
        : `the device was still at it when its connection ended ${span(gone.at - ended.at)} later`,
    fix: 'Raise the response timeout (5 to 300 s) above the longest work of the device, or let it answer first and work afterwards.',
  };
}

/** @param known the hub has it, and dropped it; else the device says it sent it. */
function lateAnswer(story: Story, at: number, known: boolean): { readonly did: string; readonly fix: string } {
  const { ended, handled } = story;
  const held = touchesOf(ended, handled).filter((touch) => touch.held !== undefined);
  const strikes = strikesOn(story);
  const by = [...held.map(touchWords), ...strikes.map(strikeWords)];
  const ways = strikes.length > 0 && known ? waysOf(story, at) : '';
  const more = by.length === 0 ? '' : `, because ${listed(by)}${ways}`;
  return {
    did: `the device executed the method and its answer came ${span(at - ended.at)} after the deadline${more}; the hub dropped it`,
    fix: `A response timeout above ${span(at - ended.begunAt)} would have had the answer; or let the device answer at once and report the result in its twin. Do not repeat what was done.`,
  };
}

function handledDeed(story: Story, handled: Handled, astray: string): { readonly did: string; readonly fix: string } {
  const touches = touchesOf(story.ended, handled);
  const strikes = strikesOn(story);
  const words = [...new Set(touches.map(touchWords))];
  const fix = lessonOf([...touches, ...strikes]) ?? unsure;
  if (handled.executed === false && handled.outcome !== 'answered') {
    const why = words.length === 0 ? '' : ` (${listed(words)})`;
    return { did: `the device got the request and never executed it${why}`, fix: undone };
  }
  switch (handled.outcome) {
    case 'silent':
      return {
        did: `the device executed the method${words.length === 0 ? ' and never replied' : `, and ${listed(words)}`}`,
        fix: unsure,
      };
    case 'lost':
      return {
        did: `the device executed the method, and its link was gone before it could reply${words.length === 0 ? '' : ` (${listed(words)})`}`,
        fix: unsure,
      };
    case 'answered': {
      const why = [...words, ...strikes.map(strikeWords)];
      const ways = strikes.length > 0 ? waysOf(story, undefined) : '';
      const because = why.length === 0 ? '' : `: ${listed(why)}${ways}`;
      return {
        did: `the device replied ${handled.status} in time, and the reply did not reach the call${because}${astray}`,
        fix,
      };
    }
  }
}

/** Faults that were at work on the device's link while the call was under way: of each the last. */
function strikesOn({ ended, news }: Story): readonly FaultStruck[] {
  const last = new Map<string, FaultStruck>();
  for (const each of news) {
    if (each.type !== 'fault.struck' || each.at < ended.begunAt - lately || each.at > ended.at) continue;
    last.set(each.fault, each);
  }
  return [...last.values()];
}

/** How long the bytes of the call were under way, where that is worth a word: ` (403 ms to the device, 400 ms back)`. */
function waysOf({ ended, handled }: Story, answeredAt: number | undefined): string {
  if (handled === undefined || ended.sentAt === undefined) return '';
  const there = handled.receivedAt - ended.sentAt;
  const back = answeredAt === undefined || handled.outcome !== 'answered' ? 0 : answeredAt - handled.at;
  const parts = [
    ...(there >= longWay ? [`${span(there)} to the device`] : []),
    ...(back >= longWay ? [`${span(back)} back`] : []),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
