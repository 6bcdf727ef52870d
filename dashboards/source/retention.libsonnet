// What recorders hold: evidence is worth what its recordings are. Retention, gaps, disks, clocks.
function(lib)
  local t = lib.t;
  local s = 'job=~"$job",commune=~"$commune"';

  lib.dashboard(
    'retention',
    t('Lưu trữ bản ghi', 'Retention and storage'),
    t('Bản ghi có đủ ngày không, ổ đĩa và đồng hồ đầu ghi có tốt không.', 'Whether recordings reach back far enough, and whether disks and clocks of recorders are sound.'),
    ['datasource', 'job', 'communes', 'status_url'],
    [lib.annotation(
      t('Lỗi ghi hình', 'Faults of recording'),
      'sum by (cause) (commune:camwatch_camera_cause:count{%s,cause=~"disk_failed|not_recording|recording_gap|clock_wrong"})' % s,
      '{{cause}}',
      '',
      'cause',
      color='orange',
    )],
    [
      [5, [
        [5, lib.stat(
          t('Lưu thiếu ngày', 'Too few days kept'),
          t('Camera có bản ghi ngắn hơn yêu cầu quá một ngày. Camera mới lắp cũng nằm ở đây cho đến khi ghi đủ.', 'Cameras whose recordings fall short by more than a day.'),
          lib.now('count(camera:camwatch_retention_lacking_seconds:diff{%s}) or vector(0)' % s),
          thresholds=lib.red_from(1),
          mappings=lib.none_is_well,
        )],
        [5, lib.stat(
          t('Khuyết ngày', 'With days missing'),
          t('Camera có ngày không có bản ghi trong thời gian yêu cầu.', 'Cameras with days without recordings inside the required time.'),
          lib.now('count(camwatch_camera_recording_gap_days{%s} > 0) or vector(0)' % s),
          thresholds=lib.orange_from(1),
          mappings=lib.none_is_well,
        )],
        [5, lib.stat(
          t('Không ghi hình', 'Not recording'),
          t('Theo phán định của camwatch: bản ghi mới nhất quá cũ.', 'As camwatch judges it: the newest recording is too old.'),
          lib.now('count(camwatch_camera_cause{%s,cause="not_recording"}) or vector(0)' % s),
          thresholds=lib.red_from(1),
          mappings=lib.none_is_well,
        )],
        [5, lib.stat(
          t('Ổ đĩa hỏng', 'Disks failed'),
          t('Suy giảm, hỏng hoặc mất.', 'Degraded, failed or missing.'),
          lib.now('count(camwatch_recorder_disk_healthy{%s} == 0) or vector(0)' % s),
          thresholds=lib.red_from(1),
          mappings=lib.none_is_well,
        )],
        [4, lib.stat(
          t('Đầu ghi không trả lời', 'Recorders without answer'),
          t('Không biết chúng còn ghi hình hay không.', 'Whether they still record is not known.'),
          lib.now('count(camwatch_recorder_up{%s} == 0) or vector(0)' % s),
          thresholds=lib.red_from(1),
          mappings=lib.none_is_well,
        )],
      ]],
      [11, [
        [14, lib.table(
          t('Camera thiếu nhiều nhất', 'Cameras that fall shortest'),
          t('50 camera còn thiếu nhiều nhất so với yêu cầu. Trống là không camera nào thiếu quá một ngày.', 'The 50 cameras that lack most of what is required. Empty: none lacks more than a day.'),
          local worst = 'topk(50, max by (commune, site, camera) (camera:camwatch_retention_lacking_seconds:diff{%s}))' % s;
          local of(metric) = 'max by (commune, site, camera) (%s{%s} and on (commune, site, camera) %s)' % [metric, s, worst];
          [
            worst,
            of('camwatch_camera_retention_seconds'),
            of('camwatch_camera_retention_required_seconds'),
            of('camwatch_camera_recording_gap_days'),
            '1000 * ' + of('camwatch_camera_newest_recording_timestamp_seconds'),
          ],
          [
            { name: 'camera', title: 'Camera', links: [lib.to_camera, lib.status_camera] },
            { name: 'site', title: t('Điểm lắp đặt', 'Site'), links: [lib.to_site, lib.status_site] },
            { name: 'commune', title: t('Xã, phường', 'Commune'), links: [lib.to_commune] },
            { name: 'A', title: t('Còn thiếu', 'Lacks'), unit: 'dtdurations', decimals: 0, thresholds: lib.steps([[null, 'green'], [86400, 'red']]) },
            { name: 'B', title: t('Đang lưu', 'Held'), unit: 'dtdurations', decimals: 0 },
            { name: 'C', title: t('Yêu cầu', 'Required'), unit: 'dtdurations', decimals: 0 },
            { name: 'D', title: t('Ngày khuyết', 'Days missing'), thresholds: lib.orange_from(1) },
            { name: 'E', title: t('Bản ghi mới nhất', 'Newest recording'), unit: 'dateTimeFromNow' },
          ],
          t('Còn thiếu', 'Lacks'),
        )],
        [10, lib.bars(
          t('Điểm lưu ngắn nhất', 'Sites with the shortest retention'),
          t('Phần thời gian phải lưu mà camera kém nhất của mỗi điểm đạt được, 15 điểm kém nhất.', 'How much of the required time the worst camera of each site holds, the 15 worst sites.'),
          lib.now('sort(bottomk(15, min by (site) (site:camwatch_retention_held_ratio:min{%s})))' % s, '{{site}}'),
          unit='percentunit',
          thresholds=lib.held_steps,
          defaults={ max: 1, decimals: 0 },
        )],
      ]],
      [9, [
        [12, lib.lines(
          t('Camera lưu đủ ngày', 'Cameras with enough days'),
          t('Camera đạt yêu cầu lưu trữ, so với số camera biết được.', 'Cameras that meet what is required, against those of which anything is known.'),
          [
            lib.range('sum(commune:camwatch_retention_compliant_cameras:sum{%s})' % s, t('đủ ngày', 'enough')),
            lib.range('sum(commune:camwatch_camera_retention:count{%s})' % s, t('biết được', 'known')),
          ],
          'none',
        )],
        [12, lib.lines(
          t('Lỗi ghi hình', 'Faults of recording'),
          t('Camera theo nguyên nhân. Khi đã có nguyên nhân khác trước đó thì nguyên nhân ấy được hiện.', 'Cameras by cause. Where another cause came first, that one is shown.'),
          lib.range('sum by (cause) (commune:camwatch_camera_cause:count{%s,cause=~"disk_failed|not_recording|recording_gap|retention_short|clock_wrong"})' % s, '{{cause}}'),
          'none',
          stacked=true,
          overrides=lib.cause_overrides,
        )],
      ]],
      [10, [
        [14, lib.table(
          t('Đầu ghi', 'Recorders'),
          t('100 đầu ghi đáng lo nhất: không trả lời, lệch đồng hồ, dự báo lưu được bao lâu (trường hợp xấu nhất).', 'The 100 recorders most to worry about: no answer, clock offset, and how long their disks last (a worst case).'),
          local worst = 'topk(100, max by (commune, site, recorder) (1 - camwatch_recorder_up{%(s)s}) + 0.000001 * max by (commune, site, recorder) (abs(camwatch_recorder_clock_offset_seconds{%(s)s})) or max by (commune, site, recorder) (1 - camwatch_recorder_up{%(s)s}))' % { s: s };
          local of(metric) = 'max by (commune, site, recorder) (%s{%s} and on (commune, site, recorder) %s)' % [metric, s, worst];
          [
            of('camwatch_recorder_up'),
            of('camwatch_recorder_clock_offset_seconds'),
            '1000 * ' + of('camwatch_recorder_last_poll_timestamp_seconds'),
            of('camwatch_recorder_forecast_seconds'),
          ],
          [
            { name: 'recorder', title: t('Đầu ghi', 'Recorder') },
            { name: 'site', title: t('Điểm lắp đặt', 'Site'), links: [lib.to_site, lib.status_site] },
            { name: 'A', title: t('Trả lời', 'Answers'), mappings: lib.means([[0, t('không trả lời', 'no answer'), 'red'], [1, t('trả lời', 'answers'), 'green']]) },
            { name: 'B', title: t('Lệch đồng hồ', 'Clock offset'), unit: 's', decimals: 1, thresholds: lib.steps([[null, 'red'], [-300, 'green'], [300, 'red']]) },
            { name: 'C', title: t('Trả lời gần nhất', 'Last answer'), unit: 'dateTimeFromNow' },
            { name: 'D', title: t('Dự báo lưu được', 'Lasts for'), unit: 'dtdurations', decimals: 0 },
          ],
          t('Trả lời', 'Answers'),
          descending=false,
          hidden=['commune'],
        )],
        [10, lib.table(
          t('Ổ đĩa', 'Disks'),
          t('100 ổ đĩa, hỏng trước. Đầy là bình thường: đầu ghi ghi đè.', '100 disks, failed ones first. Full is normal: a recorder overwrites.'),
          local worst = 'bottomk(100, min by (commune, site, recorder, disk) (camwatch_recorder_disk_healthy{%s}))' % s;
          local of(expr) = '%s and on (commune, site, recorder, disk) %s' % [expr, worst];
          [
            worst,
            of('max by (commune, site, recorder, disk) (camwatch_recorder_disk_capacity_bytes{%s})' % s),
            of('max by (commune, site, recorder, disk) (camwatch_recorder_disk_free_bytes{%s})' % s),
          ],
          [
            { name: 'recorder', title: t('Đầu ghi', 'Recorder') },
            { name: 'disk', title: t('Ổ đĩa', 'Disk') },
            { name: 'A', title: t('Tình trạng', 'Health'), mappings: lib.means([[0, t('hỏng', 'failed'), 'red'], [1, t('tốt', 'sound'), 'green']]) },
            { name: 'B', title: t('Dung lượng', 'Capacity'), unit: 'decbytes' },
            { name: 'C', title: t('Còn trống', 'Free'), unit: 'decbytes' },
            { name: 'site', title: t('Điểm lắp đặt', 'Site'), links: [lib.to_site, lib.status_site] },
          ],
          t('Tình trạng', 'Health'),
          descending=false,
          hidden=['commune'],
        )],
      ]],
      [8, [
        [12, lib.timeline(
          t('Đầu ghi không trả lời theo thời gian', 'Recorders without answer over time'),
          t('Số đầu ghi không trả lời ở mỗi xã, 15 xã có lúc nhiều nhất.', 'Recorders without answer in each commune, the 15 that had most at a time.'),
          lib.range('sum by (commune) (commune:camwatch_recorder_down:count{%(s)s}) and on (commune) topk(15, max by (commune) (max_over_time(commune:camwatch_recorder_down:count{%(s)s}[$__range] @ end())))' % { s: s }, '{{commune}}'),
          lib.none_is_well,
          thresholds=lib.red_from(1),
        )],
        [12, lib.table(
          t('Tài khoản bị từ chối', 'Refused accounts'),
          t('Thiết bị từ chối tài khoản; camwatch ngừng hỏi để không bị khóa. Sửa mật khẩu rồi thử lại.', 'A device refuses the account; camwatch has stopped asking so that it is not locked. Mend the password, then try again.'),
          ['max by (instance, credential) (camwatch_credential_refused{job=~"$job"})'],
          [
            { name: 'credential', title: t('Tài khoản', 'Account') },
            { name: 'instance', title: 'camwatch' },
            { name: 'A', title: t('Tình trạng', 'Health'), mappings: lib.means([[0, t('dùng được', 'accepted'), 'green'], [1, t('bị từ chối', 'refused'), 'red']]) },
          ],
          t('Tình trạng', 'Health'),
        )],
      ]],
    ],
    more_links=[lib.open(t('Toàn hệ thống', 'Fleet'), 'fleet')],
  )
