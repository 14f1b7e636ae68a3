// Our hub alone in a process, with devices whose twins say something: for what a query costs a service that asks over HTTP.
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../simulators/clock/system.ts';
import { type HubStatus, openHub } from '../../simulators/hub/hub.ts';
import { twinOf } from '../load/twins.ts';
import { serve } from '../processes/serve.ts';
import { serviceToken } from './service.ts';

async function register(hub: HubStatus, count: number): Promise<void> {
  const { http } = hub.doors;
  const headers = { authorization: serviceToken(hub), 'content-type': 'application/json; charset=utf-8' };
  for (let first = 0; first < count; first += 100) {
    const entries = Array.from({ length: Math.min(100, count - first) }, (_, index) => {
      const { id, tags, desired } = twinOf(first + index);
      return { id, importMode: 'create', status: 'enabled', tags, properties: { desired } };
    });
    const url = `http://${http?.host}:${http?.port}/devices?api-version=2021-04-12`;
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(entries) });
    if (!response.ok) throw new Error(`registering devices: ${response.status} ${await response.text()}`);
  }
}

const handlers = {
  async open(count: number): Promise<HubStatus> {
    const hub = await openHub({
      clock: systemClock(),
      randomBytes,
      emit: () => {},
      folder: undefined,
      hostName: 'hub.localhost',
      listen: { host: '127.0.0.1', https: false, http: 0, mqtts: false, mqtt: false, amqps: false, amqp: false },
    });
    await register(hub.status, count);
    return hub.status;
  },
};
export type QueriesCalls = typeof handlers;
serve(handlers);
