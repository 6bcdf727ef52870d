// A page that stays open: it learns that a camera went dark, and whoever reads it is not thrown off their place.

import assert from 'node:assert/strict';
import { reader } from './chrome.mjs';

/** `camera`: one that is up, and goes dark when that is asked for. */
export default async function live(browser, { base, camera }, world) {
  const { context, page, faults } = await reader(browser, base, { size: 'phone' });
  let loads = 0;
  page.on('framenavigated', () => (loads += 1));
  await page.goto('/');
  const other = await page.locator('table.cameras tbody tr th > a').last().getAttribute('href');
  const link = page.locator(`table.cameras a[href="${other}"]`);
  await link.scrollIntoViewIfNeeded();
  await link.focus();
  await page.evaluate(() => {
    window.unchanged = document.querySelector('h1').textContent;
  });
  const before = await page.evaluate(() => window.scrollY);
  assert.ok(before > 0, 'the page is longer than a phone');
  const title = await page.title();

  await world.ask('dark');
  await page.waitForFunction(
    (camera) => [...document.querySelectorAll('table.cameras tbody tr')].some(
      (row) => row.querySelector(`a[href="/cameras/${camera}"]`) && row.querySelector('.dark'),
    ),
    camera,
    { timeout: 60_000 },
  );
  assert.equal(loads, 1, 'the page was not loaded anew');
  assert.notEqual(await page.locator('h1').textContent(), await page.evaluate(() => window.unchanged));
  assert.notEqual(await page.title(), title, 'a look at the tab is enough');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), other, 'the focus stays');
  assert.equal(await page.evaluate(() => window.scrollY), before, 'the page stays where it was');
  // Worst first: what went dark stands above what has the focus.
  const first = await page.locator('table.cameras tbody tr').first().innerHTML();
  assert.ok(first.includes(`/cameras/${camera}`), first);

  // Who writes is not disturbed, whatever changes.
  const search = page.locator('input[name=q]');
  await search.fill('Yên');
  await world.ask('up');
  await page.waitForTimeout(8_000);
  assert.equal(await search.inputValue(), 'Yên');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'q');
  await search.fill('');
  await page.locator('h1').click();
  await page.evaluate(() => document.activeElement.blur());
  await page.waitForFunction(
    (camera) => document.querySelector(`table.cameras a[href="/cameras/${camera}"]`)?.closest('tr').querySelector('.up'),
    camera,
    { timeout: 60_000 },
  );
  assert.deepEqual(faults, []);
  await context.close();
}
