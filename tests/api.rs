//! The API's description against the running daemon, by a program that we did not write: schemathesis, which asks for what
//! the description allows and for what it does not. `tests/peers/openapi/install` puts it into `target/peers`.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{CAMWATCH, Camera, ConfigFile, Daemon, skip};

const MORE: &str = "[[site]]\nid = \"yen-lenh\"\ncommune = \"moc-nam\"\nname = \"Cầu\"\nlatitude = 20.66\nlongitude = 106.03\n\
                    [[credential]]\nid = \"nvr-yen-lenh\"\nusername = \"monitor\"\npassword_file = \"nvr\"\n\
                    [[recorder]]\nid = \"yl-nvr\"\nsite = \"yen-lenh\"\nkind = \"dahua\"\nurl = \"http://127.0.0.1:9\"\n\
                    credential = \"nvr-yen-lenh\"\n[[officer]]\nid = \"truc-ban-1\"\nname = \"A\"\n\
                    [[maintenance]]\nscope = \"site\"\nid = \"yen-lenh\"\nfrom = 2026-01-01T00:00:00Z\n\
                    to = 2096-01-01T00:00:00Z\nreason = \"Thay cáp\"\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Schemathesis, or `None` after saying that this test is skipped.
fn schemathesis() -> Option<PathBuf> {
    // The directory of `debug`, wherever cargo was told to build.
    let target = Path::new(CAMWATCH).ancestors().nth(2)?;
    let program = target.join("peers/schemathesis/bin/st");
    if program.is_file() {
        return Some(program);
    }
    skip("schemathesis, which tests/peers/openapi/install makes");
    None
}

#[test]
fn every_path_answers_as_its_description_says_whatever_it_is_asked() {
    let Some(program) = schemathesis() else { return };
    let camera = Camera::new("yl-01", "rtsp://127.0.0.1:9/live".to_owned());
    let config = ConfigFile::new("interval = \"60s\"", &[camera], MORE);
    std::fs::write(config.dir().join("nvr"), "hunter2").expect("writing the password");
    let daemon = Daemon::start(&config);
    let description = daemon.get("/api/v1/openapi.json");
    let file = config.dir().join("openapi.json");
    std::fs::write(&file, description).expect("writing the description");
    let mut command = Command::new(program);
    command.arg("--config-file").arg(root().join("tests/peers/openapi/schemathesis.toml")).arg("run").arg(&file);
    command.args(["--url", &format!("http://127.0.0.1:{}", config.port), "--checks", "all", "--max-time", "15"]);
    // The same questions each time: what it finds is found by everybody.
    command.args(["--seed", "20261122", "--no-color", "--continue-on-failure", "--warnings", "off"]);
    let output = command.current_dir(config.dir()).output().expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let selected = said.lines().find(|line| line.contains("Operations:")).unwrap_or_default();
    println!("{}", selected.trim());
    assert_eq!(daemon.get("/-/healthy"), "camwatch is healthy.\n", "the daemon goes on");
}
