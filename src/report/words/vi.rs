//! Vietnamese, in the manner of administrative texts.

use super::{Columns, Commune, Funder, Legend, Names, Notes, Notice, Province, Site, Units, Words};
use crate::inventory::FundKind;
use crate::ledger::retention::RetentionState;
use crate::observation::State;

pub(super) const WORDS: Words = Words {
    unit: UNITS,
    name: NAMES,
    column: COLUMNS,
    note: NOTES,
    legend: Legend {
        up: "hoạt động",
        degraded: "hoạt động, có lỗi",
        dark: "mất tín hiệu",
        unknown: "không xác định",
        maintenance: "bảo trì theo kế hoạch",
        out_of_service: "không sử dụng",
    },
    funder: FUNDER,
    commune: COMMUNE,
    notice: NOTICE,
    province: PROVINCE,
    site: SITE,
};

const UNITS: Units = Units {
    hours_minutes: |hours, minutes| format!("{hours} giờ {minutes} phút"),
    minutes: |minutes| format!("{minutes} phút"),
    under_a_minute: "chưa đến 1 phút",
    hours: |hours| format!("{hours} giờ"),
    days_of: |held, required| format!("{held}/{required} ngày"),
    missing_days: |_, days| format!("khuyết {days} ngày"),
    cameras: |_, cameras| format!("{cameras} camera"),
    sites: |_, sites| format!("{sites} điểm lắp đặt"),
    sources: |_, sources| format!("{sources} nguồn"),
    millions: |amount| format!("{amount} triệu đồng"),
    money: |amount| format!("{amount} đồng"),
    range: |from, to| format!("từ {from} đến {to}"),
    month: |year, month| format!("tháng {month}/{year}"),
};

const NAMES: Names = Names {
    state: |state| match state {
        State::Up => "hoạt động",
        State::Degraded => "hoạt động, có lỗi",
        State::Dark => "mất tín hiệu",
        State::Unknown => "không xác định",
        State::Maintenance => "bảo trì",
    },
    out_of_service: "không sử dụng",
    retention: |state| match state {
        RetentionState::Off => "không đặt ghi hình",
        RetentionState::Unknown => "không xác định",
        RetentionState::NotRecording => "không ghi hình",
        RetentionState::Gaps => "khuyết ngày",
        RetentionState::Filling => "đang ghi thêm",
        RetentionState::Short => "chưa đủ ngày",
        RetentionState::Compliant => "đủ ngày",
    },
    not_required: "không yêu cầu",
    fund_kind: |kind| match kind {
        FundKind::Commune => ("Nguồn của xã", "Nguồn của xã"),
        FundKind::Household => ("Hộ gia đình", "Hộ gia đình"),
        FundKind::Company => ("Doanh nghiệp", "Doanh nghiệp"),
        FundKind::School => ("Trường học", "Trường học"),
        FundKind::Agency => ("Cơ quan", "Cơ quan"),
        FundKind::State => ("Ngân sách nhà nước", "Ngân sách nhà nước"),
    },
    several: |name, n| format!("{name} ({n} nguồn)"),
    no_village: "Chưa ghi thôn",
    recorder: |id| format!("Đầu ghi {id}"),
    camera_of_site: |camera, site| format!("{camera} ({site})"),
    by_camera: "do camera",
    by_line: "do điện, đường truyền",
    by_recorder: "do đầu ghi",
    by_unknown: "chưa rõ nguyên nhân",
    total: "Tổng cộng",
    nobody_said: "—",
    not_over: "chưa xong",
};

const COLUMNS: Columns = Columns {
    camera: "Camera",
    cameras: "Số camera",
    site: "Điểm lắp đặt",
    village: "Thôn, tổ dân phố",
    commune: "Xã, phường",
    fund: "Nguồn kinh phí",
    amount: "Số tiền (đồng)",
    amount_millions: "Triệu đồng",
    your_part: "Phần của quý vị (đồng)",
    uptime: "Tỷ lệ hoạt động",
    coverage: "Độ phủ dữ liệu",
    uptime_and_coverage: "Tỷ lệ hoạt động (độ phủ)",
    dark: "Mất tín hiệu",
    dark_at_end: "Đang mất tín hiệu",
    working_at_end: "Đang hoạt động",
    at_end: "Cuối kỳ",
    recordings: "Hình ghi còn lưu",
    recordings_enough: "Lưu đủ ngày",
    cost_of_hour: "Chi phí mỗi giờ",
    cause: "Nguyên nhân",
    share: "Tỷ lệ",
    others: "Cùng đóng góp",
    what: "Sự việc tại",
    from: "Từ",
    to: "Đến",
    length: "Kéo dài",
    taken_on: "Người trực nhận",
    over: "Khắc phục xong",
    incidents: "Sự cố đã xong / tổng",
    month: "Tháng",
    before: "Đã báo cáo",
    after: "Nay điều chỉnh",
    made: "Ngày điều chỉnh",
};

const NOTES: Notes = Notes {
    observed: |coverage| format!("quan sát được {coverage} thời gian"),
    range_because: |coverage| format!("ghi thành khoảng vì chỉ quan sát được {coverage} thời gian"),
    range_running: |coverage| {
        format!("ghi thành khoảng vì tháng chưa kết thúc, mới quan sát được {coverage} thời gian của tháng")
    },
    nothing_observed: "không có số liệu: không quan sát được",
    only_maintenance: "không có số liệu: bảo trì suốt thời gian",
    not_in_service: "không có số liệu: không sử dụng trong tháng",
    target: |target| format!("mục tiêu {target}"),
    target_mark: "mục tiêu",
    required_mark: "yêu cầu",
    running: |end| format!("Tháng đang chạy, số liệu tạm tính đến {end}."),
    running_nothing: "Tháng đang chạy, chưa có số liệu.",
    record_ends: |end| format!("Số liệu tháng này chỉ ghi được đến {end}; sau đó không xác định."),
    record_nothing: "Tháng này không ghi được số liệu.",
    ranges: "Nơi nào quan sát được dưới 95 % thời gian thì tỷ lệ hoạt động ghi thành khoảng: từ phần chắc chắn hoạt động \
             đến phần có thể đã hoạt động.",
    how_counted: "Tỷ lệ hoạt động là phần thời gian camera có hình trong thời gian quan sát được, không tính bảo trì đã \
                  báo trước. Lúc không quan sát được thì không tính là tốt hay xấu; khi quan sát được dưới 95 % thời \
                  gian, số liệu ghi thành khoảng từ thấp nhất đến cao nhất.",
    how_counted_long: &[
        "Mỗi giây camera trong thời gian sử dụng được tính vào đúng một trạng thái: hoạt động; hoạt động, có lỗi; mất tín \
         hiệu; không xác định; bảo trì theo kế hoạch.",
        "Tỷ lệ hoạt động = (hoạt động + hoạt động, có lỗi) / (hoạt động + hoạt động, có lỗi + mất tín hiệu). Độ phủ dữ \
         liệu = (hoạt động + hoạt động, có lỗi + mất tín hiệu) / (thời gian sử dụng − bảo trì).",
        "Nơi độ phủ dữ liệu dưới 95 %, tỷ lệ hoạt động ghi thành khoảng: từ (hoạt động + hoạt động, có lỗi) đến (hoạt \
         động + hoạt động, có lỗi + không xác định), chia cho (thời gian sử dụng − bảo trì).",
        "Số liệu của nhiều camera là tổng số giây của từng camera, không phải trung bình của các tỷ lệ. Tỷ lệ lấy hai số \
         lẻ, bỏ phần sau, không làm tròn lên; chỉ ghi 100 % khi không có giây nào mất tín hiệu.",
        "Bảo trì theo kế hoạch là bảo trì đã báo trước, không tính vào tỷ lệ hoạt động. Thời gian mất tín hiệu tính từ \
         lần kiểm tra đầu tiên không có tín hiệu đến lần đầu tiên có lại tín hiệu.",
    ],
    footer: |month, made| format!("Báo cáo {month} · dữ liệu do camwatch ghi · lập lúc {made}"),
    amendments: "Điều chỉnh",
    amendments_lead: "Số liệu của các tháng đã chốt sau đây được điều chỉnh sau khi chốt. Số đã báo cáo giữ nguyên, bên \
                      cạnh là số nay điều chỉnh: tỷ lệ hoạt động (độ phủ dữ liệu); thời gian mất tín hiệu.",
    no_amendments: "Không có tháng đã chốt nào được điều chỉnh.",
    no_outages: "Trong tháng không có camera nào mất tín hiệu.",
    outages_left_out: |n, length| {
        format!("Ngoài ra còn {n} lần khác, cộng {length} mất tín hiệu; bảng tính kèm theo ghi đủ từng lần.")
    },
    and_more: |_, n| format!("và {n} mục khác"),
    strips: "Từng camera, từng ngày; cuối dòng là tỷ lệ hoạt động (độ phủ dữ liệu)",
    recordings_bars: "Hình ghi: số ngày có thể xem lại",
    uptime_bars: "Tỷ lệ hoạt động (độ phủ dữ liệu)",
    planned: |days, length| format!("Bảo trì theo kế hoạch ngày {days}: {length}, cộng thời gian của các camera."),
    moment_of_end: |end| format!("lúc {end}"),
    month_end: "vào cuối tháng",
};

const FUNDER: Funder = Funder {
    title: |month| format!("Báo cáo camera {month}"),
    subtitle: |fund| format!("Kính gửi: {fund}"),
    paid: |cameras| format!("Quý vị đã đóng góp cho {cameras}."),
    paid_amount: |amount, cameras| format!("Quý vị đã đóng góp {amount} cho {cameras}."),
    in_service: |cameras| format!("Trong tháng sử dụng {cameras}."),
    since: |day| format!("Đưa vào vận hành từ ngày {day}."),
    since_between: |first, last| format!("Camera đầu tiên đưa vào vận hành ngày {first}, camera gần nhất ngày {last}."),
    no_cameras: "Báo cáo tháng này không có camera nào của quý vị.",
    working: "Đang hoạt động",
    uptime: "Tỷ lệ hoạt động",
    dark: "Mất tín hiệu",
    dark_note: |cameras| format!("cộng thời gian của {cameras}"),
    recordings: "Lưu hình đủ ngày",
    recordings_note: "trên số camera biết được hình ghi",
    what_went_wrong: "Trục trặc trong tháng và việc đã làm",
    nothing_went_wrong: "Trong tháng không có trục trặc nào.",
    money_heading: "Số tiền của quý vị",
    average: |amount| format!("Bình quân mỗi camera hết {amount}."),
    hour: |cost, months, hours| {
        format!(
            "Mỗi giờ camera hoạt động tốn {cost}: lấy số tiền quý vị đóng góp chia đều cho {months} tháng sử dụng, rồi \
             chia cho {hours} hoạt động ghi nhận được trong tháng."
        )
    },
    hour_running: "Chi phí cho mỗi giờ camera hoạt động được tính khi hết tháng.",
    hour_unknown: "Không tính được chi phí cho mỗi giờ hoạt động vì không ghi nhận được giờ hoạt động nào.",
    shared: "Camera do nhiều nguồn cùng đóng góp: chi phí và số giờ được chia theo số tiền của mỗi nguồn.",
    amounts_unknown: |cameras| format!("Có {cameras} chưa biết đủ số tiền đã chi."),
};

const COMMUNE: Commune = Commune {
    title: |month| format!("Báo cáo kết quả hoạt động hệ thống camera an ninh {month}"),
    translation: "Bản để tham khảo.",
    draft: "DỰ THẢO",
    number: |body| format!("Số:      /BC-{body}"),
    place_and_date: |place, month, year| format!("{place}, ngày      tháng {month} năm {year}"),
    kind: "BÁO CÁO",
    subject: |month| format!("Kết quả hoạt động hệ thống camera an ninh tháng {month}"),
    addressee: |superior| format!("Kính gửi: {superior}"),
    issuer: |commune| format!("Ủy ban nhân dân {commune}"),
    situation: "I. TÌNH HÌNH CHUNG",
    situation_text: |month, commune, cameras, sites| {
        format!("Trong tháng {month}, trên địa bàn {commune} có {cameras} an ninh được sử dụng tại {sites}.")
    },
    situation_money: |funds, amount| format!("Kinh phí lắp đặt do {funds} đóng góp, tổng số {amount}."),
    situation_added: |cameras| format!("Trong tháng đưa vào vận hành {cameras}."),
    situation_removed: |cameras| format!("Trong tháng ngừng sử dụng {cameras}."),
    situation_observed: |coverage| {
        format!("Hệ thống được theo dõi tự động, độ phủ dữ liệu đạt {coverage} thời gian sử dụng.")
    },
    results: "II. KẾT QUẢ HOẠT ĐỘNG",
    by_village: "1. Theo thôn, tổ dân phố",
    by_fund: "2. Theo nguồn kinh phí",
    shared_note: "Camera do nhiều nguồn đóng góp được tính ở dòng của mỗi nguồn; số tiền là của riêng từng nguồn. Chi phí \
                  mỗi giờ là số tiền đóng góp chia đều cho thời gian sử dụng, rồi chia cho số giờ hoạt động tính theo \
                  phần đóng góp.",
    troubles: "III. TỒN TẠI, NGUYÊN NHÂN",
    dark_total: |length| format!("Tổng thời gian mất tín hiệu, cộng tất cả camera, là {length}."),
    by_cause: "Thời gian mất tín hiệu theo nguyên nhân",
    worst: "Các camera mất tín hiệu lâu nhất",
    nothing_dark: "Trong tháng không có camera nào mất tín hiệu.",
    short_recordings: "Hình ghi bị thiếu hoặc chưa đủ số ngày phải lưu",
    short_recordings_more: |cameras| format!("Ngoài ra còn {cameras}, xem phụ lục."),
    short_recordings_none: "Các camera biết được hình ghi đều lưu đủ số ngày theo yêu cầu.",
    short_recordings_unknown: |cameras| format!("Chưa xác định được hình ghi của {cameras}."),
    proposals: "IV. PHƯƠNG HƯỚNG, KIẾN NGHỊ",
    proposals_lead: "Căn cứ số liệu trong tháng, kiến nghị:",
    repair: |names| format!("Kiểm tra các camera mất tín hiệu trên 24 giờ do bản thân camera: {names}."),
    repair_dark: |end, names| format!("Sửa chữa các camera còn mất tín hiệu {end}: {names}."),
    lines: |names| format!("Làm việc với đơn vị cung cấp điện, đường truyền về các điểm: {names}."),
    recorders: |names| format!("Kiểm tra các đầu ghi: {names}."),
    disks: |names| format!("Kiểm tra đầu ghi, ổ cứng tại các điểm có hình ghi bị thiếu hoặc chưa đủ ngày: {names}."),
    monitor: |coverage| {
        format!("Kiểm tra máy chủ giám sát và quyền truy cập camera: độ phủ dữ liệu chỉ đạt {coverage} thời gian.")
    },
    nothing_to_do: "Số liệu trong tháng không cho thấy việc nào phải xử lý.",
    closing: |month| format!("Trên đây là báo cáo kết quả hoạt động hệ thống camera an ninh tháng {month}./."),
    annex: "PHỤ LỤC",
    annex_of: |month| {
        format!("Số liệu chi tiết (kèm theo Báo cáo kết quả hoạt động hệ thống camera an ninh tháng {month})")
    },
    annex_cameras: "1. Danh sách camera",
    annex_outages: "2. Các lần mất tín hiệu",
    annex_method: "Cách tính số liệu",
    authority: "QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ",
    room: "(Chữ ký, dấu)",
    signer: "(Họ và tên)",
    recipients: "Nơi nhận:",
    as_above: "Như trên",
    archive: "Lưu: VT",
};

const NOTICE: Notice = Notice {
    title: "Công khai hoạt động camera an ninh do Nhân dân và các nguồn đóng góp",
    subtitle: |commune, month| format!("{commune}, {month}"),
    cameras: "Camera đang hoạt động",
    money: "Đã đóng góp",
    uptime: "Tỷ lệ hoạt động",
    incidents: "Sự cố",
    incidents_note: |over| format!("đã khắc phục {over}"),
    by_village: "Theo thôn, tổ dân phố",
    ask: |whom| format!("Hỏi và góp ý tại: {whom}."),
    posted: "Niêm yết từ ngày  ____/____/________  đến ngày  ____/____/________",
    posted_by: "Người niêm yết: ______________________",
};

const PROVINCE: Province = Province {
    title: |month| format!("Tổng hợp hoạt động camera an ninh theo xã, phường, {month}"),
    by_commune: "Theo xã, phường",
    worst: "Các xã, phường có tỷ lệ thời gian mất tín hiệu lớn nhất",
    nothing_dark: "Không xã, phường nào có camera mất tín hiệu.",
    causes: "Thời gian mất tín hiệu theo nguyên nhân",
    annex: "Phụ lục: danh sách camera theo xã, phường",
    communes: "Xã, phường",
    funded: "Có nguồn đóng góp",
};

const SITE: Site = Site {
    title: |month| format!("Báo cáo camera của điểm lắp đặt, {month}"),
    outages: "Trục trặc trong tháng",
    cameras: "Các camera",
};
