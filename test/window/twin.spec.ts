// The twin: desired beside reported, drift marked, desired edited with a patch one can see before it is sent.
import { expect, test } from './support/host.ts';

test('an edit of desired is shown as a patch, applied, delivered to the device and marked as drift', async ({
  open,
}) => {
  await open.getByRole('button', { name: 'device-0021', exact: true }).click();
  const page = open.getByRole('region', { name: 'Device device-0021' });
  await page.getByRole('tab', { name: /Twin/ }).click();
  await page.getByRole('button', { name: 'Edit desired' }).click();
  const editor = page.getByRole('region', { name: 'Edit desired' });
  const text = editor.getByRole('textbox', { name: 'Desired properties as JSON' });

  await text.fill('{ "interval": 10, }');
  await expect(editor).toContainText(/Desired: not valid JSON at line 1/);
  await expect(editor.getByRole('button', { name: 'Apply' })).toBeDisabled();

  await text.fill('{ "interval": 10, "limits": { "high": 21.5 } }');
  await expect(editor.getByRole('figure', { name: 'Patch' })).toContainText('"high": 21.5');
  await editor.getByRole('button', { name: 'Apply' }).click();
  await expect(editor).toHaveCount(0);

  const table = page.getByRole('table', { name: 'Desired and reported properties' });
  const row = table.getByRole('row', { name: /interval/ });
  await expect(row).toContainText('10');
  await expect(row, 'the device does not report it').toContainText('not reported');
  await expect(page).toContainText('2 paths differ');
  await expect(page).toContainText('desired version 2');

  await page.getByRole('tab', { name: 'Traffic' }).click();
  const told = page.getByRole('grid', { name: 'Traffic' }).getByRole('row', { name: /desired/ });
  await expect(told).toContainText(/delivered/);
});

test('a draft that was overtaken says so before it is sent', async ({ open, host }) => {
  await open.getByRole('button', { name: 'device-0022', exact: true }).click();
  const page = open.getByRole('region', { name: 'Device device-0022' });
  await page.getByRole('tab', { name: /Twin/ }).click();
  await page.getByRole('button', { name: 'Edit desired' }).click();
  const editor = page.getByRole('region', { name: 'Edit desired' });
  await editor.getByRole('textbox', { name: 'Desired properties as JSON' }).fill('{ "mine": 1 }');

  await host.contract.run('twin.patchDesired', { device: 'device-0022', patch: { theirs: 2 } });
  await expect(editor).toContainText('this draft would be refused');
  await editor.getByRole('button', { name: 'Apply' }).click();
  await expect(editor.getByRole('alert')).toContainText(/412|etag|changed/i);
  await editor.getByRole('button', { name: /Start from version/ }).click();
  await expect(editor.getByRole('textbox', { name: 'Desired properties as JSON' })).toContainText('theirs');
});
