// Cloud-to-device messages: written on a device's page or for the selection, counted while they wait, purged, and read in the traffic.
import { expect, test } from './support/host.ts';

test('a message waits for a device that is away, is counted and purged', async ({ open, host }) => {
  await host.contract.run('device.stop', { devices: ['device-0016'] });
  await open.getByRole('button', { name: 'device-0016', exact: true }).click();
  const page = open.getByRole('region', { name: 'Device device-0016' });
  await page.getByRole('tab', { name: 'Messages' }).click();
  await expect(page).toContainText('0 messages waiting');
  await expect(page.getByRole('button', { name: 'Purge' })).toBeDisabled();

  const body = page.getByRole('textbox', { name: 'Body as JSON' });
  await body.fill('{ "on": }');
  await expect(page).toContainText(/Body: not valid JSON/);
  await expect(page.getByRole('button', { name: /^Send/ })).toBeDisabled();
  await body.fill('{ "on": true }');
  await page.getByRole('button', { name: 'Add property' }).click();
  await page.getByRole('textbox', { name: 'Name of property 1' }).fill('level');
  await page.getByRole('textbox', { name: 'Value of property 1' }).fill('7');
  await page.getByRole('textbox', { name: 'Message id' }).fill('m-1');
  await page.getByRole('textbox', { name: 'Message id' }).press('Control+Enter');
  await expect(page).toContainText('The hub took it.');
  await expect(page).toContainText('1 message waiting');

  await page.getByRole('button', { name: 'Purge' }).click();
  await expect(page).toContainText('0 messages waiting for the device, 1 message purged');

  const { rows } = await host.contract.look('traffic', { device: 'device-0016', filter: 'm-1' });
  const detail = await host.contract.run('traffic.detail', { id: rows[0]?.id ?? 0 });
  expect(detail).toMatchObject({ request: { text: '{ "on": true }' }, properties: { level: '7' } });
  await host.contract.run('device.start', { devices: ['device-0016'] });
});

test('the selection gets a message each, and the devices take them', async ({ open, host }) => {
  for (const id of ['device-0017', 'device-0018']) {
    await open
      .getByRole('row', { name: new RegExp(id) })
      .getByRole('gridcell')
      .nth(1)
      .click(id === 'device-0017' ? {} : { modifiers: ['Control'] });
  }
  await open.getByRole('tab', { name: 'Message', exact: true }).click();
  const pane = open.getByRole('region', { name: 'Side pane' });
  await expect(pane).toContainText('2 selected devices');
  await pane.getByRole('radio', { name: 'Text' }).check({ force: true });
  await pane.getByRole('textbox', { name: 'Body as text' }).fill('hello');
  await pane.getByLabel('Acknowledgement').selectOption('full');
  await pane.getByRole('button', { name: /Send to 2 devices/ }).click();
  await expect(pane).toContainText('The hub took 2 messages.');
  for (const device of ['device-0017', 'device-0018']) {
    await expect
      .poll(async () => (await host.contract.look('traffic', { device, filter: 'completed' })).matching)
      .toBeGreaterThan(0);
  }
});
