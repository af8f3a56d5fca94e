//! What compiles and what does not: `ui/pass/` builds and runs, every other folder holds mistakes of one kind.
//!
//! After a change of an error, `TRYBUILD=overwrite cargo test -p stampede-tests --test ui` writes the `.stderr` files anew.

use std::{
    fs,
    path::{Path, PathBuf},
};

#[test]
fn mistakes_do_not_compile_and_promises_do() {
    let cases = trybuild::TestCases::new();
    for folder in folders() {
        // With the feature alone there is a tier.
        if folder.ends_with("tier") && !cfg!(feature = "redis") {
            continue;
        }
        let pattern = folder.join("*.rs");
        if folder.ends_with("pass") { cases.pass(pattern) } else { cases.compile_fail(pattern) }
    }
}

/// One mistake is one error, in words of ours or of the compiler's, and never in those of generated code.
#[test]
fn each_case_has_one_error_without_internals() {
    let mut cases = 0;
    let mut faults = Vec::new();
    for case in folders().iter().flat_map(|folder| files(folder, "stderr")) {
        cases += 1;
        let text = read(&case);
        let is_in = |name: &str| case.parent().is_some_and(|folder| folder.ends_with(name));
        // What the compiler warns of has its own wording, and so has what it can only tell by several errors.
        let found = faults_of(&text, !is_in("lints") && !is_in("several"), is_in("several"));
        faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", case.display())));
    }
    assert!(cases >= 60, "only {cases} cases");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A call with a type that lacks a bound is told by the compiler alone: with the attribute as without it.
#[test]
fn callers_are_told_what_they_are_told_without_the_attribute() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/several");
    let mut pairs = 0;
    for bare in files(&folder, "stderr") {
        let name = bare.file_stem().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let Some(annotated) = name.strip_suffix("_unannotated") else { continue };
        pairs += 1;
        let text = read(&bare).replace(name, annotated);
        assert_eq!(read(&folder.join(format!("{annotated}.stderr"))), text, "{annotated}");
    }
    assert!(pairs >= 2, "only {pairs} pairs");
}

/// In an `impl`, of a function that never names `Self`, the compiler takes nothing that stands beside it.
#[test]
fn an_associated_function_that_never_names_self_is_told_the_way_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/several");
    for name in ["associated_function", "generic_associated_function"] {
        let text = read(&folder.join(format!("{name}_that_never_names_self.stderr")));
        let way_out = "cannot find module or crate `rate_in_an_impl_needs_companion_none` in this scope";
        assert_eq!(text.matches(way_out).count(), 1, "{text}");
    }
}

fn read(case: &Path) -> String {
    fs::read_to_string(case).expect("a readable file")
}

fn faults_of(text: &str, in_our_words: bool, in_several: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let summaries = ["error: aborting", "error: could not compile"];
    let is_error =
        |line: &&str| line.starts_with("error") && !summaries.iter().any(|start| line.starts_with(start));
    let errors: Vec<&str> = text.lines().filter(is_error).collect();
    if errors.len() != 1 && !in_several {
        faults.push(format!("{} errors instead of one", errors.len()));
    }
    if text.lines().any(|line| line.starts_with("warning")) {
        faults.push("a warning beside the error".to_owned());
    }
    for internal in ["__private", "__stampede", "__cache", "__load", "__SHARING"] {
        if text.contains(internal) {
            faults.push(format!("names `{internal}`"));
        }
    }
    if in_our_words {
        faults.extend(errors.into_iter().filter_map(fault_of_wording));
    }
    faults
}

/// Lower case, the problem, `;`, the way out, no full stop.
fn fault_of_wording(error: &str) -> Option<String> {
    // With a code it is the compiler's own, but for the text of a constant that was evaluated.
    let message =
        error.strip_prefix("error: ").or(error.strip_prefix("error[E0080]: evaluation panicked: "))?;
    if message.starts_with(char::is_uppercase) || message.ends_with('.') {
        return Some(format!("`{message}` is not lower case without a full stop"));
    }
    if !message.contains("; ") && message != "future cannot be sent between threads safely" {
        return Some(format!("`{message}` has no way out after `;`"));
    }
    None
}

/// The folders of cases.
fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let entries = fs::read_dir(root).expect("the folder of cases");
    let mut folders: Vec<_> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The files of a folder that end so.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of cases");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}
