//! English, in plain words.

use super::{Camera, Filter, Forms, Frame, Glance, Incidents, List, Map, Missing, Said, Site, Standing, Words};
use crate::observation::{DiskStatus, Phase, State};

const fn are(n: u64) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

const fn have(n: u64) -> &'static str {
    if n == 1 { "has" } else { "have" }
}

const fn cameras(n: u64) -> &'static str {
    if n == 1 { "camera" } else { "cameras" }
}

pub(super) const WORDS: Words = Words {
    frame: Frame {
        skip: "Skip to content",
        language: "Language",
        overview: "Overview",
        path: "Where this page is",
        as_of: |time| format!("As of {time}"),
        signed_in: |name| format!("Signed in: {name}"),
        reports: "Monthly reports",
        for_programs: "For programs",
        metrics: "Prometheus metrics",
        api: "description of the API",
        version: |version| format!("Version {version}"),
        paused: "No updates arrive; what is shown may be old.",
        cut_off: "The monitor is cut off from the network: how the cameras are now is not known.",
        stale: |since| format!("The monitor has stood still since {since}: what is shown is old."),
        not_begun: "The monitor is starting: nothing was probed yet.",
    },
    glance: Glance {
        heading: |standing, n, of, funded| {
            let funded = if funded { "funded " } else { "" };
            let all = if of == 1 { String::new() } else { format!("All {of} ") };
            match standing {
                Standing::Nothing => "There are no cameras yet".to_owned(),
                Standing::Dark => format!("{n} of {of} {funded}{} {} dark", cameras(of), are(n)),
                Standing::AllUnknown => format!("How the {of} {funded}{} {} is not known", cameras(of), are(of)),
                Standing::SomeUnknown => {
                    format!("No {funded}camera is known to be dark; {n} of {of} {} not known", are(n))
                }
                Standing::Degraded => format!("No {funded}camera is dark; {n} of {of} {} a fault", have(n)),
                Standing::AllMaintenance if of == 1 => format!("The {funded}camera is in maintenance"),
                Standing::AllMaintenance => format!("{all}{funded}cameras are in maintenance"),
                Standing::Good if n < of => {
                    format!("{n} of {of} {funded}{} {} up, the rest in maintenance", cameras(of), are(n))
                }
                Standing::Good if of == 1 => format!("The {funded}camera is up"),
                Standing::Good => format!("{all}{funded}cameras are up"),
            }
        },
        state: |state| match state {
            State::Up => "up",
            State::Degraded => "degraded",
            State::Dark => "dark",
            State::Unknown => "unknown",
            State::Maintenance => "maintenance",
        },
        by_state: "Cameras by state",
        all: "all",
    },
    filter: Filter {
        heading: "Search and filter",
        search: "Search cameras",
        search_hint: "name, id or site; accents are not needed",
        state: "State",
        commune: "Commune",
        village: "Village",
        site: "Site",
        fund: "Paid by",
        any: "All",
        more: "More filters",
        apply: "Show",
        clear: "Clear",
        id_or_name: "name or id",
    },
    list: List {
        heading: "Cameras",
        state: "State",
        camera: "Camera",
        why: "Why, and since when",
        shown: |from, to, of| format!("{from}–{to} of {of} cameras, worst first"),
        none: "No camera matches the filters.",
        pages: "Pages of the list",
        page: |n| format!("Page {n}"),
        previous: "Previous page",
        next: "Next page",
        since: |moment, length| format!("since {moment} ({length})"),
        never_seen: "never probed yet",
        no_site: "No cameras yet",
    },
    incident: Incidents {
        heading: "Open incidents",
        none: "There are none.",
        more: |n, written| if n == 1 { "and one more".to_owned() } else { format!("and {written} more") },
        unfunded: "Cameras of households and institutions (nobody is paged)",
        number: |n| format!("Incident number {n}"),
        cameras_of: |n, of| format!("{n} of {of} cameras"),
        likely: "Probably",
        first: "First",
        what_to_do: "What to do",
        taken_by: |who, until| format!("{who} has it, until {until}"),
        taken: "Somebody has it",
        told: |who, when| format!("{who} was told at {when}; nobody has it yet"),
        nobody_told: "Nobody has it yet",
        the_monitor: "The monitor",
        past: "Incidents of the last 30 days",
        past_none: "There were none in the last 30 days.",
        what: "Incident",
        from: "From",
        to: "To",
        still_open: "open",
    },
    map: Map {
        heading: "Map",
        site: |name, cameras| format!("{name}: {cameras}"),
        cluster: |sites, cameras| format!("{sites} sites: {cameras}"),
        count: |n, state| format!("{n} {state}"),
        unplaced: |n, written| {
            if n == 1 {
                "One site has no coordinates and is not on the map.".to_owned()
            } else {
                format!("{written} sites have no coordinates and are not on the map.")
            }
        },
        key: "Signs: the worst state at the site",
        north: "North is up",
    },
    site: Site {
        cameras: "Cameras of the site",
        line: "Line",
        line_up: "working",
        line_down: "down",
        line_unknown: "not known",
        recorders: "Recorders",
        recorder: "Recorder",
        no_recorders: "No recorder of this site is in the inventory.",
        answers: "answers",
        silent: "does not answer",
        not_asked: "not known",
        last_answer: "Last answer",
        clock: "Clock",
        fast: |length| format!("fast by {length}"),
        slow: |length| format!("slow by {length}"),
        right: "right",
        disk: "Disk",
        disks: "Disks of the recorder",
        disk_status: |status| match status {
            DiskStatus::Ok => "good",
            DiskStatus::Degraded => "failing",
            DiskStatus::Failed => "failed",
            DiskStatus::Missing => "missing",
            DiskStatus::Unknown => "not known",
        },
        capacity: "Size",
        free: "Free",
        forecast: "Its disks hold at least",
        days_held: |days| format!("{days} days"),
        too_little: "less than is required",
        without_camera: "Channels with a picture and no camera in the inventory",
        device: "Device",
        retention: "Recordings against what is required",
        retention_state: "Recordings",
        reach: "Reach back",
        held: "Days held",
        gaps: "Days missing",
        newest: "Newest recording",
        compliant: |n, of| format!("{n} of {of} cameras keep what is required."),
        falling: "falling fast",
        uptime: "Uptime",
        window: "Time",
        days: |n, days| if n == 1 { "last 24 hours".to_owned() } else { format!("last {days} days") },
        observed: "Time observed",
        no_figures: "No figures yet.",
    },
    camera: Camera {
        facts: "Facts",
        installed: "In service from",
        paid_by: "Paid by",
        a_household: "A household",
        pages: "Pages an officer",
        pages_yes: "yes, when it is dark",
        pages_no: "no: it is recorded and reported",
        last_probe: "Last probe",
        never: "never probed",
        took: "It took",
        phases: "Phases of the last probe",
        phase: "Phase",
        phase_name: |phase| match phase {
            Phase::Dns => "name lookup",
            Phase::Connect => "connection",
            Phase::Tls => "TLS",
            Phase::Describe => "description",
            Phase::Setup => "setup",
            Phase::Play => "play",
            Phase::FirstFrame => "first frame",
            Phase::KeyFrame => "key frame",
        },
        milliseconds: "Milliseconds",
        probes: "Latest probes",
        at: "At",
        outcome: "Outcome",
        fine: "good",
        detail: "Detail",
        stream: "Stream",
        no_stream: "No picture was received yet.",
        codec: "Codec",
        resolution: "Resolution",
        frame_rate: "Frames a second",
        bit_rate: "Bit rate",
        key_frames: "Time between key frames",
        lost: "Packets lost since the start",
        last_frame: "Last frame received",
        picture: "Picture",
        picture_of: |name| format!("Picture of the camera {name}"),
        month: |month| format!("Day by day, {month}"),
        day_by_day: "Days that were not all up, in figures",
        day: "Day",
        outages: "Times without signal this month",
        no_outages: "It was not dark this month.",
        length: "Length",
        more_outages: |n, written| if n == 1 { "and one before".to_owned() } else { format!("and {written} before") },
        calendar: "Calendar of recordings",
        calendar_none: "No recorder has told of any days of this camera.",
        day_held: "recorded",
        day_missing: "no recording",
        day_lost: "was recorded, is gone",
        day_unknown: "not looked at",
        record_unreadable: "The record cannot be read now; the past is not shown.",
        debug: "Probe with its log",
    },
    form: Forms {
        acknowledge: "I have it",
        who: "Name of who has it",
        probe: "Probe now",
        maintenance: "Planned maintenance",
        hours: "Hours from now",
        reason: "Reason",
        declare: "Declare maintenance",
        end: "End it now",
        window: |from, to| format!("{from} to {to}"),
        said: |said| match said {
            Said::Probed => "Probed; what came of it stands below.",
            Said::Busy => "A probe of this camera is running. Try again in some seconds.",
            Said::Acknowledged => "Noted who has it. Thank you!",
            Said::Gone => {
                "That is gone: the incident or the window is over, or the camera is no longer in the inventory."
            }
            Said::Maintenance => "Maintenance is declared; it holds within seconds.",
            Said::MaintenanceEnded => "Maintenance is ended; that holds within seconds.",
            Said::BadForm => "That could not be read: write 1 to 168 hours, and a reason on one line.",
            Said::Denied => "Not done: you may read but not act, or the page was old. Load it again and repeat.",
            Said::Stopping => "The system is restarting. Try again in a minute.",
        },
    },
    missing: Missing {
        title: "There is no such page",
        camera: "No camera of this id is in service. Its id may have changed, or it was retired.",
        site: "There is no site of this id.",
        page: "Nothing is at this address.",
        back: "Back to the overview",
    },
};
