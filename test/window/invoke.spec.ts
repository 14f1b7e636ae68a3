// Invoking: one device from the keyboard, a slow one whose row grows, a whole fleet with its counts, and refusals in plain words.
import { expect, test } from './support/host.ts';

test('reboot: the row is pending, grows and ends; the device goes dark, comes back and reports lastReboot', async ({
  open,
  host,
}) => {
  // A delay one can see, also on a machine that is busy.
  const id = 'device-0001';
  await host.contract.run('fault.add', {
    spec: { name: 'seen', settings: { kind: 'reply.delay', delay: { kind: 'fixed', ms: 4_000 } }, on: { device: id } },
  });
  await open.getByRole('searchbox', { name: 'Filter devices' }).fill(id);
  await open.getByRole('button', { name: id, exact: true }).click();
  const page = open.getByRole('region', { name: `Device ${id}` });
  const traffic = page.getByRole('grid', { name: 'Traffic' });

  await open.getByRole('combobox', { name: 'Method', exact: true }).fill('reboot');
  await open.keyboard.press('Control+Enter');
  const row = traffic.getByRole('row', { name: /reboot.*pending/ });
  await expect(row).toBeVisible();
  const bar = row.getByTitle(/^In flight for/);
  const early = await bar.getAttribute('title');
  await expect.poll(() => bar.getAttribute('title'), { message: 'the bar grows', intervals: [50] }).not.toBe(early);

  const ended = traffic.getByRole('row', { name: /reboot.*HTTP 200.*device 200/ });
  await expect(ended).toBeVisible();
  await host.contract.run('fault.lift', { fault: 'seen' });
  const result = open.getByRole('tabpanel', { name: 'Result' });
  await expect(result).toContainText('"Reboot started"');
  await expect(page.getByRole('status').first()).toContainText('dark');
  await expect(page.getByRole('status').first()).toContainText('online');

  await page.getByRole('tab', { name: /Twin/ }).click();
  const lastReboot = page.getByRole('row', { name: /lastReboot/ });
  await expect(lastReboot).toContainText(/"20\d\d-\d\d-\d\dT/);
  const reported = JSON.parse((await lastReboot.getByRole('cell').last().locator('code').textContent()) ?? '""');
  expect(Date.now() - Date.parse(reported)).toBeLessThan(60_000);
});

test('a row in detail shows request, response and where the time went', async ({ open }) => {
  await open.getByRole('button', { name: 'device-0003', exact: true }).click();
  await open.getByRole('combobox', { name: 'Method', exact: true }).fill('echo');
  await open.getByRole('textbox', { name: 'Payload as JSON' }).fill('{"probe": 42}');
  await open.getByRole('button', { name: 'Invoke', exact: false }).last().click();
  const page = open.getByRole('region', { name: 'Device device-0003' });
  await page
    .getByRole('row', { name: /echo.*HTTP 200/ })
    .first()
    .click();
  const detail = page.getByRole('region', { name: 'Row in detail' });
  await expect(detail.getByRole('figure', { name: 'Response payload' })).toBeVisible();
  await detail.getByRole('tab', { name: 'Request' }).click();
  await expect(detail.getByRole('figure', { name: 'Request payload' })).toContainText('"probe": 42');
  await detail.getByRole('tab', { name: 'Timing' }).click();
  await expect(detail.getByRole('row', { name: /In the device/ })).toContainText('ms');
  await open.keyboard.press('Escape');
  await expect(detail).toHaveCount(0);
  await expect(page, 'the first Escape closes the row, not the device').toBeVisible();
});

test('a hundred at once: progress, counts that add up, percentiles, and a cell for each', async ({ open }) => {
  await open.getByLabel('Target').selectOption('fleet:demo');
  await open.getByRole('combobox', { name: 'Method', exact: true }).fill('reboot');
  await open.getByLabel('Response timeout').fill('8');
  await open.getByRole('button', { name: 'Invoke on 100 devices' }).click();
  const result = open.getByRole('tabpanel', { name: 'Result' });
  await expect(result.getByRole('status').filter({ hasText: '100 of 100 ended' })).toBeVisible({ timeout: 60_000 });

  const outcomes = result.getByRole('list', { name: 'Outcomes' });
  await expect(outcomes.getByRole('listitem', { name: 'HTTP 504: 2 calls' })).toBeVisible();
  const names = await outcomes
    .getByRole('listitem')
    .evaluateAll((items) => items.map((item) => item.getAttribute('aria-label') ?? ''));
  const counts = names.map((name) => Number(/: (\d+) calls?$/.exec(name)?.[1]));
  expect(counts.reduce((sum, each) => sum + each, 0)).toBe(100);
  const silent = result.getByRole('button', { name: /HTTP 504, GatewayTimeout/ });
  await expect(silent).toHaveCount(2);
  await expect(result.getByRole('button', { name: /, HTTP / })).toHaveCount(100);
  await expect(result).toContainText(/p95\s*[\d.]+ m?s/);

  const name = (await silent.first().getAttribute('aria-label')) ?? '';
  await silent.first().click();
  const device = name.split(',')[0] ?? '';
  await expect(open.getByRole('region', { name: `Device ${device}` })).toBeVisible();
  const one = result.getByRole('region', { name: `Result of ${device}` });
  await expect(one).toContainText('GatewayTimeout');
  await expect(one).toContainText('heard nothing for 8 s (the response timeout)');
  await expect(one).toContainText('fault silent kept its reply');
});

test('what is wrong with the form is said beside the field, and the button waits', async ({ open }) => {
  await open.getByLabel('Target').selectOption('all');
  const form = open.getByRole('form', { name: 'Invoke a direct method' });
  const button = form.getByRole('button', { name: /^Invoke/ });
  await expect(button).toBeEnabled();

  await form.getByLabel('Response timeout').fill('4');
  await expect(form).toContainText('Response timeout: 4 is not 5 to 300 s.');
  await expect(button).toBeDisabled();
  await form.getByLabel('Response timeout').fill('60');
  await expect(form).toContainText(
    'The hub waits up to 60 s for the answer, then 504. An offline device is 404 at once.',
  );
  await form.getByLabel('Connect timeout').fill('10');
  await expect(form).toContainText('An offline device has 10 s to come online, then 404.');

  await form.getByRole('textbox', { name: 'Payload as JSON' }).fill('{"a": }');
  await expect(form).toContainText(/Payload: not valid JSON at line 1, column \d+/);
  await expect(button).toBeDisabled();
});

test('an offline device is 404 with its cause and fix, and history can put the call back into the form', async ({
  open,
}) => {
  await open.getByRole('button', { name: 'device-0009', exact: true }).click();
  const page = open.getByRole('region', { name: 'Device device-0009' });
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await expect(page.getByRole('status').first()).toContainText('off');
  await open.getByRole('combobox', { name: 'Method', exact: true }).fill('reboot');
  await open.keyboard.press('Control+Enter');
  const result = open.getByRole('tabpanel', { name: 'Result' });
  await expect(result).toContainText('DeviceNotOnline');
  await expect(result).toContainText('404103');
  await expect(result).toContainText('raise the connect timeout');

  await open.getByRole('combobox', { name: 'Method', exact: true }).fill('other');
  await open.getByRole('tab', { name: 'History' }).click();
  await open.getByRole('button', { name: 'Put reboot back into the form' }).first().click();
  await expect(open.getByRole('combobox', { name: 'Method', exact: true })).toHaveValue('reboot');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(page.getByRole('status').first()).toContainText('online');
});
