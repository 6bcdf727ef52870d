// The monitor itself: whether what all other dashboards say can be believed.
function(lib)
  local t = lib.t;
  local s = 'job=~"$job",instance=~"$instance"';
  local quantile(q, metric) = 'histogram_quantile(%g, sum by (le) (rate(%s_bucket{%s}[$__rate_interval])))' % [q, metric, s];
  local quantiles(title, description, metric) =
    lib.lines(title, description, [lib.range(quantile(0.5, metric), 'p50'), lib.range(quantile(0.99, metric), 'p99')], 's');
  local rates(title, description, exprs, unit='cps', stacked=false, overrides=[]) =
    lib.lines(title, description, [lib.range(e[0], e[1]) for e in exprs], unit, stacked=stacked, overrides=overrides);

  lib.dashboard(
    'monitor',
    t('Máy giám sát', 'The monitor itself'),
    t('Máy giám sát có theo kịp không, sổ ghi có an toàn không, tin có ra được không.', 'Does it keep up, is the record safe, do messages get out.'),
    ['datasource', 'job', 'instance', 'status_url'],
    [lib.annotation(
      t('Sự cố đang mở', 'Open incidents'),
      'sum by (scope) (camwatch_incidents_open{%s}) > 0' % s,
      '{{scope}}',
      '',
      'scope',
    )],
    [
      [5, [
        [4, lib.stat(
          t('Trả lời', 'Answers'),
          t('Prometheus có đọc được camwatch không.', 'Whether Prometheus can read camwatch.'),
          lib.now('min(up{%s})' % s),
          thresholds=lib.red_under(1),
          mappings=lib.means([[0, t('không trả lời', 'no answer'), 'red'], [1, t('trả lời', 'answers'), 'green']]),
        )],
        [4, lib.stat(
          t('Mạng của máy giám sát', 'Its own line'),
          t('Mất mạng thì mọi camera là không xác định, không phải mất tín hiệu.', 'While it is cut off all cameras are not known, which is not dark.'),
          lib.now('min(camwatch_monitor_online{%s})' % s),
          thresholds=lib.red_under(1),
          mappings=lib.means([[0, t('mất mạng', 'cut off'), 'red'], [1, t('có mạng', 'online'), 'green']]),
        )],
        [4, lib.stat(
          t('Bộ lập lịch', 'Scheduler'),
          t('Vòng gần nhất cách đây bao lâu. Đứng yên thì mọi số đều cũ.', 'How long ago it last went round. Where it stands still all figures are old.'),
          lib.now('max(time() - camwatch_scheduler_last_progress_timestamp_seconds{%s})' % s),
          unit='s',
          thresholds=lib.steps([[null, 'green'], [30, 'orange'], [60, 'red']]),
          defaults={ decimals: 0 },
        )],
        [4, lib.stat(
          t('Sổ ghi: mất bản ghi', 'Record: entries lost'),
          t('Trong thời gian đang xem. Báo cáo và thanh toán dựa trên sổ ghi.', 'Within the time shown. Reports and payments rest on the record.'),
          lib.now('sum(increase(camwatch_store_dropped_total{%s}[$__range]))' % s),
          thresholds=lib.red_from(1),
          mappings=lib.none_is_well,
          defaults={ decimals: 0 },
        )],
        [4, lib.stat(
          t('Tin đang chờ', 'Messages waiting'),
          t('Tin cho cán bộ trực chưa gửi được.', 'Messages to officers that are not out yet.'),
          lib.now('sum(camwatch_notifications_queued{%s}) or vector(0)' % s),
          thresholds=lib.orange_from(5),
          mappings=lib.none_is_well,
        )],
        [4, lib.stat(
          t('Cảnh báo của Prometheus', 'Alerting of Prometheus'),
          t('Cảnh báo CamwatchWatchdog luôn bật khi đã nạp tệp quy tắc.', 'CamwatchWatchdog always fires where the rules are loaded.'),
          lib.now('max(ALERTS{alertname="CamwatchWatchdog",alertstate="firing"}) or vector(0)'),
          thresholds=lib.steps([[null, 'orange'], [1, 'green']]),
          mappings=lib.means([[0, t('chưa nạp quy tắc', 'rules not loaded'), 'orange'], [1, t('đang chạy', 'works'), 'green']]),
        )],
      ]],
      [8, [
        [8, rates(
          t('Lần kiểm tra', 'Probes'),
          t('Mỗi giây: tất cả và không thành công.', 'Each second: all of them, and those that failed.'),
          [
            ['sum(rate(camwatch_probes_total{%s}[$__rate_interval]))' % s, t('tất cả', 'all')],
            ['sum(rate(camwatch_probe_failures_total{%s}[$__rate_interval]))' % s, t('không thành công', 'failed')],
          ],
        )],
        [8, rates(
          t('Không thành công theo nguyên nhân', 'Failures by cause'),
          t('Mỗi giây. Nhiều nguyên nhân đường truyền cùng lúc ở mọi nơi: xem mạng của máy giám sát.', 'Each second. Many causes of the path everywhere at once: look at the monitor\'s own line.'),
          [['sum by (cause) (rate(camwatch_probe_failures_total{%s}[$__rate_interval])) > 0 or label_replace(sum(rate(camwatch_probe_failures_total{%s}[$__rate_interval])) * 0, "cause", "—", "", "")' % [s, s], '{{cause}}']],
          stacked=true,
          overrides=lib.cause_overrides,
        )],
        [8, quantiles(t('Thời gian kiểm tra', 'Time of a probe'), t('Trung vị và một phần trăm chậm nhất.', 'The median and the slowest hundredth.'), 'camwatch_probe_duration_seconds')],
      ]],
      [8, [
        [8, quantiles(t('Trễ lịch', 'Schedule lag'), t('Kiểm tra bắt đầu muộn bao nhiêu. Quá 10 giây là không theo kịp.', 'How much later than planned probes begin. Beyond 10 seconds it does not keep up.'), 'camwatch_schedule_lag_seconds')],
        [8, lib.lines(
          t('Đang kiểm tra và sức chứa', 'Probes in flight and slots'),
          t('Chạm trần: tăng max_concurrent hoặc giãn chu kỳ.', 'At the limit: raise max_concurrent, or lengthen the interval.'),
          [
            lib.range('sum(camwatch_probes_in_flight{%s})' % s, t('đang chạy', 'in flight')),
            lib.range('sum(camwatch_probe_slots{%s})' % s, t('sức chứa', 'slots')),
          ],
          'none',
        )],
        [8, lib.lines(
          t('Tuổi của lần kiểm tra cũ nhất', 'Age of the oldest probe'),
          t('Ở mỗi xã, 10 xã cũ nhất. Tăng mãi: có camera không được kiểm tra.', 'In each commune, the 10 oldest. Where it grows and grows cameras are not looked at.'),
          lib.range('topk(10, max by (commune) (commune:camwatch_probe_age_seconds:max{%s}))' % s, '{{commune}}'),
          's',
        )],
      ]],
      [8, [
        [6, quantiles(t('Ghi sổ', 'Writing the record'), t('Một lô ghi mất bao lâu.', 'How long a batch takes.'), 'camwatch_store_write_seconds')],
        [6, lib.lines(
          t('Hàng đợi ghi sổ', 'Queue of the record'),
          t('Đầy thì mất bản ghi.', 'Where it is full entries are lost.'),
          [
            lib.range('sum(camwatch_store_queue_length{%s})' % s, t('đang chờ', 'waiting')),
            lib.range('sum(camwatch_store_queue_capacity{%s})' % s, t('sức chứa', 'slots')),
          ],
          'none',
        )],
        [6, rates(
          t('Tin gửi đi', 'Messages sent'),
          t('Theo kênh; lần gửi hỏng bên dưới tên kênh.', 'By channel, and the attempts that failed.'),
          [
            ['sum by (channel) (rate(camwatch_notifications_sent_total{%s}[$__rate_interval]))' % s, '{{channel}}'],
            ['sum by (channel) (rate(camwatch_notification_failures_total{%s}[$__rate_interval]))' % s, '{{channel}} ✗'],
          ],
        )],
        [6, lib.lines(
          t('Tin chờ lâu nhất', 'Oldest message waiting'),
          t('0: không có tin nào chờ.', '0: none waits.'),
          lib.range('max(time() - camwatch_notification_oldest_queued_timestamp_seconds{%s}) or vector(0)' % s, t('chờ', 'waits')),
          's',
        )],
      ]],
      [8, [
        [6, lib.lines(
          t('Bộ nhớ', 'Memory'),
          t('Bộ nhớ thật của tiến trình.', 'Resident memory of the process.'),
          lib.range('sum by (instance) (process_resident_memory_bytes{%s})' % s, '{{instance}}'),
          'bytes',
        )],
        [6, lib.lines(
          t('Trang số liệu', 'Metrics page'),
          t('Kích thước. Trên 16 MiB: chia theo shard.', 'Its size. Above 16 MiB: scrape it in shards.'),
          lib.range('max by (instance) (camwatch_metrics_page_bytes{%s})' % s, '{{instance}}'),
          'bytes',
        )],
        [6, rates(
          t('Hỏi đầu ghi', 'Polls of recorders'),
          t('Mỗi giây: tất cả và không được trả lời.', 'Each second: all, and those without an answer.'),
          [
            ['sum(rate(camwatch_recorder_polls_total{%s}[$__rate_interval]))' % s, t('tất cả', 'all')],
            ['sum(rate(camwatch_recorder_poll_failures_total{%s}[$__rate_interval]))' % s, t('không thành công', 'failed')],
          ],
        )],
        [6, lib.table(
          t('Phiên bản và cấu hình', 'Version and configuration'),
          t('Cấu hình lần nạp cuối có tốt không.', 'Whether the last reload was good.'),
          [
            'max by (instance, version) (camwatch_build_info{%s})' % s,
            'min by (instance) (camwatch_config_last_reload_successful{%s})' % s,
            '1000 * max by (instance) (process_start_time_seconds{%s})' % s,
          ],
          [
            { name: 'instance', title: 'camwatch' },
            { name: 'version', title: t('Phiên bản', 'Version') },
            { name: 'B', title: t('Cấu hình', 'Configuration'), mappings: lib.means([[0, t('bị từ chối, đang dùng bản cũ', 'refused, an old one is in use'), 'red'], [1, t('tốt', 'good'), 'green']]) },
            { name: 'C', title: t('Chạy từ', 'Runs since'), unit: 'dateTimeFromNow' },
          ],
          t('Cấu hình', 'Configuration'),
          descending=false,
          hidden=['Value #A'],
        )],
      ]],
    ],
    from='now-6h',
  )
