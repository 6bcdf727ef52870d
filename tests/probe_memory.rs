//! What one probe may hold, whatever the camera sends: measured as the growth of this process, which does nothing else.

use std::time::Duration;

use camwatch::inventory::{CameraId, Depth, TlsPolicy, Transport};
use camwatch::observation::Outcome;
use camwatch::probe::{Gate, Prober, Request};
use camwatch::simulate::{Behaviour, CameraOptions, Fleet, FleetOptions};

/// The most that a probe may hold, in KiB.
const MOST: u64 = 8 * 1024;

fn kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn no_camera_makes_a_probe_hold_more_than_eight_mebibytes() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let fleet = runtime.block_on(Fleet::start(FleetOptions::default())).unwrap();
    let prober = Prober::new(Gate::default());
    let look = |behaviour: Behaviour, name: String| {
        runtime.block_on(async {
            let camera = fleet.add(CameraOptions::named(&name).behaviour(behaviour)).await.unwrap();
            let request = Request {
                camera: CameraId::new("c").unwrap(),
                url: camera.url(),
                login: None,
                tls: TlsPolicy::System,
                transport: Transport::Tcp,
                depth: Depth::Picture,
                timeout: Duration::from_secs(2),
            };
            let report = prober.probe(&request).await;
            prober.idle().await;
            report
        })
    };
    // Threads, the clip and the allocator's first arenas are nobody's probe.
    assert_eq!(look(Behaviour::Ok, "warm".into()).seen.outcome, Outcome::Ok);
    for behaviour in [
        Behaviour::EndlessAnswer,
        Behaviour::HugeHead,
        Behaviour::LongLine,
        Behaviour::EndlessFrame,
        Behaviour::Garbage,
        Behaviour::PanicPush,
        Behaviour::NoKeyframe,
    ] {
        // From here on the peak is this probe's, and what the simulated camera itself needs to send.
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = kib("VmHWM:");
        let report = look(behaviour, behaviour.as_str().into());
        let grown = kib("VmHWM:").saturating_sub(before);
        assert_ne!(report.seen.outcome, Outcome::Ok, "{behaviour}: {report:?}");
        println!("{behaviour}: {} by {grown} KiB", report.seen.outcome);
        assert!(grown <= MOST, "{behaviour} made a probe hold {grown} KiB");
    }
}
