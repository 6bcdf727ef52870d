// Every page as people meet it: narrow and wide, light and dark, in each language. Nothing may be cut off sideways, nothing
// may be out of reach for those who do not see it, and a picture of each is kept to be looked at.

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { inaccessible, reader, sideways } from './chrome.mjs';

const LANGUAGES = { vi: 'vi-VN', en: 'en-GB', ko: 'ko-KR' };

/**
 * `looks`: lists of [path, name, settings], where settings may hold size, scheme, language; `pictures`: a directory;
 * `languages`: whether the page speaks the reader's language, and is held to it.
 */
export default async function look(browser, { base, looks, pictures }) {
  await mkdir(pictures, { recursive: true });
  const wrong = [];
  for (const { at, name, size = 'desktop', scheme = 'light', language = 'vi', status = 200, speaks = true } of looks) {
    const { context, page, faults } = await reader(browser, base, { size, scheme, locale: LANGUAGES[language] });
    const which = `${at} ${size} ${scheme} ${language}`;
    const say = (what) => wrong.push(`${which}: ${what}`);
    const answer = await page.goto(at, { waitUntil: 'load' });
    if (answer.status() !== status) say(`answers ${answer.status()}`);
    const lang = await page.getAttribute('html', 'lang');
    if (speaks && lang !== language) say(`speaks ${lang}`);
    const { beyond, what } = await sideways(page);
    if (beyond > 0) say(`is ${beyond} px wider than its window: ${what.join(' ; ')}`);
    for (const fault of await inaccessible(page)) say(fault);
    await page.screenshot({
      path: path.join(pictures, `${name}-${size}-${scheme}-${language}.png`),
      fullPage: (await page.evaluate(() => document.documentElement.scrollHeight)) < 6000,
    });
    faults.forEach(say);
    await context.close();
  }
  if (wrong.length > 0) throw `${wrong.length} faults:\n${wrong.join('\n')}`;
}
