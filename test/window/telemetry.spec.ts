// Messages both ways in the traffic: telemetry as it comes, a message to a device as one row until it is settled; jobs as rows.
import { allOnline, expect, type Host, test } from './support/host.ts';

const send = (host: Host, device: string, messageId: string) =>
  host.contract.run('message.send', {
    ...{ devices: [device], body: '{"on":true}', contentType: 'application/json', messageId },
    properties: { level: 'high' },
  });

test('telemetry is counted in the fleet and told in the traffic, with its properties in the detail', async ({
  page,
  empty: host,
}) => {
  await host.contract.run('fleet.add', {
    spec: {
      ...{ name: 'pumps', count: 2, id: 'pump-{index}', behaviour: { kind: 'echo' } },
      telemetry: { everySeconds: 0.2, template: { is: '{deviceId}', n: '{count}' }, properties: { unit: 'bar' } },
    },
  });
  await allOnline(host);
  await page.goto(host.url);
  const row = page.getByRole('grid', { name: 'Devices' }).getByRole('row', { name: /pump-1/ });
  await expect(row).toContainText(/sent \d+/);
  await page.getByRole('button', { name: 'pump-1', exact: true }).click();
  const traffic = page.getByRole('region', { name: 'Traffic of pump-1' });
  await traffic.getByRole('searchbox').fill('kind:telemetry');
  await traffic.getByRole('grid').focus();
  const message = traffic.getByRole('row', { name: /from the device telemetry/ }).first();
  await expect(message).toContainText('{"is":"pump-1","n":1}');
  await message.click();
  const detail = page.getByRole('region', { name: 'Row in detail' });
  await expect(detail.getByRole('figure', { name: 'Body of the message' })).toContainText('"is": "pump-1"');
  await expect(
    detail.getByRole('table', { name: 'Properties of the message' }).getByRole('row', { name: /unit/ }),
  ).toContainText('bar');
});

test('a message to a device is one row: it waits while the device is away, and ends when it is completed', async ({
  page,
  empty: host,
}) => {
  await host.contract.run('fleet.add', {
    spec: { name: 'pumps', count: 1, id: 'pump-1', behaviour: { kind: 'echo' } },
  });
  await allOnline(host);
  await page.goto(host.url);
  await page.getByRole('button', { name: 'pump-1', exact: true }).click();
  const device = page.getByRole('region', { name: 'Device pump-1', exact: true });
  await device.getByRole('button', { name: 'Disconnect' }).click();
  await expect(device.getByRole('status').first()).toContainText('off');
  await send(host, 'pump-1', 'wake-up');
  const traffic = page.getByRole('region', { name: 'Traffic of pump-1' });
  await traffic.getByRole('searchbox').fill('kind:c2d');
  await traffic.getByRole('grid').focus();
  const row = traffic.getByRole('row', { name: /to the device message/ });
  await expect(row).toContainText(/pending.*wake-up.*waiting/);
  await expect(row.getByTitle(/^Not settled for/)).toBeVisible();

  await row.click();
  const detail = page.getByRole('region', { name: 'Row in detail' });
  await expect(
    detail.getByRole('table', { name: 'Properties of the message' }).getByRole('row', { name: /level/ }),
  ).toContainText('high');
  await device.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(row).toContainText('completed');
  await expect(row).not.toContainText('pending');
  await expect(traffic.getByRole('row', { name: /to the device/ }), 'still one row').toHaveCount(1);
  await detail.getByRole('tab', { name: 'Timing' }).click();
  await expect(detail.getByRole('row', { name: /Waiting in the hub/ })).toContainText(/ m?s/);
  await expect(detail.getByRole('row', { name: /In the device's hands/ })).toBeVisible();
  await expect(detail).toContainText('completed by the device');
});

test('a rejected message is a failure with its cause, found by its outcome; an abandoned one comes again', async ({
  page,
  empty: host,
}) => {
  const amqp = { protocol: 'amqp', behaviour: { kind: 'echo' } } as const;
  await host.contract.run('fleet.add', { spec: { name: 'no', count: 1, id: 'no-1', ...amqp, messages: 'reject' } });
  await host.contract.run('fleet.add', {
    spec: { name: 'later', count: 1, id: 'later-1', ...amqp, messages: 'abandon' },
  });
  await allOnline(host);
  await page.goto(host.url);
  await page.getByRole('button', { name: 'Traffic', exact: true }).click();
  await send(host, 'no-1', 'a');
  await send(host, 'later-1', 'b');
  const traffic = page.getByRole('region', { name: 'Traffic of the fleet' });
  await traffic.getByRole('searchbox').fill('kind:c2d outcome:rejected');
  const rejected = traffic.getByRole('row', { name: /message.*rejected/ });
  await expect(rejected).toHaveCount(1);
  await traffic.getByRole('grid').focus();
  await rejected.click();
  await expect(page.getByRole('region', { name: 'Row in detail' })).toContainText('took the message and refused it');
  await page.keyboard.press('Escape');
  await traffic.getByRole('searchbox').fill('kind:c2d device:later-1');
  await expect(traffic.getByRole('row', { name: /message.*given up.*10 deliveries/ })).toHaveCount(1);
});

test('a job is a row that is pending until its end', async ({ page, empty: host }) => {
  await host.contract.run('fleet.add', {
    spec: { name: 'pumps', count: 3, id: 'pump-{index}', behaviour: { kind: 'echo' } },
  });
  await allOnline(host);
  await page.goto(host.url);
  await page.getByRole('button', { name: 'Traffic', exact: true }).click();
  await host.contract.run('job.create', {
    ...{ id: 'nightly', condition: '*' },
    action: { kind: 'method', method: { method: 'ping', payload: '{}' } },
  });
  const traffic = page.getByRole('region', { name: 'Traffic of the fleet' });
  await traffic.getByRole('searchbox').fill('kind:job');
  const row = traffic.getByRole('row', { name: /nightly/ });
  await expect(row).toContainText('completed: 3 of 3 devices succeeded');
  await expect(row).toHaveCount(1);
});
