// Faults: presets, forms made from the schemas, live counts, the banner; what a fault did to calls; changing and lifting while all runs.
import type { Page } from '@playwright/test';
import { allOnline, expect, test } from './support/host.ts';

const fanOut = async (page: Page) => {
  await page.getByRole('tab', { name: 'Invoke' }).click();
  await page.getByLabel('Target').selectOption('fleet:demo');
  await page.getByRole('combobox', { name: 'Method', exact: true }).fill('reboot');
  await page.getByLabel('Response timeout').fill('5');
  await page.getByRole('button', { name: 'Invoke on 100 devices' }).click();
  const result = page.getByRole('tabpanel', { name: 'Result' });
  await expect(result.getByRole('status').filter({ hasText: '100 of 100 ended' })).toBeVisible({ timeout: 60_000 });
  return result;
};

test('dead share on the demo fleet: a live count, 504s with their cause, lifted in one click, and all is 200', async ({
  page,
  empty: host,
}) => {
  await host.contract.run('fleet.demo', {});
  await page.goto(host.url);
  const banner = page.getByRole('region', { name: 'Active faults' });
  await expect(banner).toContainText('2 faults active');
  await banner.getByRole('button', { name: 'Lift all' }).click();
  await expect(banner).toHaveCount(0);
  await allOnline(host);

  await page.getByRole('tab', { name: 'Faults' }).click();
  await page.getByRole('button', { name: /^Dead share/ }).click();
  await expect(banner).toContainText('dead-share no reply on 5 devices');
  const form = page.getByRole('form', { name: 'Change dead-share' });
  await form.getByLabel('On', { exact: true }).selectOption('fleet:demo');
  const count = form.getByRole('status');
  await expect(count).toContainText('On 5 of 100 devices');
  await form.getByLabel('Share').fill('100');
  await expect(count).toContainText('On 100 of 100 devices');
  await form.getByLabel('Condition').fill("deviceId IN ['device-0002', 'device-0003', 'device-0004']");
  await expect(count).toContainText('On 3 of 100 devices');
  await expect(count).toContainText('device-0002, device-0003, device-0004');
  await form.getByLabel('Condition').fill('tags.floor =');
  await expect(form.getByLabel('Condition')).toHaveAccessibleDescription(/^column 13: Expected/);
  await form.getByLabel('Condition').fill('');
  await form.getByLabel('Share').fill('4');
  await expect(count).toContainText(/On \d of 100 devices/);
  const dead = Number(/On (\d)/.exec((await count.textContent()) ?? '')?.[1]);
  expect(dead).toBeGreaterThan(0);
  await form.getByRole('button', { name: 'Change' }).click();
  await expect(page.getByRole('list', { name: 'Faults' })).toContainText(`4% of fleet demo: ${dead} devices`);

  const result = await fanOut(page);
  const outcomes = result.getByRole('list', { name: 'Outcomes' });
  await expect(outcomes.getByRole('listitem', { name: `HTTP 504: ${dead} calls` })).toBeVisible();
  await expect(banner).toContainText(`${dead} strikes`);
  const silent = result.getByRole('button', { name: /HTTP 504, GatewayTimeout/ });
  await expect(silent).toHaveCount(dead);
  await silent.first().click();
  const one = result.getByRole('region', { name: /^Result of device-/ });
  await expect(one).toContainText('GatewayTimeout');
  await expect(one.getByText('Cause')).toBeVisible();
  await expect(one).toContainText('dead-share');

  const device = page.getByRole('region', { name: /^Device device-/ });
  await device.getByRole('row', { name: /reboot.*HTTP 504/ }).click();
  const detail = device.getByRole('region', { name: 'Row in detail' });
  await expect(detail.getByRole('list', { name: 'Faults that struck it' })).toContainText('dead-share in the device');
  await detail.getByRole('tab', { name: 'Timing' }).click();
  await expect(detail.getByRole('row', { name: /In the device/ })).toContainText('dead-share');

  await banner.getByRole('button', { name: 'Lift all' }).click();
  await expect(banner).toHaveCount(0);
  await page.getByRole('button', { name: 'Close the device' }).click();
  await allOnline(host);
  await fanOut(page);
  await expect(outcomes.getByRole('listitem')).toHaveCount(1);
  await expect(outcomes.getByRole('listitem', { name: 'HTTP 200, device 200: 100 calls' })).toBeVisible();
});

test('a fault of any kind is found by a word, set by its own fields, switched off without losing its place, and lifted', async ({
  page,
  empty: host,
}) => {
  await host.contract.run('fleet.demo', {});
  await page.goto(host.url);
  const banner = page.getByRole('region', { name: 'Active faults' });
  await page.getByRole('tab', { name: 'Faults' }).click();
  await page.getByRole('button', { name: 'Add a fault' }).click();
  await page.getByRole('searchbox', { name: 'What shall go wrong' }).fill('slow reply');
  await page.keyboard.press('Enter');
  const form = page.getByRole('form', { name: 'New fault' });
  const add = form.getByRole('button', { name: 'Add fault' });
  await expect(form.getByLabel('Name')).toBeFocused();
  await form.getByLabel('Name').fill('late');
  const picture = form.getByRole('img', { name: /^Half of the draws are below 800 ms/ });
  await expect(picture).toBeVisible();
  await form.getByLabel('Delay').selectOption('fixed');
  await form.getByLabel('Ms').fill('-1');
  await expect(form).toContainText('ms: at least 0 ms');
  await expect(add).toBeDisabled();
  await form.getByLabel('Delay').selectOption('replay');
  await form.getByLabel(/^Or from a file/).setInputFiles({
    name: 'production.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('call,duration_ms\n1,120\n2,80\n3,2400\n'),
  });
  await expect(form.getByLabel('Samples')).toHaveValue('120, 80, 2400');
  await form.getByLabel('On', { exact: true }).selectOption('fleet:demo');
  await form.getByLabel('Share').fill('50');
  await form.locator('summary', { hasText: 'When' }).click();
  await form.getByLabel('Probability').fill('25');
  await form.getByLabel('After').check();
  await form.getByLabel('Lasting').fill('60000');
  await expect(form.locator('summary', { hasText: 'When' })).toContainText('25% of the time, for 1 m 00 s after');
  await add.click();
  await expect(banner).toContainText('3 faults active');
  const row = page.getByRole('list', { name: 'Faults' }).getByRole('listitem').filter({ hasText: 'late' });
  await expect(row).toContainText('replay of 3 samples');
  const { faults } = await host.contract.look('totals', {});
  expect(faults[2]?.spec).toMatchObject({
    settings: { delay: { kind: 'replay', samples: [120, 80, 2_400], order: 'drawn' } },
    on: { fleet: 'demo', share: 0.5 },
    when: { probability: 0.25, after: { event: 'connected', delay: 0, lasting: 60_000 } },
  });

  await row.getByRole('switch').click();
  await expect(row.getByRole('switch')).not.toBeChecked();
  await expect(banner).toContainText('2 faults active');
  await expect(page.getByRole('heading', { name: '2 of 3 faults on' })).toBeVisible();
  await row.getByRole('switch').click();
  await expect(banner).toContainText('3 faults active');

  await page.getByRole('button', { name: 'Change late' }).click();
  const change = page.getByRole('form', { name: 'Change late' });
  await change.getByLabel('Share').fill('40');
  await row.getByRole('switch').click();
  await change.getByRole('button', { name: 'Change' }).click();
  await expect(row).toContainText('40% of fleet demo');
  await expect(row.getByRole('switch'), 'a change leaves the switch alone').not.toBeChecked();
  await expect(page.getByRole('button', { name: 'Change late' })).toBeFocused();
  await page.keyboard.press('Enter');
  await change.getByLabel('Share').press('Escape');
  await expect(change).toHaveCount(0);

  await page.getByRole('button', { name: 'Lift late' }).click();
  await expect(banner).toContainText('2 faults active');
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Search commands' }).fill('preset brown-out');
  await page.keyboard.press('Enter');
  await expect(banner).toContainText('4 faults active');
  await expect(page.getByRole('form', { name: 'Change brown-out-slow' })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Search commands' }).fill('lift all');
  await page.keyboard.press('Enter');
  await expect(banner).toHaveCount(0);
});

test('a fault on one device is added from its page', async ({ page, empty: host }) => {
  await host.contract.run('fleet.demo', {});
  await page.goto(host.url);
  await page.getByRole('button', { name: 'device-0001', exact: true }).click();
  const device = page.getByRole('region', { name: 'Device device-0001' });
  await device.getByRole('tab', { name: /Faults/ }).click();
  await expect(device).toContainText('Nothing goes wrong here on purpose');
  await device.getByRole('button', { name: 'Add a fault on this device' }).click();
  await page.getByRole('button', { name: /^Other status/ }).click();
  const form = page.getByRole('form', { name: 'New fault' });
  await expect(form.getByLabel('On', { exact: true })).toHaveValue('device:device-0001');
  await expect(form.getByRole('status')).toContainText('On 1 of 100 devices');
  await form.getByRole('button', { name: 'Add fault' }).click();
  await expect(device.getByRole('list', { name: 'Faults' })).toContainText('status Other status');
});
