// Somebody with a keyboard alone: from the top of the overview to a camera, and to the button that says that they have an
// incident. Once with the page's script and once without.

import assert from 'node:assert/strict';
import { reader } from './chrome.mjs';

/** What has the focus, in words that a failure can be understood by. */
const focused = (page) =>
  page.evaluate(() => {
    const e = document.activeElement;
    const box = e.getBoundingClientRect();
    const style = getComputedStyle(e);
    return {
      tag: e.tagName,
      id: e.id,
      name: e.getAttribute('name'),
      href: e.getAttribute('href'),
      text: e.textContent.trim().slice(0, 60),
      box: [box.left, box.top, box.right, box.bottom].map(Math.round),
      isSeen: box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight,
      isMarked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1,
    };
  });

/** Goes on with Tab until what has the focus is wanted. Everything on the way is seen and marked. */
async function tabTo(page, what, isWanted, most = 150) {
  const way = [];
  for (let n = 0; n < most; n += 1) {
    await page.keyboard.press('Tab');
    let now = await focused(page);
    // A browser may scroll there in a moment of its own.
    for (let wait = 0; !now.isSeen && wait < 20; wait += 1) {
      await page.waitForTimeout(50);
      now = await focused(page);
    }
    assert.notEqual(now.tag, 'BODY', `the focus is lost before ${what}: ${JSON.stringify(way.slice(-3))}`);
    assert.ok(now.isSeen, `what has the focus is not in sight: ${JSON.stringify(now)}`);
    assert.ok(now.isMarked, `what has the focus is not marked: ${JSON.stringify(now)}`);
    way.push(now);
    if (isWanted(now)) return now;
  }
  assert.fail(`${what} is not reached in ${most} steps: ${JSON.stringify(way.slice(0, 40))}`);
}

const press = (page) => Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);

/** `camera`: one to look for; `incident`: one that nobody has acknowledged, for each way of reading. */
export default async function use(browser, { base, camera, incidents }) {
  for (const [javaScriptEnabled, incident] of [[true, incidents[0]], [false, incidents[1]]]) {
    const { context, page, faults } = await reader(browser, base, { locale: 'en-GB', javaScriptEnabled });
    await page.goto('/');
    // The first step leads past what is the same on every page.
    const skip = await tabTo(page, 'the way past the head', () => true);
    assert.equal(skip.href, '#content');
    await page.keyboard.press('Enter');
    assert.equal((await focused(page)).id, 'content');

    await tabTo(page, 'the search', (now) => now.name === 'q');
    await page.keyboard.type(camera);
    await press(page);
    assert.equal(new URL(page.url()).searchParams.get('q'), camera);
    const rows = await page.locator('table.cameras tbody tr').count();
    assert.equal(rows, 1, `${camera} alone is listed`);
    await tabTo(page, 'the camera', (now) => now.href === `/cameras/${camera}`);
    await press(page);
    assert.equal(new URL(page.url()).pathname, `/cameras/${camera}`);
    assert.match(await page.locator('h1').innerText(), /\S/);
    await page.goBack();

    await page.goto('/');
    const action = `/incidents/${incident}/ack`;
    const form = page.locator(`form[action="${action}"]`);
    await form.first().waitFor({ timeout: 10_000 });
    const inForm = (wanted) => async () => page.evaluate(
      ([action, tag]) => document.activeElement.tagName === tag && document.activeElement.form?.getAttribute('action') === action,
      [action, wanted],
    );
    const isInput = inForm('INPUT');
    const isButton = inForm('BUTTON');
    for (let n = 0; !(await isInput()); n += 1) {
      assert.ok(n < 60, 'the name is reached');
      await tabTo(page, 'the name of who has it', () => true);
    }
    await page.keyboard.press('Control+A');
    await page.keyboard.type('Nguyễn Văn An');
    await tabTo(page, 'the button', () => true);
    assert.ok(await isButton(), 'the button comes after the name');
    await press(page);
    assert.equal(new URL(page.url()).pathname, '/');
    const said = page.locator('main [role=status]').first();
    await said.waitFor();
    assert.ok((await said.innerText()).trim().length > 0);
    assert.match(page.url(), /said=acknowledged/);
    const card = page.locator('li.card', { hasText: 'Nguyễn Văn An' });
    for (let n = 0; (await card.count()) === 0; n += 1) {
      assert.ok(n < 50, 'the page says who has it');
      await page.waitForTimeout(200);
      await page.goto('/');
    }
    assert.deepEqual(faults, []);
    await context.close();
  }
}
