//! Korean. Its short texts are English: an SMS in Hangul has room for 70 characters only.

use super::catalogue::{Advice, Catalogue, Count, Matter, Sentences};
use crate::judgement::event::IncidentScope;
use crate::observation::Cause;

pub(super) const CATALOGUE: Catalogue = Catalogue { sentences: SENTENCES, advice };

const SENTENCES: Sentences = Sentences {
    dark: "영상 신호 끊김",
    picture: "화면 이상",
    recording: "녹화 이상",
    clock: "시계 오류",
    access: "로그인 거부",
    unseen: "점검 불가",
    monitor: "감시 시스템 이상",
    flapping: "끊김과 복구 반복",
    restored: "복구됨",
    reminder: "다시 알림, {heading}",
    escalation: "확인한 사람 없음, {heading}",
    a_camera: "카메라 {name}",
    a_recorder: "녹화기 {name}",
    a_site: "{name}",
    an_area: "{name} 전체",
    the_monitor: "감시 서버",
    on_day: "{day} {time}",
    since: "{time}부터",
    since_for: "{time}부터 {length}째",
    span: "{from}부터 {to}까지, {length}",
    short_span: "{from}-{to}",
    minutes: Count::same("{n}분"),
    hours: Count::same("{n}시간"),
    hours_minutes: "{hours} {minutes}",
    days: Count::same("{n}일"),
    under_a_minute: "1분 미만",
    cameras: Count::same("카메라 {n}대"),
    cameras_of: "카메라 {of}대 중 {n}대",
    more_cameras: Count::same("외 {n}대"),
    more_matters: Count::same("외 {n}건"),
    matters: Count::same("{n}건"),
    place: "위치: {place}",
    likely: "추정 원인: {likely}",
    first: "먼저 할 일: {first}",
    names: "카메라: {names}",
    flapping_held: "끊김과 복구가 여러 번 되풀이되어, 안정될 때까지 개별 알림을 보류합니다.",
    taken_by: "담당: {who}",
    confirm: "확인: OK {number}",
    confirm_each: "건별 확인: OK와 괄호 안 번호, 예: OK {number}",
    storm: "동시 다발 끊김: {what}",
    storm_over: "복구됨: {what}",
    digest: "요약: {what}",
    open_now: "진행 중:",
    over: "종료:",
    each_numbered: "[{number}] {line}",
    gap: "근무자 없음 ({role}): {place}",
    gap_span: "{from}부터 {to}까지 근무표가 비어 있어, 그 사이의 장애는 아무에게도 전달되지 않습니다.",
    gap_first: "근무표에 사람을 넣으십시오.",
    role_officer: "담당 경찰",
    role_it: "IT",
    channel: "{channel} 채널로 메시지를 보낼 수 없음",
    channel_why: "이유: {why}",
    channel_first: "채널을 고치십시오. 그때까지는 각자의 다음 채널로 보냅니다.",
    unfunded: "{fund}: {what} 신호 끊김",
    unfunded_note: "이 카메라들은 즉시 알림 대상이 아니며, 이 알림은 하루 한 번 보냅니다.",
    test: "camwatch 시험 메시지",
    test_text: "{time}에 보냄. 이 메시지가 보이면 채널이 작동합니다. 할 일은 없습니다.",
    short_confirm: "Confirm: OK {number}",
    short_confirm_each: "Confirm: OK + number",
    short_cameras_of: "{n}/{of} cams",
    short_cameras: "{n} cams",
};

const fn say(name: &'static str, likely: &'static str, first: &'static str) -> Advice {
    Advice { name, likely, first }
}

fn advice(matter: Matter, scope: IncidentScope, cause: Cause) -> Advice {
    match (matter, scope) {
        (Matter::Dark, IncidentScope::Site) => {
            return say(
                "신호 끊김",
                "이 지점의 정전, 케이블 절단 또는 인터넷 장애.",
                "근처 사람에게 정전인지 묻고, 함체의 전원등과 통신등을 확인하십시오.",
            );
        }
        (Matter::Dark, IncidentScope::Area) => {
            return say(
                "신호 끊김",
                "넓은 지역의 정전 또는 사(xã) 전체 회선의 장애.",
                "전력 회사와 통신사에 문의하고, 청사의 통신 장비를 확인하십시오.",
            );
        }
        (Matter::Dark, IncidentScope::Recorder) => {
            return say(
                "신호 끊김",
                "녹화기의 전원이 꺼졌거나, 멈췄거나, 통신이 끊김.",
                "녹화기의 전원등과 통신 케이블을 확인하고, 멈췄으면 다시 켜십시오.",
            );
        }
        _ => {}
    }
    of_cause(cause, matter == Matter::Monitor)
}

#[expect(clippy::too_many_lines, reason = "one entry a cause")]
fn of_cause(cause: Cause, of_monitor: bool) -> Advice {
    const RESTART: &str = "카메라 전원을 껐다 켜십시오.";
    match cause {
        Cause::Dns => say(
            "주소 찾지 못함",
            "카메라 이름을 찾을 수 없음: DNS 또는 설정 문제.",
            "IT에 DNS와 카메라 주소 확인을 요청하십시오.",
        ),
        Cause::Unreachable => say(
            "통신 경로 없음",
            "정전, 케이블 절단 또는 중간 통신 장비 고장.",
            "현장의 전원등과 통신등을 확인하십시오.",
        ),
        Cause::Refused => say(
            "연결 거부",
            "카메라가 켜져 있으나 연결을 받지 않음: 재시작 중이거나 멈춤.",
            "5분 기다린 뒤 그대로면 카메라 전원을 껐다 켜십시오.",
        ),
        Cause::ConnectTimeout => say(
            "응답 없음",
            "카메라 전원 꺼짐, 케이블이 느슨하거나 끊어짐.",
            "카메라의 전원과 통신 케이블을 확인하십시오.",
        ),
        Cause::Reset => say("연결 끊김", "카메라가 멈췄거나 과부하.", RESTART),
        Cause::NotRtsp => say(
            "다른 장비가 응답",
            "IP 주소 충돌 또는 카메라 포트 변경.",
            "IT에 카메라 주소와 포트 확인을 요청하십시오.",
        ),
        Cause::RtspTimeout => say("멈춤", "카메라가 연결만 받고 응답하지 않음.", RESTART),
        Cause::RtspError => say(
            "오류 응답",
            "영상을 요청하면 카메라가 오류로 답함.",
            "전원을 껐다 켜고, 되풀이되면 기술자를 부르십시오.",
        ),
        Cause::NotFound => say(
            "영상 경로 없음",
            "카메라나 녹화기의 설정이 바뀌어 영상 경로가 맞지 않음.",
            "IT에 RTSP 경로 확인을 요청하십시오.",
        ),
        Cause::Tls => say(
            "인증서 불일치",
            "카메라 인증서가 바뀌었거나 만료됨.",
            "장비를 교체했는지 묻고, 아니면 즉시 IT에 알리십시오.",
        ),
        Cause::NoMedia => say("영상 없음", "카메라가 응답하지만 영상을 보내지 않음.", RESTART),
        Cause::NoKeyframe => say(
            "불완전한 영상",
            "회선이 약하거나 영상 압축 설정이 잘못됨.",
            "회선을 확인하고, 좋으면 기술자를 부르십시오.",
        ),
        Cause::UnsupportedCodec => {
            say("알 수 없는 코덱", "사용할 수 없는 방식으로 압축된 영상.", "H.264 또는 H.265로 바꾸십시오.")
        }
        Cause::Unauthorized => say(
            "로그인 거부",
            "카메라 비밀번호가 바뀌었거나 계정이 잠김.",
            "IT에 새 비밀번호 설정을 요청하십시오. 여러 번 시도하면 계정이 잠깁니다.",
        ),
        Cause::Busy => say("접속 초과", "동시에 볼 수 있는 수가 찼음.", "이 카메라를 보는 프로그램을 닫으십시오."),
        Cause::Incompatible => say(
            "읽을 수 없음",
            "카메라가 응답하지만 감시 시스템이 영상을 읽지 못함.",
            "카메라의 제조사, 모델, 펌웨어를 IT에 보내십시오.",
        ),
        Cause::Slow => say("끊기는 영상", "회선이 느리거나 카메라 과부하.", "회선과 시청자 수를 확인하십시오."),
        Cause::Lossy => say("깨진 영상", "회선에서 패킷이 사라짐.", "케이블, 커넥터, 무선 구간을 확인하십시오."),
        Cause::Black => say("검은 화면", "야간 적외선이 꺼졌거나 센서 고장.", "적외선등과 렌즈를 확인하십시오."),
        Cause::Frozen => say("멈춘 화면", "카메라나 녹화기가 멈춤.", RESTART),
        Cause::Covered => say("가려짐", "렌즈가 가려졌거나 더러움.", "현장에서 렌즈를 확인하고 닦으십시오."),
        Cause::Blurred => say("흐린 화면", "렌즈가 더럽거나 젖었거나 초점이 맞지 않음.", "렌즈를 닦고 조정하십시오."),
        Cause::Moved => {
            say("방향 틀어짐", "카메라가 돌아갔거나 밀림.", "현장에서 방향을 맞추고, 누가 만졌는지 물으십시오.")
        }
        Cause::Overexposed => say("너무 밝음", "조명이나 햇빛이 렌즈에 바로 비침.", "빛의 방향과 설정을 확인하십시오."),
        Cause::ClockWrong if of_monitor => say(
            "시계 오류",
            "감시 서버의 시계가 맞지 않음.",
            "서버의 시각 동기화(NTP)를 확인하십시오. 기록 시각이 틀릴 수 있습니다.",
        ),
        Cause::ClockWrong => say(
            "시계 오류",
            "시계 배터리가 약하거나 시각 동기화가 꺼짐. 녹화 시각이 틀립니다.",
            "시각을 맞추고 시각 동기화(NTP)를 켜십시오.",
        ),
        Cause::NotRecording => say(
            "녹화 안 됨",
            "녹화기가 멈춤: 디스크가 찼거나 고장, 또는 녹화 일정이 꺼짐.",
            "녹화기의 디스크와 녹화 일정을 확인하십시오.",
        ),
        Cause::RetentionShort => say(
            "보관 일수 부족",
            "필요한 일수를 보관할 디스크 공간이 부족함.",
            "디스크 용량, 해상도, 비트레이트를 확인하십시오.",
        ),
        Cause::RecordingGap => say("녹화 누락", "녹화되지 않은 때가 있음.", "녹화기에서 빠진 날짜를 확인하십시오."),
        Cause::DiskFailed => say(
            "디스크 고장",
            "녹화기 디스크가 고장 났거나 곧 고장 나거나 빠짐.",
            "교체를 요청하고, 보존할 영상을 복사하십시오.",
        ),
        Cause::MonitorOffline => say(
            "인터넷 끊김",
            "감시 서버의 통신이 끊겨 카메라 상태를 알 수 없음.",
            "감시 서버가 있는 곳의 통신을 확인하십시오.",
        ),
        Cause::MonitorDown if of_monitor => say(
            "중지됨",
            "감시 서버가 한동안 멈춰 그동안의 카메라 상태를 알 수 없음.",
            "서버가 꺼졌는지, 과부하인지 확인하십시오.",
        ),
        Cause::MonitorDown => {
            say("자료 없음", "이 카메라가 한동안 점검되지 않음.", "IT에 감시 서버의 과부하 여부 확인을 요청하십시오.")
        }
    }
}
