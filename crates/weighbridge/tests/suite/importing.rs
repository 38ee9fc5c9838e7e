//! `weighbridge config import`, as whoever comes from another gateway meets it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use weighbridge_testkit::ScratchDir;

use crate::house::binary;

const LITELLM: &str = include_str!("../../../../fixtures/import/litellm-small.yaml");

fn run(scratch: &ScratchDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary());
    for name in ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"] {
        command.env(name, "a key of the test");
    }
    command.args(arguments).current_dir(scratch.path()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn with_file() -> ScratchDir {
    let scratch = ScratchDir::new().unwrap();
    std::fs::write(scratch.join("config.yaml"), LITELLM).unwrap();
    scratch
}

fn holds(file: &Path, words: &str) -> bool {
    std::fs::read_to_string(file).unwrap().contains(words)
}

#[test]
fn what_is_written_passes_the_check() {
    let scratch = with_file();
    let out = ["config", "import", "config.yaml", "--out", "weighbridge.toml"];
    let written = run(&scratch, &out);
    assert_eq!(written.status.code(), Some(0), "{written:?}");
    assert!(text(&written.stderr).contains("not carried: general_settings.master_key, line 20"));
    assert!(text(&written.stdout).contains("3 things not carried"), "{written:?}");
    let checked = run(&scratch, &["config", "check", "weighbridge.toml"]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    assert!(text(&checked.stdout).contains("good: 3 providers, 3 models"), "{checked:?}");
}

#[test]
fn a_file_that_is_there_stays_unless_it_may_go() {
    let scratch = with_file();
    let file = scratch.join("own.toml");
    std::fs::write(&file, "# mine").unwrap();
    let out = ["config", "import", "config.yaml", "--out", "own.toml"];
    let refused = run(&scratch, &out);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(text(&refused.stderr).contains("own.toml is there already"), "{refused:?}");
    assert!(holds(&file, "# mine"));
    let forced = run(&scratch, &[&out[..], &["--force"]].concat());
    assert_eq!(forced.status.code(), Some(0), "{forced:?}");
    assert!(!holds(&file, "# mine") && holds(&file, "[[providers]]"));
}

#[test]
fn programs_get_the_configuration_and_the_losses_as_json() {
    let scratch = with_file();
    let printed = run(&scratch, &["config", "import", "config.yaml"]);
    let json = run(&scratch, &["config", "import", "config.yaml", "--json", "--from", "litellm"]);
    assert_eq!(json.status.code(), Some(0), "{json:?}");
    assert!(json.stderr.is_empty(), "{json:?}");
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["toml"].as_str(), Some(&*text(&printed.stdout)));
    let lost = report["not_carried"].as_array().unwrap();
    assert_eq!(lost.len(), 3);
    assert_eq!(lost[1]["at"], "litellm_settings.drop_params, line 17");
    for part in ["what", "instead"] {
        assert!(lost[1][part].as_str().unwrap().len() > 5, "{lost:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_ends_with_2_and_a_reason() {
    let scratch = with_file();
    std::fs::write(scratch.join("bad.yaml"), "model_list:\n  - model_name: [\n").unwrap();
    for (arguments, words) in [
        (&["bad.yaml"][..], "cannot import bad.yaml: line 2: this cannot be read as YAML"),
        (&["none.yaml"], "cannot import none.yaml: "),
        (&["config.yaml", "--from", "aog"], "there are no `service_providers` in it"),
    ] {
        let refused = run(&scratch, &[&["config", "import"], arguments].concat());
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        assert!(text(&refused.stderr).contains(words), "{refused:?}");
        assert!(refused.stdout.is_empty(), "{refused:?}");
    }
}
