// A newcomer's first minute: an empty window that says what to do, the demo fleet in one click, a fleet of their own.
import { expect, listenForComplaints, startHost, test } from './support/host.ts';

test('an empty window offers the demo fleet, and one click brings a hundred devices online', async ({
  page,
  empty: host,
}) => {
  const complaints = listenForComplaints(page);
  await page.goto(host.url);
  expect(new URL(page.url()).search, 'the token is gone from the address').toBe('');

  const empty = page.getByRole('region', { name: 'No devices yet' });
  await expect(empty).toContainText('100 over MQTT');
  await empty.getByRole('button', { name: 'Start the demo fleet' }).click();

  const totals = page.getByRole('region', { name: 'Totals' });
  await expect(totals).toContainText('100 / 100 online');
  await expect(page.getByRole('grid', { name: 'Devices' })).toHaveAttribute('aria-rowcount', '101');
  await expect(page.getByRole('region', { name: 'Active faults' })).toContainText('2 faults active');
  expect(complaints).toEqual([]);
});

test('the firmware fleet is one click away, and a twin tells the phases of its update', async ({
  page,
  empty: host,
}) => {
  await page.goto(host.url);
  await page.getByRole('button', { name: 'Or start the firmware fleet' }).click();
  await expect(page.getByRole('region', { name: 'Totals' })).toContainText('200 / 200 online');
  await host.contract.run('fleet.change', {
    fleet: 'firmware',
    behaviour: { kind: 'firmwareUpdate', download: 2_000, apply: 500, dark: 200 },
  });
  await page.getByRole('button', { name: 'meter-0001', exact: true }).click();
  const device = page.getByRole('region', { name: 'Device meter-0001' });
  await device.getByRole('tab', { name: /Twin/ }).click();
  await page.getByRole('combobox', { name: 'Method', exact: true }).fill('firmwareUpdate');
  await page.getByRole('textbox', { name: 'Payload as JSON' }).fill('{"version":"2.0.0"}');
  await page.keyboard.press('Control+Enter');
  const phase = device.getByRole('row', { name: /^phase/ });
  await expect(phase).toContainText('"downloading"');
  await expect(phase).toContainText('"done"');
  await expect(device.getByRole('row', { name: /^version/ })).toContainText('"2.0.0"');
  for (const each of ['downloading', 'applying', 'rebooting', 'done']) {
    await expect(device.getByRole('row', { name: new RegExp(`^${each} "20`) })).toBeVisible();
  }
});

test('a fleet of your own is checked as it is typed and then comes online', async ({ page, empty: host }) => {
  await page.goto(host.url);
  await page.getByRole('button', { name: 'Add a fleet of your own' }).click();
  const form = page.getByRole('form', { name: 'New fleet' });

  await form.getByLabel('Devices', { exact: true }).fill('0');
  await expect(form).toContainText('count: at least 1 device');
  await form.getByLabel('Id pattern').fill('pump');
  await form.getByLabel('Devices', { exact: true }).fill('12');
  await expect(form).toContainText('id: needs {index} or {index:0000} when there is more than one device');
  await expect(form.getByRole('button', { name: 'Add 12 devices' })).toBeDisabled();

  await form.getByLabel('Id pattern').fill('pump-{index:00}');
  await expect(form).toContainText('pump-12');
  await form.getByLabel('Name').fill('pumps');
  await form.getByLabel('Behaviour').selectOption('echo');
  await form.getByRole('button', { name: 'Add 12 devices' }).click();
  await expect(page.getByRole('region', { name: 'Totals' })).toContainText('12 / 12 online');
  await expect(page.getByRole('row', { name: /pump-12/ })).toContainText('echo');
});

test('when the host goes away the window says so and keeps what it knew', async ({ page }) => {
  const host = await startHost('--demo');
  await page.goto(host.url);
  await expect(page.getByRole('row', { name: /device-0001/ })).toBeVisible();
  await host[Symbol.asyncDispose]();
  await expect(page.getByRole('status').filter({ hasText: 'Connection to the host lost' })).toBeVisible();
  await expect(page.getByRole('row', { name: /device-0001/ })).toBeVisible();
});
