// One commune: each funded camera that is not well, its sites, its villages, who paid.
function(lib)
  local t = lib.t;
  local s = 'job=~"$job",commune="$commune"';
  local in_state(codes, funded) = 'count((%s) and on (site, camera) camwatch_camera_info{%s,funded="%s"}) or vector(0)' % [
    std.join(' or ', ['camwatch_camera_state{%s} == %d' % [s, code] for code in codes]),
    s,
    funded,
  ];
  local info(funded) = 'max by (commune, site, camera, name, village, fund_kind) (camwatch_camera_info{%s,funded="%s"})' % [s, funded];
  // Cameras that are neither up nor in maintenance, with all that a row says of them.
  local rows(funded) = [
    'max by (commune, site, camera) (camwatch_camera_state{%s} != 2 != 3) * on (commune, site, camera) group_left (name, village, fund_kind) %s' % [s, info(funded)],
    'max by (commune, site, camera, cause) (camwatch_camera_cause{%s}) and on (commune, site, camera) %s' % [s, info(funded)],
    '1000 * max by (commune, site, camera) (camwatch_camera_state_since_timestamp_seconds{%(s)s} and on (commune, site, camera) camwatch_camera_state{%(s)s} != 2 != 3) and on (commune, site, camera) %(info)s' % { s: s, info: info(funded) },
  ];
  local columns(funded) = [
    { name: 'A', title: t('Trạng thái', 'State'), mappings: lib.state_mappings, width: 150 },
    { name: 'camera', title: 'Camera', links: [lib.to_camera, lib.status_camera] },
  ] + (if funded then [{ name: 'name', title: t('Tên', 'Name') }] else [{ name: 'fund_kind', title: t('Ai trả', 'Paid by'), mappings: lib.fund_kind_mappings }]) + [
    { name: 'site', title: t('Điểm lắp đặt', 'Site'), links: [lib.to_site, lib.status_site] },
    { name: 'village', title: t('Thôn, tổ dân phố', 'Village') },
    { name: 'cause', title: t('Nguyên nhân', 'Cause'), mappings: lib.cause_mappings },
    { name: 'C', title: t('Từ', 'Since'), unit: 'dateTimeFromNow' },
  ];

  lib.dashboard(
    'commune',
    t('Xã, phường', 'Commune'),
    t('Một xã: camera nào không tốt, điểm nào, thôn nào, ai đã trả tiền.', 'One commune: which cameras are not well, at which site, in which village, and who paid.'),
    ['datasource', 'job', 'commune', 'status_url'],
    [
      lib.annotation(t('Đứt đường truyền', 'Lines cut'), '(camwatch_site_up{%s} == bool 0) > 0' % s, '{{site}}', t('Điểm lắp đặt mất kết nối toàn bộ', 'The site is cut off'), 'site'),
    ],
    [
      [5, [
        [6, lib.stat(
          t('Được cấp kinh phí, mất tín hiệu', 'Funded, without signal'),
          t('Số camera được cấp kinh phí nay không có hình.', 'Funded cameras that give no picture now.'),
          lib.now(in_state([0], 'true')),
          thresholds=lib.red_from(1),
          mappings=lib.none_is_well,
        )],
        [4, lib.stat(
          t('Điểm bị cắt đường truyền', 'Sites cut off'),
          t('Điểm lắp đặt mà cả đường truyền hoặc nguồn điện bị mất.', 'Sites whose line or power is gone.'),
          lib.now('count(camwatch_site_up{%s} == 0) or vector(0)' % s),
          thresholds=lib.red_from(1),
          mappings=lib.none_is_well,
        )],
        [4, lib.stat(
          t('Được cấp kinh phí, có lỗi hoặc không xác định', 'Funded, with a fault or not known'),
          t('Có hình nhưng hình, bản ghi hoặc đồng hồ có lỗi; hoặc không nhìn thấy được.', 'With a picture and a fault in picture, recording or clock; or not seen at all.'),
          lib.now(in_state([1, 4], 'true')),
          thresholds=lib.orange_from(1),
          mappings=lib.none_is_well,
        )],
        [4, lib.stat(
          t('Được cấp kinh phí', 'Funded'),
          t('Số camera được cấp kinh phí của xã.', 'The commune\'s funded cameras.'),
          lib.now('count(camwatch_camera_info{%s,funded="true"}) or vector(0)' % s),
        )],
        [6, lib.uptime_stat(
          t('Tỷ lệ hoạt động 7 ngày', 'Uptime, 7 days'),
          t('Mọi camera của xã, số giây cộng lại.', 'All cameras of the commune, their seconds added up.') + ' ' + lib.uptime_note,
          'commune',
          s + ',window="7d"',
          'commune',
        )],
      ]],
      [10, [
        [24, lib.table(
          t('Camera được cấp kinh phí không tốt', 'Funded cameras that are not well'),
          t('Mất tín hiệu trước, rồi có lỗi, rồi không xác định. Trống là tất cả đều tốt.', 'Without signal first, then with a fault, then not known. Empty: all are well.'),
          rows('true'),
          columns(true),
          t('Trạng thái', 'State'),
          descending=false,
          hidden=['commune', 'fund_kind', if std.length(rows('true')) > 1 then 'Value #B' else 'Value'],
        )],
      ]],
      [11, [
        [12, lib.timeline(
          t('Các điểm lắp đặt theo thời gian', 'Sites over time'),
          t('Số camera được cấp kinh phí mất tín hiệu ở mỗi điểm, 40 điểm có lúc nhiều nhất.', 'Funded cameras without signal at each site, the 40 that had most at a time.'),
          lib.range('max by (site) (site:camwatch_camera_funded_dark:count{%(s)s}) and on (site) topk(40, max by (site) (max_over_time(site:camwatch_camera_funded_dark:count{%(s)s}[$__range] @ end())))' % { s: s }, '{{site}}'),
          lib.none_is_well,
          thresholds=lib.red_from(1),
        )],
        [12, lib.lines(
          t('Camera theo trạng thái', 'Cameras by state'),
          t('Mọi camera của xã.', 'All cameras of the commune.'),
          lib.range('sum by (state) (commune:camwatch_site_cameras:sum{%s})' % s, '{{state}}'),
          'none',
          stacked=true,
          overrides=lib.state_overrides,
        )],
      ]],
      [10, [
        [16, lib.table(
          t('Điểm lắp đặt', 'Sites'),
          t('50 điểm có nhiều camera không tốt nhất, với tỷ lệ hoạt động 7 ngày và thời gian lưu ngắn nhất.', 'The 50 sites with most cameras that are not well, with the uptime of 7 days and the shortest retention.') + ' ' + lib.uptime_note,
          local u = lib.uptime('site', s + ',window="7d"', 'commune, site');
          local worst = 'topk(50, sum by (commune, site) (camwatch_site_cameras{%s,state=~"dark|degraded|unknown"}))' % s;
          local of(expr) = '(%s) and on (commune, site) %s' % [expr, worst];
          [
            'max by (commune, site, name, village) (camwatch_site_info{%s}) * 0 + on (commune, site) group_left () %s' % [s, worst],
            of('sum by (commune, site) (camwatch_site_cameras{%s,state="dark"})' % s),
            of('sum by (commune, site) (camwatch_site_cameras{%s})' % s),
            of(u.least),
            of(u.most),
            of(u.coverage),
            of('min by (commune, site) (camwatch_site_retention_seconds{%s})' % s),
          ],
          [
            { name: 'site', title: t('Mã điểm', 'Site id'), links: [lib.to_site, lib.status_site] },
            { name: 'name', title: t('Điểm lắp đặt', 'Site') },
            { name: 'village', title: t('Thôn, tổ dân phố', 'Village') },
            { name: 'B', title: t('Mất tín hiệu', 'Without signal'), thresholds: lib.red_from(1) },
            { name: 'A', title: t('Không tốt', 'Not well'), thresholds: lib.orange_from(1) },
            { name: 'C', title: t('Số camera', 'Cameras') },
          ] + lib.uptime_columns(['D', 'E', 'F'], 7) + [
            { name: 'G', title: t('Lưu ngắn nhất', 'Shortest retention'), unit: 'dtdurations', decimals: 0 },
          ],
          t('Không tốt', 'Not well'),
          hidden=['commune'],
        )],
        [8, lib.bars(
          t('Mất tín hiệu theo thôn', 'Without signal by village'),
          t('Số camera mất tín hiệu ở mỗi thôn, mọi nguồn kinh phí.', 'Cameras without signal in each village, whoever paid.'),
          lib.now('sort_desc(sum by (village) ((camwatch_camera_state{%(s)s} == bool 0) * on (site, camera) group_left (village) camwatch_camera_info{%(s)s}))' % { s: s }, '{{village}}'),
          thresholds=lib.red_from(1),
        )],
      ]],
      [9, [
        [8, lib.table(
          t('Ai trả tiền', 'Who paid'),
          t('Camera theo loại nguồn kinh phí.', 'Cameras by the kind of fund.'),
          [
            'count by (fund_kind) (camwatch_camera_info{%s})' % s,
            'sum by (fund_kind) ((camwatch_camera_state{%(s)s} == bool 0) * on (site, camera) group_left (fund_kind) camwatch_camera_info{%(s)s})' % { s: s },
          ],
          [
            { name: 'fund_kind', title: t('Nguồn kinh phí', 'Fund'), mappings: lib.fund_kind_mappings },
            { name: 'B', title: t('Mất tín hiệu', 'Without signal'), thresholds: lib.red_from(1) },
            { name: 'A', title: t('Số camera', 'Cameras') },
          ],
          t('Mất tín hiệu', 'Without signal'),
        )],
        [16, lib.table(
          t('Camera khác không tốt', 'Other cameras that are not well'),
          t('Của hộ gia đình, doanh nghiệp, trường học, cơ quan: ghi lại và báo cáo, không báo trực. Nhiều nhất 200.', 'Of households, companies, schools and agencies: recorded and reported, nobody is paged. 200 at most.'),
          ['topk(200, %s)' % rows('false')[0], rows('false')[1], rows('false')[2]],
          columns(false),
          t('Trạng thái', 'State'),
          descending=false,
          hidden=['commune', 'name', 'Value #B'],
        )],
      ]],
    ],
    more_links=[lib.open(t('Toàn hệ thống', 'Fleet'), 'fleet')],
  )
