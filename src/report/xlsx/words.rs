//! What only the workbook says, in three languages: names of sheets, heads of columns, how to read it.
//!
//! Data alone. What the other formats say too, the catalogue of the reports says.

use crate::inventory::Language;

type Fixed = &'static str;

/// One language.
pub(super) struct Words {
    // Names of sheets: at most 28 characters, so that a number fits behind them, and without any of `[]:*?/\`.
    pub summary: Fixed,
    pub groups: Fixed,
    pub cameras: Fixed,
    pub outages: Fixed,
    pub retention: Fixed,
    pub days: Fixed,
    pub amendments: Fixed,
    pub method: Fixed,
    /// Of the file.
    pub title: Fixed,
    // Of the summary.
    pub timezone: Fixed,
    pub made_at: Fixed,
    pub recorded_to: Fixed,
    pub standing: Fixed,
    pub running: Fixed,
    pub over: Fixed,
    pub issuer: Fixed,
    pub cameras_listed: Fixed,
    pub cameras_in_service: Fixed,
    pub outages_counted: Fixed,
    pub cameras_judged: Fixed,
    pub cameras_compliant: Fixed,
    pub paid: Fixed,
    pub paid_unknown: Fixed,
    pub state: Fixed,
    pub seconds: Fixed,
    pub hours: Fixed,
    pub dark_by: Fixed,
    // Heads of columns.
    pub id: Fixed,
    pub name: Fixed,
    pub site: Fixed,
    pub kind: Fixed,
    pub installed: Fixed,
    pub retired: Fixed,
    pub target: Fixed,
    pub at_least: Fixed,
    pub at_most: Fixed,
    pub service_uptime: Fixed,
    pub in_service: Fixed,
    pub outage_count: Fixed,
    pub required_days: Fixed,
    pub span_days: Fixed,
    pub held_days: Fixed,
    pub compliance: Fixed,
    pub missing_count: Fixed,
    pub missing_days: Fixed,
    pub worst_camera: Fixed,
    pub worst_span_days: Fixed,
    // Kinds of groups.
    pub a_site: Fixed,
    pub a_village: Fixed,
    pub a_commune: Fixed,
    pub a_fund: Fixed,
    pub all: Fixed,
    /// Beside what the catalogue says of how figures are counted.
    pub reading: &'static [Fixed],
    // Number formats.
    pub date: Fixed,
    pub moment: Fixed,
    pub month: Fixed,
}

pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::Vietnamese => &VIETNAMESE,
        Language::English => &ENGLISH,
        Language::Korean => &KOREAN,
    }
}

const VIETNAMESE: Words = Words {
    summary: "Tổng hợp",
    groups: "Theo nhóm",
    cameras: "Camera",
    outages: "Mất tín hiệu",
    retention: "Hình ghi",
    days: "Từng ngày",
    amendments: "Điều chỉnh",
    method: "Cách tính",
    title: "Số liệu camera an ninh",
    timezone: "Múi giờ",
    made_at: "Lập lúc",
    recorded_to: "Có số liệu đến",
    standing: "Tình trạng số liệu",
    running: "tháng chưa kết thúc, số liệu tạm tính",
    over: "tháng đã kết thúc",
    issuer: "Cơ quan báo cáo",
    cameras_listed: "Số camera trong báo cáo",
    cameras_in_service: "Trong đó có sử dụng trong tháng",
    outages_counted: "Số lần mất tín hiệu",
    cameras_judged: "Số camera biết được hình ghi",
    cameras_compliant: "Trong đó lưu đủ ngày",
    paid: "Tổng kinh phí đã biết (đồng)",
    paid_unknown: "Số camera chưa rõ kinh phí",
    state: "Trạng thái",
    seconds: "giây",
    hours: "giờ",
    dark_by: "Mất tín hiệu",
    id: "Mã",
    name: "Tên",
    site: "Điểm lắp đặt",
    kind: "Loại nhóm",
    installed: "Đưa vào vận hành",
    retired: "Ngừng sử dụng",
    target: "Mục tiêu",
    at_least: "Tỷ lệ hoạt động, ít nhất",
    at_most: "Tỷ lệ hoạt động, nhiều nhất",
    service_uptime: "Tỷ lệ hoạt động không lỗi",
    in_service: "Thời gian sử dụng",
    outage_count: "Số lần mất tín hiệu",
    required_days: "Số ngày phải lưu",
    span_days: "Xem lại được (ngày)",
    held_days: "Số ngày có hình ghi",
    compliance: "Mức đáp ứng",
    missing_count: "Số ngày khuyết",
    missing_days: "Các ngày khuyết",
    worst_camera: "Camera kém nhất",
    worst_span_days: "Camera kém nhất xem lại được (ngày)",
    a_site: "điểm lắp đặt",
    a_village: "thôn, tổ dân phố",
    a_commune: "xã, phường",
    a_fund: "nguồn kinh phí",
    all: "tất cả",
    reading: &[
        "Ô trống nghĩa là không có số liệu. Nơi độ phủ dữ liệu dưới 95 %, tỷ lệ hoạt động để trống và khoảng ghi ở hai cột \
         kế bên; trang từng ngày cũng để trống những ngày như vậy.",
        "Giờ là số giây chia cho 3600; ngày giờ là giờ địa phương theo múi giờ ở trang đầu. Tiền tính bằng đồng Việt Nam; \
         để trống nơi chưa rõ đủ phần của mọi nguồn.",
        "Tên hộ gia đình chưa đồng ý công bố được thay bằng loại nguồn; camera riêng tư và camera của các hộ đó chỉ ghi mã.",
    ],
    date: "dd/mm/yyyy",
    moment: "dd/mm/yyyy hh:mm:ss",
    month: "mm/yyyy",
};

const ENGLISH: Words = Words {
    summary: "Summary",
    groups: "Groups",
    cameras: "Cameras",
    outages: "Outages",
    retention: "Recordings",
    days: "Days",
    amendments: "Corrections",
    method: "How it is counted",
    title: "Figures of the security cameras",
    timezone: "Time zone",
    made_at: "Made at",
    recorded_to: "Recorded up to",
    standing: "Standing",
    running: "the month is not over: provisional figures",
    over: "the month is over",
    issuer: "Reported by",
    cameras_listed: "Cameras in the report",
    cameras_in_service: "of these in service in the month",
    outages_counted: "Times without signal",
    cameras_judged: "Cameras whose recordings are known",
    cameras_compliant: "of these with enough recordings",
    paid: "Paid, as far as known (VND)",
    paid_unknown: "Cameras whose cost is not known",
    state: "State",
    seconds: "seconds",
    hours: "hours",
    dark_by: "No signal",
    id: "Id",
    name: "Name",
    site: "Site",
    kind: "Kind of group",
    installed: "In service since",
    retired: "Retired",
    target: "Promised",
    at_least: "Uptime, at least",
    at_most: "Uptime, at most",
    service_uptime: "Uptime without faults",
    in_service: "In service",
    outage_count: "Times without signal",
    required_days: "Days required",
    span_days: "Days that can be looked back on",
    held_days: "Days with recordings",
    compliance: "Part of what is required",
    missing_count: "Days missing",
    missing_days: "Which days are missing",
    worst_camera: "Worst camera",
    worst_span_days: "Days the worst camera can be looked back on",
    a_site: "site",
    a_village: "village",
    a_commune: "commune",
    a_fund: "fund",
    all: "all",
    reading: &[
        "An empty cell means that there is no figure. Where less than 95% of the time was observed, uptime is empty and its \
         range stands in the two columns beside it; such days are empty on the sheet of days too.",
        "Hours are seconds divided by 3600; dates and times are local to the time zone on the first sheet. Money is in \
         Vietnamese dong, and empty where not everybody's part is known.",
        "Households that did not agree to be named stand as what they are; private cameras, and cameras of such households, \
         by their id alone.",
    ],
    date: "yyyy-mm-dd",
    moment: "yyyy-mm-dd hh:mm:ss",
    month: "yyyy-mm",
};

const KOREAN: Words = Words {
    summary: "요약",
    groups: "그룹별",
    cameras: "카메라",
    outages: "신호 끊김",
    retention: "녹화 보관",
    days: "일별",
    amendments: "정정",
    method: "수치 계산 방법",
    title: "보안 카메라 수치",
    timezone: "시간대",
    made_at: "작성 일시",
    recorded_to: "기록 종료 시점",
    standing: "수치 상태",
    running: "이번 달이 끝나지 않은 잠정 수치",
    over: "마감된 달",
    issuer: "보고 기관",
    cameras_listed: "보고서의 카메라 수",
    cameras_in_service: "그중 이번 달 사용",
    outages_counted: "신호 끊김 횟수",
    cameras_judged: "녹화 상태가 확인된 카메라",
    cameras_compliant: "그중 보관 충분",
    paid: "확인된 비용 합계(동)",
    paid_unknown: "비용 미확인 카메라",
    state: "상태",
    seconds: "초",
    hours: "시간",
    dark_by: "신호 끊김",
    id: "ID",
    name: "이름",
    site: "설치 위치",
    kind: "그룹 종류",
    installed: "가동 개시",
    retired: "사용 종료",
    target: "목표",
    at_least: "가동률, 최저",
    at_most: "가동률, 최고",
    service_uptime: "이상 없는 가동률",
    in_service: "사용 시간",
    outage_count: "신호 끊김 횟수",
    required_days: "요구 일수",
    span_days: "되돌려 볼 수 있는 일수",
    held_days: "녹화가 있는 일수",
    compliance: "충족 비율",
    missing_count: "누락 일수",
    missing_days: "누락된 날짜",
    worst_camera: "가장 나쁜 카메라",
    worst_span_days: "가장 나쁜 카메라의 되돌려 볼 수 있는 일수",
    a_site: "설치 위치",
    a_village: "마을",
    a_commune: "사(xã)",
    a_fund: "재원",
    all: "전체",
    reading: &[
        "빈칸은 수치가 없음을 뜻합니다. 데이터 수집률이 95% 미만이면 가동률을 비워 두고 범위를 옆의 두 열에 적으며, 일별 \
         시트에서도 그런 날은 비워 둡니다.",
        "시간은 초를 3600으로 나눈 값이며, 날짜와 시각은 첫 시트에 적힌 시간대의 현지 시각입니다. 금액은 베트남 동이며, \
         모든 재원의 부담액이 확인되지 않으면 비워 둡니다.",
        "이름 공개에 동의하지 않은 가구는 재원의 종류로만 적고, 비공개 장소의 카메라와 그런 가구의 카메라는 ID로만 적습니다.",
    ],
    date: "yyyy-mm-dd",
    moment: "yyyy-mm-dd hh:mm:ss",
    month: "yyyy-mm",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sheet_has_a_name_that_spreadsheets_take_and_no_other_has() {
        for language in [Language::Vietnamese, Language::English, Language::Korean] {
            let w = words(language);
            let names = [w.summary, w.groups, w.cameras, w.outages, w.retention, w.days, w.amendments, w.method]
                .map(str::to_lowercase);
            for name in &names {
                assert!(
                    name.encode_utf16().count() <= 28 && !name.contains(['[', ']', ':', '*', '?', '/', '\\']),
                    "{name}"
                );
            }
            assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
        }
    }
}
