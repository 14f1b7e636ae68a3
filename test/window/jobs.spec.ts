// Jobs: scheduled from a form that counts whom it is for, watched while they run, cancelled, and read device by device.
import type { Page } from '@playwright/test';
import { expect, test } from './support/host.ts';

async function newJob(page: Page) {
  await page.getByRole('button', { name: 'Jobs', exact: true }).click();
  await page.getByRole('button', { name: 'New job' }).first().click();
  const form = page.getByRole('form', { name: 'New job' });
  await expect(form.locator('.cm-editor').getByRole('textbox', { name: 'Condition' })).toBeVisible();
  return form;
}

test('a method job shows its progress while it runs, and what each device answered', async ({ open }) => {
  const form = await newJob(open);
  await form.getByRole('textbox', { name: 'Method' }).fill('reboot');
  await form.getByRole('textbox', { name: 'Condition' }).fill("deviceId IN ['device-0031', 'device-0032', 'nobody']");
  await expect(form.getByRole('status')).toHaveText('Picks 2 devices now.');
  await form.getByRole('textbox', { name: 'Condition' }).press('Control+Enter');

  const devices = open.getByRole('grid', { name: 'Devices of the job' });
  await expect(devices.getByRole('row', { name: /device-0031/ })).toContainText('completed');
  await expect(open.getByRole('status').filter({ hasText: 'succeeded' })).toHaveText('2 succeeded of 2');
  await devices.focus();
  await open.keyboard.press('ArrowDown');
  await expect(open.getByRole('region', { name: 'Result of device-0031' })).toContainText('"Reboot started"');
  const row = open
    .getByRole('grid', { name: 'Jobs', exact: true })
    .getByRole('row', { name: /reboot/ })
    .first();
  await expect(row).toContainText('completed');
  await expect(row.getByRole('progressbar')).toHaveAttribute('aria-valuetext', '2 succeeded of 2');
  await open.keyboard.press('Escape');
  await expect(devices).toHaveCount(0);
});

test('a twin update is checked before it is sent and reaches the twins', async ({ open, host }) => {
  const form = await newJob(open);
  await form.getByRole('radio', { name: 'Update twins' }).check({ force: true });
  const update = form.getByRole('textbox', { name: 'Twin update as JSON' });
  const start = form.getByRole('button', { name: /Start the job/ });
  await update.fill('{ "properties": { "reported": {} } }');
  await expect(form).toContainText('Update: properties must be {"desired": { ... }} and nothing else.');
  await expect(start).toBeDisabled();
  await update.fill('{ "tags": { "site": "north" } }');
  await form.getByRole('textbox', { name: 'Condition' }).fill("deviceId = 'device-0033'");
  await expect(form.getByRole('status')).toHaveText('Picks 1 device now.');
  await start.click();
  await expect(open.getByRole('status').filter({ hasText: 'succeeded' })).toHaveText('1 succeeded of 1');
  const { rows } = await host.contract.run('query.run', {
    text: "SELECT tags.site AS site FROM devices WHERE deviceId = 'device-0033'",
  });
  expect(rows).toEqual([{ site: 'north' }]);

  await open.getByRole('button', { name: 'Again' }).click();
  await expect(update).toContainText('"site": "north"');
});

test('a condition that is wrong is marked and keeps the job from being scheduled', async ({ open }) => {
  const form = await newJob(open);
  await form.getByRole('textbox', { name: 'Condition' }).fill('tags.site = ');
  await expect(form.getByRole('status')).toContainText(/^Column 13: /);
  await expect(form.locator('.cm-lintRange-error, .cm-lintPoint-error')).toHaveCount(1);
  await expect(form.getByRole('button', { name: /Start the job/ })).toBeDisabled();
});

test('a job for later waits with its moment and can be cancelled', async ({ open, host }) => {
  const form = await newJob(open);
  await form.getByRole('textbox', { name: 'Condition' }).fill('*');
  await form.getByRole('radio', { name: 'Later' }).check({ force: true });
  const schedule = form.getByRole('button', { name: /Schedule the job/ });
  await expect(schedule).toBeDisabled();
  const tomorrow = new Date(Date.now() + 86_400_000);
  const local = new Date(tomorrow.getTime() - tomorrow.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  await form.getByLabel('At', { exact: true }).fill(local);
  await form.getByRole('textbox', { name: 'Job id' }).fill('tomorrow');
  await schedule.click();
  const job = open.getByRole('region', { name: 'Job tomorrow' });
  await expect(job).toContainText('scheduled');
  await expect(job).toContainText(/in (23 h|24 h|1 d)/);
  await job.getByRole('button', { name: 'Cancel' }).click();
  await expect(job).toContainText('cancelled');
  await expect(job.getByRole('button', { name: 'Cancel' })).toHaveCount(0);
  const view = await host.contract.look('job', { job: 'tomorrow' });
  expect(view).toBeTruthy();
});
