// The hub page: where programs connect, with keys that stay hidden until they are asked for.
import { expect, test } from './support/host.ts';

test('connection strings are masked, revealed on request and hidden again', async ({ open }) => {
  await open.getByRole('button', { name: 'Hub', exact: true }).click();
  const row = open.getByRole('row', { name: /^iothubowner/ });
  await expect(row).not.toContainText(/SharedAccessKey=[A-Za-z0-9+/]{20,}/);
  await row.getByRole('button', { name: 'Reveal connection string of iothubowner' }).click();
  await expect(row).toContainText(/HostName=[^;]+;SharedAccessKeyName=iothubowner;SharedAccessKey=[A-Za-z0-9+/]{20,}=/);
  await row.getByRole('button', { name: 'Hide connection string of iothubowner' }).click();
  await expect(row).not.toContainText(/SharedAccessKey=[A-Za-z0-9+/]{20,}/);
  await expect(open.getByRole('table', { name: 'Doors' })).toContainText('127.0.0.1:');
});

test("a device's own connection string is copied without being shown", async ({ open, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open.getByRole('button', { name: 'device-0005', exact: true }).click();
  const page = open.getByRole('region', { name: 'Device device-0005' });
  await page.getByRole('tab', { name: 'Connection' }).click();
  await page.getByRole('button', { name: 'Copy connection string' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  const copied = await open.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^HostName=[^;]+;DeviceId=device-0005;SharedAccessKey=.{20,}$/);
  await expect(page).not.toContainText(copied);
});
