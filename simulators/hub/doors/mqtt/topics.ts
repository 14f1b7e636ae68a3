// The topics and filters of reference 2.5, read and written. There are no others: what is not read here does not exist. Pure.
import type { RequestId } from '../../../vocabulary/ids.ts';

/** What a device says by publishing; `rid` as it stands in the topic, to be given back unchanged. */
export type DeviceTopic =
  | { readonly kind: 'method-answer'; readonly status: number; readonly rid: string }
  | { readonly kind: 'twin-get'; readonly rid: string }
  | { readonly kind: 'twin-report'; readonly rid: string }
  | { readonly kind: 'event'; readonly bag: string };

const answerPrefix = '$iothub/methods/res/';
const getPrefix = '$iothub/twin/GET/?';
const reportPrefix = '$iothub/twin/PATCH/properties/reported/?';
const ridName = '$rid=';

/** Where an identity's own topics begin: a module's are under its device's. */
function baseOf(identity: string): string {
  const slash = identity.indexOf('/');
  return slash === -1
    ? `devices/${identity}`
    : `devices/${identity.slice(0, slash)}/modules/${identity.slice(slash + 1)}`;
}

/** Where messages of an identity go. */
export const eventsTopic = (identity: string): string => `${baseOf(identity)}/messages/events/`;

/** Undefined for a topic the documents do not know, another identity's included. */
export function readTopic(topic: string, identity: string): DeviceTopic | undefined {
  if (topic.startsWith(answerPrefix)) return methodAnswer(topic);
  if (topic.startsWith(getPrefix)) {
    const rid = ridOf(topic, getPrefix.length);
    return rid === undefined ? undefined : { kind: 'twin-get', rid };
  }
  if (topic.startsWith(reportPrefix)) {
    const rid = ridOf(topic, reportPrefix.length);
    return rid === undefined ? undefined : { kind: 'twin-report', rid };
  }
  const events = `${baseOf(identity)}/messages/events`;
  if (!topic.startsWith(events)) return undefined;
  if (topic.length === events.length) return { kind: 'event', bag: '' };
  return topic[events.length] === '/' ? { kind: 'event', bag: topic.slice(events.length + 1) } : undefined;
}

/** Status: a whole number that fits 32 bits. */
function methodAnswer(topic: string): DeviceTopic | undefined {
  const slash = topic.indexOf('/', answerPrefix.length);
  const text = topic.slice(answerPrefix.length, slash);
  if (slash < 0 || topic[slash + 1] !== '?' || !/^-?[0-9]{1,10}$/.test(text)) return undefined;
  const status = Number(text);
  const rid = ridOf(topic, slash + 2);
  return rid === undefined || (status | 0) !== status ? undefined : { kind: 'method-answer', status, rid };
}

/** The value of `$rid` among `name=value&...` from `start` on; undefined when it is missing or empty. */
function ridOf(topic: string, start: number): string | undefined {
  for (let from = start; from < topic.length; ) {
    const amp = topic.indexOf('&', from);
    const end = amp < 0 ? topic.length : amp;
    if (topic.startsWith(ridName, from)) {
      return end > from + ridName.length ? topic.slice(from + ridName.length, end) : undefined;
    }
    from = end + 1;
  }
  return undefined;
}

/** What a device can subscribe to; `inputs` and `everything` (inputs and messages, as .NET asks for them) are of modules only. */
export type Feed = 'methods' | 'twin-answers' | 'desired' | 'messages' | 'inputs' | 'everything';

export const methodsFilter = '$iothub/methods/POST/#';
export const twinAnswersFilter = '$iothub/twin/res/#';
export const desiredFilter = '$iothub/twin/PATCH/properties/desired/#';
export const messagesFilter = (identity: string): string => `${baseOf(identity)}/messages/devicebound/#`;

export function feedOf(filter: string, identity: string): Feed | undefined {
  switch (filter) {
    case methodsFilter:
      return 'methods';
    case twinAnswersFilter:
      return 'twin-answers';
    case desiredFilter:
      return 'desired';
  }
  const base = baseOf(identity);
  if (!filter.startsWith(base)) return undefined;
  const rest = filter.slice(base.length);
  if (rest === '/messages/devicebound/#') return 'messages';
  if (!identity.includes('/')) return undefined;
  return rest === '/inputs/#' ? 'inputs' : rest === '/#' ? 'everything' : undefined;
}

// The slash before '?' matters: Java and .NET take topics apart by it (reference 2.5).
export const methodTopic = (method: string, rid: RequestId): string => `$iothub/methods/POST/${method}/?$rid=${rid}`;
export const desiredTopic = (version: number): string => `$iothub/twin/PATCH/properties/desired/?$version=${version}`;
export const twinAnswerTopic = (status: number, rid: string, version?: number): string =>
  `$iothub/twin/res/${status}/?$rid=${rid}${version === undefined ? '' : `&$version=${version}`}`;
/** A message on its way down; `input` for one that is meant for a module's input. Clients want the slash after its name. */
export const messageTopic = (identity: string, bag: string, input?: string): string =>
  input === undefined
    ? `${baseOf(identity)}/messages/devicebound/${bag}`
    : `${baseOf(identity)}/inputs/${encodeURIComponent(input)}/${bag}`;
