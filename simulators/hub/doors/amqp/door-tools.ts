// What all connections of the door share.
import type { Clock } from '../../../clock/clock.ts';
import type { Waits } from '../../../clock/waits.ts';
import type { Emit, HubFact } from '../../../vocabulary/facts.ts';
import type { FaultHooks } from '../../../vocabulary/passages.ts';
import type { Millis } from '../../../vocabulary/units.ts';
import type { Access } from '../../access/access.ts';
import type { Connections } from '../../connections/connections.ts';
import type { Messages } from '../../messages/messages.ts';
import type { Methods } from '../../methods/methods.ts';
import type { Identity } from '../../registry/registry.ts';
import type { Throttling } from '../../throttling/throttling.ts';
import type { Twins } from '../../twins/twins.ts';
import type { RequestGuids } from './request-guids.ts';

export interface DoorTools {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly find: (id: string) => Identity | undefined;
  readonly twins: Twins;
  readonly access: Access;
  readonly connections: Connections;
  readonly methods: Methods;
  readonly messages: Messages;
  /** Left out, nothing is limited. */
  readonly throttling?: Throttling | undefined;
  /** Left out, nothing is wrong with the hub. */
  readonly faults?: FaultHooks | undefined;
  readonly hostName: string;
  /** How long links outlive their token, ms. */
  readonly tokenGrace: Millis;
  /** Tokens one connection may hold. */
  readonly mostTokens: number;
  /** Connections whose open did not come in yet. */
  readonly greetings: Waits;
  readonly requests: RequestGuids;
}
