//! What the demo says, in the language of the terminal: Vietnamese, English, Korean.

use crate::inventory::Language;

/// One thing to say; `{}` stands for what the caller puts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Title,
    Ready,
    Busy,
    Try,
    Stop,
    AllUp,
    Legend,
    Refused,
    RefusedOver,
    Cut,
    CutOver,
    Silent,
    SilentOver,
    Lossy,
    LossyOver,
    Password,
    PasswordOver,
    NoKeyframe,
    NoKeyframeOver,
    Disk,
    DiskOver,
    Clock,
    ClockOver,
    Stopped,
    StoppedOver,
    Incident,
    IncidentOver,
    IncidentChanged,
    Ended,
}

impl Text {
    #[cfg(test)]
    #[rustfmt::skip]
    const ALL: &[Self] = &[
        Self::Title, Self::Ready, Self::Busy, Self::Try, Self::Stop, Self::AllUp, Self::Legend, Self::Refused,
        Self::RefusedOver, Self::Cut, Self::CutOver, Self::Silent, Self::SilentOver, Self::Lossy, Self::LossyOver,
        Self::Password, Self::PasswordOver, Self::NoKeyframe, Self::NoKeyframeOver, Self::Incident, Self::IncidentOver,
        Self::IncidentChanged, Self::Ended, Self::Disk, Self::DiskOver, Self::Clock, Self::ClockOver, Self::Stopped,
        Self::StoppedOver,
    ];

    pub(super) fn in_language(self, language: Language) -> &'static str {
        let [vietnamese, english, korean] = self.all();
        match language {
            Language::Vietnamese => vietnamese,
            Language::English => english,
            Language::Korean => korean,
        }
    }

    /// With each `{}` replaced in turn.
    pub(super) fn with(self, language: Language, values: &[&str]) -> String {
        let mut text = self.in_language(language).to_owned();
        for value in values {
            text = text.replacen("{}", value, 1);
        }
        text
    }

    #[rustfmt::skip]
    fn all(self) -> [&'static str; 3] {
        match self {
            Self::Title => [
                "Xã Mộc Nam (mô phỏng): 172 camera phát video RTSP thật trên máy này, camwatch đang theo dõi.",
                "The commune of Mộc Nam (simulated): 172 cameras send real RTSP video on this machine, camwatch watches.",
                "목남 면(시뮬레이션): 이 컴퓨터에서 카메라 172대가 실제 RTSP 영상을 보내고 camwatch가 감시합니다.",
            ],
            Self::Ready => ["Chỉ số và trạng thái: {}", "Metrics and status: {}", "메트릭과 상태: {}"],
            Self::Busy => [
                "Cổng {} đang bận; dùng cổng {}.",
                "Port {} is taken; using port {}.",
                "포트 {}은(는) 사용 중이므로 {} 포트를 씁니다.",
            ],
            Self::Try => [
                "Hãy thử ở một cửa sổ dòng lệnh khác:",
                "Try in another terminal:",
                "다른 터미널에서 실행해 보세요:",
            ],
            Self::Stop => ["Ctrl-C để dừng.", "Ctrl-C stops it.", "Ctrl-C로 종료합니다."],
            Self::AllUp => ["{} trên {} camera đang hoạt động", "{} of {} cameras are up", "카메라 {}대 / {}대 정상"],
            Self::Legend => [
                "»  sự cố được tạo ra    =  camwatch kết luận    ✉  tin nhắn tới người trực",
                "»  a fault is made    =  camwatch decides    ✉  a message to those on duty",
                "»  장애를 일으킴    =  camwatch의 판정    ✉  당직자에게 보낸 메시지",
            ],
            Self::Refused => ["{}: camera từ chối kết nối", "{}: the camera refuses connections", "{}: 카메라가 연결을 거부"],
            Self::RefusedOver => ["{}: camera nhận kết nối trở lại", "{}: the camera takes connections again", "{}: 카메라가 다시 연결을 받음"],
            Self::Cut => ["đứt cáp cụm cầu Yên Lệnh (8 camera)", "the line to the Yên Lệnh bridge is cut (8 cameras)", "옌렌 다리 회선 단절(카메라 8대)"],
            Self::CutOver => ["đã nối lại cáp cụm cầu Yên Lệnh", "the line to the bridge is mended", "다리 회선 복구"],
            Self::Silent => ["{}: camera bị treo, không trả lời", "{}: the camera hangs and says nothing", "{}: 카메라가 멈춰 응답하지 않음"],
            Self::SilentOver => ["{}: camera đã khởi động lại", "{}: the camera was restarted", "{}: 카메라를 다시 시작함"],
            Self::Lossy => ["{}: đường truyền mất gói", "{}: the line loses packets", "{}: 회선에서 패킷 손실"],
            Self::LossyOver => ["{}: đường truyền ổn định trở lại", "{}: the line is sound again", "{}: 회선 정상화"],
            Self::Password => [
                "Trạm y tế xã: mật khẩu camera bị đổi",
                "the health station: somebody changed the cameras' password",
                "보건소: 카메라 비밀번호가 바뀜",
            ],
            Self::PasswordOver => [
                "Trạm y tế xã: cán bộ ghi mật khẩu mới và nạp lại cấu hình",
                "the health station: the new password is written down and the configuration reloaded",
                "보건소: 새 비밀번호를 기록하고 설정을 다시 읽음",
            ],
            Self::NoKeyframe => ["{}: hình không có khung chính", "{}: pictures without a key frame", "{}: 키 프레임 없는 영상"],
            Self::NoKeyframeOver => ["{}: hình đầy đủ trở lại", "{}: whole pictures again", "{}: 영상 정상화"],
            Self::Disk => ["{}: ổ cứng đầu ghi bị hỏng", "{}: the recorder's disk fails", "{}: 녹화기 디스크 고장"],
            Self::DiskOver => ["{}: đã thay ổ cứng", "{}: the disk was replaced", "{}: 디스크를 교체함"],
            Self::Clock => ["{}: đồng hồ đầu ghi nhanh hai giờ", "{}: the recorder's clock is two hours ahead", "{}: 녹화기 시계가 두 시간 빠름"],
            Self::ClockOver => ["{}: đồng hồ đã đúng trở lại", "{}: the clock is right again", "{}: 시계를 바로잡음"],
            Self::Stopped => [
                "{}: kênh 4 không còn ghi hình từ hai giờ trước",
                "{}: channel 4 has not been recorded for two hours",
                "{}: 4번 채널이 두 시간째 녹화되지 않음",
            ],
            Self::StoppedOver => ["{}: kênh 4 ghi hình trở lại", "{}: channel 4 is recorded again", "{}: 4번 채널 녹화 재개"],
            Self::Incident => ["SỰ CỐ {} {}: {} ({} camera)", "INCIDENT {} {}: {} (cameras: {})", "사건 {} {}: {}(카메라 {}대)"],
            Self::IncidentOver => ["hết sự cố {} {}", "incident over: {} {}", "사건 종료: {} {}"],
            Self::IncidentChanged => [
                "sự cố {} {} thay đổi: {} ({} camera)",
                "incident {} {} changed: {} (cameras: {})",
                "사건 {} {} 변경: {}(카메라 {}대)",
            ],
            Self::Ended => ["Đã dừng.", "Stopped.", "종료했습니다."],
        }
    }
}

/// The language of `LC_ALL`, `LC_MESSAGES` or `LANG`, the first that is set; English for all but vi and ko.
pub(super) fn language(variable: impl Fn(&str) -> Option<String>) -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| variable(name).filter(|v| !v.is_empty()));
    match set.as_deref().and_then(|value| value.split(['_', '.', '@']).next()) {
        Some("vi") => Language::Vietnamese,
        Some("ko") => Language::Korean,
        _ => Language::English,
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, Text, language};

    #[test]
    fn each_text_takes_the_same_values_in_every_language() {
        for text in Text::ALL {
            let places: Vec<_> = text.all().iter().map(|said| said.matches("{}").count()).collect();
            assert!(places.iter().all(|count| *count == places[0]), "{text:?}: {places:?}");
        }
        assert_eq!(Text::AllUp.with(Language::English, &["1", "2"]), "1 of 2 cameras are up");
    }

    #[test]
    fn the_language_is_the_first_that_the_environment_names() {
        let of = |pairs: &'static [(&str, &str)]| {
            language(move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[("LANG", "vi_VN.UTF-8")]), Language::Vietnamese);
        assert_eq!(of(&[("LANG", "vi_VN.UTF-8"), ("LC_ALL", "ko_KR")]), Language::Korean);
        assert_eq!(of(&[("LC_ALL", ""), ("LANG", "vi")]), Language::Vietnamese);
        assert_eq!(of(&[("LANG", "de_DE.UTF-8")]), Language::English);
        assert_eq!(of(&[]), Language::English);
    }
}
