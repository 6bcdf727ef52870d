//! `camwatch check`, as an operator sees it: one bad file a rule in `tests/bad-config/`, and the command's manners.
//!
//! A file of the corpus says first, in a comment, which rule it breaks, then in lines that begin with `#!` what `check`
//! prints of it: all of it, in order. Lines without a file name are of the file itself. Files in `parts/` are inventory
//! that others name.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad-config")
}

fn check(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_camwatch"))
        .arg("check")
        .args(args)
        .current_dir(dir)
        .env_remove("CREDENTIALS_DIRECTORY")
        .env_remove("CAMWATCH_TEST_UNSET")
        .env("CAMWATCH_TEST_PASSWORD", "hunter2")
        .output()
        .expect("camwatch runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn toml_files(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "toml"))
        .collect()
}

#[test]
fn every_rule_is_told_in_exactly_these_words_at_exactly_this_place() {
    let files = toml_files(&corpus());
    assert!(files.len() >= 60, "only {} files", files.len());
    let mut wrong = String::new();
    for name in files {
        let text = fs::read_to_string(corpus().join(&name)).expect("a file of the corpus");
        let expected: Vec<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("#! "))
            .map(|line| if line.starts_with("parts/") { line.to_owned() } else { format!("{name}:{line}") })
            .collect();
        assert!(!expected.is_empty(), "{name} expects nothing");
        let warnings_only = expected.iter().all(|line| line.contains(": warning: "));

        let output = check(&corpus(), &["--config", &name]);
        let printed = stdout(&output);
        let mut printed: Vec<_> = printed.lines().collect();
        if warnings_only {
            let summary = printed.pop().unwrap_or_default();
            assert!(summary.starts_with(&format!("{name} is good: ")), "{name}: {summary}");
        }
        if printed != expected {
            writeln!(wrong, "{name}\n  expected: {expected:#?}\n  printed: {printed:#?}").expect("writing to a string");
        }
        assert_eq!(output.status.code(), Some(if warnings_only { 0 } else { 2 }), "{name}");
        assert!(!stdout(&output).contains("hunter2"), "{name} prints a secret");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_part_of_the_corpus_is_named_by_a_file_of_it() {
    let parts = toml_files(&corpus().join("parts"));
    let all: String =
        toml_files(&corpus()).iter().map(|name| fs::read_to_string(corpus().join(name)).expect("a file")).collect();
    for part in parts {
        let stem = part.trim_end_matches(".toml").trim_end_matches(|c: char| c.is_ascii_digit());
        assert!(all.contains(&format!("parts/{stem}")), "nothing names parts/{part}");
    }
}

#[test]
fn a_good_configuration_is_summed_up_in_one_line() {
    let dir = TempDir::new().expect("a directory");
    let text = r#"
[[commune]]
id = "moc-nam"
name = "Xã Mộc Nam"

[[site]]
id = "yen-lenh"
commune = "moc-nam"
name = "Cầu Yên Lệnh"

[[fund]]
id = "xa"
kind = "commune"
name = "Ngân sách xã"

[[camera]]
id = "yl-01"
site = "yen-lenh"
name = "Chiều đi Hưng Yên"
url = "rtsp://10.20.1.11/1"
fund = "xa"

[[camera]]
id = "yl-02"
site = "yen-lenh"
name = "Chiều đi Hà Nội"
url = "rtsp://10.20.1.12/1"
channel = 1
"#;
    fs::write(dir.path().join("camwatch.toml"), text).expect("a file");
    let output = check(dir.path(), &["--config", "camwatch.toml"]);
    assert_eq!(
        stdout(&output),
        "camwatch.toml:28:11: warning: channel has no effect without a recorder, expected recorder = \"...\" beside it\n\
         camwatch.toml is good: 1 commune, 1 site, 2 cameras (1 funded, 1 private), 0 recorders\n"
    );
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));

    let output = check(dir.path(), &["--quiet", "--config", "camwatch.toml"]);
    assert_eq!((stdout(&output).as_str(), output.status.code()), ("", Some(0)));
}

#[test]
fn problems_are_the_result_and_the_verdict_is_not() {
    let name = "every-problem-at-once.toml";
    let output = check(&corpus(), &["-c", name]);
    assert_eq!(stdout(&output).lines().count(), 5);
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "5 problems in 1 file; the daemon would not take this configuration\n"
    );
    let quiet = check(&corpus(), &["--quiet", "-c", name]);
    assert_eq!((quiet.stdout == output.stdout, quiet.stderr.len(), quiet.status.code()), (true, 0, Some(2)));
}

#[test]
fn a_configuration_that_is_not_there_is_told_with_what_to_do() {
    let dir = TempDir::new().expect("a directory");
    let output = check(dir.path(), &["--config", "camwatch.toml"]);
    assert_eq!(
        stdout(&output),
        "camwatch.toml:1:1: the file does not exist, expected the path of a configuration: an empty file is one, since \
         every setting has a default\n"
    );
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_example_in_this_repository_lacks_nothing_but_its_secrets() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = check(root, &["--config", "config/camwatch.toml"]);
    for line in stdout(&output).lines() {
        let (_, problem) = line.split_once(": ").expect("a place and a problem");
        let secret = ["password_file ", "password_env: ", "token_file ", "token_env: "];
        assert!(secret.iter().any(|key| problem.starts_with(key)), "{line}");
    }
}

#[test]
fn systemd_credentials_are_taken_by_the_file_name_or_the_id() {
    let dir = TempDir::new().expect("a directory");
    let credentials = dir.path().join("credentials");
    fs::create_dir(&credentials).expect("a directory");
    fs::write(credentials.join("nvr"), "hunter2\n").expect("a file");
    let text = "[[credential]]\nid = \"by-name\"\nusername = \"monitor\"\npassword_file = \"secrets/nvr\"\n\
                [[credential]]\nid = \"nvr\"\nusername = \"monitor\"\n";
    fs::write(dir.path().join("camwatch.toml"), text).expect("a file");
    let run = |credentials: Option<&Path>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_camwatch"));
        command
            .args(["check", "--config", "camwatch.toml"])
            .current_dir(dir.path())
            .env_remove("CREDENTIALS_DIRECTORY");
        if let Some(credentials) = credentials {
            command.env("CREDENTIALS_DIRECTORY", credentials);
        }
        command.output().expect("camwatch runs").status.code()
    };
    assert_eq!(run(None), Some(2));
    assert_eq!(run(Some(&credentials)), Some(0));
}
