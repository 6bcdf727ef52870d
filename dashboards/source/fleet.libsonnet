// The whole fleet: is something dark that was paid for, where, since when, why. Communes at a glance, and on a map.
function(lib)
  local t = lib.t;
  local s = 'job=~"$job",commune=~"$commune"';
  // Funded cameras that are dark, with their cause.
  local dark = |||
    (camwatch_camera_cause{%(s)s} and on (commune, site, camera) camwatch_camera_state{%(s)s} == 0)
      and on (commune, site, camera) camwatch_camera_info{%(s)s,funded="true"}
  ||| % { s: s };
  local funded_in(state) = 'count(camwatch_camera_state{%(s)s} == %(state)d and on (commune, site, camera) camwatch_camera_info{%(s)s,funded="true"}) or vector(0)' % { s: s, state: state };
  local since = 'camwatch_camera_state_since_timestamp_seconds{%(s)s} and on (commune, site, camera) (camwatch_camera_state{%(s)s} == 0 and on (commune, site, camera) camwatch_camera_info{%(s)s,funded="true"})' % { s: s };
  local sites(expr) = 'sum by (commune) (%s)' % expr;

  lib.dashboard(
    'fleet',
    t('Toàn hệ thống', 'Fleet'),
    t(
      'Trong năm giây: có camera nào được cấp kinh phí đang mất tín hiệu không, ở đâu, từ lúc nào, vì sao.',
      'Within five seconds: is a camera that was paid for dark, where, since when and why.',
    ),
    ['datasource', 'job', 'communes', 'status_url'],
    [lib.annotation(
      t('Đứt đường truyền', 'Lines cut'),
      'sum by (commune) (commune:camwatch_site_cut:count{%s}) > 0' % s,
      '{{commune}}',
      t('Có điểm lắp đặt mất kết nối toàn bộ', 'Sites of the commune are cut off'),
      'commune',
    )],
    [
      [5, [
        [7, lib.stat(
          t('Camera được cấp kinh phí đang mất tín hiệu', 'Funded cameras without signal'),
          t('Số camera do xã (hoặc nguồn có báo trực) trả tiền mà nay không có hình. 0 là tốt.', 'Cameras that a commune paid for and that give no picture now. 0 is well.'),
          lib.now(funded_in(0)),
          thresholds=lib.red_from(1),
          mappings=lib.none_is_well,
        )],
        [5, lib.stat(
          t('Lâu nhất', 'The longest'),
          t('Camera được cấp kinh phí mất tín hiệu lâu nhất đã mất bao lâu.', 'For how long the funded camera that has been dark longest has been so.'),
          lib.now('max(time() - (%s)) or vector(0)' % since),
          unit='dtdurations',
          thresholds=lib.steps([[null, 'green'], [1, 'orange'], [3600, 'red']]),
          mappings=lib.means([[0, t('không có', 'none'), 'green']]),
          defaults={ decimals: 0 },
        )],
        [4, lib.stat(
          t('Điểm bị cắt đường truyền', 'Sites cut off'),
          t('Điểm lắp đặt mà cả đường truyền hoặc nguồn điện bị mất: một sự cố, nhiều camera.', 'Sites whose line or power is gone: one fault, many cameras.'),
          lib.now('count(camwatch_site_up{%s} == 0) or vector(0)' % s),
          thresholds=lib.red_from(1),
          mappings=lib.none_is_well,
        )],
        [4, lib.stat(
          t('Được cấp kinh phí, không xác định', 'Funded, not known'),
          t('Camera được cấp kinh phí mà hệ thống không nhìn thấy: sai tài khoản, mất mạng máy giám sát. Không tính là tốt hay xấu.', 'Funded cameras that cannot be seen: a refused login, a monitor that is cut off. Neither good nor bad.'),
          lib.now(funded_in(4)),
          thresholds=lib.orange_from(1),
          mappings=lib.none_is_well,
        )],
        [4, lib.stat(
          t('Máy giám sát', 'The monitor'),
          t('Các máy camwatch có trả lời và có mạng không. Nếu không thì mọi số khác là số cũ.', 'Whether every camwatch answers and has a line of its own. Where not, all other figures are old.'),
          lib.now('min(camwatch_monitor_online{job=~"$job"} or up{job=~"$job"})'),
          thresholds=lib.red_under(1),
          mappings=lib.means([[0, t('mất mạng hoặc đã dừng', 'cut off or stopped'), 'red'], [1, t('đang giám sát', 'watching'), 'green']]),
          links=[lib.open(t('Mở bảng máy giám sát', 'Open the monitor'), 'monitor')],
        )],
      ]],
      [11, [
        [14, lib.table(
          t('Ở đâu, từ khi nào, vì sao', 'Where, since when, why'),
          t('Camera được cấp kinh phí đang mất tín hiệu, gộp theo điểm lắp đặt và nguyên nhân. Trống là không có.', 'Funded cameras without signal, by site and cause. Empty: there are none.'),
          [
            'count by (commune, site, cause) (%s) * on (commune, site) group_left (name, village) max by (commune, site, name, village) (camwatch_site_info{%s}) * on (commune) group_left (commune_name) label_replace(max by (commune, name) (camwatch_commune_info{%s}), "commune_name", "$1", "name", "(.*)")' % [dark, s, s],
            '1000 * min by (commune, site, cause) ((%s) * on (commune, site, camera) group_left () camwatch_camera_state_since_timestamp_seconds{%s})' % [dark, s],
          ],
          [
            { name: 'name', title: t('Điểm lắp đặt', 'Site'), links: [lib.to_site, lib.status_site] },
            { name: 'village', title: t('Thôn, tổ dân phố', 'Village') },
            { name: 'commune_name', title: t('Xã, phường', 'Commune'), links: [lib.to_commune] },
            { name: 'A', title: t('Mất tín hiệu', 'Without signal'), thresholds: lib.red_from(1), width: 120 },
            { name: 'B', title: t('Từ', 'Since'), unit: 'dateTimeFromNow' },
            { name: 'cause', title: t('Nguyên nhân', 'Cause'), mappings: lib.cause_mappings },
          ],
          t('Mất tín hiệu', 'Without signal'),
          hidden=['site', 'commune'],
        )],
        [10, lib.map(
          t('Bản đồ', 'Map'),
          t('Mỗi điểm lắp đặt có tọa độ; số là camera được cấp kinh phí đang mất tín hiệu. Không tải bản đồ nền từ đâu cả.', 'Every site with coordinates; the number is its funded cameras without signal. No tiles are fetched from anywhere.'),
          [
            'max by (commune, site) (camwatch_site_latitude_degrees{%s})' % s,
            'max by (commune, site) (camwatch_site_longitude_degrees{%s})' % s,
            'max by (commune, site) (site:camwatch_camera_funded_dark:count{%(s)s}) and on (commune, site) camwatch_site_latitude_degrees{%(s)s}' % { s: s },
            'sum by (commune, site) (camwatch_site_cameras{%(s)s}) * on (commune, site) group_left (name) max by (commune, site, name) (camwatch_site_info{%(s)s}) and on (commune, site) camwatch_site_latitude_degrees{%(s)s}' % { s: s },
          ],
          [
            { name: 'name', title: t('Điểm lắp đặt', 'Site'), links: [lib.to_site, lib.status_site] },
            { name: 'commune', title: t('Xã, phường', 'Commune') },
            { name: 'A', title: t('Vĩ độ', 'Degrees north'), decimals: 4 },
            { name: 'B', title: t('Kinh độ', 'Degrees east'), decimals: 4 },
            { name: 'C', title: t('Mất tín hiệu', 'Without signal'), coloured: true },
            { name: 'D', title: t('Số camera', 'Cameras') },
          ],
          lib.red_from(1),
          lib.means([[0, '✓', 'green']]),
        )],
      ]],
      [10, [
        [17, lib.table(
          t('Xã, phường', 'Communes'),
          t('Camera theo trạng thái, và tỷ lệ hoạt động 7 ngày.', 'Cameras by state, and the uptime of 7 days.') + ' ' + lib.uptime_note,
          local u = lib.uptime('commune', s + ',window="7d"', 'commune');
          [
            'max by (commune, name, province) (camwatch_commune_info{%(s)s}) * 0 + on (commune) group_left () (sum by (commune) (commune:camwatch_camera_funded_dark:count{%(s)s}) or sum by (commune) (camwatch_commune_info{%(s)s}) * 0)' % { s: s },
            sites('commune:camwatch_site_cameras:sum{%s,state="dark"}' % s),
            sites('commune:camwatch_site_cameras:sum{%s,state="degraded"}' % s),
            sites('commune:camwatch_site_cameras:sum{%s,state="unknown"}' % s),
            sites('commune:camwatch_site_cameras:sum{%s}' % s),
            u.least,
            u.most,
            u.coverage,
          ],
          [
            { name: 'name', title: t('Xã, phường', 'Commune'), links: [lib.to_commune] },
            { name: 'province', title: t('Tỉnh', 'Province') },
            { name: 'A', title: t('Được cấp kinh phí, mất tín hiệu', 'Funded, without signal'), thresholds: lib.red_from(1) },
            { name: 'B', title: t('Mọi camera mất tín hiệu', 'All without signal') },
            { name: 'C', title: t('Có lỗi', 'With a fault') },
            { name: 'D', title: t('Không xác định', 'Not known') },
            { name: 'E', title: t('Số camera', 'Cameras') },
          ] + lib.uptime_columns(['F', 'G', 'H'], 7),
          t('Được cấp kinh phí, mất tín hiệu', 'Funded, without signal'),
          hidden=['commune'],
        )],
        [7, lib.timeline(
          t('Các xã xấu nhất theo thời gian', 'The worst communes over time'),
          t('Số camera được cấp kinh phí mất tín hiệu ở mỗi xã, 15 xã có lúc nhiều nhất.', 'Funded cameras without signal in each commune, the 15 that had most at a time.'),
          lib.range('sum by (commune) (commune:camwatch_camera_funded_dark:count{%(s)s}) and on (commune) topk(15, max by (commune) (max_over_time(commune:camwatch_camera_funded_dark:count{%(s)s}[$__range] @ end())))' % { s: s }, '{{commune}}'),
          lib.none_is_well,
          thresholds=lib.red_from(1),
        )],
      ]],
      [9, [
        [12, lib.lines(
          t('Camera theo trạng thái', 'Cameras by state'),
          t('Mọi camera, không chỉ loại được cấp kinh phí.', 'All cameras, not the funded ones alone.'),
          lib.range('sum by (state) (commune:camwatch_site_cameras:sum{%s})' % s, '{{state}}'),
          'none',
          stacked=true,
          overrides=lib.state_overrides,
        )],
        [6, lib.bars(
          t('Vì sao không tốt', 'Why not well'),
          t('Số camera theo nguyên nhân, gồm cả loại vẫn có hình nhưng có lỗi.', 'Cameras by cause, those with a picture and a fault included.'),
          lib.now('topk(10, count by (cause) (camwatch_camera_cause{%s}))' % s, '{{cause}}'),
          thresholds=lib.orange_from(1),
          overrides=lib.cause_overrides,
        )],
        [6, lib.bars(
          t('Sự cố đang mở', 'Open incidents'),
          t('Theo phạm vi. Một đường truyền đứt là một sự cố, dù làm tối bao nhiêu camera.', 'By scope. One cut line is one incident, however many cameras it darkens.'),
          lib.now('sum by (scope) (camwatch_incidents_open{job=~"$job"})', '{{scope}}'),
          thresholds=lib.orange_from(1),
          overrides=[
            lib.override('camera', { displayName: 'camera' }),
            lib.override('recorder', { displayName: t('đầu ghi', 'recorder') }),
            lib.override('site', { displayName: t('điểm lắp đặt', 'site') }),
            lib.override('area', { displayName: t('toàn xã', 'area') }),
            lib.override('monitor', { displayName: t('máy giám sát', 'monitor') }),
          ],
        )],
      ]],
      [6, [
        [24, lib.table(
          t('Nguồn kinh phí có mục tiêu', 'Funds with a target'),
          t('Tỷ lệ hoạt động 30 ngày so với cam kết.', 'The uptime of 30 days against what was promised.') + ' ' + lib.uptime_note,
          local u = lib.uptime('fund', 'job=~"$job",window="30d"', 'fund');
          local promised(expr) = '(%s) and on (fund) camwatch_fund_target_ratio{job=~"$job"}' % expr;
          [
            'max by (fund) (camwatch_fund_target_ratio{job=~"$job"})',
            promised(u.least),
            promised(u.most),
            promised(u.coverage),
          ],
          [
            { name: 'fund', title: t('Nguồn kinh phí', 'Fund') },
            { name: 'A', title: t('Mục tiêu', 'Target'), unit: 'percentunit', decimals: 2 },
          ] + lib.uptime_columns(['B', 'C', 'D'], 30),
          t('nhiều nhất', 'at most'),
          descending=false,
        )],
      ]],
    ],
  )
