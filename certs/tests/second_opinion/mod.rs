//! `openssl verify` beside this verifier, on the same chains.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// A chain as `openssl verify` is asked about it: bundles of PEM, the instant, further arguments.
pub(crate) struct Chain<'a> {
    pub(crate) trusted: &'a str,
    pub(crate) untrusted: &'a str,
    pub(crate) leaf: &'a str,
    pub(crate) lists: &'a str,
    pub(crate) at: i64,
    pub(crate) more: &'a str,
}

impl Chain<'_> {
    /// What `openssl` thinks of it, in its words if nothing good.
    pub(crate) fn judged(&self) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let mut openssl = Command::new("openssl");
        openssl.current_dir(folder.path()).args(["verify", "-no-CApath", "-no-CAstore"]);
        openssl.args(["-x509_strict", "-attime", &self.at.to_string()]).args(self.more.split_whitespace());
        let files: [(&str, &[&str], &str); 4] = [
            ("trusted.pem", &["-CAfile"], self.trusted),
            ("untrusted.pem", &["-untrusted"], self.untrusted),
            ("lists.pem", &["-crl_check_all", "-extended_crl", "-use_deltas", "-CRLfile"], self.lists),
            ("leaf.pem", &[], self.leaf),
        ];
        for (name, arguments, pem) in files {
            if !pem.is_empty() {
                std::fs::write(folder.path().join(name), pem).unwrap();
                openssl.args(arguments).arg(name);
            }
        }
        let output = openssl.output().expect("the openssl command is required");
        if output.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        let fault = words.lines().find(|line| line.starts_with("error ")).or_else(|| words.lines().next());
        Err(fault.unwrap_or_default().to_owned())
    }
}

/// A case, our opinion, that of `openssl`.
pub(crate) type Opinions = (String, Result<(), String>, Result<(), String>);

/// Holds that two opinions are one wherever `file` lists no reason, and that it lists none where they are.
pub(crate) fn reconcile(file: &str, opinions: &[Opinions]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
    let reasons: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut complaints = Vec::new();
    for (name, ours, theirs) in opinions {
        match (ours.is_ok() == theirs.is_ok(), reasons.get(name)) {
            (true, Some(reason)) => complaints.push(format!("{name}: agrees after all; listed: {reason}")),
            (false, None) => complaints.push(format!("{name}: here {ours:?}, openssl {theirs:?}")),
            _ => {}
        }
    }
    let unknown = reasons.keys().filter(|name| !opinions.iter().any(|(known, ..)| known == *name));
    complaints.extend(unknown.map(|name| format!("no case {name}")));
    assert!(complaints.is_empty(), "{}:\n{}", complaints.len(), complaints.join("\n"));
}
