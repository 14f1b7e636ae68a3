// The fleet: filtering as you type, selecting many, table and wall, all of it from the keyboard too.
import { expect, test } from './support/host.ts';

test('the filter narrows the table as it is typed, by words, tokens and negation', async ({ open }) => {
  const grid = open.getByRole('grid', { name: 'Devices' });
  const filter = open.getByRole('searchbox', { name: 'Filter devices' });
  await open.keyboard.press('Control+f');
  await expect(filter).toBeFocused();

  await filter.fill('device-001');
  await expect(grid).toHaveAttribute('aria-rowcount', '11');
  await filter.fill('fault:slow');
  await expect(grid).toHaveAttribute('aria-rowcount', '8');
  await filter.fill('-fault:slow -fault:silent');
  await expect(grid).toHaveAttribute('aria-rowcount', '92');
  await filter.fill('no-such-device');
  await expect(open.getByText('No device matches')).toBeVisible();
  await filter.press('Escape');
  await expect(grid).toHaveAttribute('aria-rowcount', '101');
});

test('only the rows in sight are in the document, and scrolling brings the others', async ({ open }) => {
  const grid = open.getByRole('grid', { name: 'Devices' });
  await expect(grid.getByRole('row', { name: /device-0001/ })).toBeVisible();
  expect(await grid.getByRole('row').count()).toBeLessThan(60);
  await grid.focus();
  await open.keyboard.press('End');
  await expect(grid.getByRole('row', { name: /device-0100/ })).toBeVisible();
  await expect(grid.getByRole('row', { name: /device-0001/ })).toHaveCount(0);
});

test('click, Ctrl, Shift and select all choose devices, and the invoker says how many', async ({ open }) => {
  const row = (id: string) =>
    open
      .getByRole('row', { name: new RegExp(id) })
      .getByRole('gridcell')
      .nth(1);
  const target = open.getByLabel('Target');
  await row('device-0002').click();
  await expect(target).toHaveValue('selection');
  await expect(target).toContainText('device-0002 (selected)');
  await row('device-0004').click({ modifiers: ['Control'] });
  await expect(target).toContainText('2 selected devices');
  await row('device-0008').click({ modifiers: ['Shift'] });
  await expect(target).toContainText('5 selected devices');
  await open.getByRole('checkbox', { name: 'Select every matching device' }).click();
  await expect(target).toContainText('100 selected devices');
  await open.getByRole('button', { name: 'Select none' }).click();
  await expect(target).toContainText('Nothing selected');
});

test('the keyboard alone walks, selects and opens', async ({ open }) => {
  const grid = open.getByRole('grid', { name: 'Devices' });
  await grid.focus();
  await open.keyboard.press('Home');
  await open.keyboard.press('ArrowDown');
  await open.keyboard.press('ArrowDown');
  await open.keyboard.press('Space');
  await expect(grid.getByRole('row', { name: /device-0003/ })).toHaveAttribute('aria-selected', 'true');
  await open.keyboard.press('Shift+ArrowDown');
  await expect(open.getByRole('region', { name: 'Selected devices' })).toContainText('2 selected');
  await open.keyboard.press('Enter');
  await expect(open.getByRole('region', { name: 'Device device-0004' })).toBeVisible();
  await open.keyboard.press('Escape');
  await expect(open.getByRole('region', { name: 'Device device-0004' })).toHaveCount(0);
});

test('sorting by a header asks the host for another order', async ({ open }) => {
  const grid = open.getByRole('grid', { name: 'Devices' });
  await grid.getByRole('button', { name: 'Device', exact: true }).click();
  await expect(grid.getByRole('columnheader', { name: 'Device', exact: true })).toHaveAttribute(
    'aria-sort',
    'descending',
  );
  await expect(grid.getByRole('row').nth(1)).toContainText('device-0100');
});

test('the wall names the cell it is on, moves with the arrows and opens a device', async ({ open }) => {
  await open.getByRole('radio', { name: 'Wall of cells' }).check({ force: true });
  await expect(open.getByRole('list', { name: 'Legend' })).toContainText('call in flight');
  const cell = open.getByRole('button', { name: /^device-0001, online/ });
  await cell.focus();
  await open.keyboard.press('ArrowRight');
  await expect(open.getByRole('button', { name: /^device-0002, online/ })).toBeFocused();
  await open.keyboard.press('Enter');
  await expect(open.getByRole('region', { name: 'Device device-0002' })).toBeVisible();
});
