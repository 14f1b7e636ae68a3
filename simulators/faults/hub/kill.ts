// `hub.kill`: the hub cuts a part of the connection of a device. What is not there, or was cut before, stays as it is.
import type { FaultMaker } from '../fault.ts';
import { onOccasion } from './occasions.ts';

export const hubKill: FaultMaker<'hub.kill'> = ({ what, ...occasion }, { name, clock }) =>
  onOccasion(occasion, clock, {
    ends: what === 'tcp' || what === 'connection',
    run: (connection) => connection.kill(what, name, `${what.replaceAll('-', ' ')} cut`),
  });
