//! A line that is cut where the network itself says so (ICMP, RFC 792 and 4443), in a network of the test's own.

mod support;

use std::process::Command;

use support::{CAMWATCH, require};

/// What `camwatch probe --json` says in a network whose only route leads nowhere, and its exit code.
fn probed(host: &str, route: &str) -> Option<(serde_json::Value, Option<i32>)> {
    require("ip")?;
    let script =
        "ip link set lo up && ip route add \"$1\" 10.20.1.0/24 && exec \"$2\" probe --json --timeout 2s \"$3\"";
    let output = Command::new(require("unshare")?)
        .args(["--map-root-user", "--net", "sh", "-c", script, "sh", route, CAMWATCH])
        .arg(format!("rtsp://{host}/stream"))
        .output()
        .expect("unshare");
    let errors = String::from_utf8_lossy(&output.stderr);
    let line = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {errors}"));
    Some((line, output.status.code()))
}

#[test]
fn a_network_that_says_so_makes_a_camera_unreachable() {
    for (host, route) in [
        // EHOSTUNREACH, ENETUNREACH (no route at all), and EACCES of a filter.
        ("10.20.1.11", "unreachable"),
        ("10.99.1.11", "unreachable"),
        ("10.20.1.11", "prohibit"),
    ] {
        let Some((line, code)) = probed(host, route) else { return };
        assert_eq!((line["outcome"].as_str(), code), (Some("unreachable"), Some(2)), "{host} {route}: {line}");
        assert!(line["phases_ms"]["connect"].is_null(), "{line}");
    }
}
