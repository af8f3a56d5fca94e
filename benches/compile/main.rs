//! How long the compiler takes for 200 annotated functions that are called, beside `cached`.
//!
//! A crate for each is written to `target/compile/`, built once with all that it depends on, and then compiled alone, in
//! turns. `cargo run -p stampede-benches --bin compile -- --rounds 5` measures debug builds; `--functions N` another number.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

/// A crate that is compiled.
struct Subject {
    name: &'static str,
    attribute: &'static str,
    imports: &'static str,
}

const SUBJECTS: [Subject; 3] = [
    Subject { name: "plain", attribute: "", imports: "" },
    Subject { name: "stampede", attribute: "#[stampede(ttl = \"60s\")]", imports: "use stampede::stampede;" },
    Subject {
        name: "cached by_key",
        attribute: "#[cached(ttl_secs = 60, sync_writes = \"by_key\")]",
        imports: "use cached::macros::cached;",
    },
];

fn main() -> ExitCode {
    let (rounds, functions) = (argument("--rounds").unwrap_or(5), argument("--functions").unwrap_or(200));
    match measure(rounds, functions) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compile: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The number behind an option.
fn argument(option: &str) -> Option<usize> {
    let arguments: Vec<String> = env::args().collect();
    let place = arguments.iter().position(|argument| argument == option)?;
    arguments.get(place + 1)?.parse().ok()
}

fn measure(rounds: usize, functions: usize) -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/compile");
    let crates = SUBJECTS.iter().map(|subject| write_crate(&root, subject, functions));
    let crates: Vec<PathBuf> = crates.collect::<io::Result<_>>()?;
    for path in &crates {
        build(path)?;
    }
    let mut times = vec![Vec::new(); SUBJECTS.len()];
    for _ in 0..rounds {
        for (path, times) in crates.iter().zip(&mut times) {
            // Its own code only: what it depends on is built.
            let source = path.join("src/main.rs");
            let text = fs::read_to_string(&source)?;
            fs::write(&source, text)?;
            let start = Instant::now();
            build(path)?;
            times.push(start.elapsed());
        }
    }
    println!("{functions} functions that are called, debug build, median of {rounds}:");
    for (subject, mut times) in SUBJECTS.iter().zip(times) {
        times.sort();
        let median = times.get(times.len() / 2).copied().unwrap_or(Duration::ZERO);
        let best = times.first().copied().unwrap_or(Duration::ZERO);
        println!("  {:14} {:7.2} s   best {:.2} s", subject.name, median.as_secs_f64(), best.as_secs_f64());
    }
    Ok(())
}

fn write_crate(root: &Path, subject: &Subject, functions: usize) -> io::Result<PathBuf> {
    let path = root.join(subject.name.replace(' ', "-"));
    fs::create_dir_all(path.join("src"))?;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // The versions of this workspace.
    fs::copy(workspace.join("Cargo.lock"), path.join("Cargo.lock"))?;
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         stampede-runtime = {{ path = \"{runtime}\" }}\ncached = {{ version = \"4.1\", features = [\"async\"] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\", \"time\"] }}\n",
        name = subject.name.replace(' ', "-"),
        runtime = workspace.join("stampede-runtime").display(),
    );
    fs::write(path.join("Cargo.toml"), manifest)?;
    fs::write(path.join("src/main.rs"), source(subject, functions))?;
    Ok(path)
}

/// Functions of one owned argument and a `Result`, as `cached` takes them without further options.
fn source(subject: &Subject, functions: usize) -> String {
    let mut text = format!("{}\n\n", subject.imports);
    for number in 0..functions {
        let _ = writeln!(
            text,
            "{attribute}\nasync fn f{number}(id: u64) -> Result<String, String> {{\n    \
             tokio::task::yield_now().await;\n    if id == 0 {{ Err(\"zero\".to_owned()) }} else {{ Ok(format!(\"{number} {{id}}\")) }}\n}}\n",
            attribute = subject.attribute,
        );
    }
    text.push_str("#[tokio::main]\nasync fn main() {\n");
    for number in 0..functions {
        let _ = writeln!(text, "    let _ = f{number}({number}).await;");
    }
    text.push_str("}\n");
    text
}

fn build(path: &Path) -> io::Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet"])
        .current_dir(path)
        .env("CARGO_TARGET_DIR", path.join("../target"))
        .env("CARGO_INCREMENTAL", "0")
        .stdin(Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("{} does not build", path.display())))
    }
}
