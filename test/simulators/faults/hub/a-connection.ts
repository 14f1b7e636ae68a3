// Connections in the hub as faults get hold of them, made by hand: what was done to each is remembered.
import { deviceId, requestId } from '../../../../simulators/vocabulary/ids.ts';
import type {
  AnswerPassage,
  ConnectedPassage,
  ConnectionGrip,
  DeliveryPassage,
  FaultHooks,
} from '../../../../simulators/vocabulary/passages.ts';

export class Grip implements ConnectionGrip {
  open = true;
  readonly done: string[] = [];
  kick(...how: string[]): void {
    this.done.push(['kick', ...how].join(' '));
    this.open = false;
  }
  kill(...how: string[]): void {
    this.done.push(['kill', ...how].join(' '));
  }
}

export const stages = ['connected', 'delivery', 'answer'] as const;

/** Leads a connection through a stage; what happened on the way, and whether it went on, stands in its list. */
export function lead(faults: FaultHooks, stage: (typeof stages)[number], connection: Grip, id = 'd'): void {
  const device = deviceId(id);
  const passage: ConnectedPassage & DeliveryPassage & AnswerPassage = {
    ...{ device, connection, rid: requestId('1'), method: 'm', deadline: 0, touches: undefined },
    pass: () => void connection.done.push('passed'),
    lose: () => void connection.done.push('lost'),
    sendAnother: () => void connection.done.push('another'),
  };
  const through = faults.at(stage, device);
  if (through) through(passage);
  else passage.pass();
}
