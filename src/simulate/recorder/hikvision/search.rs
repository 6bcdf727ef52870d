//! Searches for recordings and the calendar of days, with the conflicts between firmwares.

use std::fmt::Write as _;

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};

use super::super::device::Recorder;
use super::super::fault::RecorderBehaviour;
use super::super::http::{Answer, Request};
use super::super::xml::Node;
use super::{
    BAD_PARAMETERS, BAD_XML, DEVICE_ERROR, Envelope, HikvisionManner, NOT_SUPPORTED, TrackElement, error, explained,
    track, xml,
};
use crate::simulate::camera::count;

/// Devices count no further.
const MOST_MATCHES: usize = 4000;
const TWO_ROOTS: &str = "Tag 13 is invalid (two root tags)";

pub(super) fn search(
    recorder: &Recorder,
    manner: &HikvisionManner,
    request: &Request,
    behaviour: RecorderBehaviour,
) -> Answer {
    count(&recorder.counters.searches);
    let path = request.path();
    let text = request.text();
    let Some(query) = Query::read(manner, &text) else { return explained(manner, 400, path, BAD_XML, TWO_ROOTS) };
    if query.page > manner.largest_page {
        return error(manner, 400, path, BAD_PARAMETERS);
    }
    let days = query.from.date().until(query.to.date()).map_or(0, |span| span.get_days());
    let widest = if behaviour == RecorderBehaviour::WideWindow500 { Some(31) } else { manner.widest_window_days };
    if widest.is_some_and(|widest| i64::from(days) > i64::from(widest)) {
        return explained(manner, 500, path, DEVICE_ERROR, TWO_ROOTS);
    }

    let dial = recorder.state().dial;
    // Sub streams are not recorded.
    let segments = match track(&query.track) {
        Some((channel, 1)) => recorder.segments(channel, dial.of_wall(query.from), dial.of_wall(query.to)),
        _ => Vec::new(),
    };
    let position = if manner.ignores_paging { 0 } else { query.position };
    let page: Vec<_> = segments.iter().skip(position).take(query.page).collect();
    let total = segments.len().min(MOST_MATCHES);
    let status = match (page.len(), position + page.len() < segments.len()) {
        (0, _) => "NO MATCHES",
        (_, true) => "MORE",
        (_, false) => "OK",
    };
    let mut items = String::new();
    for segment in &page {
        let (start, end) = (dial.wall(segment.from), dial.wall(segment.to));
        let compact = |time: DateTime| time.strftime("%Y%m%dT%H%M%SZ").to_string();
        let _ = writeln!(
            items,
            "<searchMatchItem><sourceID>{{00000000-0000-0000-0000-000000000000}}</sourceID><trackID>{track}</trackID>\
                 <timeSpan><startTime>{start}Z</startTime><endTime>{end}Z</endTime></timeSpan>\
                 <mediaSegmentDescriptor><contentType>video</contentType><codecType>H.265-BP</codecType>\
                 <playbackURI>rtsp://{host}/Streaming/tracks/{track}/?starttime={from}&amp;endtime={to}&amp;\
                 name=00000001023000000&amp;size=536870912</playbackURI><lockStatus>{lock}</lockStatus>\
                 </mediaSegmentDescriptor><metadataMatches><metadataDescriptor>\
                 recordType.meta.hikvision.com/{kind}</metadataDescriptor></metadataMatches></searchMatchItem>",
            track = query.track,
            host = request.header("Host").unwrap_or("192.0.2.64"),
            from = compact(start),
            to = compact(end),
            lock = if segment.locked { "lock" } else { "unlock" },
            kind = if segment.event { "motion" } else { "timing" },
        );
    }
    // With pages of one, devices tell the total in place of the page's number.
    let matches = if query.page == 1 { total } else { page.len() };
    let list = if items.is_empty() { "<matchList/>".to_owned() } else { format!("<matchList>\n{items}</matchList>") };
    let content = format!(
        "<searchID>{}</searchID>\n<responseStatus>true</responseStatus>\n<responseStatusStrg>{status}</responseStatusStrg>\n\
         <numOfMatches>{matches}</numOfMatches>\n<totalMatches>{total}</totalMatches>\n{list}",
        query.id
    );
    xml(manner, "CMSearchResult", &content)
}

/// A search that this firmware understands.
struct Query {
    id: String,
    track: String,
    from: DateTime,
    to: DateTime,
    page: usize,
    position: usize,
}

impl Query {
    fn read(manner: &HikvisionManner, text: &str) -> Option<Self> {
        let root = Node::parse(text).filter(|root| root.name == "CMSearchDescription")?;
        let id = root.value("searchID")?;
        let braces = id.starts_with('{') && id.ends_with('}');
        if !is_uuid(id.trim_start_matches('{').trim_end_matches('}')) || id.starts_with('{') != id.ends_with('}') {
            return None;
        }
        let metadata = root.child("metadataList").is_some();
        let declared = text.trim_start().starts_with("<?xml");
        let fits = match manner.envelope {
            Envelope::Any => true,
            Envelope::Terse => {
                braces && !metadata && !declared && root.tag.contains("version=\"1.0\"") && !root.tag.contains("xmlns")
            }
            Envelope::Verbose => !braces && metadata,
        };
        let list = match manner.list {
            TrackElement::Either => root.child("trackList").or_else(|| root.child("trackIDList")),
            TrackElement::TrackList => root.child("trackList"),
            TrackElement::TrackIdList => root.child("trackIDList"),
        };
        let track = list.filter(|_| fits)?.value("trackID")?;
        let span = root.find("timeSpan")?;
        let number = |name: &str| root.value(name).map(str::parse::<usize>);
        let position = number("searchResultPostion")
            .or_else(|| number("searchResultPosition").filter(|_| manner.spells_position_right));
        Some(Self {
            id: id.to_owned(),
            track: track.to_owned(),
            from: wall(span.value("startTime")?)?,
            to: wall(span.value("endTime")?)?,
            page: number("maxResults")?.ok()?,
            position: position.transpose().ok()?.unwrap_or(0),
        })
    }
}

/// The digits of a time, whatever zone stands behind them.
fn wall(text: &str) -> Option<DateTime> {
    text.trim_end_matches('Z').parse().ok()
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.chars().all(|c| c.is_ascii_hexdigit()))
}

/// One entry for each day of a month by the device's own calendar.
pub(super) fn calendar(recorder: &Recorder, manner: &HikvisionManner, request: &Request, number: &str) -> Answer {
    let path = request.path();
    let root = Node::parse(&request.text()).filter(|root| root.name == "trackDailyParam");
    let first = root.as_ref().and_then(|root| {
        Date::new(root.value("year")?.parse().ok()?, root.value("monthOfYear")?.parse().ok()?, 1).ok()
    });
    let Some(first) = first else { return error(manner, 400, path, BAD_XML) };
    let channels = recorder.state().channels.len();
    let Some((channel, stream)) = track(number).filter(|(channel, _)| *channel < channels) else {
        return error(manner, 403, path, NOT_SUPPORTED);
    };
    let dial = recorder.state().dial;
    let mut days = String::new();
    for day in 1..=first.days_in_month() {
        let date = first.saturating_add(i64::from(day - 1).days());
        let from = dial.of_wall(date.at(0, 0, 0, 0));
        let found = if stream == 1 { recorder.segments(channel, from, from + 86_400) } else { Vec::new() };
        let kind = match (found.iter().any(|one| one.event), found.iter().any(|one| !one.event)) {
            (true, _) => "<recordType>event</recordType>",
            (false, true) => "<recordType>time</recordType>",
            (false, false) => "",
        };
        let _ = writeln!(
            days,
            "<day><id>{day}</id><dayOfMonth>{day}</dayOfMonth><record>{}</record>{kind}</day>",
            !found.is_empty()
        );
    }
    xml(manner, "trackDailyDistribution", &format!("<dayList>\n{days}</dayList>"))
}
