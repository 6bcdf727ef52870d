//! Vietnamese.

use super::catalogue::{Advice, Catalogue, Count, Matter, Sentences};
use crate::judgement::event::IncidentScope;
use crate::observation::Cause;

pub(super) const CATALOGUE: Catalogue = Catalogue { sentences: SENTENCES, advice };

const SENTENCES: Sentences = Sentences {
    dark: "Mất tín hiệu",
    picture: "Hình ảnh có lỗi",
    recording: "Lỗi lưu hình",
    clock: "Sai đồng hồ",
    access: "Không đăng nhập được",
    unseen: "Không kiểm tra được",
    monitor: "Hệ thống giám sát có lỗi",
    flapping: "Chập chờn",
    restored: "Đã khôi phục",
    reminder: "Nhắc lại, {heading}",
    escalation: "Chưa ai xác nhận, {heading}",
    a_camera: "camera {name}",
    a_recorder: "đầu ghi {name}",
    a_site: "{name}",
    an_area: "toàn {name}",
    the_monitor: "máy chủ giám sát",
    on_day: "{time} ngày {day}",
    since: "từ {time}",
    since_for: "từ {time}, đã {length}",
    span: "từ {from} đến {to}, {length}",
    short_span: "{from}-{to}",
    minutes: Count::same("{n} phút"),
    hours: Count::same("{n} giờ"),
    hours_minutes: "{hours} {minutes}",
    days: Count::same("{n} ngày"),
    under_a_minute: "chưa đến 1 phút",
    cameras: Count::same("{n} camera"),
    cameras_of: "{n}/{of} camera",
    more_cameras: Count::same("và {n} camera khác"),
    more_matters: Count::same("và {n} sự cố khác"),
    matters: Count::same("{n} sự cố"),
    place: "Nơi: {place}",
    likely: "Có thể: {likely}",
    first: "Việc đầu tiên: {first}",
    names: "Camera: {names}",
    flapping_held: "Lúc mất lúc có nhiều lần; tin lẻ được giữ lại cho đến khi ổn định.",
    taken_by: "Người nhận: {who}",
    confirm: "Xác nhận: OK {number}",
    confirm_each: "Xác nhận từng việc: OK và số trong ngoặc, ví dụ OK {number}",
    storm: "Mất trên diện rộng: {what}",
    storm_over: "Đã khôi phục: {what}",
    digest: "Tổng hợp: {what}",
    open_now: "Đang còn:",
    over: "Đã hết:",
    each_numbered: "[{number}] {line}",
    gap: "Không có người trực ({role}): {place}",
    gap_span: "Trống lịch từ {from} đến {to}; sự cố lúc đó sẽ không có ai nhận tin.",
    gap_first: "bổ sung người vào lịch trực.",
    role_officer: "cán bộ",
    role_it: "IT",
    channel: "Kênh {channel} không gửi được tin",
    channel_why: "Lý do: {why}",
    channel_first: "sửa kênh này; trong lúc chờ, tin đi theo kênh kế tiếp của mỗi người.",
    unfunded: "{fund}: {what} mất tín hiệu",
    unfunded_note: "Các camera này không thuộc diện báo trực; tin này gửi một lần mỗi ngày.",
    test: "Tin thử của camwatch",
    test_text: "Gửi lúc {time}. Nhận được tin này là kênh hoạt động; không cần làm gì.",
    short_confirm: "Xac nhan: OK {number}",
    short_confirm_each: "Xac nhan: OK + so",
    short_cameras_of: "{n}/{of} cam",
    short_cameras: "{n} cam",
};

const fn say(name: &'static str, likely: &'static str, first: &'static str) -> Advice {
    Advice { name, likely, first }
}

fn advice(matter: Matter, scope: IncidentScope, cause: Cause) -> Advice {
    match (matter, scope) {
        (Matter::Dark, IncidentScope::Site) => {
            return say(
                "mất tín hiệu",
                "mất điện, đứt cáp hoặc mất Internet tại điểm này.",
                "hỏi người gần đó có mất điện không; xem đèn nguồn và đèn mạng trong tủ.",
            );
        }
        (Matter::Dark, IncidentScope::Area) => {
            return say(
                "mất tín hiệu",
                "mất điện diện rộng hoặc hỏng đường truyền chung của cả xã.",
                "hỏi điện lực và nhà mạng; xem thiết bị mạng ở trụ sở.",
            );
        }
        (Matter::Dark, IncidentScope::Recorder) => {
            return say(
                "mất tín hiệu",
                "đầu ghi mất điện, treo hoặc rơi khỏi mạng.",
                "xem đèn nguồn và dây mạng của đầu ghi; nếu treo thì khởi động lại.",
            );
        }
        _ => {}
    }
    of_cause(cause, matter == Matter::Monitor)
}

#[expect(clippy::too_many_lines, reason = "one entry a cause")]
fn of_cause(cause: Cause, of_monitor: bool) -> Advice {
    match cause {
        Cause::Dns => say(
            "không tìm ra địa chỉ",
            "tên máy của camera không tra được: lỗi DNS hoặc cấu hình.",
            "báo IT kiểm tra DNS và địa chỉ camera.",
        ),
        Cause::Unreachable => say(
            "không có đường mạng",
            "mất điện, đứt cáp hoặc hỏng thiết bị mạng trên đường tới camera.",
            "xem điện và đèn mạng tại chỗ.",
        ),
        Cause::Refused => say(
            "từ chối kết nối",
            "camera có điện, có mạng nhưng không nhận kết nối: đang khởi động lại hoặc bị treo.",
            "chờ 5 phút; nếu vẫn vậy thì tắt bật nguồn camera.",
        ),
        Cause::ConnectTimeout => {
            say("không trả lời", "camera mất điện, lỏng dây hoặc đứt cáp.", "xem nguồn điện và dây mạng của camera.")
        }
        Cause::Reset => say("ngắt kết nối", "camera bị treo hoặc quá tải.", "tắt bật nguồn camera."),
        Cause::NotRtsp => say(
            "thiết bị lạ trả lời",
            "trùng địa chỉ IP, hoặc camera đã đổi cổng.",
            "báo IT kiểm tra địa chỉ và cổng của camera.",
        ),
        Cause::RtspTimeout => say("bị treo", "camera nhận kết nối rồi không trả lời nữa.", "tắt bật nguồn camera."),
        Cause::RtspError => say(
            "camera báo lỗi",
            "camera báo lỗi khi được yêu cầu gửi hình.",
            "tắt bật nguồn camera; nếu lặp lại thì báo kỹ thuật.",
        ),
        Cause::NotFound => say(
            "không có luồng hình",
            "đường dẫn luồng hình không còn đúng: camera hoặc đầu ghi đã đổi cấu hình.",
            "báo IT so lại đường dẫn RTSP.",
        ),
        Cause::Tls => say(
            "chứng chỉ không khớp",
            "chứng chỉ bảo mật của camera đã đổi hoặc hết hạn.",
            "hỏi có ai vừa thay thiết bị không; nếu không thì báo IT ngay.",
        ),
        Cause::NoMedia => say(
            "không gửi hình",
            "camera trả lời nhưng không gửi hình.",
            "tắt bật nguồn camera; xem dây từ camera tới đầu ghi.",
        ),
        Cause::NoKeyframe => say(
            "hình không trọn vẹn",
            "đường truyền yếu hoặc camera cài đặt nén sai.",
            "xem đường truyền; nếu tốt thì báo kỹ thuật.",
        ),
        Cause::UnsupportedCodec => say(
            "kiểu nén lạ",
            "camera gửi hình bằng kiểu nén không dùng được.",
            "báo kỹ thuật đổi sang H.264 hoặc H.265.",
        ),
        Cause::Unauthorized => say(
            "sai tài khoản",
            "mật khẩu của camera đã đổi, hoặc tài khoản bị khóa.",
            "báo IT cập nhật mật khẩu; đừng thử nhiều lần kẻo bị khóa.",
        ),
        Cause::Busy => say("hết lượt xem", "đã đủ số người xem cùng lúc.", "đóng bớt phần mềm đang xem camera này."),
        Cause::Incompatible => say(
            "không đọc được",
            "camera trả lời nhưng hệ thống giám sát không đọc được luồng hình.",
            "gửi hãng, kiểu và phiên bản phần mềm của camera cho IT.",
        ),
        Cause::Slow => {
            say("hình giật", "đường truyền chậm hoặc camera quá tải.", "xem đường truyền và số người đang xem.")
        }
        Cause::Lossy => say("hình vỡ", "đường truyền mất gói.", "xem dây mạng, đầu nối và sóng không dây."),
        Cause::Black => {
            say("hình đen", "ban đêm không bật hồng ngoại, hoặc hỏng cảm biến.", "xem đèn hồng ngoại và ống kính.")
        }
        Cause::Frozen => say("hình đứng", "camera hoặc đầu ghi bị treo.", "tắt bật nguồn camera."),
        Cause::Covered => say("bị che", "ống kính bị che hoặc bị bẩn.", "đến xem và lau ống kính."),
        Cause::Blurred => say("hình mờ", "ống kính bẩn, đọng nước hoặc lệch tiêu cự.", "lau và chỉnh lại ống kính."),
        Cause::Moved => {
            say("lệch góc quay", "camera bị xoay hoặc xô lệch.", "đến chỉnh lại góc quay; hỏi có ai động vào không.")
        }
        Cause::Overexposed => say("lóa sáng", "đèn hoặc nắng chiếu thẳng vào ống kính.", "xem hướng sáng và cài đặt."),
        Cause::ClockWrong if of_monitor => say(
            "sai đồng hồ",
            "đồng hồ của máy chủ giám sát không đồng bộ.",
            "kiểm tra đồng bộ giờ (NTP) của máy chủ; số liệu từ lúc này có thể sai giờ.",
        ),
        Cause::ClockWrong => say(
            "sai đồng hồ",
            "pin đồng hồ yếu hoặc chưa đặt đồng bộ giờ; hình lưu sẽ ghi sai giờ.",
            "đặt lại giờ và bật đồng bộ giờ (NTP).",
        ),
        Cause::NotRecording => say(
            "không ghi hình",
            "đầu ghi ngừng ghi: ổ đĩa đầy hoặc hỏng, hoặc lịch ghi bị tắt.",
            "xem ổ đĩa và lịch ghi trên đầu ghi.",
        ),
        Cause::RetentionShort => say(
            "lưu thiếu ngày",
            "ổ đĩa không đủ chỗ cho số ngày phải lưu.",
            "xem dung lượng ổ đĩa, độ phân giải và tốc độ ghi.",
        ),
        Cause::RecordingGap => {
            say("khuyết đoạn ghi", "có lúc camera hoặc đầu ghi không ghi.", "xem các ngày bị khuyết trên đầu ghi.")
        }
        Cause::DiskFailed => {
            say("hỏng ổ đĩa", "ổ đĩa của đầu ghi hỏng, sắp hỏng hoặc bị rút.", "báo kỹ thuật thay ổ; sao hình cần giữ.")
        }
        Cause::MonitorOffline => say(
            "mất Internet",
            "máy chủ giám sát bị mất mạng; tình trạng camera lúc này không rõ.",
            "xem mạng nơi đặt máy chủ giám sát.",
        ),
        Cause::MonitorDown if of_monitor => say(
            "ngừng chạy",
            "máy chủ giám sát đã ngừng một thời gian; tình trạng camera lúc đó không rõ.",
            "xem máy chủ giám sát có bị tắt hay quá tải không.",
        ),
        Cause::MonitorDown => say(
            "không có số liệu",
            "camera này không được kiểm tra một thời gian.",
            "báo IT xem máy chủ giám sát có quá tải không.",
        ),
    }
}
