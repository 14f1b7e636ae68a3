// The Python article's device, through a client that is not ours and not the Node SDK's: Debian's python3-paho-mqtt, TLS 1.2.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../simulators/clock/system.ts';
import { openInvoker } from '../../simulators/invoker/invoker.ts';
import { type Program, programOf, type RunningHub, startHub, stop } from './support.ts';

const python = ['/usr/bin/python3', 'python3'].find(
  (command) => spawnSync(command, ['-c', 'import paho.mqtt.client']).status === 0,
);
if (python === undefined)
  process.stderr.write(
    '\nSKIPPED: the Python article. It needs Python with paho-mqtt (apt-get install python3-paho-mqtt).\n\n',
  );

/** As long as the article's device works. */
const work = 20;

describe.skipIf(python === undefined)("the Python article's device", () => {
  let hub: RunningHub;
  let device: Program;
  beforeAll(async () => {
    hub = await startHub(['--ephemeral', '--https-port', '0', '--mqtts-port', '0', '--amqps-port', '0']);
  });
  afterAll(async () => {
    await stop(device.child);
    expect(await hub.stop()).toBe(0);
  });

  test('works 20 s, reports rebootTime and answers; answers 404 to what it does not know; a short timeout gives 504', async () => {
    const { host, port } = hub.https;
    const invoker = openInvoker({
      connectionString: hub.connectionStrings.iothubowner,
      clock: systemClock(),
      address: { host, port, tls: true },
      ca: readFileSync(hub.ca, 'utf8'),
    });
    try {
      const created = await invoker.createDevice('thermostat');
      const { primaryKey } = JSON.parse(created.body).authentication.symmetricKey;
      device = programOf(
        spawn(python as string, [fileURLToPath(new URL('./programs/article_device.py', import.meta.url))], {
          env: {
            ...process.env,
            ...{ HOST: hub.mqtts.host, PORT: String(hub.mqtts.port), HUB: '127.0.0.1', DEVICE: 'thermostat' },
            ...{ KEY: primaryKey, CA: hub.ca, WORK: String(work) },
          },
          stdio: ['pipe', 'pipe', 'pipe'],
        }),
      );
      await device.says('waiting for commands');
      const call = (method: string, responseTimeout: number) =>
        invoker.invoke('thermostat', {
          method,
          payload: JSON.stringify('{"method_number":"42"}'),
          responseTimeout,
          connectTimeout: 0,
        });

      const begun = performance.now();
      const [rebooted, late, unknown] = await Promise.all([
        call('rebootDevice', 30),
        call('rebootDevice', 5),
        call('shutdown', 30),
      ]);
      expect(performance.now() - begun).toBeGreaterThan(work * 1_000 - 100);
      expect(JSON.parse(rebooted.body)).toEqual({
        status: 200,
        payload: { Response: 'This is the response from the device' },
      });
      expect(late.status).toBe(504);
      expect(JSON.parse(unknown.body)).toEqual({ status: 404, payload: { Response: 'Unknown method' } });
      expect(device.output()).toContain('method rebootDevice {"method_number":"42"}');
      await device.says('twin 204');
      const twin = JSON.parse((await invoker.getTwin('thermostat')).body);
      expect(twin.properties.reported.rebootTime).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    } finally {
      await invoker.close();
    }
  });
});
