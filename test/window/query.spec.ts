// The query screen: words offered while one writes, mistakes marked where they are, results as a table, and devices found as a target.
import type { Page } from '@playwright/test';
import { expect, test } from './support/host.ts';

const editor = (page: Page) => page.getByRole('textbox', { name: 'Query text' });
const results = (page: Page) => page.getByRole('grid', { name: 'Results' });

async function openQuery(page: Page) {
  await page.keyboard.press('g');
  await page.keyboard.press('q');
  await expect(page.locator('.cm-editor').getByRole('textbox', { name: 'Query text' })).toBeVisible();
}
async function ask(page: Page, text: string) {
  await editor(page).fill(text);
  await editor(page).press('Control+Enter');
}

test('Ctrl+Enter runs the query; rows open as JSON, and a device opens its page', async ({ open }) => {
  await openQuery(open);
  await expect(open.getByText('Nothing was asked yet')).toBeVisible();
  await ask(open, "SELECT * FROM devices WHERE deviceId IN ['device-0004', 'device-0005']");
  await expect(results(open)).toHaveAttribute('aria-rowcount', '3');
  await expect(open.getByRole('status').filter({ hasText: 'rows' })).toHaveText('2 rows');
  for (const head of ['deviceId', 'status', 'version', 'tags']) {
    await expect(results(open).getByRole('columnheader', { name: head })).toBeVisible();
  }

  await results(open).focus();
  await open.keyboard.press('ArrowDown');
  await open.keyboard.press('ArrowDown');
  const row = open.getByRole('region', { name: 'Row in full' });
  await expect(row.getByRole('figure', { name: 'Row as JSON' })).toContainText('"deviceId": "device-0005"');
  await open.keyboard.press('Escape');
  await expect(row).toHaveCount(0);
  await results(open).getByRole('button', { name: 'device-0004' }).click();
  await expect(open.getByRole('region', { name: 'Device device-0004' })).toBeVisible();
});

test('a mistake is marked under the character the hub points at, and the mark goes when the text changes', async ({
  open,
}) => {
  await openQuery(open);
  await ask(open, "SELECT * FROM devices\nWHERE tags.site == 'north'");
  await expect(open.getByRole('alert')).toContainText('Line 2, column 18');
  await expect(open.locator('.cm-lintRange-error, .cm-lintPoint-error')).toHaveCount(1);
  await editor(open).press('End');
  await open.keyboard.type(' ');
  await expect(open.getByRole('alert')).toHaveCount(0);
  await expect(open.locator('.cm-lintRange-error, .cm-lintPoint-error')).toHaveCount(0);
});

test('words that fit are offered with their help and taken with the keyboard', async ({ open }) => {
  await openQuery(open);
  await editor(open).fill('');
  await open.keyboard.type('SEL');
  const words = open.getByRole('listbox', { name: 'Words that fit here' });
  await expect(words.getByRole('option')).toHaveCount(1);
  await open.keyboard.press('Tab');
  await open.keyboard.type(' * FROM dev');
  await expect(words.getByRole('option')).toHaveText([/devices/, /devices\.modules/, /devices\.jobs/]);
  await open.keyboard.press('Enter');
  await open.keyboard.type(' WHERE STARTS');
  await expect(words).toContainText('STARTS_WITH(text, start): whether the text begins so; case matters');
  await open.keyboard.press('Enter');
  await open.keyboard.type('tags.fl');
  await expect(words.getByRole('option', { name: 'tags.fleet' }), 'a path seen in twins').toBeVisible();
  await open.keyboard.press('Enter');
  await open.keyboard.type(", 'de");
  await expect(words, 'nothing is offered inside a text').toHaveCount(0);
  await open.keyboard.type("')");
  await expect(editor(open)).toHaveText("SELECT * FROM devices WHERE STARTS_WITH(tags.fleet, 'de')");
  await open.keyboard.press('Control+Enter');
  await expect(results(open)).toHaveAttribute('aria-rowcount', '101');
});

test('the next page comes when asked for, and earlier queries are run again', async ({ open, host }) => {
  for (const half of ['a', 'b']) {
    await host.contract.run('fleet.add', { spec: { name: `more-${half}`, count: 30, id: `more-${half}-{index}` } });
  }
  await openQuery(open);
  await ask(open, 'SELECT deviceId FROM devices');
  await expect(results(open)).toHaveAttribute('aria-rowcount', '101');
  await results(open).focus();
  await open.keyboard.press('End');
  await open.getByRole('button', { name: 'Show more' }).click();
  await expect(results(open)).toHaveAttribute('aria-rowcount', '161');
  await expect(open.getByRole('button', { name: 'Show more' })).toHaveCount(0);

  await ask(open, 'SELECT COUNT() AS total FROM devices');
  await expect(results(open).getByRole('gridcell')).toHaveText(['160']);
  await open.getByRole('button', { name: 'Earlier' }).click();
  await open.getByRole('menuitem', { name: /SELECT deviceId FROM devices/ }).click();
  await expect(results(open)).toHaveAttribute('aria-rowcount', '101');
  for (const half of ['a', 'b']) await host.contract.run('fleet.remove', { fleet: `more-${half}` });
});

test('what was found becomes the target of the invoker, or the condition of a job', async ({ open }) => {
  await openQuery(open);
  await ask(open, "SELECT * FROM devices WHERE STARTS_WITH(deviceId, 'device-001') ORDER BY deviceId");
  await open.getByRole('button', { name: 'Use as target' }).click();
  await open.getByRole('menuitem', { name: 'Invoke a method on them' }).click();
  await expect(open.getByLabel('Target')).toHaveValue('selection');
  await expect(open.getByRole('button', { name: 'Invoke on 10 devices' })).toBeEnabled();

  await open.getByRole('button', { name: 'Use as target' }).click();
  await open.getByRole('menuitem', { name: 'Schedule a job with this condition' }).click();
  const form = open.getByRole('form', { name: 'New job' });
  await expect(form.getByRole('textbox', { name: 'Condition' })).toHaveText("STARTS_WITH(deviceId, 'device-001')");
  await expect(form).toContainText('Picks 10 devices now');
});
