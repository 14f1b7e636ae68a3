// What holds on every screen: axe finds nothing in either theme, text grows to 200%, the palette reaches every command.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './support/host.ts';

const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Everything is looked at in one theme; in the other only what a theme can change. */
const colours = ['color-contrast', 'link-in-text-block'] as const;

async function violations(page: Page, only: readonly string[] | undefined): Promise<string[]> {
  // A tip under the mouse lies above all landmarks; it is not what is looked at.
  await page.mouse.move(640, 2);
  await expect(page.getByRole('tooltip')).toHaveCount(0);
  // In the page itself and without the passes: the window has no frames, and listing what is right takes most of the time.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] });
  const { violations: found } = await (only ? axe.withRules([...only]) : axe.withTags(standards)).analyze();
  return found.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`),
  );
}

/** The theme follows the system; what was drawn before is drawn again, or the old colours of some of it would be looked at. */
async function turnLight(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'light');
  await page.evaluate(async () => {
    const frame = () => new Promise(requestAnimationFrame);
    document.documentElement.style.setProperty('display', 'none');
    await frame();
    document.documentElement.style.removeProperty('display');
    await frame();
  });
}

const screens: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  fleet: async (page) => {
    await page
      .getByRole('row', { name: /device-0002/ })
      .getByRole('gridcell')
      .nth(1)
      .click();
  },
  wall: async (page) => {
    await page.getByRole('radio', { name: 'Wall of cells' }).check({ force: true });
    await expect(page.getByRole('list', { name: 'Legend' })).toBeVisible();
  },
  device: async (page) => {
    await page.getByRole('button', { name: 'device-0002', exact: true }).click();
    await page
      .getByRole('row', { name: /connected/ })
      .first()
      .click();
    await expect(page.getByRole('region', { name: 'Row in detail' })).toBeVisible();
  },
  twin: async (page) => {
    await page.getByRole('button', { name: 'device-0002', exact: true }).click();
    await page.getByRole('tab', { name: /Twin/ }).click();
    await page.getByRole('button', { name: 'Edit desired' }).click();
    await expect(page.getByRole('textbox', { name: 'Desired properties as JSON' })).toBeVisible();
  },
  connection: async (page) => {
    await page.getByRole('button', { name: 'device-0002', exact: true }).click();
    await page.getByRole('tab', { name: 'Connection' }).click();
  },
  faults: async (page) => {
    await page.getByRole('tab', { name: /Faults/ }).click();
    await page.getByRole('button', { name: 'Change slow' }).click();
    const form = page.getByRole('form', { name: 'Change slow' });
    await form.locator('summary', { hasText: 'When' }).click();
    await form.getByLabel('After').check();
    await expect(form.getByRole('figure', { name: 'Preview of the distribution' })).toBeVisible();
    await expect(form.getByRole('status')).toContainText('On 7 of 100 devices');
  },
  'kinds of faults': async (page) => {
    await page.getByRole('tab', { name: /Faults/ }).click();
    await page.getByRole('button', { name: 'Add a fault' }).click();
    await expect(page.getByRole('region', { name: 'Hub faults' })).toBeVisible();
  },
  'new fault': async (page) => {
    await page.getByRole('tab', { name: /Faults/ }).click();
    await page.getByRole('button', { name: 'Add a fault' }).click();
    await page.getByRole('button', { name: /^Service error/ }).click();
    const form = page.getByRole('form', { name: 'New fault' });
    await form.getByLabel('Condition').fill('tags.floor =');
    await expect(form.getByLabel('Condition')).toHaveAttribute('aria-invalid', 'true');
  },
  'change of a fleet': async (page) => {
    await page.getByRole('button', { name: /^Fleet demo/ }).click();
    await page.getByRole('menuitem', { name: 'Change demo' }).click();
    const form = page.getByRole('form', { name: 'Change fleet demo' });
    await form.getByLabel('Behaviour').selectOption('several');
    await form.getByRole('button', { name: 'Add one more' }).click();
    await form.getByLabel('How').selectOption('value');
    await expect(form.getByRole('textbox', { name: 'Answers by rule' })).toBeVisible();
  },
  'behaviour of a device': async (page) => {
    await page.getByRole('button', { name: 'device-0002', exact: true }).click();
    await page.getByRole('tab', { name: 'Behaviour' }).click();
    await expect(page.getByRole('button', { name: 'Change the fleet' })).toBeVisible();
  },
  'faults of a device': async (page) => {
    await page.getByRole('searchbox', { name: 'Filter devices' }).fill('fault:slow');
    await expect(page.getByRole('status').filter({ hasText: '7 of 100 devices' })).toBeVisible();
    await page.getByRole('grid', { name: 'Devices' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const device = page.getByRole('region', { name: /^Device device-/ });
    await device.getByRole('tab', { name: /Faults/ }).click();
    await expect(device.getByRole('switch', { name: 'Fault slow' })).toBeChecked();
  },
  'new fleet': async (page) => {
    await page.getByRole('button', { name: 'Add fleet' }).click();
    const form = page.getByRole('form', { name: 'New fleet' });
    await form.getByLabel('Protocol', { exact: true }).selectOption('mix');
    await form.getByLabel('Send telemetry').check();
    await form.locator('summary', { hasText: 'More' }).click();
    await form.getByLabel('Messages to devices').selectOption('rules');
    await form.getByLabel('Hub', { exact: true }).selectOption('remote');
    await expect(form.getByRole('figure', { name: 'Preview of a message' })).toBeVisible();
    await expect(form.getByRole('textbox', { name: 'Template of a message' })).toBeVisible();
  },
  groups: async (page) => {
    await page.getByLabel('Group devices by').selectOption('protocol');
    await expect(page.getByRole('row', { name: /of 100 online/ })).toBeVisible();
  },
  result: async (page) => {
    await page.getByLabel('Target').selectOption('all');
    await page.getByRole('combobox', { name: 'Method', exact: true }).fill('echo');
    await page.getByRole('button', { name: 'Invoke on 100 devices' }).click();
    await expect(page.getByRole('list', { name: 'Outcomes' }).getByRole('listitem')).not.toHaveCount(0);
  },
  traffic: async (page) => {
    await page.getByRole('button', { name: 'Traffic', exact: true }).click();
    await expect(page.getByRole('grid', { name: 'Traffic' }).getByRole('row').nth(3)).toBeVisible();
  },
  query: async (page) => {
    await page.getByRole('button', { name: 'Query', exact: true }).click();
    await page.getByRole('textbox', { name: 'Query text' }).fill('SELECT * FROM devices');
    await page.getByRole('button', { name: /^Run/ }).click();
    await page.getByRole('grid', { name: 'Results' }).focus();
    await expect(page.getByRole('grid', { name: 'Results' }).getByRole('row').nth(3)).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await expect(page.getByRole('region', { name: 'Row in full' })).toBeVisible();
  },
  'query with a mistake and words': async (page) => {
    await page.getByRole('button', { name: 'Query', exact: true }).click();
    const text = page.locator('.cm-editor').getByRole('textbox', { name: 'Query text' });
    await text.fill('SELECT * FROM device');
    await text.press('Control+Enter');
    await expect(page.getByRole('alert')).toBeVisible();
    await text.press('Control+ ');
    await expect(page.getByRole('listbox', { name: 'Words that fit here' })).toBeVisible();
  },
  'new job': async (page) => {
    await page.getByRole('button', { name: 'Jobs', exact: true }).click();
    await page.getByRole('button', { name: 'New job' }).first().click();
    await expect(page.getByRole('form', { name: 'New job' })).toContainText('Picks 100 devices');
  },
  job: async (page) => {
    await page.getByRole('button', { name: 'Jobs', exact: true }).click();
    await page.getByRole('button', { name: 'New job' }).first().click();
    const form = page.getByRole('form', { name: 'New job' });
    await form.getByRole('textbox', { name: 'Condition' }).fill("deviceId IN ['device-0002', 'device-0003']");
    await expect(form).toContainText('Picks 2 devices');
    await form.getByRole('button', { name: /Start the job/ }).click();
    await page.getByRole('grid', { name: 'Devices of the job' }).focus();
    await expect(page.getByRole('grid', { name: 'Devices of the job' })).toContainText('completed');
    await page.keyboard.press('ArrowDown');
    await expect(page.getByRole('region', { name: 'Result of device-0002' })).toBeVisible();
  },
  messages: async (page) => {
    await page.getByRole('button', { name: 'device-0002', exact: true }).click();
    await page.getByRole('tab', { name: 'Messages', exact: true }).click();
    await page.getByRole('button', { name: 'Add property' }).click();
    await expect(page.getByText('0 messages waiting')).toBeVisible();
  },
  message: async (page) => {
    await page.getByRole('tab', { name: 'Message', exact: true }).click();
    await expect(page.getByRole('form', { name: 'Cloud-to-device message' })).toBeVisible();
  },
  hub: async (page) => {
    await page.getByRole('button', { name: 'Hub', exact: true }).click();
    await expect(page.getByRole('table', { name: 'Doors' })).toBeVisible();
    await expect(page.getByRole('table', { name: 'Limits and what is used of them' })).toBeVisible();
  },
  settings: async (page) => {
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  },
  palette: async (page) => {
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('textbox', { name: 'Search commands' })).toBeVisible();
  },
};

test.describe('with no motion', () => {
  test.describe.configure({ mode: 'parallel' });
  test.use({ colorScheme: 'dark', contextOptions: { reducedMotion: 'reduce' } });
  for (const [name, show] of Object.entries(screens)) {
    test(`axe finds nothing wrong with: ${name}`, async ({ open }) => {
      await show(open);
      expect(await violations(open, undefined), 'dark').toEqual([]);
      // The same page in the other theme: only colours are other.
      await turnLight(open);
      expect(await violations(open, colours), 'light').toEqual([]);
    });
  }
});

test('the theme follows the system until it is chosen, and the choice is kept', async ({ open }) => {
  const background = () => open.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await open.emulateMedia({ colorScheme: 'light' });
  const light = await background();
  await open.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(background).not.toBe(light);

  await open.getByRole('button', { name: 'Settings', exact: true }).click();
  await open.getByRole('radio', { name: 'Light' }).check({ force: true });
  await expect.poll(background).toBe(light);
  await open.reload();
  await expect.poll(background).toBe(light);
});

test('at 200% the text is twice as large and no screen scrolls sideways', async ({ open }) => {
  await open.getByRole('button', { name: 'Settings', exact: true }).click();
  const size = () => open.evaluate(() => Number.parseFloat(getComputedStyle(document.body).fontSize));
  expect(await size()).toBe(13);
  await open.getByRole('radio', { name: '200%' }).check({ force: true });
  expect(await size()).toBe(26);
  for (const screen of ['Fleet', 'Traffic', 'Query', 'Jobs', 'Hub', 'Settings']) {
    await open.getByRole('button', { name: screen, exact: true }).click();
    expect(await open.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  }
});

test('the palette finds a command by name and does it; ? lists the shortcuts', async ({ open }) => {
  await open.keyboard.press('Control+k');
  await open.getByRole('textbox', { name: 'Search commands' }).fill('wall');
  await open.keyboard.press('Enter');
  await expect(open.getByRole('list', { name: 'Legend' })).toBeVisible();
  await open.keyboard.press('Control+k');
  await open.getByRole('textbox', { name: 'Search commands' }).fill('go to hub');
  await open.keyboard.press('Enter');
  await expect(open.getByRole('heading', { name: 'Local hub' })).toBeVisible();
  await expect(open.getByRole('dialog')).toHaveCount(0);
  await open.keyboard.press('g');
  await open.keyboard.press('f');
  await expect(open.getByRole('list', { name: 'Legend' })).toBeVisible();
  await open.keyboard.press('?');
  await expect(open.getByRole('dialog', { name: 'Shortcuts' })).toContainText('Ctrl+Enter');
  await open.keyboard.press('Escape');
  await expect(open.getByRole('dialog', { name: 'Shortcuts' })).toHaveCount(0);
});
