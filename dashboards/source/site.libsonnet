// One site: what one cut cable darkens. Its line, its cameras one by one, its recorders and disks.
function(lib)
  local t = lib.t;
  local s = 'job=~"$job",commune="$commune",site="$site"';

  lib.dashboard(
    'site',
    t('Điểm lắp đặt', 'Site'),
    t('Một điểm lắp đặt: đường truyền hay từng camera, đầu ghi, ổ đĩa.', 'One site: is it the line or a camera; its recorders and disks.'),
    ['datasource', 'job', 'commune', 'site', 'status_url'],
    [
      lib.annotation(t('Đứt đường truyền', 'Lines cut'), '(camwatch_site_up{%s} == bool 0) > 0' % s, '{{site}}', t('Điểm lắp đặt mất kết nối toàn bộ', 'The site is cut off'), 'site'),
      lib.annotation(t('Camera mất tín hiệu', 'Cameras without signal'), '(camwatch_camera_up{%s} == bool 0) > 0' % s, '{{camera}}', '', 'camera', color='orange'),
    ],
    [
      [5, [
        [5, lib.stat(
          t('Đường truyền', 'Line'),
          t('Bị cắt khi có sự cố của điểm hoặc của cả xã; không có số khi chính máy giám sát mất mạng.', 'Cut while an incident of the site or its commune is open; absent while the monitor itself is cut off.'),
          lib.now('min(camwatch_site_up{%s})' % s),
          thresholds=lib.red_under(1),
          mappings=lib.means([[0, t('bị cắt', 'cut'), 'red'], [1, t('thông', 'works'), 'green']]),
        )],
        [5, lib.stat(
          t('Camera mất tín hiệu', 'Cameras without signal'),
          t('Mọi camera của điểm.', 'All cameras of the site.'),
          lib.now('sum(camwatch_site_cameras{%s,state="dark"}) or vector(0)' % s),
          thresholds=lib.red_from(1),
          mappings=lib.none_is_well,
        )],
        [4, lib.stat(
          t('Số camera', 'Cameras'),
          t('Mọi camera của điểm, ở mọi trạng thái.', 'All cameras of the site, whatever their state.'),
          lib.now('sum(camwatch_site_cameras{%s})' % s),
        )],
        [4, lib.stat(
          t('Đầu ghi', 'Recorders'),
          t('Đầu ghi có trả lời lần hỏi gần nhất không. Không có số: không có đầu ghi, hoặc chưa biết.', 'Whether every recorder answered its last poll. No figure: there is none, or nothing is known of it.'),
          lib.now('min(camwatch_recorder_up{%s}) or vector(-1)' % s),
          thresholds=lib.steps([[null, 'transparent'], [0, 'red'], [1, 'green']]),
          mappings=lib.means([[-1, t('chưa biết', 'not known'), '#8e8e8e'], [0, t('không trả lời', 'no answer'), 'red'], [1, t('trả lời', 'answers'), 'green']]),
        )],
        [6, lib.uptime_stat(
          t('Tỷ lệ hoạt động 7 ngày', 'Uptime, 7 days'),
          t('Mọi camera của điểm, số giây cộng lại.', 'All cameras of the site, their seconds added up.') + ' ' + lib.uptime_note,
          'site',
          s + ',window="7d"',
          'commune, site',
        )],
      ]],
      [11, [
        [24, lib.timeline(
          t('Trạng thái từng camera', 'State of each camera'),
          t('Nhiều camera đổi màu cùng lúc: đường truyền hoặc nguồn điện. Chỉ một: chính camera đó.', 'Many that change together: the line or the power. One alone: that camera.'),
          lib.range('max by (camera) (camwatch_camera_state{%s})' % s, '{{camera}}'),
          lib.state_mappings,
          data_links=[{
            title: t('Mở camera', 'Open the camera'),
            url: '/d/' + lib.uid('camera') + '?${datasource:queryparam}&${job:queryparam}&${__url_time_range}&var-commune=${commune}&var-site=${site}&var-camera=${__field.labels.camera}',
          }],
        )],
      ]],
      [10, [
        [24, lib.table(
          t('Camera', 'Cameras'),
          t('Trạng thái, nguyên nhân, lần kiểm tra và khung hình gần nhất của từng camera.', 'State, cause, last probe and last frame of each camera.'),
          [
            'max by (commune, site, camera) (camwatch_camera_state{%(s)s}) * on (commune, site, camera) group_left (name, funded, codec, resolution) max by (commune, site, camera, name, funded, codec, resolution) (camwatch_camera_info{%(s)s})' % { s: s },
            'max by (commune, site, camera, cause) (camwatch_camera_cause{%s})' % s,
            '1000 * max by (commune, site, camera) (camwatch_camera_state_since_timestamp_seconds{%s})' % s,
            '1000 * max by (commune, site, camera) (camwatch_camera_last_probe_timestamp_seconds{%s})' % s,
            '1000 * max by (commune, site, camera) (camwatch_camera_last_frame_timestamp_seconds{%s})' % s,
            'max by (commune, site, camera) (camwatch_stream_frames_per_second{%s})' % s,
            'max by (commune, site, camera) (camwatch_stream_bytes_per_second{%s})' % s,
          ],
          [
            { name: 'A', title: t('Trạng thái', 'State'), mappings: lib.state_mappings, width: 150 },
            { name: 'camera', title: 'Camera', links: [lib.to_camera, lib.status_camera] },
            { name: 'name', title: t('Tên', 'Name') },
            { name: 'funded', title: t('Được cấp kinh phí', 'Funded'), mappings: lib.yes_no },
            { name: 'cause', title: t('Nguyên nhân', 'Cause'), mappings: lib.cause_mappings },
            { name: 'C', title: t('Từ', 'Since'), unit: 'dateTimeFromNow' },
            { name: 'D', title: t('Kiểm tra', 'Last probe'), unit: 'dateTimeFromNow' },
            { name: 'E', title: t('Khung hình', 'Last frame'), unit: 'dateTimeFromNow' },
            { name: 'F', title: t('Hình/giây', 'Frames/s'), decimals: 1 },
            { name: 'G', title: t('Băng thông', 'Bit rate'), unit: 'Bps' },
            { name: 'codec', title: 'Codec' },
            { name: 'resolution', title: t('Độ phân giải', 'Resolution') },
          ],
          t('Trạng thái', 'State'),
          descending=false,
          hidden=['commune', 'site', 'Value #B'],
        )],
      ]],
      [9, [
        [8, lib.lines(
          t('Nghi ngờ đường truyền', 'Suspicion of the line'),
          t('Camera mất tín hiệu trong cùng 5 phút, so với số camera của điểm. Gần bằng nhau: đường truyền hoặc nguồn điện.', 'Cameras that went dark within the same 5 minutes, against all of the site. Close together: the line or the power.'),
          [
            lib.range('count(time() - camwatch_camera_state_since_timestamp_seconds{%(s)s} < 300 and camwatch_camera_state{%(s)s} == 0) or vector(0)' % { s: s }, t('mới mất tín hiệu', 'newly without signal')),
            lib.range('sum(camwatch_site_cameras{%s})' % s, t('số camera', 'cameras')),
          ],
          'none',
        )],
        [8, lib.lines(
          t('Thời gian kiểm tra', 'Time of a probe'),
          t('Cả nhóm cùng chậm dần: đường truyền yếu.', 'All slower together: a weak line.'),
          lib.range('max by (camera) (camwatch_camera_probe_seconds{%s})' % s, '{{camera}}'),
          's',
        )],
        [8, lib.lines(
          t('Băng thông', 'Bit rate'),
          t('Luồng hình của từng camera như lần kiểm tra gần nhất thấy.', 'The stream of each camera as its last probe saw it.'),
          lib.range('max by (camera) (camwatch_stream_bytes_per_second{%s})' % s, '{{camera}}'),
          'Bps',
        )],
      ]],
      [8, [
        [12, lib.table(
          t('Ổ đĩa', 'Disks'),
          t('Ổ đĩa của các đầu ghi ở điểm này. Đầy là bình thường: đầu ghi ghi đè.', 'Disks of the site\'s recorders. Full is normal: a recorder overwrites.'),
          [
            'min by (recorder, disk) (camwatch_recorder_disk_healthy{%s})' % s,
            'max by (recorder, disk) (camwatch_recorder_disk_capacity_bytes{%s})' % s,
            'max by (recorder, disk) (camwatch_recorder_disk_free_bytes{%s})' % s,
          ],
          [
            { name: 'recorder', title: t('Đầu ghi', 'Recorder') },
            { name: 'disk', title: t('Ổ đĩa', 'Disk') },
            { name: 'A', title: t('Tình trạng', 'Health'), mappings: lib.means([[0, t('hỏng', 'failed'), 'red'], [1, t('tốt', 'sound'), 'green']]) },
            { name: 'B', title: t('Dung lượng', 'Capacity'), unit: 'decbytes' },
            { name: 'C', title: t('Còn trống', 'Free'), unit: 'decbytes' },
          ],
          t('Tình trạng', 'Health'),
          descending=false,
        )],
        [12, lib.bars(
          t('Hình ghi còn lưu, so với yêu cầu', 'Retention, against what is required'),
          t('Bản ghi của từng camera lùi xa được bao nhiêu phần thời gian phải lưu.', 'How much of the required time the recordings of each camera reach back.'),
          lib.now('sort(clamp_max(max by (camera) (camwatch_camera_retention_seconds{%(s)s}) / max by (camera) (camwatch_camera_retention_required_seconds{%(s)s}), 1))' % { s: s }, '{{camera}}'),
          unit='percentunit',
          thresholds=lib.held_steps,
          defaults={ max: 1, decimals: 0 },
          links=[lib.open(t('Mở bảng lưu trữ', 'Open retention'), 'retention', '&var-commune=${commune}')],
        )],
      ]],
    ],
    more_links=[
      lib.open(t('Lên xã', 'Up to the commune'), 'commune', '&var-commune=${commune}'),
      lib.panel_link(t('Trang trạng thái của điểm', 'Status page of the site'), '${status_url:raw}/sites/${site}', blank=true),
    ],
  )
