//! A document with every block there is, in each language, for tests alone.

use super::document::{
    Align, Bar, Bars, Block, Cell, Column, Document, Head, KeyFigure, Legend, Letterhead, Row, Run, Signature, Size,
    Strip, Strips, Style, Table, Text, Tone,
};
use super::dossier::Day;
use super::inventory::Language;

/// Words of one language.
pub struct Words {
    pub title: &'static str,
    pub subtitle: &'static str,
    pub organisation: &'static str,
    pub heading: &'static str,
    pub lead: &'static str,
    pub labels: [&'static str; 4],
    pub note: &'static str,
    pub items: [&'static str; 3],
    pub columns: [&'static str; 6],
    pub camera: &'static str,
    pub place: &'static str,
    pub sum: &'static str,
    pub states: [&'static str; 6],
    pub days: &'static str,
    pub target: &'static str,
    /// A decimal point or comma.
    pub point: char,
}

pub fn words(language: Language) -> Words {
    match language {
        Language::Vietnamese => Words {
            title: "Báo cáo camera an ninh tháng 10 năm 2026",
            subtitle: "Camera do Hội đồng hương Mộc Nam tài trợ – Ặ Ễ Ợ Ữ Ỵ – 160.000.000 ₫",
            organisation: "Ủy ban nhân dân xã Mộc Nam",
            heading: "Kết quả hoạt động",
            lead: "Trong tháng, hệ thống hoạt động 99,52 % thời gian theo dõi; hai camera mất tín hiệu do đứt cáp quang \
                   tại cụm cầu Yên Lệnh từ 02:14 ngày 11/10/2026, đã được khắc phục trong ngày. Không đủ dữ liệu cho một \
                   camera vì máy chủ giám sát ngừng hoạt động.",
            labels: ["Tỷ lệ hoạt động", "Camera hoạt động tốt", "Thời gian gián đoạn", "Số ngày lưu trữ bản ghi"],
            note: "trên 98,1 % thời gian được theo dõi",
            items: [
                "Đứt cáp quang, 2 camera, 6 giờ 12 phút.",
                "Đầu ghi hình hỏng ổ cứng; đã thay ổ mới ngày 15/10/2026, dữ liệu từ ngày 09 đến ngày 15 không khôi phục được.",
                "Đề nghị bổ sung bộ lưu điện (UPS) cho cụm chợ Lương.",
            ],
            columns: ["Camera", "Vị trí", "Tỷ lệ hoạt động", "Gián đoạn (phút)", "Lưu trữ", "Kinh phí (₫)"],
            camera: "Cầu Yên Lệnh, chiều đi Hưng Yên",
            place: "Thôn Yên Lệnh, ngã ba đường đê",
            sum: "Cộng",
            states: ["Hoạt động", "Suy giảm", "Mất tín hiệu", "Không xác định", "Bảo trì", "Chưa lắp đặt"],
            days: "Hoạt động từng ngày",
            target: "mục tiêu 98 %",
            point: ',',
        },
        Language::English => Words {
            title: "Security cameras, October 2026",
            subtitle: "The cameras that the Mộc Nam association paid for – ₫160,000,000",
            organisation: "People's Committee of Mộc Nam",
            heading: "What the month came to",
            lead: "The cameras worked for 99.52% of the time that was observed. Two of them were dark when a fibre cable was \
                   cut at the Yên Lệnh bridge on 11 October 2026 at 02:14; it was mended on the same day. For one camera \
                   too little was observed, since the monitor itself stood still.",
            labels: ["Uptime", "Cameras that met the target", "Time dark", "Days of recordings kept"],
            note: "of 98.1% of the time, which was observed",
            items: [
                "Fibre cable cut, 2 cameras, 6 hours and 12 minutes.",
                "The recorder's hard disk failed; it was replaced on 15 October 2026, and the recordings from the 9th to the \
                 15th could not be restored.",
                "A battery (UPS) is needed at the Lương market.",
            ],
            columns: ["Camera", "Place", "Uptime", "Dark (minutes)", "Kept", "Cost (₫)"],
            camera: "Yên Lệnh bridge, towards Hưng Yên",
            place: "Yên Lệnh village, by the dyke road",
            sum: "Total",
            states: ["Up", "Degraded", "Dark", "Unknown", "Maintenance", "Not in service"],
            days: "Day by day",
            target: "target 98%",
            point: '.',
        },
        Language::Korean => Words {
            title: "2026년 10월 방범용 CCTV 보고서",
            subtitle: "목남 향우회가 기증한 카메라 – 뷁 쀍 – 160,000,000₫",
            organisation: "목남면 인민위원회",
            heading: "이번 달 가동 결과",
            lead: "이번 달 카메라는 관측된 시간의 99.52% 동안 정상적으로 가동되었습니다. 2026년 10월 11일 02시 14분에 옌렌 \
                   다리의 광케이블이 끊어져 카메라 두 대의 신호가 끊겼으며, 같은 날 복구되었습니다. 카메라 한 대는 감시 \
                   서버가 멈추어 자료가 부족합니다.",
            labels: ["가동률", "목표를 달성한 카메라", "중단 시간", "영상 보관 일수"],
            note: "관측 비율 98.1%",
            items: [
                "광케이블 절단, 카메라 2대, 6시간 12분.",
                "녹화기의 하드디스크 고장. 2026년 10월 15일에 교체하였으나 9일부터 15일까지의 영상은 복구하지 못했습니다.",
                "르엉 시장에 무정전 전원장치(UPS)가 필요합니다.",
            ],
            columns: ["카메라", "설치 위치", "가동률", "중단(분)", "보관", "비용(₫)"],
            camera: "옌렌 다리, 흥옌 방향",
            place: "옌렌 마을 제방 삼거리",
            sum: "합계",
            states: ["가동", "성능 저하", "신호 없음", "미확인", "점검", "미설치"],
            days: "일별 가동 현황",
            target: "목표 98%",
            point: '.',
        },
    }
}

pub fn plain_head(words: &Words) -> Head {
    Head::Plain {
        organisation: Some(words.organisation.to_owned()),
        title: words.title.to_owned(),
        subtitle: words.subtitle.to_owned(),
    }
}

pub fn letterhead() -> Head {
    Head::Administrative(Letterhead {
        draft: Some("DỰ THẢO".to_owned()),
        superior: Some("ỦY BAN NHÂN DÂN TỈNH HÀ NAM".to_owned()),
        issuer: "ỦY BAN NHÂN DÂN XÃ MỘC NAM".to_owned(),
        number: "Số:        /BC-UBND".to_owned(),
        nation: "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM".to_owned(),
        motto: "Độc lập - Tự do - Hạnh phúc".to_owned(),
        place_and_date: "Mộc Nam, ngày      tháng 11 năm 2026".to_owned(),
        kind: "BÁO CÁO".to_owned(),
        subject: "Kết quả hoạt động của hệ thống camera an ninh tháng 10 năm 2026".to_owned(),
        addressee: Some("Kính gửi: Ủy ban nhân dân tỉnh Hà Nam".to_owned()),
    })
}

pub fn signature() -> Block {
    Block::Signature(Signature {
        authority: vec!["TM. ỦY BAN NHÂN DÂN".to_owned(), "CHỦ TỊCH".to_owned()],
        room: "(Chữ ký, dấu)".to_owned(),
        name: "Nguyễn Thị Hằng".to_owned(),
        recipients_heading: "Nơi nhận:".to_owned(),
        recipients: vec![
            "- Như trên;".to_owned(),
            "- Ủy ban Mặt trận Tổ quốc Việt Nam xã;".to_owned(),
            "- Lưu: VT, CA.".to_owned(),
        ],
    })
}

/// Every block, of so many cameras.
pub fn sample(language: Language, head: Head, size: Size, cameras: usize) -> Document {
    let words = words(language);
    let signed = matches!(head, Head::Administrative(_));
    let mut blocks = vec![
        Block::Paragraph(Text(vec![
            Run { text: words.lead.to_owned(), style: Style::Regular },
            Run { text: format!(" {}", words.note), style: Style::Bold },
            Run { text: format!(" ({}).", words.target), style: Style::Italic },
        ])),
        Block::KeyFigures(figures(&words)),
        Block::Heading { level: 1, text: words.heading.to_owned() },
        Block::List(words.items.iter().map(|item| Text::plain(*item)).collect()),
        bars(&words, cameras.min(6)),
        Block::Heading { level: 2, text: words.days.to_owned() },
        strips(&words, cameras),
        Block::Heading { level: 2, text: words.columns[0].to_owned() },
        table(&words, cameras),
        Block::Heading { level: 3, text: words.note.to_owned() },
        Block::Paragraph(Text::plain(words.lead)),
    ];
    if signed {
        blocks.push(signature());
    }
    blocks.push(Block::PageBreak);
    blocks.push(Block::Heading { level: 1, text: words.heading.to_owned() });
    blocks.push(Block::Paragraph(Text::plain(words.lead)));
    Document {
        language,
        title: words.title.to_owned(),
        author: Some(words.organisation.to_owned()),
        made_at: "2026-11-02T01:00:00Z".parse().unwrap(),
        head,
        size,
        blocks,
        footer: format!("{} · 2026-10 · sha256 6b86b273ff34fce19d6b804eff5a3f57", words.title),
    }
}

/// Only a table, for measuring.
pub fn long(language: Language, cameras: usize) -> Document {
    let words = words(language);
    let mut document = sample(language, plain_head(&words), Size::Body, 1);
    document.blocks = vec![table(&words, cameras)];
    document
}

fn percent(words: &Words, index: usize) -> String {
    format!("{}{}{:02} %", 100 - index % 7, words.point, index * 37 % 100)
}

fn figures(words: &Words) -> Vec<KeyFigure> {
    let values = [percent(words, 1), "12 / 14".to_owned(), "6 h 12 min".to_owned(), "24–31".to_owned()];
    let tones = [Tone::Good, Tone::Warning, Tone::Bad, Tone::Faint];
    words
        .labels
        .iter()
        .zip(values)
        .zip(tones)
        .enumerate()
        .map(|(index, ((label, value), tone))| KeyFigure {
            label: (*label).to_owned(),
            value,
            note: (index != 2).then(|| words.note.to_owned()),
            tone,
        })
        .collect()
}

fn bars(words: &Words, count: usize) -> Block {
    let rows = (0..count)
        .map(|index| Bar {
            label: format!("{} {}", words.camera, index + 1),
            value: [Some(1.0), Some(0.93), Some(0.86), None, Some(0.72), Some(0.65)][index % 6],
            at_most: (index % 3 == 2).then_some(0.97),
            target: Some(0.98),
            text: if index == 3 { "—".to_owned() } else { percent(words, index) },
            tone: [Tone::Good, Tone::Neutral, Tone::Warning, Tone::Faint, Tone::Bad][index % 5],
        })
        .collect();
    Block::Bars(Bars {
        caption: words.labels[0].to_owned(),
        scale: 1.0,
        target_label: Some(words.target.to_owned()),
        rows,
    })
}

/// A month in which everything occurs.
pub fn days(camera: usize) -> Vec<Day> {
    const DAY: u32 = 86_400;
    (0..31)
        .map(|day| match (day + camera) % 31 {
            3 => Day { up: DAY - 240, dark: 240, ..Day::default() },
            7 => Day { up: DAY - 22_320, dark: 22_320, ..Day::default() },
            8 => Day { dark: DAY, ..Day::default() },
            12 => Day { up: DAY / 2, degraded: DAY / 2, ..Day::default() },
            13 => Day { degraded: DAY, ..Day::default() },
            17 => Day { up: DAY - 10_800, maintenance: 10_800, ..Day::default() },
            18 => Day { maintenance: DAY, ..Day::default() },
            22 => Day { up: DAY / 3, unknown: DAY - DAY / 3, ..Day::default() },
            23 => Day { unknown: DAY, ..Day::default() },
            29 => Day { up: DAY / 4, ..Day::default() },
            30 => Day::default(),
            _ => Day { up: DAY, ..Day::default() },
        })
        .collect()
}

fn strips(words: &Words, count: usize) -> Block {
    let [up, degraded, dark, unknown, maintenance, out_of_service] = words.states.map(str::to_owned);
    Block::Strips(Strips {
        caption: words.days.to_owned(),
        rows: (0..count)
            .map(|index| Strip {
                label: format!("{} {}", words.camera, index + 1),
                days: days(index),
                value: percent(words, index),
            })
            .collect(),
        legend: Legend { up, degraded, dark, unknown, maintenance, out_of_service },
    })
}

pub fn table(words: &Words, count: usize) -> Block {
    let shares = [4.0, 3.5, 1.6, 1.6, 1.2, 2.0];
    let columns = words
        .columns
        .iter()
        .zip(shares)
        .enumerate()
        .map(|(index, (title, share))| Column {
            title: (*title).to_owned(),
            share,
            align: if index < 2 { Align::Left } else { Align::Right },
        })
        .collect();
    let cell = |text: String| Cell { text, tone: Tone::Neutral };
    let mut rows: Vec<Row> = (0..count)
        .map(|index| {
            let tone = [Tone::Good, Tone::Good, Tone::Warning, Tone::Bad, Tone::Faint][index % 5];
            let cells = vec![
                cell(format!("{} {}", words.camera, index + 1)),
                cell(words.place.to_owned()),
                Cell { text: percent(words, index), tone },
                cell((index * 13 % 997).to_string()),
                cell("31".to_owned()),
                cell("5.000.000".to_owned()),
            ];
            Row { cells, strong: false }
        })
        .collect();
    let sum = ["", "99,99 %", "1.234.567", "", "1.600.000.000"];
    let cells = std::iter::once(words.sum).chain(sum).map(|text| cell(text.to_owned())).collect();
    rows.push(Row { cells, strong: true });
    Block::Table(Table { caption: Some(words.heading.to_owned()), columns, rows })
}
