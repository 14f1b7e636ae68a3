// What a fault cuts of an AMQP connection: all of it, the sessions of a device, or links. A link of a device is cut for it alone; a session goes
// with everybody's links in it, and the `$cbs` links are everybody's on the connection.
import type { KillTarget } from '../../../vocabulary/fault-specs.ts';
import { refuse } from '../../../vocabulary/service-errors.ts';
import type { Struck } from '../../connections/connections.ts';
import type { AmqpDevice } from './amqp-device.ts';
import type { DoorTools } from './door-tools.ts';
import { endSession } from './engine.ts';
import { errorOf } from './errors.ts';
import type { Detach, LinkHandler } from './link-handler.ts';
import type { EngineLink, Typed } from './rhea-parts.ts';

/** Cuts the connection itself. */
export type CutConnection = (what: 'tcp' | 'connection', struck: Struck, detail: string) => void;

export interface Cut {
  readonly device: AmqpDevice;
  readonly what: KillTarget;
  readonly struck: Struck;
  readonly detail: string;
}

export interface CutTools extends Pick<DoorTools, 'clock' | 'emit'> {
  /** Those of the connection, changed while they are cut. */
  readonly handlers: ReadonlyMap<EngineLink, LinkHandler>;
  readonly forget: (link: EngineLink) => void;
  readonly detach: Detach;
  readonly cutConnection: CutConnection;
}

export function cut({ device, what, struck, detail }: Cut, tools: CutTools): void {
  const { clock, emit, handlers, forget, detach, cutConnection } = tools;
  const drop = (link: EngineLink): void => {
    const handler = handlers.get(link);
    forget(link);
    handler?.end('fault', detail, struck);
  };
  if (what === 'tcp' || what === 'connection') {
    cutConnection(what, struck, detail);
  } else if (what === 'session') {
    for (const session of device.sessions) {
      endSession(session, cutError(detail, clock.now()));
      for (const link of [...handlers.keys()]) if (link.session === session) drop(link);
    }
  } else {
    const links = what.startsWith('cbs-') ? cbsLinks(what === 'cbs-response-link', handlers) : device.linksOf(what);
    const text = `${links.length === 0 ? 'found none to cut:' : 'cut its'} ${what.replaceAll('-', ' ')}`;
    emit({ type: 'fault.struck', at: clock.now(), fault: struck.by, device: device.device, what: text });
    for (const link of links) {
      drop(link);
      detach(link, cutError(detail, clock.now()));
    }
  }
}

/** As the service says it when it lets go of a link for its own reasons; clients take it for passing trouble and come again. */
export const cutError = (detail: string, at: number): Typed =>
  errorOf(refuse('ServiceUnavailable', detail === '' ? 'Cut by the hub.' : detail), at);

function cbsLinks(outgoing: boolean, handlers: CutTools['handlers']): readonly EngineLink[] {
  const isCbs = (link: EngineLink) => (outgoing ? link.source : link.target)?.address === '$cbs';
  return [...handlers.keys()].filter((link) => link.is_sender() === outgoing && isCbs(link));
}
