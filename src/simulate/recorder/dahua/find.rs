//! `mediaFileFind.cgi`: searches for recordings in five steps, on a handle that must be given back.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::civil::DateTime;

use super::super::archive::Segment;
use super::super::device::{Recorder, lock};
use super::super::fault::RecorderBehaviour;
use super::super::http::{Answer, Request};
use super::{DahuaManner, PLAIN, bad_request, digits};
use crate::simulate::camera::count;

/// No page is larger.
const LARGEST_PAGE: usize = 100;

/// Finders that were made and not destroyed, by their handles.
#[derive(Default)]
pub(in super::super) struct Finders {
    open: Mutex<BTreeMap<u32, Finder>>,
    searched: AtomicBool,
}

#[derive(Default)]
struct Finder {
    channel: usize,
    found: Vec<Segment>,
    next: usize,
}

impl Finders {
    /// Whether nobody searched before; somebody did now.
    pub(super) fn is_first(&self) -> bool {
        !self.searched.swap(true, Ordering::Relaxed)
    }
}

pub(super) fn answer(
    recorder: &Recorder,
    manner: &DahuaManner,
    request: &Request,
    action: &str,
    behaviour: RecorderBehaviour,
) -> Answer {
    let mut open = lock(&recorder.finders.open);
    if action == "factory.create" {
        let handle = std::iter::repeat_with(|| fastrand::u32(1 << 20..)).find(|handle| !open.contains_key(handle));
        let handle = handle.unwrap_or_default();
        open.insert(handle, Finder::default());
        recorder.counters.handles.enter();
        return Answer::text(format!("result={handle}\r\n"));
    }
    let handle = request.parameter("object").and_then(|handle| handle.parse::<u32>().ok());
    let Some((handle, finder)) = handle.and_then(|handle| Some((handle, open.get_mut(&handle)?))) else {
        return bad_request();
    };
    match action {
        "findFile" => find(recorder, manner, request, behaviour, finder),
        "findNextFile" => {
            let page = request.parameter("count").and_then(|count| count.parse::<usize>().ok()).unwrap_or(LARGEST_PAGE);
            next(finder, recorder, page.min(LARGEST_PAGE))
        }
        // Closed, the handle still exists.
        "close" | "factory.close" => {
            *finder = Finder::default();
            Answer::text("OK\r\n")
        }
        "destroy" | "factory.destroy" => {
            open.remove(&handle);
            recorder.counters.handles.leave();
            Answer::text("OK\r\n")
        }
        _ => Answer::new(501, PLAIN, "Error\r\nNot Implemented!\r\n"),
    }
}

fn find(
    recorder: &Recorder,
    manner: &DahuaManner,
    request: &Request,
    behaviour: RecorderBehaviour,
    finder: &mut Finder,
) -> Answer {
    count(&recorder.counters.searches);
    recorder.finders.is_first();
    let time = |name: &str| request.parameter(name).and_then(|text| wall(&text));
    let channel = request
        .parameter("condition.Channel")
        .and_then(|number| number.parse::<usize>().ok())
        .and_then(|number| number.checked_sub(manner.first_channel));
    let (Some(channel), Some(from), Some(to)) = (channel, time("condition.StartTime"), time("condition.EndTime"))
    else {
        return bad_request();
    };
    let days = from.date().until(to.date()).map_or(0, |span| span.get_days());
    if behaviour == RecorderBehaviour::WideWindow500 && days > 31 {
        return Answer::new(500, PLAIN, "Error\r\n");
    }
    let dial = recorder.state().dial;
    let found = recorder.segments(channel, dial.of_wall(from), dial.of_wall(to));
    if found.is_empty() {
        return bad_request();
    }
    *finder = Finder { channel, found, next: 0 };
    Answer::text(if manner.finds_with_result { "result=true\r\n" } else { "OK\r\n" })
}

fn next(finder: &mut Finder, recorder: &Recorder, page: usize) -> Answer {
    let dial = recorder.state().dial;
    let items: Vec<&Segment> = finder.found.iter().skip(finder.next).take(page).collect();
    let mut text = format!("found={}\r\n", items.len());
    for (i, segment) in items.iter().enumerate() {
        let (start, end) = (dial.wall(segment.from), dial.wall(segment.to));
        let cluster = finder.next + i;
        let flag = if segment.event { 'M' } else { 'R' };
        let length = (segment.to - segment.from) * 300_000;
        let path = format!(
            "/mnt/dvr/{}/{}/dav/{}/1/0/{cluster}/{}-{}[{flag}][0@0][0].dav",
            start.date(),
            finder.channel,
            start.strftime("%H"),
            start.strftime("%H.%M.%S"),
            end.strftime("%H.%M.%S")
        );
        let word = if segment.event { "Event" } else { "Timing" };
        let marked = if segment.locked { "Marked" } else { "UnMarked" };
        let _ = write!(
            text,
            "items[{i}].Channel={}\r\nitems[{i}].Cluster={cluster}\r\nitems[{i}].CutLength={length}\r\n\
             items[{i}].Disk=8\r\nitems[{i}].EndTime={}\r\n",
            finder.channel,
            digits(end)
        );
        if segment.event {
            let _ = write!(text, "items[{i}].Events[0]=VideoMotion\r\n");
        }
        let _ = write!(
            text,
            "items[{i}].FilePath={path}\r\nitems[{i}].Flags[0]={word}\r\nitems[{i}].Flags[1]={marked}\r\n\
             items[{i}].Length={length}\r\nitems[{i}].Partition=0\r\nitems[{i}].StartTime={}\r\n\
             items[{i}].Type=dav\r\nitems[{i}].VideoStream=Main\r\n",
            digits(start)
        );
    }
    let shown = items.len();
    finder.next += shown;
    Answer::text(text)
}

/// `2026-11-01 07:00:00`, also with single digits.
fn wall(text: &str) -> Option<DateTime> {
    DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()
}
