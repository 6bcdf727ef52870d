// What the overview says in figures, for a test to hold against what programs are told at the same moment.

import { reader } from './chrome.mjs';

const STATES = ['dark', 'degraded', 'unknown', 'maintenance', 'up'];

export default async function figures(browser, { base, paths }, world) {
  const { page, faults } = await reader(browser, base, { locale: 'en-GB' });
  const pages = async () => {
    const told = { heading: '', counts: {}, cameras: {}, incidents: 0 };
    for (const path of paths) {
      await page.goto(path);
      const one = await page.evaluate((states) => {
        const number = (text) => Number(text.replace(/[^0-9]/g, ''));
        const counts = Object.fromEntries(
          states.map((state) => [state, number(document.querySelector(`.counts a.${state} b`).textContent)]),
        );
        const cameras = [...document.querySelectorAll('table.cameras tbody tr')].map((row) => [
          row.querySelector('th > a').getAttribute('href').replace('/cameras/', ''),
          { state: states.find((state) => row.querySelector(`td .${state}`)), since: row.querySelector('time')?.dateTime ?? null },
        ]);
        return {
          heading: document.querySelector('h1').textContent.trim(),
          counts,
          cameras: Object.fromEntries(cameras),
          incidents: document.querySelectorAll('.incidents li.card').length,
        };
      }, STATES);
      Object.assign(told, one, { cameras: { ...told.cameras, ...one.cameras } });
    }
    return told;
  };
  // Read again for as long as the test says that something changed meanwhile.
  for (;;) {
    const told = await pages();
    if (faults.length > 0) throw faults;
    if ((await world.ask(JSON.stringify(told))) === 'enough') return told;
  }
}
