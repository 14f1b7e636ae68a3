// What all sockets of one door share.
import type { Clock } from '../../../clock/clock.ts';
import type { Waits } from '../../../clock/waits.ts';
import type { Emit, HubFact } from '../../../vocabulary/facts.ts';
import type { FaultHooks } from '../../../vocabulary/passages.ts';
import type { Millis } from '../../../vocabulary/units.ts';
import type { Connections, DeviceConnection } from '../../connections/connections.ts';
import type { Messages } from '../../messages/messages.ts';
import type { Methods } from '../../methods/methods.ts';
import type { Throttling } from '../../throttling/throttling.ts';
import type { Twins } from '../../twins/twins.ts';
import type { AdmissionTools } from './admission.ts';
import type { Sessions } from './subscriptions.ts';

/** What the door needs of the messages of both ways. */
export type DoorMessages = Pick<Messages, 'received' | 'receive' | 'complete' | 'reject' | 'release'>;

export interface DoorTools extends AdmissionTools {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly twins: Twins;
  readonly connections: Connections;
  readonly methods: Methods;
  readonly messages: DoorMessages;
  /** Left out, nothing is limited. */
  readonly throttling?: Throttling | undefined;
  /** Left out, nothing is wrong with the hub. */
  readonly faults?: FaultHooks | undefined;
  readonly sessions: Sessions;
  /** How long a connection outlives its token. */
  readonly tokenGrace: Millis;
  /** Sockets that have not sent a CONNECT yet. */
  readonly greetings: Waits;
  /** Sockets that are not over. */
  readonly open: Set<DeviceConnection>;
}
