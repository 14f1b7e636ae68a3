// Faults: the banner while one is on, adding, changing and lifting while all runs.
import { expect, startHost, test } from './support/host.ts';

test('a fault is added, changed and lifted, and the banner tells', async ({ page }) => {
  await using host = await startHost('--demo');
  await page.goto(host.url);
  const banner = page.getByRole('region', { name: 'Active faults' });
  await expect(banner).toContainText('2 faults active');
  await banner.getByRole('button', { name: 'Lift all' }).click();
  await expect(banner).toHaveCount(0);

  await page.getByRole('tab', { name: 'Faults' }).click();
  await page.getByRole('button', { name: 'Add a fault' }).click();
  const form = page.getByRole('form', { name: 'New fault' });
  await form.getByLabel('Name').fill('late');
  await form.getByLabel('Delay').selectOption('fixed');
  await form.getByLabel('Each reply waits').fill('-1');
  await expect(form).toContainText('ms: at least 0 ms');
  await form.getByLabel('Each reply waits').fill('300');
  await form.getByLabel('On').selectOption('fleet:demo');
  await form.getByLabel('Share').fill('50');
  await expect(form).toContainText('About 50 devices');
  await form.getByRole('button', { name: 'Add fault' }).click();
  await expect(banner).toContainText('late replies late (300 ms)');

  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const change = page.getByRole('form', { name: 'Change late' });
  await change.getByLabel('Does').selectOption('reply.never');
  await change.getByRole('button', { name: 'Change' }).click();
  await expect(banner).toContainText('late never answers');
  await page.getByRole('button', { name: 'Lift late' }).click();
  await expect(banner).toHaveCount(0);
});
