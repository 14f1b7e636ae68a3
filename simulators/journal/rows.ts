// How facts other than invocations read as rows of the traffic table.
import type { Excerpt, Fact } from '../vocabulary/facts.ts';
import type { TrafficRow } from '../vocabulary/views.ts';
import type { LifeFact } from './lives.ts';

/** Facts that are one row each (or none), complete when they arrive. */
export type PlainFact = Exclude<
  Fact,
  {
    type:
      | 'invocation.begun'
      | 'invocation.ended'
      | 'method.handled'
      | 'facts.shed'
      | 'fault.counted'
      | LifeFact['type'];
  }
>;

/** Characters of a message's body that its row shows. */
const glance = 160;

interface Made {
  readonly row: Omit<TrafficRow, 'id' | 'at' | 'pending'>;
  readonly request?: Excerpt;
  readonly properties?: Readonly<Record<string, string>>;
}

/** undefined: not traffic (the lab's own comings and goings, steps of a link that the hub reports as well). */
export function rowOf(fact: PlainFact): Made | undefined {
  switch (fact.type) {
    case 'device.connected':
      return {
        row: {
          kind: 'link',
          device: fact.device,
          name: 'connected',
          detail: `${fact.protocol}${fact.tls ? ' over TLS' : ''}`,
        },
      };
    case 'device.disconnected':
      return {
        row: {
          kind: 'link',
          device: fact.device,
          name: 'disconnected',
          detail: detail(fact.reason, fact.detail),
          ...faulted(fact.faults),
        },
      };
    case 'device.refused':
      return {
        row: {
          kind: 'link',
          device: fact.device,
          name: 'refused',
          detail: `${typeof fact.code === 'number' ? `CONNACK ${fact.code}` : fact.code}: ${fact.detail}`,
          error: 'refused',
          ...faulted(fact.faults),
        },
      };
    case 'link.changed':
      // Connecting and online are told by the hub, which sees every device and not only ours; but not which fault of ours did it.
      if (fact.state !== 'dark' && fact.state !== 'failed' && fact.faults === undefined) return undefined;
      return {
        row: {
          kind: 'link',
          device: fact.device,
          name: fact.state,
          ...optional(fact.detail),
          ...(fact.state === 'failed' ? { error: 'failed' } : {}),
          ...faulted(fact.faults),
        },
      };
    case 'twin.patched':
      return {
        row: {
          kind: 'twin',
          device: fact.device,
          name: `${fact.section} patched`,
          detail: `v${fact.version}${fact.section === 'desired' ? (fact.delivered ? ', delivered' : ', not delivered') : ''}`,
          bytes: fact.patch.bytes,
          ...faulted(fact.faults),
        },
        request: fact.patch,
      };
    case 'twin.fetched':
      return { row: { kind: 'twin', device: fact.device, name: 'twin fetched', ...faulted(fact.faults) } };
    case 'twin.refused':
      return {
        row: {
          kind: 'twin',
          device: fact.device,
          name: `${fact.section} refused`,
          detail: fact.detail,
          error: fact.error,
          ...faulted(fact.faults),
        },
      };
    case 'twin.lost':
      return {
        row: {
          kind: 'twin',
          device: fact.device,
          name: fact.operation === 'get' ? 'twin request lost' : 'reported lost',
          error: 'lost',
          ...faulted(fact.faults),
        },
      };
    case 'message.received':
      return {
        row: {
          kind: 'telemetry',
          device: fact.device,
          name: fact.will ? 'last will' : 'telemetry',
          detail: fact.body.text.slice(0, glance),
          bytes: fact.body.bytes,
        },
        request: fact.body,
        ...(fact.properties === undefined ? {} : { properties: fact.properties }),
      };
    case 'throttle.hit':
      return {
        row: {
          kind: 'hint',
          ...(fact.device === undefined ? {} : { device: fact.device }),
          name: 'throttled',
          detail: `${fact.kind}: over the limit of the tier, answered with 429`,
          error: 'ThrottlingException',
          ...faulted(fact.faults),
        },
      };
    case 'answer.dropped':
      return {
        row: {
          kind: 'hint',
          device: fact.device,
          name: 'answer dropped',
          deviceStatus: fact.deviceStatus,
          detail:
            fact.why === 'late' ? `rid ${fact.rid} answered after its deadline` : `nobody waits for rid ${fact.rid}`,
          ...faulted(fact.faults),
        },
      };
    case 'hint.given':
      return {
        row: {
          kind: 'hint',
          ...(fact.device === undefined ? {} : { device: fact.device }),
          name: 'hint',
          detail: fact.text,
        },
      };
    case 'input.refused':
      return {
        row: {
          kind: 'hint',
          ...(fact.device === undefined ? {} : { device: fact.device }),
          name: `${fact.door} input refused`,
          detail: `${fact.peer}: ${fact.detail}`,
          error: 'refused',
        },
      };
    case 'device.failed':
      return {
        row: { kind: 'fault', device: fact.device, name: 'device failed', detail: fact.detail, error: 'failed' },
      };
    case 'fault.failed':
      return {
        row: {
          kind: 'fault',
          ...(fact.device === undefined ? {} : { device: fact.device }),
          name: `${fact.fault} failed`,
          detail: fact.detail,
          error: 'failed',
          faults: [fact.fault],
        },
      };
    case 'fault.struck':
      return {
        row: {
          kind: 'fault',
          device: fact.device,
          name: `${fact.fault} struck`,
          detail: fact.what,
          faults: [fact.fault],
        },
      };
    case 'fault.added':
    case 'fault.changed':
    case 'fault.lifted':
      return {
        row: { kind: 'fault', name: `${fact.fault} ${fact.type.slice('fault.'.length)}`, faults: [fact.fault] },
      };
    case 'hub.opened':
    case 'hub.closed':
    case 'twin.drifted':
    case 'telemetry.sent':
    case 'message.taken':
    case 'fleet.added':
    case 'fleet.removed':
      return undefined;
  }
}

const detail = (reason: string, more: string | undefined): string =>
  more === undefined ? reason : `${reason}: ${more}`;
const optional = (text: string | undefined): { detail?: string } => (text === undefined ? {} : { detail: text });
const faulted = (faults: TrafficRow['faults']): Pick<TrafficRow, 'faults'> =>
  faults === undefined || faults.length === 0 ? {} : { faults };
