// The library's connection, serving one stream, and made fit to serve anybody: what it takes on trust from a peer it knows is held here first.
// Every check throws inside the library's own reading, which ends this connection. Its timers stay unused: upkeep.ts has the clock's.
import { Deliveries } from './deliveries.ts';
import { isOutcome, isTerminus } from './described-lists.ts';
import { BadBytes } from './encoding.ts';
import { blank, holdFields, numberOf } from './performatives.ts';
import {
  createEngine,
  type Engine,
  type EngineLink,
  type EngineReceiver,
  type EngineSession,
  type Frame,
  type Performative,
  type Typed,
} from './rhea-parts.ts';

export const largestFrame = 65_536;
/** Silence after which either side may take the other for gone, as announced, ms. */
export const idleTimeOut = 240_000;
/** Sessions of a connection: one for each of 1,000 devices, and then some. */
const channelMax = 4_095;
const mostLinks = 20_000;
/** Bytes of one message that are kept; what is larger is read to its end, forgotten and refused. */
export const keptOfMessage = 1_048_576;
/** Below it a peer asks for more room in frames than the protocol allows, and the library cuts messages without end. */
const smallestFrame = 512;
/** The room in which unsettled incoming deliveries lie in the library. */
const incomingRoom = 2_048;

/** The library reads messages of format 0 itself, trusting them; under this one it hands over the bytes. */
export const plainFormat = 1;

/** What is noted of a delivery while it comes in. */
interface Coming {
  bytes: number;
  tooLarge: boolean;
  aborted: boolean;
}
const coming = new WeakMap<EngineLink, Coming>();

/** How the delivery that just came in whole has to be taken; asked once, when it is handed over. */
export function endOfMessage(link: EngineReceiver): 'whole' | 'too large' | 'aborted' {
  const state = coming.get(link);
  coming.delete(link);
  return state?.aborted ? 'aborted' : state?.tooLarge ? 'too large' : 'whole';
}

/** Sessions the hub ended whose peer may not know yet. */
const endedHere = new WeakSet<EngineSession>();
/** Until a fault ends the first one, no frame has to be looked at. */
let endedAny = false;

/** Ends a session with an error; what its peer still sends on it is passed over. */
export function endSession(session: EngineSession, error: Typed): void {
  endedHere.add(session);
  endedAny = true;
  session.local.end.value[0] = error;
  session.end();
}

export interface EngineHooks {
  /** The peer's open came in; `idle` is what it announced, ms. */
  opened(idle: number | undefined): void;
  /** A link of a session that is being replaced by another of the same name and role. */
  stolen(link: EngineLink): void;
}

export function serveEngine(socket: object, containerId: string, hooks: EngineHooks): Engine {
  const engine = createEngine({
    container_id: containerId,
    max_frame_size: largestFrame,
    channel_max: channelMax,
    disable_sasl: true,
    autoaccept: false,
    credit_window: 0,
    treat_modified_as_released: false,
    reconnect: false,
  });
  let links = 0;

  const before = (name: Performative, hold: (frame: Frame) => Frame | undefined): void => {
    const own = engine[`on_${name}`].bind(engine);
    engine[`on_${name}`] = (frame) => {
      holdFields(name, frame);
      if (isLate(frame)) return;
      const held = hold(frame);
      if (held) own(held);
    };
  };
  const sessionOf = ({ channel }: Frame): EngineSession => {
    const session = engine.remote_channel_map[channel];
    if (session === undefined) throw new BadBytes(`channel ${channel} has no session`);
    return session;
  };
  const isLate = ({ channel }: Frame): boolean => {
    if (!endedAny) return false;
    const session = engine.remote_channel_map[channel];
    return session !== undefined && endedHere.has(session);
  };
  const linkOf = (frame: Frame): EngineLink => {
    const handle = numberOf(frame.performative, 'handle') ?? -1;
    const link = sessionOf(frame).remote.handles[handle];
    if (link === undefined) throw new BadBytes(`handle ${handle} has no link`);
    return link;
  };

  before('open', (frame) => {
    const { performative } = frame;
    const size = numberOf(performative, 'max_frame_size') ?? largestFrame;
    if (size < smallestFrame) throw new BadBytes(`open: max-frame-size ${size} is below ${smallestFrame}`);
    const idle = numberOf(performative, 'idle_time_out');
    blank(performative, 4); // so that the library starts no timer
    hooks.opened(idle === 0 ? undefined : idle);
    return frame;
  });

  before('begin', (frame) => {
    if (frame.channel > channelMax) throw new BadBytes(`begin: channel ${frame.channel} is above ${channelMax}`);
    if (engine.remote_channel_map[frame.channel]) throw new BadBytes(`begin: channel ${frame.channel} is in use`);
    blank(frame.performative, 0); // the hub begins no session, so none can be answered
    return frame;
  });
  const ownBegin = engine.on_begin;
  engine.on_begin = (frame) => {
    ownBegin(frame);
    const session = sessionOf(frame);
    const { outgoing } = session;
    outgoing.deliveries = new Deliveries(() => outgoing.next_pending_delivery);
    const process = session._process.bind(session);
    session._process = () => {
      process();
      for (const key of Object.keys(session.links)) delete session.links[key];
    };
  };

  before('attach', (frame) => {
    const session = sessionOf(frame);
    const { performative } = frame;
    const name = performative.name as string;
    if (name.length > 1_024) throw new BadBytes(`attach: a name of ${name.length} characters`);
    if (session.remote.handles[performative.handle as number]) {
      throw new BadBytes(`attach: handle ${performative.handle} is in use`);
    }
    links += 1;
    if (links > mostLinks) throw new BadBytes(`more than ${mostLinks} links on one connection`);
    for (const [index, code] of [
      [5, 'source'],
      [6, 'target'],
    ] as const) {
      if (!isTerminus(performative[code])) blank(performative, index);
    }
    return frame;
  });
  const ownAttach = engine.on_attach;
  engine.on_attach = (frame) => {
    const session = sessionOf(frame);
    if (isLate(frame)) return;
    const { name, role, handle } = frame.performative as { name?: unknown; role?: unknown; handle?: unknown };
    // The library knows a link by its name: the two links of a pair may share one, and a name is free again once its link is detached.
    const key = `${role === true ? 'out' : 'in'}:${name}`;
    const names = namesOf(session);
    const earlier = names.get(key);
    if (earlier) {
      names.delete(key);
      hooks.stolen(earlier);
    }
    ownAttach(frame);
    const link = session.remote.handles[handle as number];
    if (link === undefined) return;
    names.set(key, link);
    link.remote.handle = handle;
    delete session.links[name as string];
    wakeable(link);
    link.remove = () => {
      delete session.local.handles[link.local.detach.handle as number];
      if (names.get(key) === link) names.delete(key);
    };
  };

  const ownDetach = engine.on_detach;
  engine.on_detach = (frame) => {
    holdFields('detach', frame);
    if (isLate(frame)) return;
    const link = linkOf(frame);
    ownDetach.call(engine, frame);
    links -= 1;
    coming.delete(link);
    delete link.session.remote.handles[frame.performative.handle as number];
  };
  const ownEnd = engine.on_end;
  engine.on_end = (frame) => {
    const session = sessionOf(frame);
    links -= Object.keys(session.remote.handles).length;
    ownEnd.call(engine, frame);
    delete engine.remote_channel_map[frame.channel];
  };

  before('flow', (frame) => {
    const { performative } = frame;
    // Drained by the peer that sends makes no sense, and the library complains of it on the console.
    if (numberOf(performative, 'handle') !== undefined && !linkOf(frame).is_sender()) performative.drain = false;
    return frame;
  });

  before('transfer', (frame) => {
    const link = linkOf(frame);
    if (link.is_sender()) throw new BadBytes('a transfer on a link the peer receives by');
    const receiver = link as EngineReceiver;
    const { performative } = frame;
    frame.payload ??= Buffer.alloc(0);
    const state = coming.get(link) ?? { bytes: 0, tooLarge: false, aborted: false };
    coming.set(link, state);
    if (receiver._incomplete === undefined) {
      if (receiver.credit <= 0) throw new BadBytes('a transfer without credit');
      if ((performative.message_format ?? 0) === 0) performative.message_format = plainFormat;
    }
    state.bytes += frame.payload.length;
    if (state.bytes > keptOfMessage) {
      state.tooLarge = true;
      frame.payload = Buffer.alloc(0);
    }
    if (performative.aborted === true) {
      state.aborted = true;
      performative.more = false;
    }
    return frame;
  });

  before('disposition', (frame) => {
    const { performative } = frame;
    const first = performative.first as number;
    const last = Math.max(first, numberOf(performative, 'last') ?? first);
    if (!isOutcome(performative.state)) blank(performative, 4);
    const session = sessionOf(frame);
    if (performative.role === true) {
      // One by one: the library walks every id of a range, and a range can be told to have thousands of millions.
      for (const id of (session.outgoing.deliveries as Deliveries).between(first, last)) {
        performative.first = id;
        performative.last = id;
        session.outgoing.on_disposition(performative);
      }
      performative.first = session.outgoing.next_delivery_id;
      performative.last = session.outgoing.next_delivery_id;
    } else {
      const next = session.incoming.next_delivery_id ?? 0;
      if (last < next - incomingRoom || first >= next) return undefined;
      performative.first = Math.max(first, next - incomingRoom, 0);
      performative.last = Math.min(last, next - 1);
    }
    return frame;
  });

  // Announces the idle time-out without the library keeping it.
  const writeOpen = engine._write_open.bind(engine);
  engine._write_open = () => {
    const { open } = engine.local;
    open.idle_time_out = idleTimeOut;
    engine.heartbeat_in = null;
    writeOpen();
    open.idle_time_out = null;
  };
  engine.accept(socket);
  return engine;
}

/** Open links of a session by direction and name. */
const named = new WeakMap<EngineSession, Map<string, EngineLink>>();
function namesOf(session: EngineSession): Map<string, EngineLink> {
  let names = named.get(session);
  if (names === undefined) {
    names = new Map();
    named.set(session, names);
  }
  return names;
}

/**
 * The library looks at every link of a session whenever anything happens on one: with 1,000 devices that is most of its work. So it is shown
 * only those that have something to say, and they say so here.
 */
function wakeable(link: EngineLink): void {
  const { links } = link.session;
  // No client names a link so, and the library looks links up here by name.
  const key = `\0${link.local.detach.handle}`;
  links[key] = link;
  for (const name of ['close', 'add_credit', 'set_drained'] as const) {
    const own = link[name]?.bind(link) as ((given: never) => void) | undefined;
    if (own === undefined) continue;
    link[name] = (given: never) => {
      links[key] = link;
      own(given);
    };
  }
}
