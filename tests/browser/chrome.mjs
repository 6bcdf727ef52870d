// A Chromium with people's settings, and what no page may ever do to it.
//
// Knows nothing of what the pages show.

import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const here = path.dirname(fileURLToPath(import.meta.url));
// Where `tests/npm/install` put them; the tests say it, since cargo's target directory may be elsewhere.
const modules = process.env.BROWSER_MODULES ?? path.join(here, '../../target/npm/node_modules');
const require = createRequire(path.join(modules, 'none.js'));
const { chromium } = require('playwright-core');
export const axeSource = readFileSync(path.join(modules, 'axe-core/axe.min.js'), 'utf8');

/** A phone held upright, and a desk. */
export const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };

export async function withBrowser(use) {
  const candidates = (process.env.PATH ?? '').split(':').map((directory) => path.join(directory, 'chromium'));
  const executablePath = candidates.find((file) => existsSync(file));
  const browser = await chromium.launch({
    executablePath,
    // Of a root user's Chromium, and of one whose /dev/shm is a container's 64 MB.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/**
 * A reader: a window of their own, with their language and what they like. `faults` gathers what no page may do: a script
 * error, a word on the console (where breaches of the content security policy are told too), a dialog, a request to
 * another host.
 */
export async function reader(browser, base, { size = 'desktop', scheme = 'light', locale = 'vi-VN', ...more } = {}) {
  const context = await browser.newContext({
    baseURL: base,
    viewport: SIZES[size],
    isMobile: size === 'phone',
    hasTouch: size === 'phone',
    colorScheme: scheme,
    locale,
    ...more,
  });
  const faults = [];
  const ours = new URL(base).origin;
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith('data:') && new URL(url).origin !== ours) faults.push(`asks another host: ${url}`);
  });
  context.on('weberror', (error) => faults.push(`a script failed: ${error.error()}`));
  context.on('dialog', async (dialog) => {
    faults.push(`a dialog opened: ${dialog.message()}`);
    await dialog.dismiss();
  });
  context.on('console', (message) => {
    const { url } = message.location();
    // That a page which is not there is not there is told on the console too, and is no fault.
    if (/Failed to load resource: the server responded with a status of 4/.test(message.text())) return;
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()} (${url})`);
  });
  const page = await context.newPage();
  return { context, page, faults };
}

/** How far the page is wider than its window, in CSS pixels, and what sticks out. */
export function sideways(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const beyond = document.documentElement.scrollWidth - width;
    const scrolls = (element) => {
      for (let e = element.parentElement; e && e !== document.body; e = e.parentElement) {
        if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX)) return true;
      }
      return false;
    };
    const wide = [...document.querySelectorAll('body *')].filter(
      (e) => e.getBoundingClientRect().right > width + 1 && !scrolls(e),
    );
    return { beyond, what: wide.slice(0, 5).map((e) => e.outerHTML.slice(0, 120)) };
  });
}

/**
 * The serious and critical faults that axe-core finds, in words.
 *
 * axe runs in a world of its own, where the page's content security policy does not hold.
 */
export async function inaccessible(page) {
  const session = await page.context().newCDPSession(page);
  try {
    const { frameTree } = await session.send('Page.getFrameTree');
    const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', {
      frameId: frameTree.frame.id,
      worldName: 'axe',
    });
    await session.send('Runtime.evaluate', { contextId, expression: `${axeSource};0` });
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      contextId,
      expression: 'axe.run(document, { resultTypes: ["violations"] }).then((found) => JSON.stringify(found.violations))',
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(`axe-core failed: ${exceptionDetails.exception?.description}`);
    return JSON.parse(result.value)
      .filter((fault) => ['serious', 'critical'].includes(fault.impact))
      .map((fault) => {
        const nodes = fault.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)}: ${node.failureSummary}`);
        return `${fault.id} (${fault.impact}, ${fault.nodes.length}): ${fault.help}\n    ${nodes.join('\n    ')}`;
      });
  } finally {
    await session.detach();
  }
}
