// What a page costs on a village line: bytes, requests, and when something is there to be read.
//
// By hand: node tests/browser/run.mjs budget '{"base":"http://127.0.0.1:9765","paths":["/","/cameras/ID"]}'

import { reader, SIZES } from './chrome.mjs';

/** A slow mobile line: 400 kbit/s each way, 400 ms there and back. */
const SLOW = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };

export default async function budget(browser, { base, paths, throttled = true }) {
  const costs = [];
  for (const path of paths) {
    const { context, page, faults } = await reader(browser, base, { size: 'phone' });
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    if (throttled) await session.send('Network.emulateNetworkConditions', SLOW);
    const requests = new Map();
    session.on('Network.requestWillBeSent', (event) => requests.set(event.requestId, { url: event.request.url, bytes: 0 }));
    session.on('Network.loadingFinished', (event) => {
      const request = requests.get(event.requestId);
      if (request) request.bytes = event.encodedDataLength;
    });
    await page.goto(path, { waitUntil: 'load' });
    await page.waitForTimeout(300);
    const times = await page.evaluate(() => {
      const [navigation] = performance.getEntriesByType('navigation');
      const paint = performance.getEntriesByName('first-contentful-paint')[0];
      return {
        firstByte: Math.round(navigation.responseStart),
        firstPaint: Math.round(paint?.startTime ?? -1),
        loaded: Math.round(navigation.loadEventEnd),
        htmlBytes: navigation.decodedBodySize,
        elements: document.querySelectorAll('*').length,
      };
    });
    const all = [...requests.values()].filter((request) => !request.url.endsWith('/events'));
    costs.push({
      path,
      width: SIZES.phone.width,
      requests: all.length,
      bytes: all.reduce((sum, request) => sum + request.bytes, 0),
      of: Object.fromEntries(all.map((request) => [new URL(request.url).pathname, request.bytes])),
      ...times,
    });
    if (faults.length > 0) throw faults;
    await context.close();
  }
  return costs;
}
