//! `weighbridge-verify`, the real program.

use std::path::{Path, PathBuf};
use std::process::Command;

use weighbridge_proof::tlog_proof;

use crate::made::{REPLY, REQUEST, bundle, key};

struct Folder(tempfile::TempDir);

impl Folder {
    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn run(arguments: &[&str]) -> (i32, String) {
    let out =
        Command::new(env!("CARGO_BIN_EXE_weighbridge-verify")).args(arguments).output().unwrap();
    let words = [out.stdout, out.stderr].concat();
    (out.status.code().unwrap(), String::from_utf8(words).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn its_exit_code_says_how_a_check_ended() {
    let folder = Folder(tempfile::tempdir().unwrap());
    let bundle = bundle(&key(1), 3, 9);
    let vkey = key(1).verifier().to_string();
    let proof = folder.write("proof.json", bundle.to_json().as_bytes());
    let standard = folder.write("r.tlog-proof", tlog_proof::write(&bundle).as_bytes());
    let request = folder.write("request", REQUEST);
    let reply = folder.write("reply", REPLY);
    let known = folder.write("known", format!("# ours\n{vkey}\n").as_bytes());
    let (proof, standard) = (text(&proof), text(&standard));
    let (request, reply, known) = (text(&request), text(&reply), text(&known));

    let all = ["--key", &vkey, "--request", request, "--reply", reply];
    for file in [proof, standard] {
        let (code, words) = run(&[&[file], all.as_slice()].concat());
        assert_eq!(code, 0, "{words}");
        assert!(words.ends_with("proved: everything holds, under a key that you gave\n"));
    }
    assert_eq!(run(&[proof, "--known", known]).0, 0);
    let other = key(2).verifier().to_string();
    let (code, words) = run(&[proof, "--key", &other]);
    assert_eq!(code, 1);
    assert!(words.ends_with("refuted: signature does not match\n"), "{words}");
    let (code, words) = run(&[proof, "--key", &vkey, "--reply", request]);
    assert_eq!(code, 1);
    assert!(words.ends_with("refuted: reply does not match\n"), "{words}");
    assert_eq!(run(&[proof]).0, 3);
    for unusable in [
        [request, "--key", &vkey].as_slice(),
        &[proof, "--key", "nonsense"],
        &[proof, "--key", &vkey, "--known", known],
        &[proof, "--key", &vkey, "--key", &vkey],
        &[proof, "--keys", &vkey],
        &[proof, proof],
        &["missing.json", "--key", &vkey],
        &[],
    ] {
        let (code, words) = run(unusable);
        assert_eq!(code, 2, "{unusable:?}: {words}");
    }
    assert_eq!(run(&["--help"]).0, 0);
    let (code, words) = run(&[proof, "--key", &vkey, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&words).unwrap();
    assert_eq!((code, &json["verdict"]), (0, &"proved".into()));
    assert_eq!(json["receipt"]["sections"]["money"]["actual"], "0.000031");
}
