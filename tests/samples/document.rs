use camwatch::inventory::Language;
use camwatch::report::document::{
    Align, Bar, Bars, Block, Cell, Column, Document, Head, KeyFigure, Legend, Letterhead, Row, Run, Signature, Size,
    Strip, Strips, Style, Table, Text, Tone,
};

use super::dossier;

/// A document that has one of everything, of a dossier of so many cameras.
#[expect(clippy::too_many_lines, reason = "one of everything, one after the other")]
pub fn document(language: Language, size: Size, administrative: bool, cameras: usize) -> Document {
    let dossier = dossier(cameras, 2);
    let say = |vi: &str, en: &str, ko: &str| match language {
        Language::Vietnamese => vi.to_owned(),
        Language::English => en.to_owned(),
        Language::Korean => ko.to_owned(),
    };
    let cell = |text: &str, tone| Cell { text: text.to_owned(), tone };
    let column = |title: String, share, align| Column { title, share, align };
    let percent = |ratio: Option<f64>| ratio.map_or("—".to_owned(), |r| format!("{:.2}%", (r * 1e4).floor() / 100.0));
    let mut rows: Vec<Row> = dossier
        .report
        .cameras
        .iter()
        .enumerate()
        .map(|(index, camera)| Row {
            cells: vec![
                cell(&(index + 1).to_string(), Tone::Neutral),
                cell(&dossier.cameras[&camera.camera].name, Tone::Neutral),
                cell(&dossier.sites[&camera.site].name, Tone::Neutral),
                cell(
                    &percent(camera.figures.signal_uptime_ratio),
                    [Tone::Good, Tone::Warning, Tone::Bad, Tone::Faint, Tone::Neutral][index % 5],
                ),
                cell(&percent(camera.figures.coverage_ratio), Tone::Neutral),
                cell(&camera.outages.len().to_string(), Tone::Neutral),
                cell("6.250.000", Tone::Neutral),
            ],
            strong: false,
        })
        .collect();
    rows.push(Row {
        cells: ["", "Σ", "", "98.11%", "99.00%", "41", ""].map(|t| cell(t, Tone::Neutral)).into(),
        strong: true,
    });
    Document {
        language,
        title: say("Báo cáo tháng 10/2026", "Report for October 2026", "2026년 10월 보고서"),
        author: Some("UBND xã Mộc Nam <&\">".to_owned()),
        made_at: dossier.report.generated_at,
        head: head(administrative, &say),
        size,
        blocks: vec![
            Block::Paragraph(Text(vec![
                Run {
                    text: say(
                        "Trong tháng 10/2026, hệ thống camera an ninh của xã Mộc Nam hoạt động ",
                        "In October 2026 the security cameras of Mộc Nam commune worked ",
                        "2026년 10월 목남사(社)의 방범용 CCTV는 ",
                    ),
                    style: Style::Regular,
                },
                Run { text: "98,11 %".to_owned(), style: Style::Bold },
                Run {
                    text: say(
                        " thời gian được quan sát, trên 99,00 % thời gian của tháng. ",
                        " of the time in which they were observed, which was 99.00% of the month. ",
                        " 가동되었으며, 한 달의 99.00%가 관측되었습니다. ",
                    ),
                    style: Style::Regular,
                },
                Run { text: "<script>alert('x')</script> & \"x\"".to_owned(), style: Style::Italic },
            ])),
            Block::KeyFigures(figures(&say)),
            Block::Heading { level: 1, text: say("I. Kết quả", "Results", "결과") },
            Block::Strips(strips(&dossier, &say, percent)),
            Block::Bars(bars(&say)),
            Block::Heading { level: 3, text: say("Từng camera", "Each camera", "카메라별") },
            Block::Table(Table {
                caption: Some(say("Bảng 1. Từng camera", "Table 1. Each camera", "표 1. 카메라별")),
                columns: vec![
                    column(say("STT", "No.", "번호"), 1.0, Align::Centre),
                    column(say("Camera", "Camera", "카메라"), 5.0, Align::Left),
                    column(say("Điểm lắp đặt", "Site", "설치 지점"), 4.0, Align::Left),
                    column(say("Tỷ lệ hoạt động", "Uptime", "가동률"), 2.0, Align::Right),
                    column(say("Độ phủ dữ liệu", "Coverage", "수집률"), 2.0, Align::Right),
                    column(say("Lần mất tín hiệu", "Outages", "중단 횟수"), 2.0, Align::Right),
                    column(say("Kinh phí (đồng)", "Cost (VND)", "비용(동)"), 2.5, Align::Right),
                ],
                rows,
            }),
            Block::List(vec![
                Text::plain(say(
                    "Đã thay nguồn ngày 05/10.",
                    "Power supply replaced on 5 October.",
                    "10월 5일 전원 교체.",
                )),
                Text::plain("a & b < c"),
            ]),
            Block::PageBreak,
            Block::Heading { level: 1, text: say("Phụ lục", "Annex", "별첨") },
            Block::Table(Table {
                caption: None,
                columns: vec![
                    column(say("Ngày", "Day", "날짜"), 1.0, Align::Left),
                    column(say("Giờ", "Hours", "시간"), 1.0, Align::Right),
                ],
                rows: vec![Row {
                    cells: vec![cell("05/10/2026", Tone::Neutral), cell("23,5", Tone::Good)],
                    strong: false,
                }],
            }),
            Block::Signature(Signature {
                authority: vec!["TM. ỦY BAN NHÂN DÂN".to_owned(), "CHỦ TỊCH".to_owned()],
                room: "(Chữ ký, dấu)".to_owned(),
                name: "Nguyễn Thị Ánh".to_owned(),
                recipients_heading: "Nơi nhận:".to_owned(),
                recipients: vec!["- Như trên;".to_owned(), "- Lưu: VT, CA.".to_owned()],
            }),
        ],
        footer: "camwatch · 10/2026 · sha256 9f2c4a…\\</style>\"".to_owned(),
    }
}

fn head(administrative: bool, say: &impl Fn(&str, &str, &str) -> String) -> Head {
    if !administrative {
        return Head::Plain {
            organisation: Some("UBND xã Mộc Nam".to_owned()),
            title: say("Camera do ông/bà tài trợ", "The cameras that you paid for", "후원하신 카메라"),
            subtitle: say("Tháng 10/2026", "October 2026", "2026년 10월"),
        };
    }
    Head::Administrative(Letterhead {
        draft: Some("DỰ THẢO".to_owned()),
        superior: Some("ỦY BAN NHÂN DÂN TỈNH NINH BÌNH".to_owned()),
        issuer: "ỦY BAN NHÂN DÂN XÃ MỘC NAM".to_owned(),
        number: "Số:      /BC-UBND".to_owned(),
        nation: "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM".to_owned(),
        motto: "Độc lập - Tự do - Hạnh phúc".to_owned(),
        place_and_date: "Mộc Nam, ngày      tháng 11 năm 2026".to_owned(),
        kind: "BÁO CÁO".to_owned(),
        subject: "Tình hình hoạt động của hệ thống camera an ninh tháng 10 năm 2026".to_owned(),
        addressee: Some("Kính gửi: Ủy ban nhân dân tỉnh Ninh Bình".to_owned()),
    })
}

fn figures(say: &impl Fn(&str, &str, &str) -> String) -> Vec<KeyFigure> {
    let figure = |label: String, value: &str, note: Option<String>, tone| KeyFigure {
        label,
        value: value.to_owned(),
        note,
        tone,
    };
    let observed = say("quan sát được 99,00 % thời gian", "observed 99.00% of the time", "99.00% 관측됨");
    vec![
        figure(say("Tỷ lệ hoạt động", "Uptime", "가동률"), "98,11 %", Some(observed), Tone::Good),
        figure(say("Camera đạt yêu cầu", "Cameras on target", "목표 달성"), "12 / 14", None, Tone::Warning),
        figure(say("Thời gian gián đoạn", "Time dark", "중단 시간"), "41 h 20", None, Tone::Bad),
        figure(say("Lưu trữ", "Recordings", "보관"), "—", Some(say("chưa rõ", "not known", "미확인")), Tone::Faint),
        figure(say("Kinh phí", "Cost", "비용"), "521.000.000 ₫", None, Tone::Neutral),
    ]
}

fn strips(
    dossier: &camwatch::report::Dossier,
    say: &impl Fn(&str, &str, &str) -> String,
    percent: impl Fn(Option<f64>) -> String,
) -> Strips {
    Strips {
        caption: say("Từng ngày trong tháng", "Day by day", "일별 상태"),
        rows: dossier
            .report
            .cameras
            .iter()
            .map(|camera| Strip {
                label: dossier.cameras[&camera.camera].name.clone(),
                days: dossier.cameras[&camera.camera].days.clone(),
                value: percent(camera.figures.signal_uptime_ratio),
            })
            .collect(),
        legend: Legend {
            up: say("hoạt động", "up", "정상"),
            degraded: say("hình ảnh kém", "degraded", "품질 저하"),
            dark: say("mất tín hiệu", "dark", "신호 끊김"),
            unknown: say("không xác định", "unknown", "미확인"),
            maintenance: say("bảo trì theo kế hoạch", "planned maintenance", "계획 정비"),
            out_of_service: say("chưa đưa vào vận hành", "not in service", "미가동"),
        },
    }
}

fn bars(say: &impl Fn(&str, &str, &str) -> String) -> Bars {
    let bar = |label: &str, value, at_most, text: &str, tone| Bar {
        label: label.to_owned(),
        value,
        at_most,
        target: Some(0.98),
        text: text.to_owned(),
        tone,
    };
    Bars {
        caption: say("Tỷ lệ hoạt động so với mục tiêu", "Uptime against target", "목표 대비 가동률"),
        scale: 1.0,
        target_label: Some(say("mục tiêu 98 %", "target 98%", "목표 98%")),
        rows: vec![
            bar("Thôn Yên Lệnh", Some(0.9952), None, "99,52 %", Tone::Good),
            bar("Thôn Đông", Some(0.961), None, "96,10 %", Tone::Warning),
            bar("Thôn Đoài, khu dân cư mới phía Nam đường sắt", Some(0.42), None, "42,00 %", Tone::Bad),
            bar("Thôn Thượng", Some(0.61), Some(0.93), "61,00 – 93,00 %", Tone::Faint),
            bar("Thôn Hạ", None, None, "—", Tone::Faint),
        ],
    }
}
