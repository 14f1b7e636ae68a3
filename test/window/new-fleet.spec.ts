// The form for a new fleet: every setting, each wrong one named beside its field, one message as it will be, and a word before a remote hub.
import { allOnline, expect, test } from './support/host.ts';

test('a fleet with a mix of protocols, modules and telemetry comes online as it was asked for', async ({
  page,
  empty: host,
}) => {
  await page.goto(host.url);
  await page.getByRole('button', { name: 'Add a fleet of your own' }).click();
  const form = page.getByRole('form', { name: 'New fleet' });
  await form.getByLabel('Name').fill('pumps');
  await form.getByLabel('Devices', { exact: true }).fill('5');
  await form.getByLabel('Id pattern').fill('pump-{index}');
  await form.getByLabel('Behaviour').selectOption('echo');
  await form.getByLabel('Protocol', { exact: true }).selectOption('mix');
  await expect(form).toContainText('MQTT 60%, AMQP 40%');
  await form.getByLabel('MQTT', { exact: true }).fill('0');
  await form.getByLabel('AMQP', { exact: true }).fill('0');
  await expect(form).toContainText('at least one share above 0');
  await form.getByLabel('MQTT', { exact: true }).fill('3');
  await form.getByLabel('AMQP WS', { exact: true }).fill('2');
  await form.locator('summary', { hasText: 'More' }).click();
  await form.getByLabel('Modules of each device').fill('camera, camera');
  await expect(form).toContainText('modules: each name once');
  await form.getByLabel('Modules of each device').fill('camera');
  await expect(form).toContainText('10 identities in all');
  await form.getByLabel('Messages to devices').selectOption('rules');
  await expect(form).toContainText('MQTT has no word for reject and abandon');
  await form.getByLabel('Share').fill('101');
  await expect(form).toContainText('the share of rule 1 must be 0 to 100%');
  await form.getByLabel('Share').fill('50');
  await form.getByRole('button', { name: 'Add 5 devices' }).click();

  await expect(page.getByRole('region', { name: 'Totals' })).toContainText('10 / 10 online');
  const { fleets } = await host.contract.look('totals', {});
  expect(fleets[0]?.spec).toMatchObject({
    protocol: { mqtt: 3, 'amqp-ws': 2 },
    modules: ['camera'],
    messages: { rules: [{ property: 'level', value: 'high', share: 0.5, do: 'reject' }], otherwise: 'complete' },
  });
  const rows = (await host.contract.look('fleet', { filter: 'protocol:amqp-ws' })).rows;
  expect(rows, 'two devices of five, and their modules').toHaveLength(4);
});

test('the template of telemetry is read as it is typed, and one message shown as it will be', async ({
  page,
  empty: host,
}) => {
  await page.goto(host.url);
  await page.getByRole('button', { name: 'Add a fleet of your own' }).click();
  const form = page.getByRole('form', { name: 'New fleet' });
  await form.getByLabel('Send telemetry').check();
  const template = form.getByRole('textbox', { name: 'Template of a message' });
  const preview = form.getByRole('figure', { name: 'Preview of a message' });
  await expect(preview).toContainText('"deviceId": "thermostat-0001"');
  await expect(preview).toContainText('"temperature": 21');

  await template.fill('{ "a": }');
  await expect(form).toContainText(/Template: not valid JSON at line 1/);
  await expect(form.getByRole('button', { name: /^Add/ })).toBeDisabled();
  await template.fill('{ "a": "{walk:9:1:2}" }');
  await expect(form).toContainText('low (9) must not be above high (1)');
  await expect(form.getByRole('button', { name: /^Add/ })).toBeDisabled();
  await template.fill('{ "level": "{random:5:5}", "by": "{pick:me}" }');
  await expect(preview).toContainText('"level": 5');
  await form.getByText('Placeholders').click();
  await expect(form).toContainText('{random:low:high}');

  await form.getByLabel('Every').fill('0');
  await expect(form).toContainText('everySeconds: 0 must be 0.01 to 86400 seconds');
  await form.getByLabel('Every').fill('0.5');
  await expect(form).toContainText('200/s for the whole fleet');
  await form.getByLabel('Content type').fill('text/plain');
  await template.fill('level is {random:7:7}');
  await expect(preview).toContainText('level is 7');
  await form.getByRole('button', { name: /^Add/ }).click();
  await expect(page.getByRole('region', { name: 'Totals' })).toContainText('100 / 100 online');
  const { fleets } = await host.contract.look('totals', {});
  expect(fleets[0]?.spec.telemetry).toMatchObject({ intervalMs: 500, template: 'level is {random:7:7}' });
});

test('certificates and remote hubs go over TLS, and a remote hub is asked for twice', async ({ page, empty: host }) => {
  await page.goto(host.url);
  await page.getByRole('button', { name: 'Add a fleet of your own' }).click();
  const form = page.getByRole('form', { name: 'New fleet' });
  await form.locator('summary', { hasText: 'More' }).click();
  const tls = form.getByLabel('Connect over TLS');
  await expect(tls).not.toBeChecked();
  await form.getByLabel('Protocol', { exact: true }).selectOption('amqp');
  await form.getByLabel('Devices on an AMQP connection').fill('5');
  await form.getByLabel('Authentication').selectOption('x509-ca');
  await expect(tls).toBeChecked();
  await expect(tls).toBeDisabled();
  await expect(form).toContainText('a connection shows one certificate');
  await form.getByLabel('Authentication').selectOption('sas');

  await form.getByLabel('Hub', { exact: true }).selectOption('remote');
  await expect(form).toContainText('hub: local, or a connection string HostName=');
  const string = form.getByLabel('Connection string of the service');
  await expect(string, 'a secret is not shown').toHaveAttribute('type', 'password');
  await string.fill('HostName=127.0.0.1;SharedAccessKeyName=service;SharedAccessKey=c2VjcmV0');
  const add = form.getByRole('button', { name: 'Add 100 devices' });
  await expect(add).toBeDisabled();
  await form.getByLabel('Make 100 identities on 127.0.0.1').check();
  await expect(add).toBeEnabled();
  await string.fill('HostName=127.0.0.2;SharedAccessKeyName=service;SharedAccessKey=c2VjcmV0');
  await expect(add, 'another hub is another word').toBeDisabled();
});

test('a fleet that runs takes another behaviour, rules and acknowledgements, without losing a link', async ({
  page,
  empty: host,
}) => {
  await host.contract.run('fleet.demo', {});
  await allOnline(host);
  await page.goto(host.url);
  await page.getByRole('button', { name: /^Fleet demo/ }).click();
  await page.getByRole('menuitem', { name: 'Change demo' }).click();
  const form = page.getByRole('form', { name: 'Change fleet demo' });
  const change = form.getByRole('button', { name: 'Change 100 devices' });
  await expect(change, 'nothing is different yet').toBeDisabled();
  await form.getByLabel('Behaviour').selectOption('firmwareUpdate');
  await form.getByLabel('Failing', { exact: true }).fill('10');
  await form.getByLabel('How').selectOption('value');
  const rules = form.getByRole('textbox', { name: 'Answers by rule' });
  await rules.fill('[{ "method": "ping" ');
  await expect(form).toContainText(/Answers by rule: not valid JSON at line 1/);
  await expect(change).toBeDisabled();
  await rules.fill('[{ "method": "ping", "status": 299, "body": "pong" }]');
  await change.click();
  await expect(page.getByRole('row', { name: /device-0001/ })).toContainText('firmwareUpdate');
  const { devices, fleets } = await host.contract.look('totals', {});
  expect(devices.online).toBe(100);
  expect(fleets[0]?.spec).toMatchObject({
    behaviour: { kind: 'firmwareUpdate', failing: 0.1, dark: 5_000 },
    methods: { stubs: [{ method: 'ping', status: 299, body: 'pong' }], unknown: '404' },
    acknowledge: { how: 'value', code: 200 },
  });

  await page.getByRole('button', { name: 'device-0001', exact: true }).click();
  await page.getByRole('combobox', { name: 'Method', exact: true }).fill('ping');
  await page.keyboard.press('Control+Enter');
  const result = page.getByRole('tabpanel', { name: 'Result' });
  await expect(result).toContainText('299');
  await expect(result).toContainText('"pong"');
  const device = page.getByRole('region', { name: 'Device device-0001' });
  await device.getByRole('tab', { name: 'Behaviour' }).click();
  await expect(device).toContainText('failing 10%');
  await expect(device).toContainText('reported as {value, ac: 200, av}');
});

test('a fleet that runs is told to send telemetry no more', async ({ page, empty: host }) => {
  await host.contract.run('fleet.add', {
    spec: { name: 'pumps', count: 2, id: 'pump-{index}', telemetry: { everySeconds: 3_600 } },
  });
  await page.goto(host.url);
  await page.getByRole('button', { name: /^Fleet pumps/ }).click();
  await page.getByRole('menuitem', { name: 'Change pumps' }).click();
  const form = page.getByRole('form', { name: 'Change fleet pumps' });
  await form.getByLabel('Send telemetry').uncheck();
  await form.getByRole('button', { name: 'Change 2 devices' }).click();
  await expect(form).toHaveCount(0);
  expect((await host.contract.look('totals', {})).fleets[0]?.spec.telemetry).toBeUndefined();
});
