//! The demo and the simulated fleet, as commands.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn camwatch() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_camwatch"));
    for variable in ["LC_ALL", "LC_MESSAGES", "RUST_LOG"] {
        command.env_remove(variable);
    }
    command.env("LANG", "en_US.UTF-8").stdin(Stdio::null());
    command
}

fn interrupt(child: &Child) {
    let id = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
}

fn get(url: &str) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(socket, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_demo_watches_its_commune_breaks_a_camera_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("demo");
    let mut demo = camwatch()
        .args(["demo", "--port", "0", "--seconds", "90", "--data-dir"])
        .arg(&data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut metrics = String::new();
    for line in BufReader::new(demo.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(url) = line.trim().strip_prefix("curl ").filter(|url| url.ends_with("/metrics")) {
            metrics = url.to_owned();
        }
        said.push_str(&line);
        said.push('\n');
        if line.contains("lt-02: up → dark (refused)") {
            break;
        }
    }
    assert!(said.contains("172 of 172 cameras are up"), "{said}");
    assert!(said.contains("» lt-02: the camera refuses connections"), "{said}");
    assert!(said.contains("lt-02: up → dark (refused)"), "{said}");
    let page = get(&metrics);
    let up = page.lines().filter(|line| line.starts_with("camwatch_camera_up{")).count();
    assert!(up > 160, "{up} cameras on the metrics page");
    let checked = camwatch().args(["check", "--config"]).arg(data.join("camwatch.toml")).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    interrupt(&demo);
    assert_eq!(demo.wait().unwrap().code(), Some(0));

    // Somebody else's configuration is not written over.
    std::fs::write(data.join("camwatch.toml"), "[daemon]\n").unwrap();
    let refused = camwatch().args(["demo", "--port", "0", "--data-dir"]).arg(&data).output().unwrap();
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is not the demo's own"));
}

#[test]
fn a_simulated_fleet_writes_a_configuration_that_fits_and_ends_when_interrupted() {
    let directory = tempfile::tempdir().unwrap();
    let mut fleet = camwatch()
        .args(["simulate", "--cameras", "25", "--recorders", "4", "--login", "--config-out"])
        .arg(directory.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(fleet.stderr.take().unwrap()).lines();
    let control = lines.find_map(|line| line.unwrap().strip_prefix("control: curl ").map(str::to_owned)).unwrap();
    assert!(get(&control).contains("refused"));
    let file = directory.path().join("camwatch.toml");
    let checked = camwatch().args(["check", "--config"]).arg(&file).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let inventory = std::fs::read_to_string(directory.path().join("inventory/simulated.toml")).unwrap();
    for kind in ["hikvision", "dahua", "onvif"] {
        assert!(inventory.contains(&format!("kind = \"{kind}\"\nurl = \"http://127.")), "{inventory}");
    }
    // Three sites of 10, 10 and 5 cameras; the first has two recorders.
    assert_eq!(inventory.matches("recorder = \"rec-").count(), 25);
    assert_eq!(inventory.matches("recorder = \"rec-004\"\nchannel = 5\n").count(), 1);
    let probed = camwatch().args(["probe", "sim-0007", "--config"]).arg(&file).output().unwrap();
    assert_eq!(probed.status.code(), Some(0), "{}", String::from_utf8_lossy(&probed.stderr));
    interrupt(&fleet);
    assert_eq!(fleet.wait().unwrap().code(), Some(0));
}
