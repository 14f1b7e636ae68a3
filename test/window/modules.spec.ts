// Modules in the window: rows of the fleet, pages of their own, targets of the invoker; and how each device connects.
import { allOnline, expect, test } from './support/host.ts';

test('a module is a row below its device, has a page with its twin, and is invoked like a device', async ({
  page,
  empty: host,
}) => {
  await host.contract.run('fleet.add', {
    spec: { name: 'pumps', count: 2, id: 'pump-{index}', modules: ['camera', 'gps'], behaviour: { kind: 'echo' } },
  });
  await allOnline(host);
  await page.goto(host.url);
  const grid = page.getByRole('grid', { name: 'Devices' });
  await expect(grid).toHaveAttribute('aria-rowcount', '7');
  await expect(grid.getByRole('row').nth(2)).toContainText('pump-1/camera');
  const filter = page.getByRole('searchbox', { name: 'Filter devices' });
  await filter.fill('is:module -module:gps');
  await expect(grid).toHaveAttribute('aria-rowcount', '3');
  await filter.press('Escape');
  await grid.focus();

  await page.getByRole('button', { name: 'pump-1', exact: true }).click();
  const modules = page.getByRole('navigation', { name: 'Modules of this device' });
  await expect(modules.getByRole('button')).toHaveCount(2);
  await modules.getByRole('button', { name: 'camera' }).click();
  const module = page.getByRole('region', { name: 'Device pump-1/camera', exact: true });
  await expect(module).toBeVisible();
  await expect(page.getByLabel('Target')).toContainText('pump-1/camera (selected)');

  await page.getByRole('combobox', { name: 'Method', exact: true }).fill('ping');
  await page.getByRole('textbox', { name: 'Payload as JSON' }).fill('{"from":"the window"}');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('tabpanel', { name: 'Result' })).toContainText('the window');
  await expect(module.getByRole('row', { name: /ping.*HTTP 200/ })).toBeVisible();

  await module.getByRole('tab', { name: /Twin/ }).click();
  await module.getByRole('button', { name: 'Edit desired' }).click();
  await module.getByRole('textbox', { name: 'Desired properties as JSON' }).fill('{ "zoom": 3 }');
  await module.getByRole('button', { name: 'Apply' }).click();
  await expect(module.getByRole('row', { name: /zoom/ })).toContainText('3');
  await page.getByRole('navigation', { name: 'Device of this module' }).getByRole('button', { name: 'pump-1' }).click();
  await expect(page.getByRole('region', { name: 'Device pump-1', exact: true })).toBeVisible();
});

test('protocol, TLS and certificate are told in the table and on the connection tab', async ({ page, empty: host }) => {
  await host.contract.run('fleet.add', {
    spec: { name: 'keys', count: 4, id: 'key-{index}', protocol: { amqp: 1, 'mqtt-ws': 1 }, devicesPerConnection: 10 },
  });
  await host.contract.run('fleet.add', {
    spec: { name: 'certs', count: 1, id: 'cert-1', authentication: 'x509-self-signed' },
  });
  await allOnline(host);
  await page.goto(host.url);
  const grid = page.getByRole('grid', { name: 'Devices' });
  await expect(grid.getByRole('row', { name: /cert-1/ })).toContainText(/MQTT\s*over TLS\s*X.509 certificate/);
  await expect(grid.getByRole('row', { name: /key-2/ })).toContainText('AMQP');
  await expect(grid.getByRole('row', { name: /key-1/ })).toContainText('MQTT WS');
  const filter = page.getByRole('searchbox', { name: 'Filter devices' });
  await filter.fill('protocol:amqp*');
  await expect(grid).toHaveAttribute('aria-rowcount', '3');
  await filter.fill('auth:x509-*');
  await expect(grid).toHaveAttribute('aria-rowcount', '2');
  await grid.focus();

  await page.getByRole('button', { name: 'cert-1', exact: true }).click();
  await page.getByRole('tab', { name: 'Connection' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Connection' });
  await expect(panel).toContainText('MQTT 3.1.1 over TLS');
  await expect(panel).toContainText('X.509 certificate, signed by itself');
  await expect(panel, 'the thumbprint the hub expects').toContainText(/Thumbprint[0-9A-F]{64}/);
  await expect(panel).toContainText('DeviceId=cert-1;x509=true');

  await page.getByRole('region', { name: 'Devices' }).getByRole('button', { name: 'Clear the filter' }).click();
  await grid.focus();
  await page.getByRole('button', { name: 'key-2', exact: true }).click();
  await expect(panel).toContainText('AMQP 1.0 on the plain loopback listener');
  await expect(panel).toContainText('one AMQP connection for up to 10 devices of the fleet');
  await expect(panel).toContainText('lives 1 h 00 m');
});

test('devices are gathered by protocol, and the keyboard walks from group to group', async ({ page, empty: host }) => {
  await host.contract.run('fleet.add', {
    spec: { name: 'pumps', count: 6, id: 'pump-{index}', protocol: { amqp: 1, mqtt: 2 }, behaviour: { kind: 'echo' } },
  });
  await allOnline(host);
  await page.goto(host.url);
  const grid = page.getByRole('grid', { name: 'Devices' });
  await expect(grid).toHaveAttribute('aria-rowcount', '7');
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Search commands' }).fill('by protocol');
  await page.keyboard.press('Enter');
  await expect(grid, 'six devices and two groups').toHaveAttribute('aria-rowcount', '9');
  await expect(grid.getByRole('row').nth(1)).toContainText('AMQP2 of 2 online');
  await expect(grid.getByRole('row').nth(4)).toContainText('MQTT4 of 4 online');
  await expect(page.getByLabel('Group devices by')).toHaveValue('protocol');

  await grid.focus();
  for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  const third = (await host.contract.look('fleet', { group: 'protocol' })).rows[2]?.id ?? '';
  await expect(page.getByRole('region', { name: `Device ${third}`, exact: true })).toBeVisible();
});
