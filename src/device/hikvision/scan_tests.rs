//! A device that holds recordings and is asked for them in its own words.

use std::fmt::Write as _;

use jiff::civil::{Date, date, datetime};

use super::tests::{NOT_FOUND, NOW, fixture, nvr, result, wish};
use super::*;
use crate::device::fake::Fake;

/// A calendar that tells of every day of the month, with recordings from one day on.
fn calendar_from(body: &str, first: Date) -> Vec<u8> {
    let number = |name: &str| -> i16 {
        let (_, rest) = body.split_once(&format!("<{name}>")).expect(name);
        rest.split('<').next().unwrap().parse().unwrap()
    };
    let month = date(number("year"), i8::try_from(number("monthOfYear")).unwrap(), 1);
    let mut days = String::new();
    for day in 1..=month.days_in_month() {
        let recorded = (first..=date(2026, 11, 22)).contains(&date(month.year(), month.month(), day));
        write!(days, "<day><id>{day}</id><dayOfMonth>{day}</dayOfMonth><record>{recorded}</record></day>").unwrap();
    }
    format!("<trackDailyDistribution><dayList>{days}</dayList></trackDailyDistribution>").into_bytes()
}

#[tokio::test]
async fn a_scan_costs_four_requests_a_channel() {
    let mut fake = Fake::new(NOW, |asked, body| {
        Ok(match asked {
            "POST /ISAPI/ContentMgmt/search" if body.contains("2000-01-01") => {
                (200, fixture!("search_oldest.xml").to_vec())
            }
            "POST /ISAPI/ContentMgmt/search" => {
                let spans =
                    [("2026-11-22T06:30:00", "2026-11-22T07:30:00"), ("2026-11-22T07:30:00", "2026-11-22T08:00:10")];
                (200, result(101, &spans, "OK"))
            }
            "POST /ISAPI/ContentMgmt/record/tracks/101/dailyDistribution" => {
                (200, calendar_from(body, date(2026, 10, 23)))
            }
            asked => nvr(asked).unwrap_or(NOT_FOUND),
        })
    });
    let mut memory = Memory::default();
    let finding = poll(&mut fake, &mut memory, &wish(WishDepth::Scan, &[1])).await;
    assert_eq!(fake.count("POST"), 4, "{:?}", fake.asked);
    let holding = finding.holdings[&1].yes().unwrap();
    assert_eq!(holding.oldest, Some(DeviceTime::Wall(datetime(2026, 10, 23, 4, 11, 9, 0))));
    assert_eq!(holding.newest, Some(DeviceTime::Wall(datetime(2026, 11, 22, 8, 0, 10, 0))));
    assert_eq!(holding.present.len(), 30);
    assert_eq!(holding.looked_at.len(), 30);
    assert_eq!(memory.learnt.wording, Some(Wording::Common));
    assert!(fake.bodies.iter().any(|body| body.contains("2026-11-22T07:01:30Z")), "an hour before the device's now");

    let kept = serde_json::to_string(&memory).unwrap();
    assert_eq!(serde_json::from_str::<Memory>(&kept).unwrap(), memory, "{kept}");
}

/// A device that understands one wording, recorded from the 1st of November on.
fn picky(wants: fn(&str) -> bool, refusal: (u16, &'static [u8])) -> Fake {
    Fake::new(NOW, move |asked, body| {
        Ok(match asked {
            "POST /ISAPI/ContentMgmt/search" if wants(body) => {
                (200, result(101, &[("2026-11-01T00:00:00", "2026-11-22T08:00:00")], "OK"))
            }
            "POST /ISAPI/ContentMgmt/search" => (refusal.0, refusal.1.to_vec()),
            asked if asked.ends_with("dailyDistribution") => (200, calendar_from(body, date(2026, 11, 1))),
            asked => nvr(asked).unwrap_or(NOT_FOUND),
        })
    })
}

#[tokio::test]
async fn the_wording_that_worked_is_remembered() {
    type Conflict = (fn(&str) -> bool, (u16, &'static [u8]), Wording);
    let conflicts: [Conflict; 4] = [
        (|body| !body.contains("metadataList"), (400, fixture!("bad_xml_content.xml")), Wording::Bare),
        (|body| body.contains("trackIDList"), (200, fixture!("bad_xml_content.xml")), Wording::Documented),
        // What is not understood is taken for a question about nothing.
        (|body| body.contains("trackIDList"), (200, fixture!("search_none.xml")), Wording::Documented),
        (
            |body| body.contains("<?xml") && !body.contains("trackIDList"),
            (400, fixture!("bad_xml_content.xml")),
            Wording::Mixed,
        ),
    ];
    for (wants, refusal, wording) in conflicts {
        let mut fake = picky(wants, refusal);
        let mut memory = Memory::default();
        let finding = poll(&mut fake, &mut memory, &wish(WishDepth::Scan, &[1])).await;
        let holding = finding.holdings[&1].yes().unwrap();
        assert_eq!(holding.oldest, Some(DeviceTime::Wall(datetime(2026, 11, 1, 0, 0, 0, 0))), "{wording:?}");
        assert_eq!(memory.learnt.wording, Some(wording));
        fake.asked.clear();
        poll(&mut fake, &mut memory, &wish(WishDepth::Scan, &[1])).await;
        assert_eq!(fake.count("/search"), 2, "{wording:?}");
    }
}

#[tokio::test]
async fn no_wording_is_tried_after_a_401() {
    let mut fake = Fake::new(NOW, |asked, body| match asked {
        "POST /ISAPI/ContentMgmt/search" => Err(Trouble::Denied),
        asked if asked.ends_with("dailyDistribution") => Ok((200, calendar_from(body, date(2026, 11, 1)))),
        asked => Ok(nvr(asked).unwrap_or(NOT_FOUND)),
    });
    let mut memory = Memory::default();
    let finding = poll(&mut fake, &mut memory, &wish(WishDepth::Scan, &[1, 2, 3])).await;
    assert_eq!(fake.count("/search"), 1, "one for all channels");
    let holding = finding.holdings[&3].yes().unwrap();
    assert_eq!(holding.oldest, Some(DeviceTime::Wall(datetime(2026, 11, 1, 0, 0, 0, 0))), "the calendar still tells");
    assert_eq!(holding.present.len(), 21);
    assert_eq!(holding.looked_at.len(), 30);
}

#[tokio::test]
async fn a_device_that_refuses_a_window_of_years_is_asked_by_its_calendar() {
    let mut fake = Fake::new(NOW, |asked, body| {
        Ok(match asked {
            "POST /ISAPI/ContentMgmt/search" if body.contains("2000-01-01") || body.contains("2038") => {
                (500, fixture!("device_error.xml").to_vec())
            }
            "POST /ISAPI/ContentMgmt/search" if body.contains("<startTime>2026-08-03T") => {
                (200, result(101, &[("2026-08-03T12:48:44", "2026-08-03T13:45:53")], "MORE"))
            }
            "POST /ISAPI/ContentMgmt/search" => {
                (200, result(101, &[("2026-11-22T07:30:00", "2026-11-22T08:00:10")], "OK"))
            }
            asked if asked.ends_with("dailyDistribution") => (200, calendar_from(body, date(2026, 8, 3))),
            asked => nvr(asked).unwrap_or(NOT_FOUND),
        })
    });
    let mut memory = Memory::default();
    let finding = poll(&mut fake, &mut memory, &wish(WishDepth::Scan, &[1])).await;
    let holding = finding.holdings[&1].yes().unwrap();
    assert_eq!(holding.oldest, Some(DeviceTime::Wall(datetime(2026, 8, 3, 12, 48, 44, 0))));
    assert_eq!(holding.newest, Some(DeviceTime::Wall(datetime(2026, 11, 22, 8, 0, 10, 0))));
    assert_eq!(fake.count("dailyDistribution"), 10, "November to August, and six empty months before");
    fake.asked.clear();
    poll(&mut fake, &mut memory, &wish(WishDepth::Scan, &[1])).await;
    assert_eq!(fake.count("dailyDistribution"), 4, "what was empty before stays so");
    assert_eq!(fake.count("/search"), 2, "the wide window is not tried again");
}

#[tokio::test]
async fn the_calendars_midnight_stands_where_the_search_of_its_first_day_is_empty() {
    let mut fake = Fake::new(NOW, |asked, body| {
        Ok(match asked {
            "POST /ISAPI/ContentMgmt/search" if body.contains("2000-01-01") => (500, b"<html>".to_vec()),
            "POST /ISAPI/ContentMgmt/search" => (200, fixture!("search_none.xml").to_vec()),
            asked if asked.ends_with("dailyDistribution") => (200, calendar_from(body, date(2026, 11, 5))),
            asked => nvr(asked).unwrap_or(NOT_FOUND),
        })
    });
    let finding = poll(&mut fake, &mut Memory::default(), &wish(WishDepth::Scan, &[1])).await;
    let holding = finding.holdings[&1].yes().unwrap();
    assert_eq!(holding.oldest, Some(DeviceTime::Wall(datetime(2026, 11, 5, 0, 0, 0, 0))));
    assert_eq!(holding.newest, None);
}

#[tokio::test]
async fn a_channel_without_recordings_has_none_and_without_calendar_and_search_nothing_is_known() {
    let mut empty = Fake::new(NOW, |asked, body| {
        Ok(match asked {
            "POST /ISAPI/ContentMgmt/search" => (200, fixture!("search_none.xml").to_vec()),
            asked if asked.ends_with("dailyDistribution") => (200, calendar_from(body, date(2037, 1, 1))),
            asked => nvr(asked).unwrap_or(NOT_FOUND),
        })
    });
    let finding = poll(&mut empty, &mut Memory::default(), &wish(WishDepth::Scan, &[1])).await;
    let holding = finding.holdings[&1].yes().unwrap();
    assert_eq!((holding.oldest, holding.newest, holding.present.len(), holding.looked_at.len()), (None, None, 0, 30));
    assert_eq!(empty.count("/search"), 1);

    let mut mute = Fake::new(NOW, |asked, _| Ok(nvr(asked).unwrap_or(NOT_FOUND)));
    let finding = poll(&mut mute, &mut Memory::default(), &wish(WishDepth::Scan, &[1, 2])).await;
    assert_eq!(finding.holdings[&1], Found::No(Why::NotSupported));
    assert_eq!(finding.holdings[&2], Found::No(Why::NotSupported));
    assert_eq!(mute.count("POST"), 2, "what is not there is asked for once, not for each channel");
}

#[tokio::test]
async fn without_a_calendar_the_last_day_alone_is_looked_at() {
    let mut fake = Fake::new(NOW, |asked, _| {
        Ok(match asked {
            "POST /ISAPI/ContentMgmt/search" => {
                (200, result(101, &[("2026-11-01T00:00:00", "2026-11-22T08:00:00")], "OK"))
            }
            asked => nvr(asked).unwrap_or(NOT_FOUND),
        })
    });
    let finding = poll(&mut fake, &mut Memory::default(), &wish(WishDepth::Scan, &[1])).await;
    let holding = finding.holdings[&1].yes().unwrap();
    assert_eq!(holding.looked_at, BTreeSet::from([date(2026, 11, 21)]));
    assert_eq!(holding.present, holding.looked_at);
}

#[tokio::test]
async fn a_long_day_is_paged_to_its_end_even_where_paging_is_ignored() {
    /// 120 recordings of ten minutes yesterday from 00:00, and the calendar's word for it.
    fn device(pages: bool) -> Fake {
        Fake::new(NOW, move |asked, body| {
            let text = |name: &str| body.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split('<').next());
            Ok(match asked {
                "POST /ISAPI/ContentMgmt/search" => {
                    let start = text("startTime").unwrap().trim_end_matches('Z').to_owned();
                    let position: usize = if pages { text("searchResultPostion").unwrap().parse().unwrap() } else { 0 };
                    let max = text("maxResults").unwrap().parse().unwrap();
                    let at = |n: u32| format!("2026-11-21T{:02}:{:02}:00", n / 6, n % 6 * 10);
                    let all: Vec<_> = (0..120).map(|n| (at(n), at(n + 1))).filter(|(_, end)| *end > start).collect();
                    let page: Vec<_> =
                        all.iter().skip(position).take(max).map(|(a, b)| (a.as_str(), b.as_str())).collect();
                    (200, result(101, &page, if all.len() > position + max { "MORE" } else { "OK" }))
                }
                asked if asked.ends_with("dailyDistribution") => {
                    let body = String::from_utf8(calendar_from(body, date(2026, 11, 1))).unwrap();
                    let gone = "<dayOfMonth>22</dayOfMonth><record>true";
                    (200, body.replace(gone, "<dayOfMonth>22</dayOfMonth><record>false").into_bytes())
                }
                asked => nvr(asked).unwrap_or(NOT_FOUND),
            })
        })
    }
    for pages in [true, false] {
        let mut fake = device(pages);
        let mut wish = wish(WishDepth::Scan, &[1]);
        wish.days = (date(2026, 11, 1), date(2026, 11, 21));
        let finding = poll(&mut fake, &mut Memory::default(), &wish).await;
        let holding = finding.holdings[&1].yes().unwrap();
        assert_eq!(holding.newest, Some(DeviceTime::Wall(datetime(2026, 11, 21, 20, 0, 0, 0))), "pages: {pages}");
    }
}

#[tokio::test]
async fn a_channel_that_stopped_months_ago_tells_when_with_a_calendar_and_without() {
    for calendar in [true, false] {
        let mut fake = Fake::new(NOW, move |asked, body| {
            let text = |name: &str| body.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split('<').next());
            Ok(match asked {
                "POST /ISAPI/ContentMgmt/search" => {
                    let (start, end) = (text("startTime").unwrap(), text("endTime").unwrap());
                    let held = [
                        ("2026-05-01T00:00:00", "2026-05-01T01:00:00"),
                        ("2026-08-03T12:48:44", "2026-08-03T13:45:53"),
                    ];
                    let found: Vec<_> = held.into_iter().filter(|(from, to)| *from < end && *to > start).collect();
                    (200, result(101, &found, "OK"))
                }
                asked if asked.ends_with("dailyDistribution") && calendar => {
                    let august = body.contains("<monthOfYear>8<");
                    let body = format!(
                        "<trackDailyDistribution><dayList><day><dayOfMonth>3</dayOfMonth><record>{august}</record></day>\
                         </dayList></trackDailyDistribution>"
                    );
                    (200, body.into_bytes())
                }
                asked => nvr(asked).unwrap_or(NOT_FOUND),
            })
        });
        let finding = poll(&mut fake, &mut Memory::default(), &wish(WishDepth::Scan, &[1])).await;
        let holding = finding.holdings[&1].yes().unwrap();
        assert_eq!(holding.oldest, Some(DeviceTime::Wall(datetime(2026, 5, 1, 0, 0, 0, 0))));
        assert_eq!(holding.newest, Some(DeviceTime::Wall(datetime(2026, 8, 3, 13, 45, 53, 0))), "calendar: {calendar}");
    }
}
