// The tier of the local hub: chosen while it runs, its limits beside what is used of them, and what was refused.
import { expect, test } from './support/host.ts';

test.afterEach(async ({ host }) => {
  await host.contract.run('hub.throttle', { throttle: { tier: 'off' } });
});

test('a tier is chosen, its limits show, and what goes over them is counted', async ({ open, host }) => {
  await open.getByRole('button', { name: 'Hub', exact: true }).click();
  const limits = open.getByRole('table', { name: 'Limits and what is used of them' });
  await expect(limits.getByRole('row', { name: /^queries/ })).toContainText('none');

  await open.getByRole('radio', { name: /^S1/ }).check({ force: true });
  await expect(limits.getByRole('row', { name: /^queries/ })).toContainText('20/min');
  await expect(limits.getByRole('row', { name: /^methods/ })).toContainText('160.0 KB/s');
  const units = open.getByRole('spinbutton', { name: 'Units' });
  await units.fill('201');
  await expect(open.getByRole('form', { name: 'Tier' })).toContainText('Units: 201 is not 1 to 200 for S1.');
  await units.fill('2');
  await units.press('Enter');
  await expect(limits.getByRole('row', { name: /^queries/ })).toContainText('40/min');

  let refused = 0;
  for (let asked = 0; asked < 60 && refused === 0; asked += 1) {
    const { problem } = await host.contract.run('query.run', { text: 'SELECT COUNT() AS n FROM devices' });
    if (problem) refused += 1;
  }
  expect(refused).toBe(1);
  await expect(
    limits
      .getByRole('row', { name: /^queries/ })
      .getByRole('cell')
      .last(),
  ).not.toHaveText('0');
});

test('every door is listed, the WebSocket one with its path', async ({ open }) => {
  await open.getByRole('button', { name: 'Hub', exact: true }).click();
  const doors = open.getByRole('table', { name: 'Doors' });
  for (const door of ['https', 'wss', 'mqtts', 'amqps', 'http', 'ws', 'mqtt', 'amqp']) {
    await expect(doors.getByRole('rowheader', { name: door, exact: true })).toBeVisible();
  }
  await expect(doors.getByRole('row', { name: /^wss/ })).toContainText(/:\d+\/\$iothub\/websocket/);
});
