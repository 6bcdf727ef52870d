//! What reading one answer may hold, whatever the device sends: measured as the growth of this process, which does
//! nothing else.

use std::fmt::Write as _;
use std::time::Duration;

use camwatch::device::exchange::Answer;
use camwatch::device::hikvision::search::{Month, calendar, page};
use camwatch::device::hikvision::{storage, system};
use camwatch::device::{dahua, key_value, xml};
use jiff::Timestamp;

/// The most that an answer may hold beyond its own bytes, in KiB.
const MOST: u64 = 16 * 1024;
/// As large as any reader takes.
const LARGE: usize = 2 << 20;

fn kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A part over and over between two others, up to the bound.
fn filled(head: &str, part: &str, tail: &str) -> Vec<u8> {
    let room = LARGE - head.len() - tail.len();
    format!("{head}{}{tail}", part.repeat(room / part.len())).into_bytes()
}

type Reader = fn(&Answer);

#[test]
fn no_answer_makes_its_reader_hold_more_than_sixteen_mebibytes() {
    let mut numbered = String::new();
    for n in 0..60_000 {
        // Writing to a String cannot fail.
        let _ = write!(numbered, "list.info[{n}].State=x\r\n");
    }
    let xml: Reader = |a| drop(xml::Tree::parse(&a.body));
    let lines: Reader = |a| drop(key_value::KeyValues::parse(&a.body));
    let cases: Vec<(&str, Vec<u8>, Reader)> = vec![
        ("elements", filled("<a>", "<b/>", "</a>"), xml),
        ("few elements", filled("<a>", &format!("<b>{}</b>", "x".repeat(60)), "</a>"), xml),
        ("depth", filled("", "<a>", ""), xml),
        ("attributes", filled("<a ", "b='' ", "/>"), xml),
        ("references", filled("<a>", "&#9;", "</a>"), xml),
        ("laughs", filled("<!DOCTYPE a [<!ENTITY l 'ha'>", "<!ENTITY m '&l;&l;&l;'>", "]><a>&m;</a>"), xml),
        ("no UTF-8", [b"<a>".to_vec(), vec![0xff; LARGE - 7], b"</a>".to_vec()].concat(), xml),
        ("UTF-16", filled("\0<", "\0x", ""), xml),
        ("zeros", vec![0; LARGE], xml),
        (
            "days",
            filled("<trackDailyDistribution><dayList>", "<day><id>1</id></day>", "</dayList></trackDailyDistribution>"),
            |a| drop(calendar(a, Month { year: 2026, month: 11 })),
        ),
        (
            "matches",
            filled("<CMSearchResult><matchList>", "<searchMatchItem/>", "</matchList></CMSearchResult>"),
            |a| drop(page(a, 101)),
        ),
        ("disks", filled("<storage><hddList>", "<hdd><id>1</id></hdd>", "</hddList></storage>"), |a| {
            drop(storage::storage(a));
        }),
        ("channels as JSON", filled("{\"WorkingStatus\":{\"ChanStatus\":[{}", ",{}", "]}}"), |a| {
            drop(system::working(a));
        }),
        ("nesting as JSON", filled("", "[", ""), |a| drop(system::working(a))),
        ("lines", filled("", "a=\n", ""), lines),
        ("one line", filled("a=", "x", ""), lines),
        ("lines that are no UTF-8", vec![0xff; LARGE], lines),
        ("indexes", numbered.into_bytes(), |a| drop(dahua::answers::disks(a))),
    ];
    for (what, body, read) in cases {
        let answer = Answer {
            status: 200,
            content_type: String::new(),
            body,
            challenged: false,
            sent: Timestamp::UNIX_EPOCH,
            took: Duration::ZERO,
        };
        // The kernel forgets the highest mark.
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = kib("VmRSS");
        read(&answer);
        let grown = kib("VmHWM").saturating_sub(before);
        assert!(grown <= MOST, "{what}: {grown} KiB");
    }
}
