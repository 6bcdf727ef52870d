// Names that would be scripts, and addresses that would be: everything is shown as the text that it is.

import assert from 'node:assert/strict';
import { reader } from './chrome.mjs';

/** `paths`: pages that show hostile names; `name`: one of these as it was written. */
export default async function hostile(browser, { base, paths, names }) {
  const { context, page, faults } = await reader(browser, base);
  await context.addInitScript(() => {
    window.ran = (what) => console.error(`ran: ${what}`);
  });
  const seen = new Set();
  for (const path of paths) {
    const answer = await page.goto(path, { waitUntil: 'load' });
    assert.ok(answer.status() < 500, `${path}: ${answer.status()}`);
    // What waits for the mouse, for the focus or for a moment.
    for (const element of await page.locator('a, button, summary, img, input:not([type=hidden])').all()) {
      await element.dispatchEvent('mouseover');
      await element.dispatchEvent('focus');
    }
    await page.waitForTimeout(50);
    const text = await page.evaluate(() => document.documentElement.textContent);
    names.filter((name) => text.includes(name)).forEach((name) => seen.add(name));
    const made = await page.evaluate(() => [...document.querySelectorAll('[data-made]')].map((e) => e.outerHTML));
    assert.deepEqual(made, [], `${path}: markup of a name became part of the page`);
    // A page behind a link is a document by itself, with its style in it.
    const style = path.startsWith('/ack/') ? '' : 'style, ';
    const inline = await page.evaluate((style) => {
      const handlers = [...document.querySelectorAll('*')].filter((e) => [...e.attributes].some((a) => a.name.startsWith('on') || a.name === 'style'));
      const scripts = [...document.querySelectorAll(`${style}script:not([src]), [href^="javascript:" i], [action^="javascript:" i]`)];
      return [...handlers, ...scripts].map((e) => e.outerHTML.slice(0, 200));
    }, style);
    assert.deepEqual(inline, [], `${path}: nothing inline`);
    assert.deepEqual(faults, [], path);
  }
  assert.deepEqual([...names].filter((name) => !seen.has(name)), [], 'names that are nowhere shown as they were written');
  await context.close();
}
