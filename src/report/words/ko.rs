//! Korean, in the formal style.

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
        up: "작동",
        degraded: "작동(이상 있음)",
        dark: "신호 끊김",
        unknown: "미확인",
        maintenance: "계획 정비",
        out_of_service: "사용 안 함",
    },
    funder: FUNDER,
    commune: COMMUNE,
    notice: NOTICE,
    province: PROVINCE,
    site: SITE,
};

const UNITS: Units = Units {
    hours_minutes: |hours, minutes| format!("{hours}시간 {minutes}분"),
    minutes: |minutes| format!("{minutes}분"),
    under_a_minute: "1분 미만",
    hours: |hours| format!("{hours}시간"),
    days_of: |held, required| format!("{held}/{required}일"),
    missing_days: |_, days| format!("{days}일 누락"),
    cameras: |_, cameras| format!("카메라 {cameras}대"),
    sites: |_, sites| format!("설치 위치 {sites}곳"),
    sources: |_, sources| format!("재원 {sources}곳"),
    millions: |amount| format!("{amount}백만 동"),
    money: |amount| format!("{amount}동"),
    range: |from, to| format!("{from}~{to}"),
    month: |year, month| format!("{year}년 {month}월"),
};

const NAMES: Names = Names {
    state: |state| match state {
        State::Up => "작동",
        State::Degraded => "작동(이상 있음)",
        State::Dark => "신호 끊김",
        State::Unknown => "미확인",
        State::Maintenance => "계획 정비",
    },
    out_of_service: "사용 안 함",
    retention: |state| match state {
        RetentionState::Off => "녹화 설정 없음",
        RetentionState::Unknown => "미확인",
        RetentionState::NotRecording => "미녹화",
        RetentionState::Gaps => "일부 누락",
        RetentionState::Filling => "저장 중",
        RetentionState::Short => "일수 부족",
        RetentionState::Compliant => "충분",
    },
    not_required: "요구 없음",
    fund_kind: |kind| match kind {
        FundKind::Commune => ("사(xã) 재원", "사(xã) 재원"),
        FundKind::Household => ("가구", "가구"),
        FundKind::Company => ("기업", "기업"),
        FundKind::School => ("학교", "학교"),
        FundKind::Agency => ("기관", "기관"),
        FundKind::State => ("국가 예산", "국가 예산"),
    },
    several: |name, n| format!("{name} ({n}곳)"),
    no_village: "마을 미기재",
    recorder: |id| format!("녹화기 {id}"),
    camera_of_site: |camera, site| format!("{camera} ({site})"),
    by_camera: "카메라",
    by_line: "전원 또는 회선",
    by_recorder: "녹화기",
    by_unknown: "원인 미확인",
    total: "합계",
    nobody_said: "—",
    not_over: "진행 중",
};

const COLUMNS: Columns = Columns {
    camera: "카메라",
    cameras: "카메라 수",
    site: "설치 위치",
    village: "마을",
    commune: "사(xã)",
    fund: "재원",
    amount: "금액(동)",
    amount_millions: "백만 동",
    your_part: "귀하의 부담(동)",
    uptime: "가동률",
    coverage: "데이터 수집률",
    uptime_and_coverage: "가동률(수집률)",
    dark: "신호 끊김",
    dark_at_end: "기말 신호 끊김",
    working_at_end: "기말 작동",
    at_end: "기말 상태",
    recordings: "녹화 보관",
    recordings_enough: "보관 충분",
    cost_of_hour: "시간당 비용",
    cause: "원인",
    share: "비율",
    others: "공동 부담",
    what: "발생 위치",
    from: "시작",
    to: "종료",
    length: "지속 시간",
    taken_on: "접수 확인",
    over: "복구",
    incidents: "장애 복구 / 전체",
    month: "월",
    before: "보고 당시",
    after: "정정 후",
    made: "정정 일시",
};

const NOTES: Notes = Notes {
    observed: |coverage| format!("전체 시간의 {coverage} 관측"),
    range_because: |coverage| format!("전체 시간의 {coverage}만 관측되어 범위로 표시합니다"),
    range_running: |coverage| format!("이번 달이 끝나지 않았고 {coverage}만 관측되어 범위로 표시합니다"),
    nothing_observed: "수치 없음: 관측되지 않았습니다",
    only_maintenance: "수치 없음: 전 기간 계획 정비입니다",
    not_in_service: "수치 없음: 이번 달에 사용되지 않았습니다",
    target: |target| format!("목표 {target}"),
    target_mark: "목표",
    required_mark: "요구 일수",
    running: |end| format!("이번 달이 아직 끝나지 않았습니다. {end}까지의 잠정 수치입니다."),
    running_nothing: "이번 달이 아직 끝나지 않았고 기록된 자료가 없습니다.",
    record_ends: |end| format!("이번 달의 기록은 {end}까지입니다. 그 이후는 확인되지 않습니다."),
    record_nothing: "이번 달에 기록된 자료가 없습니다.",
    ranges: "관측 시간이 95% 미만이면 가동률을 범위로 표시합니다. 작동이 확인된 비율부터 작동했을 수 있는 비율까지입니다.",
    how_counted: "가동률은 관측된 시간 가운데 카메라가 영상을 보낸 시간의 비율이며, 사전에 알린 계획 정비는 제외합니다. \
                  관측하지 못한 시간은 좋고 나쁨 어느 쪽으로도 세지 않으며, 관측 시간이 95% 미만이면 수치를 최저에서 \
                  최고까지의 범위로 표시합니다.",
    how_counted_long: &[
        "카메라가 사용 중인 매 초는 작동, 작동(이상 있음), 신호 끊김, 미확인, 계획 정비 가운데 정확히 하나로 셉니다.",
        "가동률 = (작동 + 작동(이상 있음)) / (작동 + 작동(이상 있음) + 신호 끊김). 데이터 수집률 = (작동 + 작동(이상 \
         있음) + 신호 끊김) / (사용 시간 − 계획 정비).",
        "데이터 수집률이 95% 미만이면 가동률은 범위로 표시합니다. (작동 + 작동(이상 있음))부터 (작동 + 작동(이상 있음) + \
         미확인)까지를 (사용 시간 − 계획 정비)로 나눕니다.",
        "여러 카메라의 수치는 초를 더한 값이며 백분율의 평균이 아닙니다. 백분율은 소수 둘째 자리 아래를 버리며, 신호가 \
         끊긴 시간이 1초도 없을 때만 100%로 표시합니다.",
        "계획 정비는 사전에 알린 정비이며 가동률에서 제외합니다. 신호 끊김은 처음 실패한 점검부터 처음 성공한 점검까지로 \
         셉니다.",
    ],
    footer: |month, made| format!("{month} 보고서 · camwatch 기록 자료 · 작성 {made}"),
    amendments: "정정",
    amendments_lead: "마감된 달의 수치 가운데 마감 후 정정된 것입니다. 보고 당시의 수치는 그대로 두고 그 옆에 정정된 수치를 \
                      적습니다: 가동률(데이터 수집률); 신호 끊김 시간.",
    no_amendments: "정정된 마감 월이 없습니다.",
    no_outages: "이번 달에 신호가 끊긴 카메라가 없습니다.",
    outages_left_out: |n, length| {
        format!("그 밖에 {n}건, 신호 끊김 합계 {length}이 있으며 전체 목록은 엑셀 파일에 있습니다.")
    },
    and_more: |_, n| format!("외 {n}건"),
    strips: "카메라별 일별 상태; 줄 끝은 가동률(데이터 수집률)",
    recordings_bars: "녹화: 되돌려 볼 수 있는 일수",
    uptime_bars: "가동률(데이터 수집률)",
    planned: |days, length| format!("계획 정비: {days}, 카메라 시간 합계 {length}."),
    moment_of_end: |end| format!("{end} 기준"),
    month_end: "월말 기준",
};

const FUNDER: Funder = Funder {
    title: |month| format!("{month} 카메라 보고서"),
    subtitle: |fund| format!("{fund} 귀하"),
    paid: |cameras| format!("귀하께서 {cameras}의 비용을 부담하셨습니다."),
    paid_amount: |amount, cameras| format!("귀하께서 {cameras}에 {amount}을 부담하셨습니다."),
    in_service: |cameras| format!("이번 달에 사용된 것은 {cameras}입니다."),
    since: |day| format!("가동 개시일은 {day}입니다."),
    since_between: |first, last| format!("첫 카메라는 {first}, 마지막 카메라는 {last}에 가동을 개시하였습니다."),
    no_cameras: "이번 달 보고서에 귀하의 카메라가 없습니다.",
    working: "작동 중",
    uptime: "가동률",
    dark: "신호 끊김",
    dark_note: |cameras| format!("{cameras}의 시간 합계"),
    recordings: "녹화 보관 충분",
    recordings_note: "녹화 상태가 확인된 카메라 기준",
    what_went_wrong: "발생한 장애와 조치",
    nothing_went_wrong: "이번 달에는 장애가 없었습니다.",
    money_heading: "부담하신 금액",
    average: |amount| format!("카메라 1대의 평균 비용은 {amount}입니다."),
    hour: |cost, months, hours| {
        format!(
            "카메라가 1시간 작동하는 데 든 비용은 {cost}입니다. 부담하신 금액을 사용 기간 {months}개월로 나누고, 이번 달에 \
             확인된 작동 시간 {hours}으로 다시 나눈 값입니다."
        )
    },
    hour_running: "시간당 비용은 이번 달이 끝난 뒤에 계산합니다.",
    hour_unknown: "확인된 작동 시간이 없어 시간당 비용을 계산할 수 없습니다.",
    shared: "여러 재원이 함께 부담한 카메라: 비용과 시간은 부담 금액에 따라 나눕니다.",
    amounts_unknown: |cameras| format!("{cameras}는 지출 금액이 모두 확인되지 않았습니다."),
};

const COMMUNE: Commune = Commune {
    title: |month| format!("{month} 보안 카메라 운영 보고서"),
    translation: "참고용 번역본입니다. 정식 보고서는 사(xã)가 서명하는 베트남어본입니다.",
    draft: "초안",
    number: |body| format!("번호:      /BC-{body}"),
    place_and_date: |place, month, year| format!("{place}, {year}년 {month}월      일"),
    kind: "보고서",
    subject: |month| format!("{month} 보안 카메라 운영 결과"),
    addressee: |superior| format!("수신: {superior}"),
    issuer: |commune| format!("{commune} 인민위원회"),
    situation: "I. 개황",
    situation_text: |month, commune, cameras, sites| {
        format!("{month} {commune}에서는 {sites}에서 보안 {cameras}가 사용되었습니다.")
    },
    situation_money: |funds, amount| format!("설치 비용은 {funds}이 부담하였으며 총 {amount}입니다."),
    situation_added: |cameras| format!("이번 달에 {cameras}가 가동을 개시하였습니다."),
    situation_removed: |cameras| format!("이번 달에 {cameras}의 사용이 종료되었습니다."),
    situation_observed: |coverage| format!("시스템은 자동으로 감시되었으며 데이터 수집률은 {coverage}입니다."),
    results: "II. 운영 결과",
    by_village: "1. 마을별",
    by_fund: "2. 재원별",
    shared_note: "여러 재원이 부담한 카메라는 각 재원의 줄에 모두 포함되며, 금액은 각 재원의 부담액입니다. 시간당 비용은 \
                  부담액을 사용 기간으로 나누고 부담 비율에 따른 작동 시간으로 다시 나눈 값입니다.",
    troubles: "III. 문제점과 원인",
    dark_total: |length| format!("모든 카메라의 신호 끊김 시간 합계는 {length}입니다."),
    by_cause: "원인별 신호 끊김 시간",
    worst: "신호 끊김이 가장 긴 카메라",
    nothing_dark: "이번 달에 신호가 끊긴 카메라가 없습니다.",
    short_recordings: "녹화가 누락되었거나 보관 일수가 부족한 카메라",
    short_recordings_more: |cameras| format!("그 밖에 {cameras}가 있으며 부록에 있습니다."),
    short_recordings_none: "녹화 상태가 확인된 카메라는 모두 요구 일수를 보관하고 있습니다.",
    short_recordings_unknown: |cameras| format!("{cameras}의 녹화 상태는 확인되지 않았습니다."),
    proposals: "IV. 조치 제안",
    proposals_lead: "이번 달 수치에 따라 다음을 제안합니다.",
    repair: |names| format!("카메라 자체의 원인으로 24시간 넘게 신호가 끊긴 카메라를 점검합니다: {names}."),
    repair_dark: |end, names| format!("신호가 끊겨 있는 카메라를 수리합니다({end}): {names}."),
    lines: |names| format!("다음 설치 위치의 전원과 회선을 공급자와 협의합니다: {names}."),
    recorders: |names| format!("다음 녹화기를 점검합니다: {names}."),
    disks: |names| format!("녹화가 누락되었거나 부족한 설치 위치의 녹화기와 하드디스크를 점검합니다: {names}."),
    monitor: |coverage| format!("감시 서버와 카메라 접근 권한을 점검합니다: 데이터 수집률이 {coverage}에 그쳤습니다."),
    nothing_to_do: "이번 달 수치에서 조치가 필요한 사항은 없습니다.",
    closing: |month| format!("이상으로 {month} 보안 카메라 운영 결과를 보고합니다."),
    annex: "부록",
    annex_of: |month| format!("{month} 상세 수치"),
    annex_cameras: "1. 카메라 목록",
    annex_outages: "2. 신호 끊김 내역",
    annex_method: "수치 계산 방법",
    authority: "서명자 직위",
    room: "(서명, 직인)",
    signer: "(성명)",
    recipients: "수신처:",
    as_above: "위와 같음",
    archive: "보관",
};

const NOTICE: Notice = Notice {
    title: "공개: 주민과 후원자가 부담한 보안 카메라 운영 현황",
    subtitle: |commune, month| format!("{commune}, {month}"),
    cameras: "작동 중인 카메라",
    money: "부담 금액",
    uptime: "가동률",
    incidents: "장애",
    incidents_note: |over| format!("{over}건 복구"),
    by_village: "마을별",
    ask: |whom| format!("문의 및 의견: {whom}."),
    posted: "게시 기간  ____/____/________  ~  ____/____/________",
    posted_by: "게시자: ______________________",
};

const PROVINCE: Province = Province {
    title: |month| format!("{month} 사(xã)별 보안 카메라 운영 현황"),
    by_commune: "사(xã)별",
    worst: "신호 끊김 비율이 가장 높은 사(xã)",
    nothing_dark: "신호가 끊긴 카메라가 있는 사(xã)가 없습니다.",
    causes: "원인별 신호 끊김 시간",
    annex: "부록: 사(xã)별 카메라 목록",
    communes: "사(xã)",
    funded: "재원이 있는 카메라",
};

const SITE: Site =
    Site {
        title: |month| format!("{month} 설치 위치별 카메라 보고서"), outages: "발생한 장애", cameras: "카메라"
    };
