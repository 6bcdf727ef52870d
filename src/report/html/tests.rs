use super::*;
use crate::report::document::{Column, Row};

fn plain(blocks: Vec<Block>) -> Document {
    Document {
        language: Language::English,
        title: "T".into(),
        author: None,
        made_at: "2026-11-02T01:00:00Z".parse().unwrap(),
        head: Head::Plain { organisation: None, title: "T".into(), subtitle: String::new() },
        size: Size::Body,
        blocks,
        footer: "F".into(),
    }
}

fn written(document: &Document) -> String {
    let mut bytes = Vec::new();
    write(document, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn heading(level: u8) -> Block {
    Block::Heading { level, text: format!("asked {level}") }
}

#[test]
fn headings_never_leap_over_a_level() {
    let text = written(&plain([3, 3, 1, 2, 9].map(heading).to_vec()));
    let levels: Vec<_> = text.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)).collect();
    assert_eq!(levels, [1, 2, 3, 2, 3, 4]);
}

#[test]
fn a_rows_first_words_head_it_and_its_marks_have_a_class() {
    let column = |title: &str, align| Column { title: title.into(), share: 1.0, align };
    let cell = |text: &str, tone| Cell { text: text.into(), tone };
    let text = written(&plain(vec![Block::Table(Table {
        caption: Some("C & D".into()),
        columns: vec![column("No", Align::Centre), column("Camera", Align::Left), column("Up", Align::Right)],
        rows: vec![Row {
            cells: vec![cell("1", Tone::Neutral), cell("<b>", Tone::Neutral), cell("1.2%", Tone::Bad)],
            strong: false,
        }],
    })]));
    assert!(text.contains("<caption>C &amp; D</caption>"), "{text}");
    assert!(
        text.contains(r#"<tr><td class="c">1</td><th scope="row">&lt;b&gt;</th><td class="r"><span class="bad">1.2%"#)
    );
}

#[test]
fn what_cannot_be_written_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    assert_eq!(write(&plain(vec![]), &mut Full).unwrap_err().kind(), io::ErrorKind::StorageFull);
}
