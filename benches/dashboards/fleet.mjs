// A fleet of 10,000 cameras on paper, as a metrics page and as a day of history, in the shape that camwatch exports.
//
//   node fleet.mjs serve PORT                the page, counted anew at each scrape
//   node fleet.mjs history FROM TO           OpenMetrics of what panels ask for over hours, every 15 s, on standard output
//
// 151 communes: one of 1,000 cameras, 150 of 60; sites of 16 with a recorder each; 60 % of the cameras funded. In a hundred,
// three are dark, two degraded, one unknown.
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';

const CAUSES = ['connect_timeout', 'refused', 'rtsp_timeout', 'no_media', 'lossy', 'disk_failed', 'unauthorized'];
const sites = [];
const cameras = [];
for (let c = 0; c < 151; c += 1) {
  const commune = `xa-${String(c).padStart(3, '0')}`;
  const many = c === 0 ? 1000 : 60;
  for (let n = 0; n < many; n += 1) {
    if (n % 16 === 0) sites.push({ site: `${commune}-d${n / 16}`, commune, cameras: [], degrees: [20 + (c % 13) / 20 + n / 5000, 105.5 + c / 200] });
    const site = sites.at(-1);
    const id = `${site.site}-${String(n % 16).padStart(2, '0')}`;
    const luck = cameras.length % 100;
    const state = luck < 3 ? 0 : luck < 5 ? 1 : luck < 6 ? 4 : 2;
    const camera = { id, state, cause: state === 2 ? undefined : CAUSES[(luck + c) % CAUSES.length], funded: n % 5 < 3, labels: `camera="${id}",site="${site.site}",commune="${commune}"` };
    cameras.push(camera);
    site.cameras.push(camera);
  }
}
const communes = [...new Set(sites.map((site) => site.commune))];
const STATES = ['dark', 'degraded', 'up', 'maintenance', 'unknown'];
const count = (list, state) => list.filter((camera) => STATES[camera.state] === state).length;
const of_site = (one) => `site="${one.site}",commune="${one.commune}"`;

// The series at one moment: [name, labels, value]. `only` keeps a page's size: details of the first site alone.
function* page(now) {
  const started = now - 40 * 86400;
  for (const [n, camera] of cameras.entries()) {
    const { labels, state } = camera;
    const of = (name, value) => [`camwatch_${name}`, labels, value];
    if (state !== 4) yield of('camera_up', state === 0 ? 0 : 1);
    yield of('camera_state', state);
    yield of('camera_state_since_timestamp_seconds', now - 3600 - n);
    if (camera.cause) yield ['camwatch_camera_cause', `${labels},cause="${camera.cause}"`, 1];
    yield ['camwatch_camera_info', `${labels},name="Cầu Yên Lệnh, chiều đi Hưng Yên",village="Thôn ${n % 7}",fund="quy-${n % 300}",fund_kind="${camera.funded ? 'commune' : 'household'}",funded="${camera.funded}",vendor="Hikvision",model="DS-2CD2043",firmware="5.7",codec="h265",resolution="2560x1440"`, 1];
    yield of('camera_last_probe_timestamp_seconds', now - (n % 30));
    yield of('camera_last_frame_timestamp_seconds', now - (n % 30));
    yield of('camera_probe_seconds', 0.3 + (n % 17) / 10);
    yield of('stream_frames_per_second', 25);
    yield of('stream_bytes_per_second', 250000 + n);
    yield of('camera_retention_seconds', (n % 10 === 3 ? 20 : 31) * 86400);
    yield of('camera_retention_required_seconds', 30 * 86400);
    yield of('camera_newest_recording_timestamp_seconds', now - 40);
    yield of('camera_recording_gap_days', n % 50 === 0 ? 2 : 0);
    yield of('camera_clock_offset_seconds', (n % 9) / 10);
  }
  yield* details(sites[0].cameras, now);
  for (const [n, one] of sites.entries()) {
    const labels = of_site(one);
    const of = (name, value, more = '') => [`camwatch_${name}`, labels + more, value];
    for (const state of STATES) yield of('site_cameras', count(one.cameras, state), `,state="${state}"`);
    yield of('site_up', n % 40 === 7 ? 0 : 1);
    yield of('site_latitude_degrees', one.degrees[0]);
    yield of('site_longitude_degrees', one.degrees[1]);
    yield of('site_info', 1, `,name="Cụm camera ${n}",village="Thôn ${n % 7}"`);
    yield of('site_retention_seconds', 20 * 86400);
    yield of('site_retention_compliant_cameras', 9);
    for (const window of ['1d', '7d', '30d']) {
      yield of('site_uptime_ratio', 0.97, `,window="${window}"`);
      yield of('site_coverage_ratio', 0.99, `,window="${window}"`);
    }
    const recorder = `recorder="${one.site}-nvr",${labels}`;
    yield ['camwatch_recorder_up', recorder, n % 90 === 1 ? 0 : 1];
    yield ['camwatch_recorder_clock_offset_seconds', recorder, (n % 31) - 15];
    yield ['camwatch_recorder_last_poll_timestamp_seconds', recorder, now - 300];
    yield ['camwatch_recorder_forecast_seconds', recorder, 33 * 86400];
    for (const disk of [1, 2]) {
      yield ['camwatch_recorder_disk_healthy', `${recorder},disk="${disk}"`, n % 70 === disk ? 0 : 1];
      yield ['camwatch_recorder_disk_capacity_bytes', `${recorder},disk="${disk}"`, 6e12];
      yield ['camwatch_recorder_disk_free_bytes', `${recorder},disk="${disk}"`, 0];
    }
  }
  for (const [n, commune] of communes.entries()) {
    yield ['camwatch_commune_info', `commune="${commune}",name="Xã ${n}",province="Hà Nam"`, 1];
    for (const window of ['1d', '7d', '30d']) {
      yield ['camwatch_commune_uptime_ratio', `commune="${commune}",window="${window}"`, 0.97];
      yield ['camwatch_commune_coverage_ratio', `commune="${commune}",window="${window}"`, n % 3 ? 0.99 : 0.6];
    }
  }
  for (let n = 0; n < 300; n += 1) {
    yield ['camwatch_fund_target_ratio', `fund="quy-${n}"`, 0.98];
    for (const window of ['1d', '7d', '30d']) {
      yield ['camwatch_fund_uptime_ratio', `fund="quy-${n}",window="${window}"`, 0.97];
      yield ['camwatch_fund_coverage_ratio', `fund="quy-${n}",window="${window}"`, 0.99];
    }
  }
  for (let n = 0; n < 300; n += 1) yield ['camwatch_credential_refused', `credential="nvr-${n}"`, n % 60 === 0 ? 1 : 0];
  yield* own(now - started);
  yield ['camwatch_scheduler_last_progress_timestamp_seconds', '', now];
  yield ['process_start_time_seconds', '', started];
}

function* details(some, now) {
  for (const { labels } of some) {
    for (const phase of ['dns', 'connect', 'describe', 'setup', 'play', 'first_frame']) yield ['camwatch_camera_phase_seconds', `${labels},phase="${phase}"`, 0.1];
    for (const window of ['1d', '7d', '30d']) {
      yield ['camwatch_camera_uptime_ratio', `${labels},window="${window}"`, 0.97];
      yield ['camwatch_camera_coverage_ratio', `${labels},window="${window}"`, 0.99];
    }
    yield ['camwatch_stream_keyframe_interval_seconds', labels, 2];
    yield ['camwatch_stream_lost_packets_total', labels, now % 1000];
  }
}

// The daemon's own, after so many seconds.
function* own(seconds) {
  for (const name of ['camwatch_probe_duration_seconds', 'camwatch_schedule_lag_seconds', 'camwatch_store_write_seconds']) {
    for (const [n, le] of [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, '+Inf'].entries()) yield [`${name}_bucket`, `le="${le}"`, seconds * 30 * (n + 1)];
  }
  for (const name of ['camwatch_probes_total', 'camwatch_store_write_failures_total', 'camwatch_store_dropped_total', 'camwatch_recorder_polls_total', 'process_cpu_seconds_total']) yield [name, '', name.includes('store') ? 0 : seconds * 3];
  for (const cause of CAUSES) yield ['camwatch_probe_failures_total', `cause="${cause}"`, seconds];
  for (const cause of CAUSES) yield ['camwatch_recorder_poll_failures_total', `cause="${cause}"`, seconds];
  for (const channel of ['zalo', 'sms']) {
    yield ['camwatch_notifications_sent_total', `channel="${channel}"`, seconds / 60];
    yield ['camwatch_notification_failures_total', `channel="${channel}"`, 0];
    yield ['camwatch_notifications_queued', `channel="${channel}"`, 0];
  }
  for (const scope of ['camera', 'recorder', 'site', 'area', 'monitor']) yield ['camwatch_incidents_open', `scope="${scope}"`, scope === 'camera' ? 40 : 3];
  for (const [name, value] of [['probes_in_flight', 200], ['probe_slots', 256], ['store_queue_length', 10], ['store_queue_capacity', 65536], ['metrics_page_bytes', 15e6], ['monitor_online', 1], ['config_last_reload_successful', 1]]) yield [`camwatch_${name}`, '', value];
  yield ['camwatch_build_info', 'version="0.1.0"', 1];
  yield ['process_resident_memory_bytes', '', 4e8];
}

// What panels and annotations ask for over hours: what the recording rules have made, and single sites and cameras.
function* past(now) {
  for (const commune of communes) {
    const there = sites.filter((site) => site.commune === commune);
    const all = there.flatMap((site) => site.cameras);
    for (const state of STATES) yield ['commune:camwatch_site_cameras:sum', `commune="${commune}",state="${state}"`, count(all, state)];
    yield ['commune:camwatch_camera_funded_dark:count', `commune="${commune}"`, Math.floor(now / 3600) % 4];
    yield ['commune:camwatch_probe_age_seconds:max', `commune="${commune}"`, 30];
    yield ['commune:camwatch_retention_compliant_cameras:sum', `commune="${commune}"`, 30];
    yield ['commune:camwatch_camera_retention:count', `commune="${commune}"`, 60];
    yield ['commune:camwatch_recorder_down:count', `commune="${commune}"`, Math.floor(now / 3600) % 2];
    for (const cause of CAUSES) yield ['commune:camwatch_camera_cause:count', `commune="${commune}",cause="${cause}"`, 2];
  }
  for (const [n, site] of sites.entries()) {
    yield ['site:camwatch_camera_funded_dark:count', of_site(site), (Math.floor(now / 3600) + n) % 9 === 0 ? 3 : 0];
    yield ['camwatch_site_up', of_site(site), (Math.floor(now / 3600) + n) % 9 === 0 ? 0 : 1];
  }
  for (const camera of sites[0].cameras) {
    const state = Math.floor(now / 1800) % 5;
    for (const [name, value] of [['camera_state', state], ['camera_up', state === 0 ? 0 : 1], ['camera_state_since_timestamp_seconds', Math.floor(now / 1800) * 1800], ['camera_probe_seconds', 0.4], ['stream_bytes_per_second', 250000], ['stream_frames_per_second', 25], ['camera_newest_recording_timestamp_seconds', now - 40], ['camera_clock_offset_seconds', 0.2]]) yield [`camwatch_${name}`, camera.labels, value];
    yield ['camwatch_camera_cause', `${camera.labels},cause="${CAUSES[state]}"`, 1];
  }
  for (const state of STATES) yield ['camwatch_site_cameras', `${of_site(sites[0])},state="${state}"`, 3];
  yield* details(sites[0].cameras, now);
  yield* own(now % 8640000);
}

const text = (series, more, at) => {
  let whole = '';
  for (const [name, labels, value] of series) whole += `${name}{${labels}${labels && more ? ',' : ''}${more}} ${value}${at}\n`;
  return whole;
};

const [what, first, second] = process.argv.slice(2);
if (what === 'serve') {
  createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'content-encoding': 'gzip' });
    response.end(gzipSync(text(page(Date.now() / 1000), '', ''), { level: 1 }));
  }).listen(Number(first), '127.0.0.1');
} else {
  // Counters are told as gauges' samples: how they are typed does not matter to a block.
  for (let at = Number(first); at < Number(second); at += 15) {
    if (!process.stdout.write(text(past(at), 'job="camwatch",instance="fleet"', ` ${at}`))) await new Promise((go) => process.stdout.once('drain', go));
  }
  process.stdout.write('# EOF\n');
}
