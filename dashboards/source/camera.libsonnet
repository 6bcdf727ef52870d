// One camera: what it is, what it does, why not, since when, and what its probes saw.
function(lib)
  local t = lib.t;
  local s = 'job=~"$job",commune="$commune",site="$site",camera="$camera"';
  local one(title, description, metric, unit, legend, more={}) =
    lib.lines(title, description, lib.range('max(%s{%s})' % [metric, s], legend), unit, defaults=more);

  lib.dashboard(
    'camera',
    'Camera',
    t('Một camera: trạng thái, nguyên nhân, lần kiểm tra, hình và bản ghi.', 'One camera: state, cause, probes, picture and recordings.'),
    ['datasource', 'job', 'commune', 'site', 'camera', 'status_url'],
    [
      // The cause is what an incident of the camera is opened with; it stands as long as the camera is not well.
      lib.annotation(t('Nguyên nhân', 'Cause'), 'max by (camera, cause) (camwatch_camera_cause{%s})' % s, '{{cause}}', '{{camera}}', 'cause'),
    ],
    [
      [5, [
        [6, lib.stat(
          t('Trạng thái', 'State'),
          t('Trạng thái hiện nay.', 'What the camera is now.'),
          lib.now('max(camwatch_camera_state{%s})' % s),
          mappings=lib.state_mappings,
        )],
        [5, lib.stat(
          t('Từ', 'Since'),
          t('Trạng thái này có từ lúc nào.', 'From when this state holds.'),
          lib.now('1000 * max(camwatch_camera_state_since_timestamp_seconds{%s})' % s),
          unit='dateTimeFromNow',
        )],
        [4, lib.stat(
          t('Lần kiểm tra gần nhất', 'Last probe'),
          t('Cách đây bao lâu. Lâu hơn ba lần chu kỳ: máy giám sát có vấn đề.', 'How long ago. Longer than three intervals: look at the monitor.'),
          lib.now('time() - max(camwatch_camera_last_probe_timestamp_seconds{%s})' % s),
          unit='s',
          thresholds=lib.steps([[null, 'green'], [90, 'orange'], [900, 'red']]),
          defaults={ decimals: 0 },
        )],
        [4, lib.stat(
          t('Khung hình gần nhất', 'Last frame'),
          t('Cách đây bao lâu camera còn gửi hình.', 'How long ago the camera last sent a picture.'),
          lib.now('time() - max(camwatch_camera_last_frame_timestamp_seconds{%s})' % s),
          unit='s',
          thresholds=lib.steps([[null, 'green'], [120, 'orange'], [900, 'red']]),
          defaults={ decimals: 0 },
        )],
        [5, lib.stat(
          t('Được cấp kinh phí', 'Funded'),
          t('Camera được cấp kinh phí thì mất tín hiệu là báo trực.', 'A funded camera that goes dark is told to the officer on duty.'),
          lib.now('count(camwatch_camera_info{%s,funded="true"}) or vector(0)' % s),
          mappings=lib.means([[0, t('không, không báo trực', 'no, pages nobody'), '#8e8e8e'], [1, t('có, báo trực', 'yes, pages'), 'blue']]),
        )],
      ]],
      [4, [
        [24, lib.table(
          t('Camera này', 'This camera'),
          t('Tên, nơi lắp, ai trả, thiết bị gì; nguyên nhân nếu không tốt. Camera của hộ gia đình không có tên ở đây.', 'Name, place, who paid, which device; the cause where it is not well. Cameras of households have no name here.'),
          [
            'max by (commune, site, camera, name, village, fund, fund_kind, vendor, model, firmware, codec, resolution) (camwatch_camera_info{%s})' % s,
            'max by (commune, site, camera, cause) (camwatch_camera_cause{%s})' % s,
          ],
          [
            { name: 'camera', title: 'Camera', links: [lib.status_camera] },
            { name: 'name', title: t('Tên', 'Name') },
            { name: 'cause', title: t('Nguyên nhân', 'Cause'), mappings: lib.cause_mappings },
            { name: 'site', title: t('Điểm lắp đặt', 'Site'), links: [lib.to_site, lib.status_site] },
            { name: 'village', title: t('Thôn, tổ dân phố', 'Village') },
            { name: 'fund', title: t('Nguồn kinh phí', 'Fund') },
            { name: 'fund_kind', title: t('Ai trả', 'Paid by'), mappings: lib.fund_kind_mappings },
            { name: 'vendor', title: t('Hãng', 'Vendor') },
            { name: 'model', title: t('Kiểu máy', 'Model') },
            { name: 'firmware', title: 'Firmware' },
            { name: 'codec', title: 'Codec' },
            { name: 'resolution', title: t('Độ phân giải', 'Resolution') },
          ],
          'Camera',
          hidden=['commune', 'Value #A', 'Value #B'],
          links=[lib.panel_link(
            t('Kiểm tra ngay, có nhật ký', 'Probe now, with a log'), '${status_url:raw}/probe?camera=${camera}&debug=true', blank=true
          )],
        )],
      ]],
      [6, [
        [12, lib.timeline(
          t('Trạng thái', 'State'),
          t('Trạng thái theo thời gian.', 'The state over time.'),
          lib.range('max by (camera) (camwatch_camera_state{%s})' % s, '{{camera}}'),
          lib.state_mappings,
        )],
        [12, lib.timeline(
          t('Nguyên nhân theo thời gian', 'Causes over time'),
          t('Một dòng cho mỗi nguyên nhân đã có. Trống là không có gì xảy ra.', 'A line for each cause there was. Empty: nothing happened.'),
          lib.range('max by (cause) (camwatch_camera_cause{%s})' % s, '{{cause}}'),
          lib.means([[1, t('có', 'yes'), 'orange']]),
          overrides=lib.cause_overrides,
        )],
      ]],
      [8, [
        [8, lib.bars(
          t('Tỷ lệ hoạt động', 'Uptime'),
          t('Trong 1, 7 và 30 ngày. Cần [metrics] detail = true.', 'Over 1, 7 and 30 days. Needs [metrics] detail = true.') + ' ' + lib.uptime_note,
          local u = lib.uptime('camera', s, 'window');
          [
            lib.now(u.least, '{{window}} ' + t('ít nhất', 'at least')),
            lib.now(u.most, '{{window}} ' + t('nhiều nhất', 'at most')),
          ],
          unit='percentunit',
          thresholds=lib.steps([[null, 'blue']]),
          defaults={ max: 1, decimals: 2 },
        )],
        [8, lib.bars(
          t('Độ phủ dữ liệu', 'Coverage'),
          t('Phần thời gian quan sát được. Dưới 95 % thì tỷ lệ hoạt động chỉ là một khoảng.', 'The share of time that was observed. Under 95 % an uptime is only a range.'),
          lib.now('max by (window) (camwatch_camera_coverage_ratio{%s})' % s, '{{window}}'),
          unit='percentunit',
          thresholds=lib.coverage_steps,
          defaults={ max: 1, decimals: 1 },
        )],
        [8, lib.stat(
          t('Bản ghi', 'Recordings'),
          t('Bản ghi lùi xa đến đâu, phải đến đâu, thiếu bao nhiêu ngày. Không có số: không có đầu ghi.', 'How far back recordings reach, how far they must, and days without. No figure: no recorder.'),
          [
            lib.now('max(camwatch_camera_retention_seconds{%s}) / 86400' % s, t('đang lưu (ngày)', 'held (days)')),
            lib.now('max(camwatch_camera_retention_required_seconds{%s}) / 86400' % s, t('yêu cầu (ngày)', 'required (days)')),
            lib.now('max(camwatch_camera_recording_gap_days{%s})' % s, t('ngày khuyết', 'days missing')),
          ],
          names=true,
          defaults={ decimals: 1 },
          overrides=[lib.override(t('ngày khuyết', 'days missing'), { thresholds: lib.red_from(1), decimals: 0 })],
        )],
      ]],
      [8, [
        [8, one(t('Thời gian kiểm tra', 'Time of a probe'), t('Lần kiểm tra gần nhất mất bao lâu.', 'How long the last probe took.'), 'camwatch_camera_probe_seconds', 's', t('giây', 'seconds'))],
        [8, lib.lines(
          t('Các bước của lần kiểm tra', 'Phases of a probe'),
          t('Bước nào chậm hoặc không đến được. Cần [metrics] detail = true.', 'Which phase is slow, or is not reached. Needs [metrics] detail = true.'),
          lib.range('max by (phase) (camwatch_camera_phase_seconds{%s})' % s, '{{phase}}'),
          's',
          stacked=true,
        )],
        [8, one(t('Băng thông', 'Bit rate'), t('Luồng hình như lần kiểm tra gần nhất thấy.', 'The stream as the last probe saw it.'), 'camwatch_stream_bytes_per_second', 'Bps', t('băng thông', 'bit rate'))],
      ]],
      [8, [
        [8, one(t('Hình/giây', 'Frames/s'), t('Giảm mạnh là hình giật.', 'A steep fall is a stuttering picture.'), 'camwatch_stream_frames_per_second', 'none', t('hình/giây', 'frames/s'))],
        [8, lib.lines(
          t('Gói tin mất', 'Packets lost'),
          t('Mỗi giây trong lúc kiểm tra. Cần [metrics] detail = true.', 'Each second, while probes listened. Needs [metrics] detail = true.'),
          lib.range('max(rate(camwatch_stream_lost_packets_total{%s}[$__rate_interval]))' % s, t('gói/giây', 'packets/s')),
          'pps',
        )],
        [8, one(t('Khoảng cách khung hình chính', 'Key frame interval'), t('Dài hơn thời hạn kiểm tra thì camera bị coi là không gửi hình. Cần [metrics] detail = true.', 'Longer than a probe\'s timeout, the camera counts as sending no picture. Needs [metrics] detail = true.'), 'camwatch_stream_keyframe_interval_seconds', 's', t('giây', 'seconds'))],
      ]],
      [8, [
        [12, lib.lines(
          t('Tuổi của bản ghi mới nhất', 'Age of the newest recording'),
          t('Tăng mãi: đầu ghi không còn ghi camera này.', 'Where it grows and grows the recorder no longer records this camera.'),
          lib.range('time() - max(camwatch_camera_newest_recording_timestamp_seconds{%s})' % s, t('tuổi', 'age')),
          's',
        )],
        [12, one(t('Lệch đồng hồ', 'Clock offset'), t('Đồng hồ của camera hoặc đầu ghi so với máy giám sát. Lệch quá 5 phút thì bản ghi không làm chứng được.', 'The clock of the camera or its recorder less ours. Beyond 5 minutes recordings are no evidence.'), 'camwatch_camera_clock_offset_seconds', 's', t('lệch', 'offset'), { min:: null })],
      ]],
    ],
    more_links=[
      lib.open(t('Lên điểm lắp đặt', 'Up to the site'), 'site', '&var-commune=${commune}&var-site=${site}'),
      lib.panel_link(t('Trang trạng thái của camera', 'Status page of the camera'), '${status_url:raw}/cameras/${camera}', blank=true),
    ],
  )
