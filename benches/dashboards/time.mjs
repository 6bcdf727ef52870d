// Asks for every query of every dashboard five times, as Grafana does on opening it and on each refresh, and prints the
// slowest: the seconds that an answer took, and the least that Prometheus computed for one, which a busy machine blurs less.
//
//   node time.mjs DASHBOARDS PROMETHEUS
import { ask, load, queries, until_now } from '../../dashboards/tools/queries.mjs';

const [directory, base] = process.argv.slice(2);
const TURNS = 5;
const cpu = async () => Number(/^process_cpu_seconds_total (.*)$/m.exec(await (await fetch(`${base}/metrics`)).text())[1]);
const taken = [];
let empty = 0;
for (const dashboard of load(directory, 'vi')) {
  const many = dashboard.model.templating.list.some((one) => one.name === 'commune' && one.multi);
  // The largest commune, and in it a site and a camera.
  const values = { job: '.+', instance: '.+', commune: many ? '.*' : 'xa-000', site: 'xa-000-d0', camera: 'xa-000-d0-00' };
  const span = until_now(dashboard.model.time.from === 'now-6h' ? 6 * 3600 : 86_400);
  const times = new Map();
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const query of queries(dashboard, values, span)) {
      const computed = await cpu();
      const began = performance.now();
      const result = await ask(base, query, span);
      const seconds = (performance.now() - began) / 1000;
      const used = (await cpu()) - computed;
      const key = `${query.title}`;
      if (!times.has(key)) times.set(key, { dashboard: dashboard.name, key, kind: query.kind, series: result.length, all: [], cpu: [] });
      times.get(key).all.push(seconds);
      times.get(key).cpu.push(used);
    }
  }
  const whole = [...times.values()];
  for (const one of whole) {
    one.least = Math.min(...one.all);
    one.computed = Math.min(...one.cpu);
    one.median = [...one.all].sort((a, b) => a - b)[Math.floor(TURNS / 2)];
    one.worst = Math.max(...one.all);
    if (one.series === 0) {
      console.log(`empty: ${one.dashboard}: ${one.key}`);
      empty += 1;
    }
  }
  const sum = whole.reduce((total, one) => total + one.median, 0);
  console.log(`${dashboard.name}: ${whole.length} queries, ${sum.toFixed(2)} s one after the other`);
  taken.push(...whole);
}
taken.sort((a, b) => b.median - a.median);
console.log('\n| dashboard | query | kind | series | computed | least | median | worst |\n|---|---|---|---|---|---|---|---|');
for (const one of taken.slice(0, 10)) {
  console.log(`| ${one.dashboard} | ${one.key} | ${one.kind} | ${one.series} | ${one.computed.toFixed(2)} | ${one.least.toFixed(3)} | ${one.median.toFixed(3)} | ${one.worst.toFixed(3)} |`);
}
console.log(`\n${taken.length} queries, ${taken.filter((one) => one.median >= 1).length} of them took a second or more in the median, ${empty} were empty`);
process.exitCode = taken.some((one) => one.median >= 1) ? 1 : 0;
