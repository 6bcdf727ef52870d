//! What the documents say is so.

mod support;

use std::fs;
use std::path::Path;

use support::camwatch;

fn document(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// The bodies of the fenced blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}

#[test]
fn the_configuration_of_the_readme_is_valid_from_the_least_on() {
    use std::os::unix::fs::OpenOptionsExt as _;
    let dir = tempfile::TempDir::new().expect("a temporary directory");
    fs::create_dir(dir.path().join("secrets")).expect("a directory");
    let secret = dir.path().join("secrets/zalo-bot");
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(secret).expect("the secret");
    let found = blocks(&document("README.md"), "toml");
    assert!(!found.is_empty(), "the README shows a configuration");
    let file = dir.path().join("camwatch.toml");
    // Each goes on where the one before it ends.
    let mut text = String::new();
    for block in &found {
        text += block;
        fs::write(&file, &text).expect("writing the configuration");
        let output = camwatch(["check".as_ref(), "--config".as_ref(), file.as_os_str()]);
        assert!(output.status.success(), "{block}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_readme_lists_every_command_and_no_other() {
    let help = String::from_utf8(camwatch(["--help"]).stdout).expect("UTF-8");
    let commands =
        help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a list of commands");
    let mut exist: Vec<&str> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    exist.retain(|command| *command != "help");
    let readme = document("README.md");
    let table = readme.split("## Commands").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a chapter");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut described: Vec<&str> = rows.filter_map(|row| row.split(['`', ' ']).next()).collect();
    exist.sort_unstable();
    described.sort_unstable();
    assert_eq!(described, exist);
}

#[test]
fn every_file_that_a_document_links_to_is_there() {
    for name in ["README.md", "ARCHITECTURE.md", "benches/README.md"] {
        let text = document(name);
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains("://") {
                let file = base.parent().expect("a directory").join(path);
                assert!(file.exists(), "{name} links to {target}");
            }
        }
    }
}
